// Statements that change what stays.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "pgtide/query.hpp"
#include "schema/undo_parts.hpp"

namespace pgtide::schema {
namespace {

// One object on its way from what it is to what it was.
struct Way {
  const Object& from;
  const Object& to;
  const SnapshotIndex& in;  // where it was
  Statements& out;
  std::vector<std::string>& losses;

  const std::string& was(std::string_view attribute) const { return value_of(to, attribute); }
  const std::string& is(std::string_view attribute) const { return value_of(from, attribute); }
  bool differs(std::string_view attribute) const { return was(attribute) != is(attribute); }
  void lose(const std::string& attribute) const {
    losses.push_back(fmt::format("{} {} cannot get its {} back: it is {}, and was {}", to.kind,
                                 to.identity, attribute,
                                 is(attribute).empty() ? "none" : is(attribute),
                                 was(attribute).empty() ? "none" : was(attribute)));
  }
};

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < list.size();) {
    const std::size_t end = std::min(list.find(", ", begin), list.size());
    parts.push_back(list.substr(begin, end - begin));
    begin = end + 2;
  }
  return parts;
}

std::string option_name(const std::string& option) {
  return option.substr(0, option.find('='));
}

// SET and RESET of options; `prefix` is `toast.` for those of the TOAST table.
void alter_options(const Way& way, const std::string& alter, std::string_view attribute,
                   const std::string& prefix = "") {
  std::set<std::string> kept;
  std::string set;
  std::string reset;
  for (const std::string& option : split(way.was(attribute))) {
    const std::string name = option_name(option);
    kept.insert(name);
    const std::size_t equals = option.find('=');
    const std::string value = equals == option.npos ? "true" : option.substr(equals + 1);
    set += (set.empty() ? "" : ", ") + prefix + name + " = " + quote_literal(value);
  }
  for (const std::string& option : split(way.is(attribute))) {
    if (kept.contains(option_name(option))) continue;
    reset += (reset.empty() ? "" : ", ") + prefix + option_name(option);
  }
  if (!reset.empty()) way.out.push_back(alter + " RESET (" + reset + ")");
  if (!set.empty()) way.out.push_back(alter + " SET (" + set + ")");
}

void join_parents(const Way& way, const std::string& alter) {
  const std::vector<std::string> is = split(way.is("inherits"));
  for (const std::string& parent : split(way.was("inherits"))) {
    if (std::ranges::find(is, parent) == is.end()) way.out.push_back(alter + " INHERIT " + parent);
  }
  if (!way.differs("partition of") && !way.differs("partition bound")) return;
  if (!way.was("partition of").empty()) {
    way.out.push_back("ALTER TABLE " + way.was("partition of") + " ATTACH PARTITION " +
                      way.to.identity + " " + way.was("partition bound"));
  }
}

void alter_relation(const Way& way) {
  const bool view = is_of(way.to, {"view", "materialized view"});
  const std::string alter = (view ? "ALTER " + target(way.to) : "ALTER TABLE " + way.to.identity);
  if (way.differs("persistence")) {
    way.out.push_back(alter + (way.was("persistence").empty() ? " SET LOGGED" : " SET UNLOGGED"));
  }
  if (way.differs("options")) alter_options(way, alter, "options");
  if (way.differs("toast options")) alter_options(way, alter, "toast options", "toast.");
  if (way.differs("row security")) {
    const std::string& was = way.was("row security");
    way.out.push_back(alter + (was.starts_with("enabled") ? " ENABLE" : " DISABLE") +
                      " ROW LEVEL SECURITY");
    way.out.push_back(alter + (was.ends_with("forced") ? " FORCE" : " NO FORCE") +
                      " ROW LEVEL SECURITY");
  }
  const std::string& identity = way.was("replica identity");
  if (way.differs("replica identity") && identity != "index") {
    way.out.push_back(alter + " REPLICA IDENTITY " + (identity.empty() ? "DEFAULT" : identity));
  }
  if (way.differs("tablespace")) {
    way.out.push_back(alter + " SET TABLESPACE " +
                      (way.was("tablespace").empty() ? "pg_default" : way.was("tablespace")));
  }
  if (way.differs("of type")) {
    way.out.push_back(alter +
                      (way.was("of type").empty() ? " NOT OF" : " OF " + way.was("of type")));
  }
  join_parents(way, alter);
}

