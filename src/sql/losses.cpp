#include "pgtide/sql/losses.hpp"

#include <optional>
#include <utility>

#include "pgtide/sql/effect.hpp"
#include "sql/token.hpp"

namespace pgtide::sql {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : cursor_(text), token_(cursor_.next()) {}

  bool take(std::string_view word) {
    if (!token_.is(word)) return false;
    token_ = cursor_.next();
    return true;
  }
  bool take_symbol(char c) {
    if (!token_.is_symbol(c)) return false;
    token_ = cursor_.next();
    return true;
  }
  void take_if_exists() {
    if (take("IF")) take("EXISTS");
  }
  void skip() { token_ = cursor_.next(); }
  bool at_end() const { return token_.kind == TokenKind::end; }

  // The parts of `a.b.c`; empty when no name stands here.
  std::vector<std::string> name() {
    std::vector<std::string> parts;
    while (token_.kind == TokenKind::word || token_.kind == TokenKind::quoted_name) {
      parts.push_back(base_name(token_.text));
      token_ = cursor_.next();
      if (!take_symbol('.')) break;
    }
    return parts;
  }

  std::optional<Victim> table() {
    const std::vector<std::string> parts = name();
    if (parts.empty()) return std::nullopt;
    const std::string schema = parts.size() > 1 ? parts[parts.size() - 2] : std::string();
    return Victim{schema, parts.back(), {}};
  }

  // To the comma behind what stands here; false at the end of the statement.
  bool skip_item() {
    std::size_t depth = 0;
    for (; !at_end(); token_ = cursor_.next()) {
      if (token_.is_symbol('(')) ++depth;
      if (token_.is_symbol(')') && depth > 0) --depth;
      if (depth == 0 && take_symbol(',')) return true;
    }
    return false;
  }

 private:
  TokenCursor cursor_;
  Token token_;
};

std::vector<Victim> tables(Reader& reader) {
  std::vector<Victim> found;
  do {
    reader.take("ONLY");
    auto table = reader.table();
    if (!table) break;
    found.push_back(std::move(*table));
  } while (reader.skip_item());
  return found;
}

std::vector<Victim> schemas(Reader& reader) {
  std::vector<Victim> found;
  do {
    auto name = reader.name();
    if (name.empty()) break;
    found.push_back({name.back(), {}, {}});
  } while (reader.skip_item());
  return found;
}

std::vector<Victim> columns(Reader& reader) {
  reader.take_if_exists();
  reader.take("ONLY");
  const auto table = reader.table();
  std::vector<Victim> found;
  if (!table) return found;
  reader.take_symbol('*');
  do {
    if (!reader.take("DROP") || reader.take("CONSTRAINT")) continue;
    reader.take("COLUMN");
    reader.take_if_exists();
    const auto column = reader.name();
    if (!column.empty()) found.push_back({table->schema, table->table, column.back()});
  } while (reader.skip_item());
  return found;
}

// Of a DELETE of every row.
std::vector<Victim> emptied(Reader& reader) {
  reader.take("FROM");
  reader.take("ONLY");
  auto table = reader.table();
  while (table && !reader.at_end()) {
    if (reader.take("WHERE") || reader.take("USING")) return {};
    reader.skip();
  }
  return table ? std::vector<Victim>{std::move(*table)} : std::vector<Victim>();
}

}  // namespace

std::vector<Victim> losses_of(std::string_view statement) {
  Reader reader(statement);
  if (reader.take("TRUNCATE")) {
    reader.take("TABLE");
    return tables(reader);
  }
  if (reader.take("DELETE")) return emptied(reader);
  if (reader.take("ALTER")) return reader.take("TABLE") ? columns(reader) : std::vector<Victim>();
  if (!reader.take("DROP")) return {};
  const bool table = reader.take("TABLE");
  if (!table && !reader.take("SCHEMA")) return {};
  reader.take_if_exists();
  return table ? tables(reader) : schemas(reader);
}

}  // namespace pgtide::sql
