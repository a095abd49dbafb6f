// Statements that change what stays.
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <set>

#include "pgtide/query.hpp"
#include "schema/undo_parts.hpp"
#include "schema/undo_way.hpp"

namespace pgtide::schema {
namespace {

void join_parents(const Way& way, const std::string& alter) {
  const std::vector<std::string> is = split_list(way.is("inherits"));
  for (const std::string& parent : split_list(way.was("inherits"))) {
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
  for (const std::string& one : split_list(way.is("statistics"))) {
    way.out.push_back(alter + one.substr(0, one.find(':')) + " SET STATISTICS -1");
  }
  for (const std::string& one : split_list(way.was("statistics"))) {
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
  if (!way.differs("publish") && !way.differs("via root")) return;
  way.out.push_back("ALTER PUBLICATION " + way.to.identity + " SET (publish = " +
                    quote_literal(way.was("publish")) + ", publish_via_partition_root = " +
                    (way.was("via root").empty() ? "false)" : "true)"));
}

// `1 s.<(s.n,s.n)` and `1 (s.n, s.n) s.cmp(s.n,s.n)`: the number, the types, the rest.
struct Member {
  explicit Member(const std::string& text) : whole(text) {
    const std::size_t open = text.find('(');
    number = text.substr(0, text.find(' '));
    types = text.substr(open, text.find(')', open) + 1 - open);
  }
  std::string whole;
  std::string number;
  std::string types;
};

void alter_members(const Way& way, std::string_view attribute, const std::string& noun) {
  const std::string alter = "ALTER " + target(way.to);
  const std::vector<std::string> was = split_list(way.was(attribute));
  const std::vector<std::string> is = split_list(way.is(attribute));
  for (const std::string& text : is) {
    const Member member(text);
    if (std::ranges::find(was, text) != was.end()) continue;
    way.out.push_back(alter + " DROP " + noun + " " + member.number + " " + member.types);
  }
  for (const std::string& text : was) {
    if (std::ranges::find(is, text) != is.end()) continue;
    way.out.push_back(alter + " ADD " + family_member(noun, text));
  }
}

void alter_family(const Way& way) {
  alter_members(way, "operators", "OPERATOR");
  alter_members(way, "functions", "FUNCTION");
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

Statements leave_parents(const LiveObject& before, const LiveObject& after) {
  Statements out;
  const std::vector<std::string> was = split_list(value_of(before, "inherits"));
  for (const std::string& parent : split_list(value_of(after, "inherits"))) {
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

bool must_be_made_anew(const LiveObject& before, const LiveObject& after) {
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
  if (before.kind == "publication") return differs({"all", "generated columns"});
  if (before.kind == "operator") {
    return differs({"function", "commutator", "negator", "restrict", "join", "hashes", "merges"});
  }
  if (is_of(before, {"cast", "range", "collation"})) {
    return differs({"function", "context", "type", "collation", "locale", "provider",
                    "operator class", "canonical", "difference", "multirange"});
  }
  return false;
}

Statements alter_statements(const LiveObject& before, const LiveObject& after,
                            const SnapshotIndex& in, std::vector<std::string>& losses) {
  Statements out;
  const Way way{.from = after, .to = before, .in = in, .out = out, .losses = losses};
  if (is_of(before, {"table", "view", "materialized view", "foreign table"})) alter_relation(way);
  if (before.kind == "column") alter_column(way);
  if (before.kind == "sequence") alter_sequence(way);
  if (before.kind == "enum" && way.differs("labels")) remake_enum(way);
  if (before.kind == "domain") alter_domain(way);
  if (is_of(before, {"trigger", "rule", "event trigger"})) alter_firing(way);
  if (before.kind == "index") alter_index(way);
  if (before.kind == "extension") alter_extension(way);
  if (before.kind == "publication") alter_publication(way);
  if (before.kind == "operator family") alter_family(way);
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
