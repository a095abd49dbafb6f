// Reads a script as a stream of statements.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "pgtide/byte_source.hpp"
#include "pgtide/checksum.hpp"
#include "pgtide/error.hpp"
#include "pgtide/sql/directive.hpp"
#include "pgtide/sql/statement.hpp"

namespace pgtide::sql {

// A psql backslash command, which no server understands: `\restrict`, `\connect`, …
struct MetaCommand {
  std::string text;  // after the backslash to the end of its line: `restrict abc`, `;` for `\;`
  Position at;       // of the backslash
};

// `\restrict` and `\unrestrict`, which pg_dump writes: a script means the same without them.
bool is_harmless(const MetaCommand& command);

// Bytes that cannot be a script: invalid UTF-8, NUL; or a quote, comment or parenthesis that never
// ends.
struct Unreadable {
  std::string message;
  Position at;
  std::string hint = {};
};

using ScriptItem = std::variant<Statement, Directive, MetaCommand, Unreadable, Problem>;

// What a backslash is in '…': the setting standard_conforming_strings.
enum class StringSyntax { standard, with_escapes };

// `text` with LF for every CRLF.
std::string with_lf(std::string_view text);

// Splits with psql's own lexer, so a script splits here exactly as psql splits it. Memory: the
// longest statement, not the script.
//
//   ScriptReader reader(source);
//   while (auto item = reader.next()) …
//
// A byte-order mark at the very start is skipped, and CRLF is read as LF. Offsets count every byte
// of with_lf() of the source, the byte-order mark included.
class ScriptReader {
 public:
  explicit ScriptReader(ByteSource& source, StringSyntax syntax = StringSyntax::standard);
  ~ScriptReader();
  ScriptReader(const ScriptReader&) = delete;
  ScriptReader& operator=(const ScriptReader&) = delete;

  // The next item in order, nullopt at the end of the script. After Unreadable there is nothing
  // more. A Problem item is a bad directive.
  std::optional<ScriptItem> next();

  // After a copy_from_stdin statement: the next piece of its data, whole lines, valid until the
  // next call; nullopt after the line `\.` (or at the end of the script), which is consumed. next()
  // skips what is left of the data by itself.
  std::optional<std::string_view> next_copy_data();
  // Where the next piece of COPY data starts.
  Position copy_position() const;

  // The whole line that holds `at`, when it is short and still in memory; that is so for everything
  // the last item names, except lines of a statement that began long ago. Else nullopt.
  std::optional<std::string> source_line(const Position& at) const;

  // Of the whole source, whether it was readable or not; the usual forms. Only after next()
  // returned nullopt, and once.
  Checksum checksum();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pgtide::sql
