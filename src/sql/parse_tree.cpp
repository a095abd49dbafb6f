#include "sql/parse_tree.hpp"

#include <pg_query.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace pgtide::sql {
namespace {

using nlohmann::json;

constexpr std::size_t longest_parsed = std::size_t{1} << 20U;

struct FreeResult {
  void operator()(PgQueryParseResult* result) const {
    pg_query_free_parse_result(*result);
    delete result;
  }
};

const json& child(const json& node, const char* key) {
  static const json nothing = json::object();
  const auto found = node.find(key);
  return found == node.end() ? nothing : *found;
}
bool flag(const json& node, const char* key) {
  return node.value(key, false);
}
std::string text_of(const json& node, const char* key) {
  return node.value(key, std::string());
}

// What an option of a `WITH (…)` or `(…)` list says.
enum class Setting { unset, on, off };

Setting setting_of(const json& argument) {
  std::string value;
  if (argument.contains("Integer")) {  // the parser leaves a zero out
    return child(argument, "Integer").empty() ? Setting::off : Setting::on;
  }
  if (argument.contains("String")) value = text_of(child(argument, "String"), "sval");
  for (const json& name : child(child(argument, "TypeName"), "names")) {  // a bare word
    value = text_of(child(name, "String"), "sval");
  }
  std::transform(value.begin(), value.end(), value.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return value == "false" || value == "off" ? Setting::off : Setting::on;
}

Setting option(const json& node, const char* list, std::string_view name) {
  Setting found = Setting::unset;
  for (const json& item : child(node, list)) {
    const json& element = child(item, "DefElem");
    if (text_of(element, "defname") != name) continue;
    found = element.contains("arg") ? setting_of(child(element, "arg")) : Setting::on;
  }
  return found;
}

StatementKind only_if(bool refused_in_transaction) {
  return refused_in_transaction ? StatementKind::non_transactional : StatementKind::other;
}

StatementKind transaction(const json& node) {
  const std::string kind = text_of(node, "kind");
  if (kind == "TRANS_STMT_BEGIN" || kind == "TRANS_STMT_START") {
    return node.contains("options") ? StatementKind::begin_with_modes : StatementKind::begin;
  }
  if (kind == "TRANS_STMT_COMMIT") {
    return flag(node, "chain") ? StatementKind::commit_and_chain : StatementKind::commit;
  }
  if (kind == "TRANS_STMT_ROLLBACK") return StatementKind::rollback;
  if (kind == "TRANS_STMT_SAVEPOINT" || kind == "TRANS_STMT_RELEASE" ||
      kind == "TRANS_STMT_ROLLBACK_TO") {
    return StatementKind::savepoint;
  }
  return StatementKind::two_phase;
}

StatementKind copy(const json& node) {
  if (node.contains("filename") || flag(node, "is_program")) return StatementKind::other;
  return flag(node, "is_from") ? StatementKind::copy_from_stdin : StatementKind::copy_to_stdout;
}

StatementKind reindex(const json& node) {
  const std::string kind = text_of(node, "kind");
  const bool many = kind == "REINDEX_OBJECT_SCHEMA" || kind == "REINDEX_OBJECT_DATABASE" ||
                    kind == "REINDEX_OBJECT_SYSTEM";
  return only_if(many || option(node, "params", "concurrently") == Setting::on);
}

StatementKind alter_table(const json& node) {
  for (const json& item : child(node, "cmds")) {
    const json& command = child(item, "AlterTableCmd");
    if (text_of(command, "subtype") != "AT_DetachPartition") continue;
    return only_if(flag(child(child(command, "def"), "PartitionCmd"), "concurrent"));
  }
  return StatementKind::other;
}

// connect = false makes create_slot false where it is not given.
StatementKind create_subscription(const json& node) {
  const Setting slot = option(node, "options", "create_slot");
  if (slot != Setting::unset) return only_if(slot == Setting::on);
  return only_if(option(node, "options", "connect") != Setting::off);
}

StatementKind alter_subscription(const json& node) {
  const std::string kind = text_of(node, "kind");
  if (kind == "ALTER_SUBSCRIPTION_REFRESH") return StatementKind::non_transactional;
  if (kind == "ALTER_SUBSCRIPTION_OPTIONS") {  // PostgreSQL 17 and 18 change the slot with these
    return only_if(option(node, "options", "failover") != Setting::unset ||
                   option(node, "options", "two_phase") != Setting::unset);
  }
  if (!kind.ends_with("_PUBLICATION")) return StatementKind::other;
  return only_if(option(node, "options", "refresh") != Setting::off);
}

StatementKind kind_of(const std::string& name, const json& node) {
  if (name == "TransactionStmt") return transaction(node);
  if (name == "CopyStmt") return copy(node);
  if (name == "ConstraintsSetStmt") return StatementKind::set_constraints;
  if (name == "IndexStmt" || name == "DropStmt") return only_if(flag(node, "concurrent"));
  if (name == "ReindexStmt") return reindex(node);
  if (name == "AlterTableStmt") return alter_table(node);
  if (name == "VacuumStmt") return only_if(flag(node, "is_vacuumcmd"));
  if (name == "ClusterStmt") return only_if(!node.contains("relation"));
  if (name == "AlterDatabaseStmt") {
    return only_if(option(node, "options", "tablespace") != Setting::unset);
  }
  if (name == "DiscardStmt") return only_if(text_of(node, "target") == "DISCARD_ALL");
  if (name == "CreateSubscriptionStmt") return create_subscription(node);
  if (name == "AlterSubscriptionStmt") return alter_subscription(node);
  return only_if(name == "CreatedbStmt" || name == "DropdbStmt" || name == "CreateTableSpaceStmt" ||
                 name == "DropTableSpaceStmt" || name == "AlterSystemStmt" ||
                 name == "DropSubscriptionStmt");
}

}  // namespace

std::optional<StatementKind> kind_by_parser(std::string_view text) {
  if (text.size() > longest_parsed) return std::nullopt;
  const std::unique_ptr<PgQueryParseResult, FreeResult> result(
      new PgQueryParseResult(pg_query_parse(std::string(text).c_str())));
  if (result->error != nullptr) return std::nullopt;
  const json tree = json::parse(result->parse_tree, nullptr, false);
  if (tree.is_discarded() || child(tree, "stmts").size() != 1) return std::nullopt;
  const json& statement = child(child(tree, "stmts").front(), "stmt");
  if (!statement.is_object() || statement.size() != 1) return std::nullopt;
  return kind_of(statement.begin().key(), statement.begin().value());
}

}  // namespace pgtide::sql
