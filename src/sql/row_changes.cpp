#include "sql/row_changes.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "pgtide/sql/statement.hpp"
#include "sql/token.hpp"

namespace pgtide::sql {
namespace {

class RowReader {
 public:
  explicit RowReader(std::string_view text) : cursor_(text), token_(cursor_.next()) {}

  bool at_end() const { return token_.kind == TokenKind::end; }
  void skip() { token_ = cursor_.next(); }
  bool take(std::string_view word) {
    if (!token_.is(word)) return false;
    skip();
    return true;
  }
  bool take_symbol(char c) {
    if (!token_.is_symbol(c)) return false;
    skip();
    return true;
  }

  // As it is written; empty when no name stands here.
  std::string name() {
    std::string text;
    while (token_.kind == TokenKind::word || token_.kind == TokenKind::quoted_name) {
      text += token_.text;
      skip();
      if (!take_symbol('.')) break;
      text += '.';
    }
    return text;
  }

  std::string table() {
    take("ONLY");
    return name();
  }

 private:
  TokenCursor cursor_;
  Token token_;
};

void add_change(std::vector<RowChange>& found, RowChangeKind kind, std::string table) {
  const RowChange change{kind, std::move(table)};
  const bool listed = std::ranges::find(found, change) != found.end();
  if (!change.table.empty() && !listed) found.push_back(change);
}

void read_truncate(RowReader& reader, std::vector<RowChange>& found) {
  reader.take("TABLE");
  do {
    add_change(found, RowChangeKind::deleted, reader.table());
    reader.take_symbol('*');
  } while (reader.take_symbol(','));
}

}  // namespace

std::vector<RowChange> row_changes_of(std::string_view statement) {
  std::vector<RowChange> found;
  const std::string words = command_words(statement);
  const auto is = [&](std::string_view word) { return words == word; };
  RowReader reader(statement);
  if (is("TRUNCATE")) {
    reader.skip();
    read_truncate(reader, found);
  }
  if (!is("DELETE") && !is("UPDATE") && !is("MERGE") && !is("INSERT") && !is("WITH")) return found;
  std::string filled;  // by INSERT or MERGE
  while (!reader.at_end()) {
    if (reader.take("DELETE")) {
      add_change(found, RowChangeKind::deleted, reader.take("FROM") ? reader.table() : filled);
    } else if (reader.take("INTO")) {
      filled = reader.table();
    } else if (reader.take("DO") || reader.take("THEN")) {
      if (reader.take("UPDATE")) add_change(found, RowChangeKind::updated, filled);
    } else if (reader.take("FOR")) {
      reader.take("UPDATE");  // a lock
    } else if (reader.take("UPDATE")) {
      add_change(found, RowChangeKind::updated, reader.table());
    } else {
      reader.skip();
    }
  }
  return found;
}

bool is_about_rows(std::string_view statement) {
  constexpr std::string_view all[] = {
      "INSERT", "UPDATE", "DELETE", "MERGE", "TRUNCATE", "COPY",       "SET",  "BEGIN",
      "COMMIT", "END",    "LOCK",   "RESET", "ANALYZE",  "LOCK TABLE", "WITH", "START TRANSACTION"};
  return std::ranges::find(all, command_words(statement)) != std::end(all);
}

}  // namespace pgtide::sql