void alter_default(const Way& way, const std::string& alter) {
  const std::string& was = way.was("default");
  way.out.push_back(alter + (was.empty() ? " DROP DEFAULT" : " SET DEFAULT " + was));
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

void alter_column_type(const Way& way, const std::string& alter) {
  if (!way.differs("type") && !way.differs("collation")) return;
  const bool with_default = !way.is("default").empty();
  if (with_default) way.out.push_back(alter + " DROP DEFAULT");
  std::string sql = alter + " TYPE " + way.was("type");
  if (!way.was("collation").empty()) sql += " COLLATE " + way.was("collation");
  if (way.differs("type")) sql += " USING " + own_name(way.to) + "::" + way.was("type");
  way.out.push_back(sql);
  if (with_default && !way.differs("default")) alter_default(way, alter);
}

// Of a type that has a choice. Since PostgreSQL 16 there is a word for it.
std::string usual_storage(const std::string& type) {
  const bool small = type.starts_with("numeric") || type == "inet" || type == "cidr";
  return small && !type.ends_with("[]") ? "main" : "extended";
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

void alter_sequence(const Way& way) {
  const std::string alter = "ALTER SEQUENCE " + way.to.identity;
  std::string changes;
  const auto change = [&](std::string_view attribute, const char* words) {
    if (way.differs(attribute)) changes += words + way.was(attribute);
  };
  change("type", " AS ");
  change("increment", " INCREMENT BY ");
  change("minimum", " MINVALUE ");
  change("maximum", " MAXVALUE ");
  change("start", " START WITH ");
  change("cache", " CACHE ");
  if (way.differs("cycle")) changes += way.was("cycle").empty() ? " NO CYCLE" : " CYCLE";
  if (!changes.empty()) way.out.push_back(alter + changes);
  if (way.differs("owned by")) {
    way.out.push_back(alter + " OWNED BY " +
                      (way.was("owned by").empty() ? "NONE" : way.was("owned by")));
  }
}

// Columns keep their values, by the labels' names.
void remake_enum(const Way& way) {
  const std::string& name = way.to.identity;
  const std::string schema = name.substr(0, name.rfind('.') + 1);
  const std::string old = "pgtide_undone_" + std::to_string(name.size());
  way.out.push_back("ALTER TYPE " + name + " RENAME TO " + old);
  way.out.push_back("CREATE TYPE " + name + " AS ENUM (" + way.was("labels") + ")");
  for (const Object* column : way.in.all("column")) {
    const std::string& type = value_of(*column, "type");
    const bool array = type == name + "[]";
    if ((type != name && !array) || column->parents.front().kind == "composite type") continue;
    const std::string alter =
        "ALTER TABLE " + parent_of(*column) + " ALTER COLUMN " + own_name(*column);
    const std::string& expression = value_of(*column, "default");
    if (!expression.empty()) way.out.push_back(alter + " DROP DEFAULT");
    way.out.push_back(alter + " TYPE " + type + " USING " + own_name(*column) +
                      (array ? "::text[]::" : "::text::") + type);
    if (!expression.empty()) way.out.push_back(alter + " SET DEFAULT " + expression);
  }
  way.out.push_back("DROP TYPE " + schema + old);
  way.losses.push_back("rows with a label that enum " + name +
                       " loses must be changed before, else the script fails");
}

// A label that was renamed is renamed back.
void alter_labels(const Way& way) {
  if (loses_labels(way.to, way.from)) return remake_enum(way);
  const std::vector<std::string> was = split(way.was("labels"));
  const std::vector<std::string> is = split(way.is("labels"));
  for (std::size_t i = 0; i < was.size(); ++i) {
    if (was[i] == is[i]) continue;
    way.out.push_back("ALTER TYPE " + way.to.identity + " RENAME VALUE " + is[i] + " TO " + was[i]);
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

void alter_firing(const Way& way) {
  if (!way.differs("fires")) return;
  const std::string& was = way.was("fires");
  const char* words = was.empty()         ? "ENABLE"
                      : was == "disabled" ? "DISABLE"
                      : was == "replica"  ? "ENABLE REPLICA"
                                          : "ENABLE ALWAYS";
  if (way.to.kind == "event trigger") {
    way.out.push_back(fmt::format("ALTER EVENT TRIGGER {} {}", way.to.identity, words));
    return;
  }
  way.out.push_back(fmt::format("ALTER TABLE {} {} {} {}", parent_of(way.to), words,
                                way.to.kind == "rule" ? "RULE" : "TRIGGER", own_name(way.to)));
}

// `1: 500, 3: 100`
void alter_index_statistics(const Way& way) {
  const std::string alter = "ALTER INDEX " + way.to.identity + " ALTER COLUMN ";
  for (const std::string& one : split(way.is("statistics"))) {
    way.out.push_back(alter + one.substr(0, one.find(':')) + " SET STATISTICS -1");
  }
  for (const std::string& one : split(way.was("statistics"))) {
    const std::size_t colon = one.find(": ");
    way.out.push_back(alter + one.substr(0, colon) + " SET STATISTICS " + one.substr(colon + 2));
  }
}

void alter_index(const Way& way) {
  const std::string name = way.to.identity.substr(way.to.identity.rfind('.') + 1);
  const std::string alter = "ALTER TABLE " + parent_of(way.to);
  if (way.differs("options")) alter_options(way, "ALTER INDEX " + way.to.identity, "options");
  if (way.differs("clustered")) {
    way.out.push_back(
        alter + (way.was("clustered").empty() ? " SET WITHOUT CLUSTER" : " CLUSTER ON " + name));
  }
  if (way.differs("statistics")) alter_index_statistics(way);
  if (way.differs("replica identity") && !way.was("replica identity").empty()) {
    way.out.push_back(alter + " REPLICA IDENTITY USING INDEX " + name);
  }
}

void alter_extension(const Way& way) {
  const std::string alter = "ALTER EXTENSION " + way.to.identity;
  if (way.differs("version")) {
    way.out.push_back(alter + " UPDATE TO " + quote_literal(way.was("version")));
  }
  if (way.differs("schema")) way.out.push_back(alter + " SET SCHEMA " + way.was("schema"));
}

void alter_publication(const Way& way) {
  if (way.differs("all")) way.lose("tables");
  if (!way.differs("publish") && !way.differs("via root")) return;
  way.out.push_back("ALTER PUBLICATION " + way.to.identity + " SET (publish = " +
                    quote_literal(way.was("publish")) + ", publish_via_partition_root = " +
                    (way.was("via root").empty() ? "false)" : "true)"));
}

// Kinds of which nothing but owner, grants and comment can be changed back.
void lose_changes(const Way& way) {
  for (const Attribute& attribute : way.to.attributes) {
    const bool remark =
        attribute.name == "owner" || attribute.name == "grants" || attribute.name == "comment";
    if (!remark && way.differs(attribute.name)) way.lose(attribute.name);
  }
}

}  // namespace

bool loses_labels(const Object& before, const Object& after) {
  return split(value_of(before, "labels")).size() != split(value_of(after, "labels")).size();
}

Statements leave_parents(const Object& before, const Object& after) {
  Statements out;
  const std::vector<std::string> was = split(value_of(before, "inherits"));
  for (const std::string& parent : split(value_of(after, "inherits"))) {
    if (std::ranges::find(was, parent) == was.end()) {
      out.push_back("ALTER TABLE " + after.identity + " NO INHERIT " + parent);
    }
  }
  const std::string& parent = value_of(after, "partition of");
  const bool moves = value_of(before, "partition of") != parent ||
                     value_of(before, "partition bound") != value_of(after, "partition bound");
  if (after.kind != "index" && !parent.empty() && moves) {
    out.push_back("ALTER TABLE " + parent + " DETACH PARTITION " + after.identity);
  }
  return out;
}

bool must_be_made_anew(const Object& before, const Object& after) {
  const auto differs = [&](std::initializer_list<std::string_view> attributes) {
    return std::ranges::any_of(attributes, [&](std::string_view attribute) {
      return value_of(before, attribute) != value_of(after, attribute);
    });
  };
  if (is_of(before, {"view", "materialized view", "constraint", "index", "trigger", "rule",
                     "statistics"})) {
    return differs({"definition"});
  }
  if (before.kind == "aggregate") {
    return differs({"arguments", "returns", "definition", "parallel", "volatility"});
  }
  if (before.kind == "column")
    return differs({"generated"}) && !value_of(before, "generated").empty();
  if (is_of(before, {"function", "procedure"})) return differs({"arguments", "returns", "window"});
  if (before.kind == "policy")
    return differs({"command", "restrictive", "roles", "using", "with check"});
  if (before.kind == "event trigger") return differs({"event", "function", "tags"});
  if (before.kind == "published table") return differs({"where", "columns"});
  if (is_of(before, {"cast", "range", "collation"})) {
    return differs({"function", "context", "type", "collation", "locale", "provider",
                    "operator class", "canonical", "difference", "multirange"});
  }
  return false;
}

Statements alter_statements(const Object& before, const Object& after, const SnapshotIndex& in,
                            std::vector<std::string>& losses) {
  Statements out;
  const Way way{.from = after, .to = before, .in = in, .out = out, .losses = losses};
  if (is_of(before, {"table", "view", "materialized view", "foreign table"})) alter_relation(way);
  if (before.kind == "column") alter_column(way);
  if (before.kind == "sequence") alter_sequence(way);
  if (before.kind == "enum" && way.differs("labels")) alter_labels(way);
  if (before.kind == "domain") alter_domain(way);
  if (is_of(before, {"trigger", "rule", "event trigger"})) alter_firing(way);
  if (before.kind == "index") alter_index(way);
  if (before.kind == "extension") alter_extension(way);
  if (before.kind == "publication") alter_publication(way);
  if (before.kind == "statistics" && way.differs("statistics")) {
    out.push_back("ALTER STATISTICS " + before.identity + " SET STATISTICS " +
                  (way.was("statistics").empty() ? "-1" : way.was("statistics")));
  }
  if (before.kind == "constraint" && way.differs("enforced")) way.lose("enforcement");
  if (!is_written(before)) lose_changes(way);
  if (is_of(before, {"function", "procedure"})) {
    const auto other = [](const Attribute& a) {
      return a.name != "owner" && a.name != "grants" && a.name != "comment";
    };
    std::vector<Attribute> left;
    std::vector<Attribute> right;
    std::ranges::copy_if(before.attributes, std::back_inserter(left), other);
    std::ranges::copy_if(after.attributes, std::back_inserter(right), other);
    const bool same = std::ranges::equal(left, right, [](const Attribute& a, const Attribute& b) {
      return a.name == b.name && a.value == b.value;
    });
    if (!same) out = create_statements(before, in);
  }
  return out;
}

}  // namespace pgtide::schema
