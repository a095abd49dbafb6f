#include "sql/beyond_rollback.hpp"

#include <algorithm>
#include <array>

#include "sql/statement_words.hpp"

namespace pgtide::sql {
namespace {

// Functions of the server and of well-known extensions.
constexpr std::array<std::string_view, 44> functions = {"dblink",
                                                        "dblink_exec",
                                                        "dblink_open",
                                                        "dblink_send_query",
                                                        "http",
                                                        "http_get",
                                                        "http_post",
                                                        "http_put",
                                                        "http_patch",
                                                        "http_delete",
                                                        "http_head",
                                                        "lo_export",
                                                        "pg_file_write",
                                                        "pg_file_rename",
                                                        "pg_file_unlink",
                                                        "pg_file_sync",
                                                        "pg_terminate_backend",
                                                        "pg_cancel_backend",
                                                        "pg_reload_conf",
                                                        "pg_rotate_logfile",
                                                        "pg_promote",
                                                        "pg_switch_wal",
                                                        "pg_create_restore_point",
                                                        "pg_create_physical_replication_slot",
                                                        "pg_create_logical_replication_slot",
                                                        "pg_copy_physical_replication_slot",
                                                        "pg_copy_logical_replication_slot",
                                                        "pg_drop_replication_slot",
                                                        "pg_replication_slot_advance",
                                                        "pg_logical_slot_get_changes",
                                                        "pg_logical_slot_get_binary_changes",
                                                        "pg_wal_replay_pause",
                                                        "pg_wal_replay_resume",
                                                        "pg_start_backup",
                                                        "pg_stop_backup",
                                                        "pg_backup_start",
                                                        "pg_backup_stop",
                                                        "pg_background_launch",
                                                        "pg_stat_reset",
                                                        "pg_stat_reset_shared",
                                                        "pg_stat_reset_slru",
                                                        "pg_stat_reset_single_table_counters",
                                                        "pg_stat_reset_single_function_counters",
                                                        "pg_stat_statements_reset"};

bool is_outside(const std::string& function) {
  return std::ranges::find(functions, function) != functions.end();
}

// Such a language may do whatever the server's user may.
bool is_untrusted(const std::string& language) {
  return language.starts_with("pl") && (language.ends_with("u") || language == "plsh");
}

std::string copy_outside(StatementWords& words) {
  bool is_out = false;
  std::size_t depth = 0;
  for (; !words.at_end(); words.skip()) {
    if (words.token().is_symbol('(')) ++depth;
    if (words.token().is_symbol(')') && depth > 0) --depth;
    if (depth > 0) continue;
    if (words.at("TO")) is_out = true;
    if (words.at("PROGRAM")) return is_out ? "COPY … TO PROGRAM" : "COPY … FROM PROGRAM";
    if (is_out && words.token().kind == TokenKind::string) return "COPY … TO a file";
  }
  return {};
}

bool is_name(const Token& token) {
  return token.kind == TokenKind::word || token.kind == TokenKind::quoted_name;
}

std::string called(std::string_view text, bool reads_strings) {
  TokenCursor cursor(text);
  Token before;
  bool is_table = false;  // the name that stands just before: `INSERT INTO a.b (`
  for (Token token = cursor.next(); token.kind != TokenKind::end; token = cursor.next()) {
    if (token.is_symbol('(') && is_name(before) && !is_table && is_outside(folded_name(before))) {
      return folded_name(before) + "()";
    }
    if (token.is("PROGRAM") && reads_strings && before.is("TO")) return "COPY … TO PROGRAM";
    if (reads_strings && token.kind == TokenKind::string) {
      if (auto inside = called(literal_value(token.text), true); !inside.empty()) return inside;
    }
    if (is_name(token) && !before.is_symbol('.')) {
      is_table = before.is("INTO") || before.is("TABLE") || before.is("EXISTS");
    }
    before = token;
  }
  return {};
}

std::string language_of_do(StatementWords words) {
  for (; !words.at_end(); words.skip()) {
    if (!words.take("LANGUAGE")) continue;
    const bool is_literal = words.token().kind == TokenKind::string;
    return is_literal ? literal_value(words.token().text) : folded_name(words.token());
  }
  return {};
}

}  // namespace

std::string beyond_rollback(std::string_view statement) {
  StatementWords words(statement);
  if (words.at("CREATE") || words.at("COMMENT")) return {};  // it runs nothing
  if (words.at("LOAD")) return "LOAD";
  const bool is_do = words.at("DO");
  if (is_do) {
    const std::string language = language_of_do(words);
    if (is_untrusted(language)) return "DO in " + language;
  }
  if (words.take("COPY")) {
    if (auto out = copy_outside(words); !out.empty()) return out;
  }
  return called(statement, is_do);
}

}  // namespace pgtide::sql
