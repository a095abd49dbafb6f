#include "render/trace_words.hpp"

#include <fmt/format.h>

#include "render/safe_text.hpp"

namespace pgtide::render {

std::string_view name_of(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::table_dropped:
      return "table_dropped";
    case ChangeKind::table_emptied:
      return "table_emptied";
    case ChangeKind::table_renamed:
      return "table_renamed";
    case ChangeKind::table_rewritten:
      return "table_rewritten";
    case ChangeKind::column_added:
      return "column_added";
    case ChangeKind::column_dropped:
      return "column_dropped";
    case ChangeKind::column_renamed:
      return "column_renamed";
    case ChangeKind::column_retyped:
      return "column_retyped";
    case ChangeKind::column_required:
      return "column_required";
    case ChangeKind::index_built:
      return "index_built";
    case ChangeKind::index_rebuilt:
      return "index_rebuilt";
    case ChangeKind::index_dropped:
      return "index_dropped";
    case ChangeKind::constraint_added:
      return "constraint_added";
    case ChangeKind::constraint_validated:
      break;
  }
  return "constraint_validated";
}

std::string_view name_of(ConstraintKind kind) {
  switch (kind) {
    case ConstraintKind::check:
      return "check";
    case ConstraintKind::foreign_key:
      return "foreign_key";
    case ConstraintKind::unique:
      return "unique";
    case ConstraintKind::primary_key:
      return "primary_key";
    case ConstraintKind::exclusion:
      break;
  }
  return "exclusion";
}

std::string name_of(LockMode mode) {
  std::string name(to_string(mode));
  for (char& c : name) c = c == ' ' ? '_' : static_cast<char>(c + ('a' - 'A'));
  return name;
}

std::string change_text(const Change& change) {
  const std::string column = change.table + "." + change.part;
  const char* meanwhile = change.online ? " while others read and write" : "";
  switch (change.kind) {
    case ChangeKind::table_dropped:
      return fmt::format("drops {} {}", change.relation_kind, change.table);
    case ChangeKind::table_emptied:
      return fmt::format("empties {}", change.table);
    case ChangeKind::table_renamed:
      return fmt::format("renames {} to {}", change.before, change.after);
    case ChangeKind::table_rewritten:
      return fmt::format("rewrites {} {}", change.relation_kind, change.table);
    case ChangeKind::column_added:
      return fmt::format("adds column {} {}", column, change.after);
    case ChangeKind::column_dropped:
      return fmt::format("drops column {}", column);
    case ChangeKind::column_renamed:
      return fmt::format("renames column {} to {}", column, change.after);
    case ChangeKind::column_retyped:
      return fmt::format("column {}: type {} -> {}", column, change.before, change.after);
    case ChangeKind::column_required:
      return fmt::format("column {} becomes NOT NULL{}", column,
                         change.proven ? ", which a check proves" : "");
    case ChangeKind::index_built:
      return fmt::format("builds index {} on {}{}", change.part, change.table, meanwhile);
    case ChangeKind::index_rebuilt:
      return fmt::format("rebuilds index {} on {}{}", change.part, change.table, meanwhile);
    case ChangeKind::index_dropped:
      return fmt::format("drops index {} on {}{}", change.part, change.table, meanwhile);
    case ChangeKind::constraint_added:
      return fmt::format("adds {} {} to {}{}", words(name_of(change.constraint)), change.part,
                         change.table, change.checked ? "" : ", not valid");
    case ChangeKind::constraint_validated:
      break;
  }
  return fmt::format("validates {} of {}", change.part, change.table);
}

}  // namespace pgtide::render
