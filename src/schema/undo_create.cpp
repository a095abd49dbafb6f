// Statements that make an object as the catalogs describe it.
#include <fmt/format.h>

#include <algorithm>

#include "pgtide/query.hpp"
#include "schema/undo_parts.hpp"

namespace pgtide::schema {
namespace {

std::string with_value(const char* before, const std::string& value, const char* after = "") {
  return value.empty() ? std::string() : before + value + after;
}

// `a=1, b=2` in parentheses, with the values quoted.
std::string options_list(const std::string& options) {
  std::string out;
  for (std::size_t begin = 0; begin < options.size();) {
    const std::size_t end = std::min(options.find(", ", begin), options.size());
    const std::string option = options.substr(begin, end - begin);
    const std::size_t equals = std::min(option.find('='), option.size());
    out += (out.empty() ? "" : ", ") + option.substr(0, equals);
    if (equals < option.size()) out += " = " + quote_literal(option.substr(equals + 1));
    begin = end + 2;
  }
  return out;
}

std::string without_semicolon(std::string text) {
  while (!text.empty() && (text.back() == ';' || text.back() == '\n')) text.pop_back();
  return text;
}

std::string sequence_options(const LiveObject& sequence) {
  std::string out;
  out += with_value(" START WITH ", value_of(sequence, "start"));
  out += with_value(" INCREMENT BY ", value_of(sequence, "increment"));
  out += with_value(" MINVALUE ", value_of(sequence, "minimum"));
  out += with_value(" MAXVALUE ", value_of(sequence, "maximum"));
  out += with_value(" CACHE ", value_of(sequence, "cache"));
  if (!value_of(sequence, "cycle").empty()) out += " CYCLE";
  return out;
}

Statements column_extras(const LiveObject& column) {
  Statements out;
  const std::string alter =
      "ALTER TABLE " + parent_of(column) + " ALTER COLUMN " + own_name(column);
  const auto add = [&](const char* words, const std::string& value, const char* after = "") {
    if (!value.empty()) out.push_back(alter + words + value + after);
  };
  add(" SET STORAGE ", value_of(column, "storage"));
  add(" SET STATISTICS ", value_of(column, "statistics"));
  add(" SET (", value_of(column, "options"), ")");
  return out;
}

void append(Statements& to, Statements more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

std::string column_list(const LiveObject& table, const SnapshotIndex& in) {
  std::string list;
  for (const LiveObject* column : in.children(table, "column")) {
    if (!value_of(*column, "inherited").empty()) continue;
    list += (list.empty() ? "\n  " : ",\n  ") + column_definition(*column, in);
  }
  return list + (list.empty() ? "" : "\n");
}

Statements create_table(const LiveObject& table, const SnapshotIndex& in) {
  std::string sql =
      value_of(table, "persistence").empty() ? "CREATE TABLE " : "CREATE UNLOGGED TABLE ";
  sql += table.identity;
  if (const std::string& parent = value_of(table, "partition of"); !parent.empty()) {
    sql += " PARTITION OF " + parent + " " + value_of(table, "partition bound");
  } else if (const std::string& type = value_of(table, "of type"); !type.empty()) {
    sql += " OF " + type;
  } else {
    sql += " (" + column_list(table, in) + ")";
    sql += with_value(" INHERITS (", value_of(table, "inherits"), ")");
  }
  sql += with_value(" PARTITION BY ", value_of(table, "partition key"));
  sql += with_value(" USING ", value_of(table, "access method"));
  sql += with_value(" WITH (", options_list(value_of(table, "options")), ")");
  sql += with_value(" TABLESPACE ", value_of(table, "tablespace"));
  Statements out = {sql};
  for (const LiveObject* column : in.children(table, "column")) append(out, column_extras(*column));
  const std::string& security = value_of(table, "row security");
  if (security.starts_with("enabled")) {
    out.push_back("ALTER TABLE " + table.identity + " ENABLE ROW LEVEL SECURITY");
  }
  if (security.ends_with("forced")) {
    out.push_back("ALTER TABLE " + table.identity + " FORCE ROW LEVEL SECURITY");
  }
  const std::string& identity = value_of(table, "replica identity");
  if (identity == "full" || identity == "nothing") {
    out.push_back("ALTER TABLE " + table.identity + " REPLICA IDENTITY " + identity);
  }
  return out;
}

Statements create_view(const LiveObject& view, const SnapshotIndex& in) {
  const bool stored = view.kind == "materialized view";
  Statements out = {(stored ? "CREATE MATERIALIZED VIEW " : "CREATE VIEW ") + view.identity +
                    with_value(" WITH (", options_list(value_of(view, "options")), ")") + " AS\n" +
                    without_semicolon(value_of(view, "definition"))};
  for (const LiveObject* column : in.children(view, "column")) {
    if (const std::string& expression = value_of(*column, "default"); !expression.empty()) {
      out.push_back("ALTER VIEW " + view.identity + " ALTER COLUMN " + own_name(*column) +
                    " SET DEFAULT " + expression);
    }
    append(out, column_extras(*column));
  }
  return out;
}

// The delimiter must not stand in the text.
std::string dollar_quoted(const std::string& text) {
  std::string tag = "$$";
  for (int i = 0; text.find(tag) != text.npos; ++i) tag = fmt::format("$body{}$", i);
  return tag + text + tag;
}

// `search_path=a, b, work_mem=1MB`: a value may hold the separator.
std::string function_settings(const std::string& settings) {
  std::string out;
  std::string name;
  for (std::size_t begin = 0; begin < settings.size();) {
    const std::size_t end = std::min(settings.find(", ", begin), settings.size());
    const std::string piece = settings.substr(begin, end - begin);
    const std::size_t equals = piece.find('=');
    if (equals == piece.npos) {
      out += ", " + piece;
    } else {
      name = piece.substr(0, equals);
      const std::string value = piece.substr(equals + 1);
      out += "\n  SET " + name + " TO " + (name == "search_path" ? value : quote_literal(value));
    }
    begin = end + 2;
  }
  return out;
}

Statements create_routine(const LiveObject& routine) {
  const bool procedure = routine.kind == "procedure";
  const auto value = [&](const char* name) -> const std::string& {
    return value_of(routine, name);
  };
  std::string sql = fmt::format("CREATE OR REPLACE {} {}({})", procedure ? "PROCEDURE" : "FUNCTION",
                                without_arguments(routine.identity), value("arguments"));
  if (!procedure) sql += "\n  RETURNS " + value("returns");
  sql += "\n  LANGUAGE " + value("language");
  sql += with_value("\n  TRANSFORM ", value("transform"));
  if (!value("window").empty()) sql += " WINDOW";
  sql += with_value(" ", value("volatility"));
  if (!value("strict").empty()) sql += " STRICT";
  if (!value("security").empty()) sql += " SECURITY DEFINER";
  if (!value("leakproof").empty()) sql += " LEAKPROOF";
  sql += with_value(" PARALLEL ", value("parallel"));
  sql += with_value(" COST ", value("cost"));
  sql += with_value(" ROWS ", value("rows"));
  sql += with_value(" SUPPORT ", value("support"));
  sql += function_settings(value("settings"));
  const std::string& body = value("body");
  const bool parsed = value("language") == "sql" &&
                      (body.starts_with("BEGIN ATOMIC") || body.starts_with("RETURN "));
  if (parsed) return {sql + "\n" + without_semicolon(body)};
  sql += "\n  AS ";
  if (const std::string& library = value("library"); !library.empty()) {
    sql += quote_literal(library) + ", ";
  }
  return {sql + dollar_quoted(body)};
}

Statements create_aggregate(const LiveObject& aggregate) {
  return {
      fmt::format("CREATE AGGREGATE {}({}) ({}{})", without_arguments(aggregate.identity),
                  value_of(aggregate, "arguments").empty() ? "*" : value_of(aggregate, "arguments"),
                  value_of(aggregate, "definition"),
                  with_value(", PARALLEL = ", value_of(aggregate, "parallel")))};
}

Statements create_type(const LiveObject& type, const SnapshotIndex& in) {
  const std::string& name = type.identity;
  if (type.kind == "enum")
    return {"CREATE TYPE " + name + " AS ENUM (" + value_of(type, "labels") + ")"};
  if (type.kind == "base type") return {"CREATE TYPE " + name};  // a shell
  if (type.kind == "domain") {
    std::string sql = "CREATE DOMAIN " + name + " AS " + value_of(type, "type");
    sql += with_value(" COLLATE ", value_of(type, "collation"));
    sql += with_value(" DEFAULT ", value_of(type, "default"));
    return {sql + (value_of(type, "not null").empty() ? "" : " NOT NULL")};
  }
  if (type.kind == "range") {
    std::string sql = "CREATE TYPE " + name + " AS RANGE (SUBTYPE = " + value_of(type, "type");
    sql += with_value(", SUBTYPE_OPCLASS = ", value_of(type, "operator class"));
    sql += with_value(", COLLATION = ", value_of(type, "collation"));
    sql += with_value(", CANONICAL = ", value_of(type, "canonical"));
    sql += with_value(", SUBTYPE_DIFF = ", value_of(type, "difference"));
    sql += with_value(", MULTIRANGE_TYPE_NAME = ", value_of(type, "multirange"));
    return {sql + ")"};
  }
  return {"CREATE TYPE " + name + " AS (" + column_list(type, in) + ")"};
}

Statements create_policy(const LiveObject& policy) {
  std::string sql = "CREATE POLICY " + own_name(policy) + " ON " + parent_of(policy);
  if (!value_of(policy, "restrictive").empty()) sql += " AS RESTRICTIVE";
  sql += " FOR " + value_of(policy, "command") + " TO " + value_of(policy, "roles");
  sql += with_value(" USING (", value_of(policy, "using"), ")");
  sql += with_value(" WITH CHECK (", value_of(policy, "with check"), ")");
  return {sql};
}

Statements create_sequence(const LiveObject& sequence, const SnapshotIndex& in) {
  const LiveObject* column = in.find("column", value_of(sequence, "owned by"));
  if (column != nullptr && !value_of(*column, "identity").empty()) return {};  // comes with it
  const bool unlogged = value_of(sequence, "persistence") == "unlogged";
  return {(unlogged ? "CREATE UNLOGGED SEQUENCE " : "CREATE SEQUENCE ") + sequence.identity +
          " AS " + value_of(sequence, "type") + sequence_options(sequence)};
}

Statements create_constraint(const LiveObject& constraint) {
  // What a partition has of its table's comes with it.
  if (constraint.parents.size() > 1) return {};
  const bool domain = constraint.parents.front().kind == "domain";
  return {(domain ? "ALTER DOMAIN " : "ALTER TABLE ") + parent_of(constraint) + " ADD CONSTRAINT " +
          own_name(constraint) + " " + value_of(constraint, "definition")};
}

Statements create_index(const LiveObject& index, const SnapshotIndex& in) {
  const bool own =
      !value_of(index, "definition").empty() && value_of(index, "partition of").empty();
  Statements out;
  if (own) {
    // Written for the partitioned table alone; those of its partitions come with it.
    std::string definition = value_of(index, "definition");
    const std::size_t only = definition.find(" ON ONLY ");
    if (only != definition.npos && !in.children(index, "index").empty())
      definition.erase(only + 4, 5);
    out.push_back(definition);
  }
  if (!own && !value_of(index, "options").empty()) {
    out.push_back("ALTER INDEX " + index.identity + " SET (" +
                  options_list(value_of(index, "options")) + ")");
  }
  const std::string name = split_name(index.identity).name;
  if (!value_of(index, "clustered").empty()) {
    out.push_back("ALTER TABLE " + parent_of(index) + " CLUSTER ON " + name);
  }
  if (!value_of(index, "replica identity").empty()) {
    out.push_back("ALTER TABLE " + parent_of(index) + " REPLICA IDENTITY USING INDEX " + name);
  }
  return out;
}

// `enable` of what fires, a trigger or a rule.
void append_firing(const LiveObject& object, const char* noun, Statements& out) {
  const std::string& fires = value_of(object, "fires");
  if (fires.empty()) return;
  const char* words = fires == "disabled"  ? "DISABLE"
                      : fires == "replica" ? "ENABLE REPLICA"
                                           : "ENABLE ALWAYS";
  out.push_back(
      fmt::format("ALTER TABLE {} {} {} {}", parent_of(object), words, noun, own_name(object)));
}

Statements create_firing(const LiveObject& object) {
  Statements out;
  const std::string& definition = value_of(object, "definition");
  if (!definition.empty()) out.push_back(without_semicolon(definition));
  append_firing(object, object.kind == "trigger" ? "TRIGGER" : "RULE", out);
  return out;
}

Statements create_publication(const LiveObject& publication) {
  const bool all = value_of(publication, "all").find("tables") != std::string::npos;
  return {fmt::format(
      "CREATE PUBLICATION {}{} WITH (publish = {}{}{})", publication.identity,
      all ? " FOR ALL TABLES" : "", quote_literal(value_of(publication, "publish")),
      value_of(publication, "via root").empty() ? "" : ", publish_via_partition_root = true",
      with_value(", publish_generated_columns = ", value_of(publication, "generated columns")))};
}

Statements create_event_trigger(const LiveObject& trigger) {
  std::string tags;
  const std::string& list = value_of(trigger, "tags");
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find(", ", begin), list.size());
    tags += (tags.empty() ? "" : ", ") + quote_literal(list.substr(begin, end - begin));
    begin = end + 2;
  }
  return {"CREATE EVENT TRIGGER " + trigger.identity + " ON " + value_of(trigger, "event") +
          with_value(" WHEN TAG IN (", tags, ")") + " EXECUTE FUNCTION " +
          value_of(trigger, "function")};
}

Statements create_cast(const LiveObject& cast) {
  const std::string& function = value_of(cast, "function");
  const std::string& context = value_of(cast, "context");
  return {"CREATE CAST " + cast.identity +
          (function == "binary"             ? " WITHOUT FUNCTION"
           : function == "input and output" ? " WITH INOUT"
                                            : " WITH FUNCTION " + function) +
          (context == "explicit" ? "" : " AS " + context)};
}

// `s.=(s.n,s.n)`; NONE stands for the left one of a prefix operator.
Statements create_operator(const LiveObject& object) {
  const std::string name = without_arguments(object.identity);
  const std::string list = object.identity.substr(name.size() + 1);
  const std::vector<std::string> arguments =
      split_list(std::string_view(list).substr(0, list.size() - 1), ",");
  std::string sql = "CREATE OPERATOR " + name + " (FUNCTION = " + value_of(object, "function");
  if (arguments.size() > 1 && arguments[0] != "NONE") sql += ", LEFTARG = " + arguments[0];
  if (!arguments.empty()) sql += ", RIGHTARG = " + arguments.back();
  sql += with_value(", COMMUTATOR = ", value_of(object, "commutator"));
  sql += with_value(", NEGATOR = ", value_of(object, "negator"));
  sql += with_value(", RESTRICT = ", value_of(object, "restrict"));
  sql += with_value(", JOIN = ", value_of(object, "join"));
  if (!value_of(object, "hashes").empty()) sql += ", HASHES";
  if (!value_of(object, "merges").empty()) sql += ", MERGES";
  return {sql + ")"};
}

Statements create_family(const LiveObject& family) {
  Statements out = {"CREATE " + target(family)};
  const auto add = [&](std::string_view attribute, const std::string& noun) {
    for (const std::string& member : split_list(value_of(family, attribute))) {
      out.push_back("ALTER " + target(family) + " ADD " + family_member(noun, member));
    }
  };
  add("operators", "OPERATOR");
  add("functions", "FUNCTION");
  return out;
}

Statements create_conversion(const LiveObject& conversion) {
  return {fmt::format("CREATE {}CONVERSION {} FOR {} TO {} FROM {}",
                      value_of(conversion, "default").empty() ? "" : "DEFAULT ",
                      conversion.identity, quote_literal(value_of(conversion, "from")),
                      quote_literal(value_of(conversion, "to")), value_of(conversion, "function"))};
}

Statements create_collation(const LiveObject& collation) {
  std::string sql =
      "CREATE COLLATION " + collation.identity + " (PROVIDER = " + value_of(collation, "provider");
  const std::string& type = value_of(collation, "character type");
  const std::string locale = quote_literal(value_of(collation, "locale"));
  sql += type.empty() ? ", LOCALE = " + locale
                      : ", LC_COLLATE = " + locale + ", LC_CTYPE = " + quote_literal(type);
  if (!value_of(collation, "deterministic").empty()) sql += ", DETERMINISTIC = false";
  return {sql + ")"};
}

}  // namespace

