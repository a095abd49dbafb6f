// The splitter, and everything that looks at a statement's text.
#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "fuzz/fuzz_target.hpp"
#include "pgtide/byte_source.hpp"
#include "pgtide/sql/effect.hpp"
#include "pgtide/sql/position.hpp"
#include "pgtide/sql/script_reader.hpp"
#include "pgtide/sql/script_scan.hpp"
#include "sql/do_block.hpp"

using namespace pgtide;
using fuzz::require;

namespace {

// Hands out a few bytes at a time.
class Drops final : public ByteSource {
 public:
  Drops(const std::string& text, std::size_t step) : inner_(text), step_(step) {}
  std::size_t read(std::span<char> buffer) override {
    return inner_.read(buffer.first(std::min(step_, buffer.size())));
  }

 private:
  StringSource inner_;
  std::size_t step_;
};

struct Split {
  std::vector<sql::Statement> statements;
  std::size_t items = 0;
  std::string copied;
};

void look_at(const sql::Statement& statement) {
  const std::string& text = statement.text;
  sql::command_words(text);
  sql::effect_of(text);
  sql::only_sets_session(text);
  sql::resets_session(text);
  sql::waits_for_transactions(text);
  require(sql::with_batch_size(text, 7).size() == text.size(), "a batch size moves nothing");
  for (const std::size_t character : {std::size_t{1}, text.size() / 2, text.size() + 9}) {
    const sql::Position at = sql::locate(text, statement.begin, character);
    require(
        at.offset >= statement.begin.offset && at.offset <= statement.begin.offset + text.size(),
        "a place in a statement is inside it");
    sql::caret_line(sql::line_at(text, statement.begin, at), at.column);
  }
  const auto in_block =
      sql::locate_in_do_block(text, statement.begin, {.line = 2, .query = "x", .character = 1});
  require(!in_block || in_block->offset <= statement.begin.offset + text.size(),
          "a place in a DO block is inside it");
}

// As the server gets it: each CR LF is an LF. Places count in that.
std::string with_plain_lines(const std::string& script) {
  std::string out;
  for (std::size_t at = 0; at < script.size(); ++at) {
    if (script.compare(at, 2, "\r\n") != 0) out += script[at];
  }
  return out;
}

Split split(const std::string& script, std::size_t step) {
  const std::string lines = with_plain_lines(script);
  Drops source(script, step);
  sql::ScriptReader reader(source);
  Split result;
  std::size_t end = 0;
  while (auto item = reader.next()) {
    ++result.items;
    const auto* statement = std::get_if<sql::Statement>(&*item);
    if (statement == nullptr) continue;
    require(!statement->text.empty(), "a statement is not empty");
    require(statement->begin.offset >= end, "statements do not overlap");
    require(lines.compare(statement->begin.offset, statement->text.size(), statement->text) == 0,
            "a statement is what stands in the script");
    end = statement->begin.offset + statement->text.size();
    require(statement->end >= end, "a statement ends behind its text");
    require(statement->kind == sql::classify(statement->text), "the kind comes from the text");
    result.statements.push_back(*statement);
    if (statement->kind == sql::StatementKind::copy_from_stdin) {
      while (const auto piece = reader.next_copy_data()) result.copied += *piece;
    }
  }
  reader.checksum();
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string script(reinterpret_cast<const char*>(data), size);
  const Split whole = split(script, script.size() + 1);
  for (const sql::Statement& statement : whole.statements) look_at(statement);
  const Split drops = split(script, 1 + size % 7);
  require(drops.items == whole.items && drops.copied == whole.copied,
          "the way in which bytes arrive does not matter");
  for (std::size_t i = 0; i < whole.statements.size(); ++i) {
    require(drops.statements[i].text == whole.statements[i].text &&
                drops.statements[i].begin == whole.statements[i].begin,
            "the way in which bytes arrive does not move statements");
  }
  StringSource source(script);
  const sql::ScriptScan scan = sql::scan_script(source, "fuzz.sql");
  require(scan.non_transactional.empty() || !scan.transactional, "one such statement is enough");
  for (const Problem& problem : scan.problems) {
    require(!problem.message.empty() && problem.where.file == "fuzz.sql", "a problem says where");
  }
  return 0;
}
