#include "support/schema_changes.hpp"

#include <fmt/format.h>

#include <fstream>

namespace pgtide::testing {
namespace {

std::string with_token(std::string text, const std::string& token) {
  for (std::size_t at = 0; (at = text.find('@', at)) != text.npos; at += token.size()) {
    text.replace(at, 1, token);
  }
  return text;
}

}  // namespace

std::vector<SchemaChange> read_schema_changes(TokenOf token_of) {
  std::ifstream in(PGTIDE_SOURCE_DIR "/tests/data/schema/changes.sql");
  std::vector<SchemaChange> cases;
  std::string setup;
  std::size_t setups = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.empty()) {
      setup.clear();
      setups = cases.size() + 1;
    }
    if (line.empty() || line.starts_with('#')) continue;
    if (line[1] != ' ') {
      setup += line + ";\n";
      setups = cases.size() + 1;
      continue;
    }
    SchemaChange& one = cases.emplace_back();
    one.token = fmt::format("c{:03}", token_of == TokenOf::change ? cases.size() : setups);
    one.setup = "CREATE SCHEMA " + one.token + ";\n" + with_token(setup, one.token);
    one.change = with_token(line.substr(2), one.token);
    one.can_be_undone = line[0] == '+';
    one.seen = line[0] == '+'   ? Seen::changes
               : line[0] == '*' ? Seen::changes
               : line[0] == '~' ? Seen::changes_unseen_by_dump
                                : Seen::nothing;
  }
  return cases;
}

}  // namespace pgtide::testing
