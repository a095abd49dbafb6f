// psql's own lexer behind a C++ face. The only file that knows it is psql_lexer.cpp.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "sql/string_syntax.hpp"

namespace pgtide::sql {

// Finds where statements end. It is fed runs of whole lines; its state (open quotes, comments,
// parentheses, BEGIN ATOMIC bodies) lives on from run to run.
class PsqlLexer {
 public:
  enum class Stop { semicolon, backslash, end_of_run };
  struct Result {
    Stop stop = Stop::end_of_run;
    std::size_t offset = 0;  // in the run, just after what stopped it
    // Offset of a `\;` or `\:` outside quotes that was passed on the way: psql's, not SQL.
    std::optional<std::size_t> escape;
  };
  // What is open at the end of a run.
  enum class Open {
    nothing,
    comment,
    single_quote,
    double_quote,
    dollar_quote,
    parenthesis,
    begin_atomic
  };

  PsqlLexer();
  ~PsqlLexer();
  PsqlLexer(const PsqlLexer&) = delete;
  PsqlLexer& operator=(const PsqlLexer&) = delete;

  // `run` is copied. At most `longest_run` bytes.
  static constexpr std::size_t longest_run = 0x3FFFFFFF;
  void start(std::string_view run);
  // Goes on to the next stop. After `end_of_run` the run is finished.
  Result next();
  // Drops what is left of the run, if anything.
  void finish_run();
  // Forgets everything that is open: a new statement begins.
  void reset();
  // Of what is read from here on; standard unless it is set.
  void set_string_syntax(StringSyntax syntax);

  Open open() const;
  // In a quote or a comment: a line that begins here is no line of its own.
  bool in_quote() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pgtide::sql