std::string family_member(const std::string& noun, const std::string& member) {
  std::string text = noun + " " + member;
  // The name of an operator ends where its types begin.
  if (noun == "OPERATOR") text.insert(text.find('('), " ");
  const std::size_t sort = text.find(" for order by ");
  if (sort != text.npos) text.replace(sort, 14, " FOR ORDER BY ");
  return text;
}

std::string column_definition(const LiveObject& column, const SnapshotIndex& in) {
  std::string sql = own_name(column) + " " + value_of(column, "type");
  sql += with_value(" COLLATE ", value_of(column, "collation"));
  sql += with_value(" COMPRESSION ", value_of(column, "compression"));
  sql += with_value(" DEFAULT ", value_of(column, "default"));
  sql += with_value(" GENERATED ALWAYS AS ", value_of(column, "generated"));
  if (const std::string& identity = value_of(column, "identity"); !identity.empty()) {
    sql += " GENERATED " + identity + " AS IDENTITY";
    for (const LiveObject* sequence : in.children(column, "sequence")) {
      sql += " (SEQUENCE NAME " + sequence->identity + sequence_options(*sequence) + ")";
    }
  }
  if (!value_of(column, "not null").empty()) sql += " NOT NULL";
  return sql;
}

Statements create_statements(const LiveObject& object, const SnapshotIndex& in) {
  const std::string& kind = object.kind;
  if (kind == "table") return create_table(object, in);
  if (kind == "view" || kind == "materialized view") return create_view(object, in);
  if (kind == "function" || kind == "procedure") return create_routine(object);
  if (kind == "aggregate") return create_aggregate(object);
  if (is_of(object, {"enum", "domain", "range", "composite type", "base type"}))
    return create_type(object, in);
  if (kind == "policy") return create_policy(object);
  if (kind == "sequence") return create_sequence(object, in);
  if (kind == "constraint") return create_constraint(object);
  if (kind == "index") return create_index(object, in);
  if (kind == "trigger" || kind == "rule") return create_firing(object);
  if (kind == "publication") return create_publication(object);
  if (kind == "event trigger") return create_event_trigger(object);
  if (kind == "cast") return create_cast(object);
  if (kind == "collation") return create_collation(object);
  if (kind == "operator") return create_operator(object);
  if (kind == "operator family") return create_family(object);
  if (kind == "conversion") return create_conversion(object);
  if (kind == "statistics") return {value_of(object, "definition")};
  if (kind == "schema") return {"CREATE SCHEMA " + object.identity};
  if (kind == "extension") {
    return {"CREATE EXTENSION " + object.identity + " SCHEMA " + value_of(object, "schema") +
            " VERSION " + quote_literal(value_of(object, "version"))};
  }
  if (kind == "published table") {
    return {"ALTER PUBLICATION " + parent_of(object) + " ADD TABLE " + own_name(object) +
            with_value(" (", value_of(object, "columns"), ")") +
            with_value(" WHERE ", value_of(object, "where"))};
  }
  if (kind == "published schema") {
    return {"ALTER PUBLICATION " + parent_of(object) + " ADD TABLES IN SCHEMA " + own_name(object)};
  }
  if (kind == "column") {
    const bool of_type = object.parents.front().kind == "composite type";
    if (is_of(object, {"column"}) && value_of(object, "type").empty()) return {};  // of a view
    Statements out = {(of_type ? "ALTER TYPE " : "ALTER TABLE ") + parent_of(object) +
                      (of_type ? " ADD ATTRIBUTE " : " ADD COLUMN ") +
                      column_definition(object, in)};
    append(out, column_extras(object));
    return out;
  }
  return {};
}

}  // namespace pgtide::schema
