// Statements that change columns, enums and domains that stay.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <set>

#include "pgtide/query.hpp"
#include "schema/undo_way.hpp"

namespace pgtide::schema {
namespace {

std::string option_name(const std::string& option) {
  return option.substr(0, option.find('='));
}

void alter_identity(const Way& way, const std::string& alter) {
  if (!way.differs("identity")) return;
  if (way.was("identity").empty()) {
    way.out.push_back(alter + " DROP IDENTITY");
  } else if (way.is("identity").empty()) {
    const std::string definition = column_definition(way.to, way.in);
    way.out.push_back(alter + " ADD " + definition.substr(definition.find("GENERATED ")));
    // The definition ends with what is set elsewhere.
    std::string& statement = way.out.back();
    if (statement.ends_with(" NOT NULL")) statement.resize(statement.size() - 9);
  } else {
    way.out.push_back(alter + " SET GENERATED " + way.was("identity"));
  }
}

std::string without_modifier(const std::string& type) {
  return type.substr(0, type.find('('));
}

// Between these a value that does not fit is refused; an explicit cast would cut it.
bool is_assignable(const std::string& from, const std::string& to) {
  const auto is_text = [](const std::string& type) {
    const std::string name = without_modifier(type);
    return name == "text" || name == "character varying" || name == "character";
  };
  return without_modifier(from) == without_modifier(to) || (is_text(from) && is_text(to));
}

int rank_of_number(const std::string& type) {
  constexpr std::array<std::string_view, 4> numbers = {"smallint", "integer", "bigint", "numeric"};
  const auto found = std::ranges::find(numbers, type);
  return found == numbers.end() ? 0 : static_cast<int>(found - numbers.begin()) + 1;
}

// Whether no value of the one type is refused by the other.
bool always_fits(const std::string& from, const std::string& to) {
  if (to == "text" || (is_assignable(from, to) && to.find('(') == to.npos)) return true;
  const int rank = rank_of_number(from);
  return rank > 0 && rank < rank_of_number(to);
}

// From any type to an enum there is no way but by its labels.
std::string conversion(const Way& way) {
  const std::string& type = way.was("type");
  if (is_assignable(way.is("type"), type)) return {};
  const bool array = type.ends_with("[]");
  const std::string element = array ? type.substr(0, type.size() - 2) : type;
  const bool to_enum = way.in.find("enum", element) != nullptr;
  return " USING " + own_name(way.to) +
         (!to_enum ? "::"
          : array  ? "::text[]::"
                   : "::text::") +
         type;
}

void alter_column_type(const Way& way, const std::string& alter) {
  if (!way.differs("type") && !way.differs("collation")) return;
  if (is_inherited(way.to, way.in)) return;  // the parent's change reaches it
  const bool with_default = !way.is("default").empty();
  if (with_default) way.out.push_back(alter + " DROP DEFAULT");
  std::string sql = alter + " TYPE " + way.was("type");
  if (!way.was("collation").empty()) sql += " COLLATE " + way.was("collation");
  way.out.push_back(sql + conversion(way));
  if (!always_fits(way.is("type"), way.was("type"))) {
    way.losses.push_back(fmt::format("the script fails when a value of column {} is no {}",
                                     way.to.identity, way.was("type")));
  }
  if (with_default && !way.differs("default")) alter_default(way, alter);
}

// Of a type that has a choice. Since PostgreSQL 16 there is a word for it.
std::string usual_storage(const std::string& type) {
  const bool small = type.starts_with("numeric") || type == "inet" || type == "cidr";
  return small && !type.ends_with("[]") ? "main" : "extended";
}

}  // namespace

void alter_options(const Way& way, const std::string& alter, std::string_view attribute,
                   const std::string& prefix) {
  std::set<std::string> kept;
  std::string set;
  std::string reset;
  for (const std::string& option : split_list(way.was(attribute))) {
    const std::string name = option_name(option);
    kept.insert(name);
    const std::size_t equals = option.find('=');
    const std::string value = equals == option.npos ? "true" : option.substr(equals + 1);
    set += (set.empty() ? "" : ", ") + prefix + name + " = " + quote_literal(value);
  }
  for (const std::string& option : split_list(way.is(attribute))) {
    if (kept.contains(option_name(option))) continue;
    reset += (reset.empty() ? "" : ", ") + prefix + option_name(option);
  }
  if (!reset.empty()) way.out.push_back(alter + " RESET (" + reset + ")");
  if (!set.empty()) way.out.push_back(alter + " SET (" + set + ")");
}

void alter_default(const Way& way, const std::string& alter) {
  const std::string& was = way.was("default");
  way.out.push_back(alter + (was.empty() ? " DROP DEFAULT" : " SET DEFAULT " + was));
}

void alter_column(const Way& way) {
  const std::string& parent_kind = way.to.parents.front().kind;
  if (parent_kind == "composite type") {
    if (way.differs("type") || way.differs("collation")) {
      way.out.push_back("ALTER TYPE " + parent_of(way.to) + " ALTER ATTRIBUTE " + own_name(way.to) +
                        " TYPE " + way.was("type"));
    }
    return;
  }
  const std::string alter =
      "ALTER TABLE " + parent_of(way.to) + " ALTER COLUMN " + own_name(way.to);
  if (way.differs("generated") && way.was("generated").empty())
    way.out.push_back(alter + " DROP EXPRESSION");
  alter_column_type(way, alter);
  if (way.differs("default")) alter_default(way, alter);
  if (way.differs("not null")) {
    way.out.push_back(alter + (way.was("not null").empty() ? " DROP NOT NULL" : " SET NOT NULL"));
    if (!way.was("not null").empty()) {
      way.losses.push_back(
          fmt::format("the script fails while a row of {} has no value in {}: give it one before",
                      parent_of(way.to), own_name(way.to)));
    }
  }
  alter_identity(way, alter);
  if (way.differs("storage")) {
    way.out.push_back(
        alter + " SET STORAGE " +
        (way.was("storage").empty() ? usual_storage(way.was("type")) : way.was("storage")));
  }
  if (way.differs("compression")) {
    way.out.push_back(alter + " SET COMPRESSION " +
                      (way.was("compression").empty() ? "default" : way.was("compression")));
  }
  if (way.differs("statistics")) {
    way.out.push_back(alter + " SET STATISTICS " +
                      (way.was("statistics").empty() ? "-1" : way.was("statistics")));
  }
  if (way.differs("options")) alter_options(way, alter, "options");
}

void remake_enum(const Way& way) {
  const std::string& name = way.to.identity;
  const std::string schema = split_name(name).schema + ".";
  const std::string old = "pgtide_undone_" + std::to_string(name.size());
  way.out.push_back("ALTER TYPE " + name + " RENAME TO " + old);
  way.out.push_back("CREATE TYPE " + name + " AS ENUM (" + way.was("labels") + ")");
  for (const LiveObject* column : way.in.all("column")) {
    const std::string& type = value_of(*column, "type");
    const bool array = type == name + "[]";
    if ((type != name && !array) || column->parents.front().kind == "composite type") continue;
    if (is_inherited(*column, way.in)) continue;
    const std::string alter =
        "ALTER TABLE " + parent_of(*column) + " ALTER COLUMN " + own_name(*column);
    const std::string& expression = value_of(*column, "default");
    if (!expression.empty()) way.out.push_back(alter + " DROP DEFAULT");
    way.out.push_back(alter + " TYPE " + type + " USING " + own_name(*column) +
                      (array ? "::text[]::" : "::text::") + type);
    if (!expression.empty()) way.out.push_back(alter + " SET DEFAULT " + expression);
  }
  way.out.push_back("DROP TYPE " + schema + old);
  const std::vector<std::string> kept = split_list(way.was("labels"));
  for (const std::string& label : split_list(way.is("labels"))) {
    if (std::ranges::find(kept, label) != kept.end()) continue;
    way.losses.push_back("rows with the label " + label + " that enum " + name +
                         " loses must be changed before, else the script fails");
  }
}

void alter_domain(const Way& way) {
  const std::string alter = "ALTER DOMAIN " + way.to.identity;
  if (way.differs("type")) way.lose("type");
  if (way.differs("default")) alter_default(way, alter);
  if (way.differs("not null")) {
    way.out.push_back(alter + (way.was("not null").empty() ? " DROP NOT NULL" : " SET NOT NULL"));
  }
}

}  // namespace pgtide::schema
