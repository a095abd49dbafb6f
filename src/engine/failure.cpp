#include "engine/failure.hpp"

#include <fmt/format.h>

#include <regex>

#include "pgtide/sql/position.hpp"

namespace pgtide::engine {
namespace {

ScriptPosition in_file(const std::string& path, const sql::Position& at) {
  return {path, at.line, at.column};
}

sql::Position place_of(const sql::Position& begin, const std::string& text,
                       const ports::ServerMessage& error) {
  return error.position > 0 ? sql::locate(text, begin, error.position) : begin;
}

}  // namespace

std::string advice_for(const std::string& sqlstate) {
  if (sqlstate == "55P03") {
    return "somebody else holds a lock that this statement needs; run again later, or raise "
           "lock_timeout";
  }
  if (sqlstate == "42501")
    return "run as the owner of the object, or grant the privilege to the role";
  if (sqlstate == "25001") return "this statement cannot run inside a transaction";
  if (sqlstate == "55P04") {
    return "a new enum value cannot be used in the transaction that adds it; use it in the next "
           "migration";
  }
  return {};
}

Failure plain_failure(const std::string& path, const ports::ServerMessage& error) {
  Failure failure;
  failure.where.file = path;
  failure.message = error.message;
  failure.sqlstate = error.sqlstate;
  failure.detail = error.detail;
  failure.server_hint = error.hint;
  failure.context = error.context;
  failure.hint = advice_for(error.sqlstate);
  return failure;
}

Failure script_failure(const std::string& path, const sql::Position& begin, const std::string& text,
                       const ports::ServerMessage& error) {
  Failure failure = plain_failure(path, error);
  const sql::Position at = place_of(begin, text, error);
  failure.where = in_file(path, at);
  failure.source_line = sql::line_at(text, begin, at);
  return failure;
}

Failure copy_failure(const std::string& path, const sql::Position& data_begin,
                     const ports::ServerMessage& error) {
  Failure failure = plain_failure(path, error);
  // CONTEXT is `COPY table, line 3, column x: "..."`, or only `COPY table, line 3`.
  static const std::regex pattern("^COPY .*, line ([0-9]+)");
  std::smatch match;
  const std::size_t row =
      std::regex_search(error.context, match, pattern) ? std::stoul(match[1]) : 1;
  failure.where = {path, data_begin.line + row - 1, 1};
  return failure;
}

std::string ledger_advice(const std::string& sqlstate, const LedgerNames& names) {
  if (sqlstate != "42501") return advice_for(sqlstate);
  return fmt::format(
      "GRANT USAGE, CREATE ON SCHEMA {} to this role, or for tables that exist: GRANT SELECT, "
      "INSERT, UPDATE ON {}, {}",
      quote_identifier(names.schema), names.qualified(names.table), names.qualified(names.log()));
}

std::vector<Problem> why_not_simulable(const sql::ScriptScan& scan, const std::string& path) {
  std::vector<Problem> reasons;
  for (const sql::Statement& statement : scan.non_transactional) {
    reasons.push_back({.where = in_file(path, statement.begin),
                       .message = statement.text + " cannot run inside a transaction",
                       .hint = {},
                       .source_line = {}});
  }
  if (reasons.empty()) {
    reasons.push_back(
        {.where = {path, 0, 0},
         .message = "a directive lets it run outside transactions (no-transaction or batch)",
         .hint = {},
         .source_line = {}});
  }
  return reasons;
}

std::string one_line(const Failure& failure) {
  std::string line;
  if (failure.where.line > 0) {
    line = fmt::format("{}:{}:{}: ", failure.where.file, failure.where.line, failure.where.column);
  } else if (!failure.where.file.empty()) {
    line = failure.where.file + ": ";
  }
  line += failure.message;
  if (!failure.sqlstate.empty()) line += fmt::format(" ({})", failure.sqlstate);
  return line;
}

ServerNotice script_notice(const std::string& path, const sql::Position& begin,
                           const std::string& text, const ports::ServerMessage& message) {
  return {.where = in_file(path, place_of(begin, text, message)),
          .severity = message.severity,
          .message = message.message,
          .detail = message.detail,
          .hint = message.hint};
}

}  // namespace pgtide::engine
