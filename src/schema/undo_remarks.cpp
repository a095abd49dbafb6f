// Owner, grants and comment.
#include <algorithm>
#include <map>
#include <set>

#include "pgtide/query.hpp"
#include "schema/undo_parts.hpp"

namespace pgtide::schema {
namespace {

using Privileges = std::set<std::string>;

constexpr std::string_view with_option = " with grant option";

// By grantee, from `app: SELECT, UPDATE with grant option; owner: ALL`.
std::map<std::string, Privileges> parse_grants(const std::string& text) {
  std::map<std::string, Privileges> grants;
  for (const std::string& entry : split_list(text, "; ")) {
    const std::size_t colon = entry.rfind(": ");
    if (colon == entry.npos) continue;
    for (std::string& privilege : split_list(entry.substr(colon + 2))) {
      grants[entry.substr(0, colon)].insert(std::move(privilege));
    }
  }
  return grants;
}

// Who has just been made has what is usual, and so does who is not mentioned.
std::string grants_of(const LiveObject* object, const LiveObject& like) {
  if (object == nullptr) return like.usual_grants;
  const std::string& grants = value_of(*object, "grants");
  return grants.empty() ? like.usual_grants : grants;
}

// What initdb made is written without its schema.
std::string in_its_schema(const LiveObject& object) {
  const bool named =
      is_of(object, {"schema", "language", "foreign data wrapper", "foreign server"});
  const bool qualified = !split_name(without_arguments(object.identity)).schema.empty();
  return (named || qualified ? "" : "pg_catalog.") + object.identity;
}

std::string grant_target(const LiveObject& object) {
  constexpr std::string_view rights = "rights on ";
  if (object.kind.starts_with(rights)) {
    LiveObject thing = object;
    thing.kind.erase(0, rights.size());
    if (thing.kind == "column") {
      thing.kind = "table";
      thing.identity.erase(thing.identity.rfind('.'));
    }
    thing.identity = in_its_schema(thing);
    return grant_target(thing);
  }
  if (object.kind == "column") return "TABLE " + parent_of(object);
  if (is_of(object, {"view", "materialized view", "foreign table"}))
    return "TABLE " + object.identity;
  if (object.kind == "aggregate") return "FUNCTION " + object.identity;
  if (object.kind == "foreign server") return "FOREIGN SERVER " + object.identity;
  return target(object);
}

std::string privilege_words(std::string privilege, const LiveObject& object) {
  if (object.kind == "column") privilege += " (" + own_name(object) + ")";
  if (object.kind == "rights on column") {
    privilege += " (" + object.identity.substr(object.identity.rfind('.') + 1) + ")";
  }
  return privilege;
}

// `reader`, `reader by writer`: who has it, and who gave it when that is not the owner.
struct Grantee {
  explicit Grantee(const std::string& text, const std::string& owner) {
    const std::vector<std::string> parts = split_list(text, " by ");
    role = parts[0] == "owner" ? quote_identifier(owner) : parts[0];
    if (parts.size() > 1) by = parts[1];
  }
  std::string role;
  std::string by;
};

// Only who gave it, or who may act as that role, takes it back.
void add_as(const std::string& by, std::string statement, Statements& out) {
  if (!by.empty()) out.push_back("SET LOCAL ROLE " + by);
  out.push_back(std::move(statement));
  if (!by.empty()) out.push_back("RESET ROLE");
}

void append_grants(const LiveObject* from, const LiveObject* to, Statements& out) {
  const LiveObject& any = to != nullptr ? *to : *from;
  auto is = parse_grants(grants_of(from, any));
  auto was = parse_grants(grants_of(to, any));
  const std::string on = " ON " + grant_target(any);
  for (const auto& [grantee, privileges] : is) {
    const Privileges& kept = was[grantee];
    for (const std::string& privilege : privileges) {
      if (kept.contains(privilege)) continue;
      const std::string name = privilege.substr(0, privilege.find(with_option));
      const Grantee who(grantee, any.owner);
      add_as(who.by, "REVOKE " + privilege_words(name, any) + on + " FROM " + who.role, out);
    }
  }
  for (const auto& [grantee, privileges] : was) {
    const Privileges& there = is[grantee];
    for (const std::string& privilege : privileges) {
      if (there.contains(privilege)) continue;
      const bool option = privilege.ends_with(with_option);
      const std::string name = privilege.substr(0, privilege.find(with_option));
      const Grantee who(grantee, any.owner);
      add_as(who.by,
             "GRANT " + privilege_words(name, any) + on + " TO " + who.role +
                 (option ? " WITH GRANT OPTION" : ""),
             out);
    }
  }
}

// `of ROLE in SCHEMA on tables`
struct DefaultPrivileges {
  explicit DefaultPrivileges(const std::string& identity) {
    const std::vector<std::string> on = split_list(identity.substr(3), " on ");
    const std::vector<std::string> in = split_list(on[0], " in ");
    role = in[0];
    objects = on.back();
    everywhere = in.size() == 1;
    alter = "ALTER DEFAULT PRIVILEGES FOR ROLE " + role;
    if (!everywhere) alter += " IN SCHEMA " + in[1];
  }
  std::string alter;
  std::string objects;
  std::string role;
  bool everywhere = false;
};

Statements default_privileges_statements(const LiveObject* from, const LiveObject* to) {
  const LiveObject& any = from != nullptr ? *from : *to;
  const DefaultPrivileges what(any.identity);
  const std::string usual = !what.everywhere ? "nobody"
                            : what.objects == "functions" || what.objects == "types"
                                ? "PUBLIC: ALL; owner: ALL"
                                : "owner: ALL";
  auto is = parse_grants(from != nullptr ? value_of(*from, "grants") : usual);
  auto was = parse_grants(to != nullptr ? value_of(*to, "grants") : usual);
  const std::string on = " ON " + what.objects;
  const auto role = [&](const std::string& grantee) {
    return grantee == "owner" ? what.role : grantee;
  };
  Statements out;
  for (const auto& [grantee, privileges] : is) {
    for (const std::string& privilege : privileges) {
      if (was[grantee].contains(privilege)) continue;
      out.push_back(what.alter + " REVOKE " + privilege.substr(0, privilege.find(" with grant")) +
                    on + " FROM " + role(grantee));
    }
  }
  for (const auto& [grantee, privileges] : was) {
    for (const std::string& privilege : privileges) {
      if (is[grantee].contains(privilege)) continue;
      const bool option = privilege.ends_with(with_option);
      out.push_back(what.alter + " GRANT " + privilege.substr(0, privilege.find(with_option)) + on +
                    " TO " + role(grantee) + (option ? " WITH GRANT OPTION" : ""));
    }
  }
  return out;
}

}  // namespace

Statements grant_statements(const LiveObject* from, const LiveObject* to) {
  const LiveObject& any = to != nullptr ? *to : *from;
  if (any.kind == "default privileges") return default_privileges_statements(from, to);
  Statements out;
  append_grants(from, to, out);
  return out;
}

Statements remark_statements(const LiveObject* from, const LiveObject& to,
                             const std::string& usual_owner) {
  Statements out;
  const std::string& owned_by = from == nullptr ? usual_owner : from->owner;
  if (!value_of(to, "owner").empty() || (from != nullptr && !value_of(*from, "owner").empty())) {
    if (to.owner != owned_by) {
      out.push_back("ALTER " + target(to) + " OWNER TO " + quote_identifier(to.owner));
    }
  }
  if (grants_of(&to, to) != grants_of(from, to)) append_grants(from, &to, out);
  const std::string& comment = value_of(to, "comment");
  const std::string said = from == nullptr ? std::string() : value_of(*from, "comment");
  if (comment != said) {
    out.push_back("COMMENT ON " + target(to) + " IS " +
                  (comment.empty() ? "NULL" : quote_literal(comment)));
  }
  return out;
}

}  // namespace pgtide::schema
