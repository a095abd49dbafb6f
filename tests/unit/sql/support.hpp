#pragma once

#include <algorithm>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "pgtide/byte_source.hpp"
#include "pgtide/sql/script_reader.hpp"
#include "pgtide/sql/script_scan.hpp"

namespace pgtide::sql {

inline std::ostream& operator<<(std::ostream& out, const Position& at) {
  return out << at.offset << '@' << at.line << ':' << at.column;
}

inline std::ostream& operator<<(std::ostream& out, StatementKind kind) {
  constexpr const char* names[] = {
      "other",          "begin",           "begin_with_modes", "commit",    "commit_and_chain",
      "unclear_commit", "rollback",        "savepoint",        "two_phase", "copy_from_stdin",
      "copy_to_stdout", "set_constraints", "non_transactional"};
  return out << names[static_cast<std::size_t>(kind)];
}

}  // namespace pgtide::sql

namespace pgtide::test {

// Hands out at most `step` bytes a call.
class SlowSource final : public ByteSource {
 public:
  SlowSource(std::string text, std::size_t step) : inner_(std::move(text)), step_(step) {}
  std::size_t read(std::span<char> buffer) override {
    return inner_.read(buffer.first(std::min(step_, buffer.size())));
  }

 private:
  StringSource inner_;
  std::size_t step_;
};

inline std::vector<sql::ScriptItem> read_items(const std::string& script,
                                               std::size_t step = 1U << 20U) {
  SlowSource source(script, step);
  sql::ScriptReader reader(source);
  std::vector<sql::ScriptItem> items;
  while (auto item = reader.next()) items.push_back(std::move(*item));
  return items;
}

// One line an item, so that a whole script can be compared with what is expected of it.
inline std::string describe(const sql::ScriptItem& item) {
  struct Visitor {
    static std::string at(const sql::Position& p) {
      return std::to_string(p.line) + ":" + std::to_string(p.column);
    }
    std::string operator()(const sql::Statement& s) const { return at(s.begin) + " " + s.text; }
    std::string operator()(const sql::Directive& d) const {
      return at(d.at) + " directive " + std::to_string(d.value.index());
    }
    std::string operator()(const sql::MetaCommand& m) const { return at(m.at) + " \\" + m.text; }
    std::string operator()(const sql::Unreadable& u) const {
      return at(u.at) + " unreadable: " + u.message + (u.hint.empty() ? "" : " | " + u.hint);
    }
    std::string operator()(const Problem& p) const {
      return std::to_string(p.where.line) + ":" + std::to_string(p.where.column) +
             " problem: " + p.message + " | " + p.hint + " | " + p.source_line;
    }
  };
  return std::visit(Visitor{}, item);
}

inline std::vector<std::string> describe_script(const std::string& script,
                                                std::size_t step = 1U << 20U) {
  std::vector<std::string> lines;
  for (const auto& item : read_items(script, step)) lines.push_back(describe(item));
  return lines;
}

using Lines = std::vector<std::string>;

}  // namespace pgtide::test

namespace doctest {
template <>
struct StringMaker<std::vector<std::string>> {
  static String convert(const std::vector<std::string>& lines) {
    std::string all;
    for (const auto& line : lines) all += "\n  [" + line + "]";
    return all.c_str();
  }
};
}  // namespace doctest
