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

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.push_back(text.substr(begin, end - begin));
    begin = end + separator.size();
  }
  return parts;
}

// What is granted when nothing is said about it.
std::string usual_grants(const Object& object) {
  if (object.kind == "column") return "";
  const bool open = is_of(object, {"function", "procedure", "aggregate", "enum", "domain", "range",
                                   "composite type", "base type", "language"});
  return open ? "PUBLIC: ALL; owner: ALL" : "owner: ALL";
}

// By grantee, from `app: SELECT, UPDATE with grant option; owner: ALL`.
std::map<std::string, Privileges> parse_grants(const Object& object) {
  std::string text = value_of(object, "grants");
  if (text.empty()) text = usual_grants(object);
  std::map<std::string, Privileges> grants;
  for (const std::string& entry : split(text, "; ")) {
    const std::size_t colon = entry.rfind(": ");
    if (colon == entry.npos) continue;
    for (std::string& privilege : split(entry.substr(colon + 2), ", ")) {
      grants[entry.substr(0, colon)].insert(std::move(privilege));
    }
  }
  return grants;
}

std::string grant_target(const Object& object) {
  if (object.kind == "column") return "TABLE " + parent_of(object);
  if (is_of(object, {"view", "materialized view", "foreign table"}))
    return "TABLE " + object.identity;
  if (object.kind == "aggregate") return "FUNCTION " + object.identity;
  if (object.kind == "foreign server") return "FOREIGN SERVER " + object.identity;
  return target(object);
}

std::string privilege_words(std::string privilege, const Object& object) {
  if (object.kind == "column") privilege += " (" + own_name(object) + ")";
  return privilege;
}

void append_grants(const Object* from, const Object& to, Statements& out) {
  Object fresh = to;
  std::erase_if(fresh.attributes, [](const Attribute& a) { return a.name == "grants"; });
  auto is = parse_grants(from == nullptr ? fresh : *from);
  auto was = parse_grants(to);
  const std::string on = " ON " + grant_target(to);
  const auto role = [&](const std::string& grantee) {
    return grantee == "owner" ? quote_identifier(value_of(to, "owner")) : grantee;
  };
  for (const auto& [grantee, privileges] : is) {
    const Privileges& kept = was[grantee];
    for (const std::string& privilege : privileges) {
      if (kept.contains(privilege)) continue;
      const std::string name = privilege.substr(0, privilege.find(with_option));
      out.push_back("REVOKE " + privilege_words(name, to) + on + " FROM " + role(grantee));
    }
  }
  for (const auto& [grantee, privileges] : was) {
    const Privileges& there = is[grantee];
    for (const std::string& privilege : privileges) {
      if (there.contains(privilege)) continue;
      const bool option = privilege.ends_with(with_option);
      const std::string name = privilege.substr(0, privilege.find(with_option));
      out.push_back("GRANT " + privilege_words(name, to) + on + " TO " + role(grantee) +
                    (option ? " WITH GRANT OPTION" : ""));
    }
  }
}

// `of ROLE in SCHEMA on tables`
struct DefaultPrivileges {
  explicit DefaultPrivileges(const std::string& identity) {
    const std::size_t on = identity.rfind(" on ");
    const std::size_t in = identity.find(" in ");
    alter = "ALTER DEFAULT PRIVILEGES FOR ROLE " + identity.substr(3, std::min(in, on) - 3);
    if (in != identity.npos) alter += " IN SCHEMA " + identity.substr(in + 4, on - in - 4);
    objects = identity.substr(on + 4);
    everywhere = in == identity.npos;
    role = identity.substr(3, std::min(in, on) - 3);
  }
  std::string alter;
  std::string objects;
  std::string role;
  bool everywhere = false;
};

}  // namespace

Statements default_privileges_statements(const Object* from, const Object* to) {
  const Object& any = from != nullptr ? *from : *to;
  const DefaultPrivileges what(any.identity);
  Object usual = any;
  usual.attributes = {{"grants", !what.everywhere ? "nobody"
                                 : what.objects == "functions" || what.objects == "types"
                                     ? "PUBLIC: ALL; owner: ALL"
                                     : "owner: ALL"}};
  auto is = parse_grants(from != nullptr ? *from : usual);
  auto was = parse_grants(to != nullptr ? *to : usual);
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

Statements remark_statements(const Object* from, const Object& to, const std::string& usual_owner) {
  Statements out;
  const std::string& owner = value_of(to, "owner");
  const std::string& owned_by = from == nullptr ? usual_owner : value_of(*from, "owner");
  if (!owner.empty() && owner != owned_by) {
    out.push_back("ALTER " + target(to) + " OWNER TO " + quote_identifier(owner));
  }
  const std::string& grants = value_of(to, "grants");
  const std::string granted = from == nullptr ? std::string() : value_of(*from, "grants");
  if (grants != granted) append_grants(from, to, out);
  const std::string& comment = value_of(to, "comment");
  const std::string said = from == nullptr ? std::string() : value_of(*from, "comment");
  if (comment != said) {
    out.push_back("COMMENT ON " + target(to) + " IS " +
                  (comment.empty() ? "NULL" : quote_literal(comment)));
  }
  return out;
}

}  // namespace pgtide::schema
