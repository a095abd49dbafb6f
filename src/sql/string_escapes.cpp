#include "pgtide/sql/string_escapes.hpp"

#include "pgtide/sql/script_reader.hpp"

namespace pgtide::sql {
namespace {

Position place_of(const ScriptItem& item) {
  if (const auto* statement = std::get_if<Statement>(&item)) return statement->begin;
  if (const auto* directive = std::get_if<Directive>(&item)) return directive->at;
  if (const auto* command = std::get_if<MetaCommand>(&item)) return command->at;
  if (const auto* unreadable = std::get_if<Unreadable>(&item)) return unreadable->at;
  const ScriptPosition& where = std::get<Problem>(item).where;
  return {.offset = 0, .line = where.line, .column = where.column};
}

bool is_same(const ScriptItem& one, const ScriptItem& other) {
  if (one.index() != other.index() || place_of(one) != place_of(other)) return false;
  const auto* statement = std::get_if<Statement>(&one);
  return statement == nullptr || statement->end == std::get<Statement>(other).end;
}

}  // namespace

std::optional<Position> where_escapes_matter(ByteSource& script, ByteSource& again) {
  ScriptReader standard(script);
  ScriptReader escapes(again, StringSyntax::with_escapes);
  while (true) {
    const auto one = standard.next();
    const auto other = escapes.next();
    if (!one && !other) return std::nullopt;
    if (!one || !other || !is_same(*one, *other)) return place_of(other ? *other : *one);
  }
}

}  // namespace pgtide::sql
