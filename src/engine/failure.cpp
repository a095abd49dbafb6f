#include "engine/failure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "engine/error_place.hpp"
#include "engine/failure_kind.hpp"
#include "pgtide/sql/effect.hpp"
#include "pgtide/sql/position.hpp"
#include "pgtide/status.hpp"
#include "sql/token.hpp"

namespace pgtide::engine {
namespace {

constexpr const char* division_by_zero = "22012";

ScriptPosition in_file(const std::string& path, const sql::Position& at) {
  return {path, at.line, at.column};
}

// What a syntax error at a colon most likely comes from.
std::string colon_advice(std::string_view text) {
  sql::TokenCursor tokens(text);
  if (!tokens.next().is_symbol(':')) return {};
  const sql::Token name = tokens.next();
  if (name.kind == sql::TokenKind::end || name.kind == sql::TokenKind::symbol) return {};
  if (name.is("BATCH_SIZE")) return "write `-- pgtide: batch` on a line before the statement";
  return "variables of psql are not filled in: write the value itself";
}

}  // namespace

std::string advice_for(const std::string& sqlstate) {
  if (sqlstate == "55P03") {
    return "somebody else holds a lock that this statement needs; run again later, or raise "
           "lock_timeout";
  }
  if (sqlstate == "40P01") {
    return "this session and another one waited for each other, and the server chose this one to "
           "give way; run again, or lock the tables in the order in which the others do";
  }
  if (sqlstate == "40001") {
    return "another transaction changed at the same time what this one saw; run again";
  }
  if (sqlstate == "42501")
    return "run as the owner of the object, or grant the privilege to the role";
  if (sqlstate == "25001" || sqlstate == "2D000") {
    return "this cannot run inside a transaction; write `-- pgtide: no-transaction` at the top of "
           "the script";
  }
  if (sqlstate == "25006") {
    return "the session is read-only: a standby, or default_transaction_read_only is on; connect "
           "to the primary, or add ?options=-c%20default_transaction_read_only=off to the URL";
  }
  if (sqlstate == "57014") {
    return "statement_timeout ended it, or somebody cancelled it; --statement-timeout sets the "
           "limit, `-- pgtide: statement-timeout=10min` in the script for this one";
  }
  if (sqlstate == "53100") {
    return "make room on the server's disk, then run the same command again; `pgtide doctor` shows "
           "how large the database is";
  }
  if (sqlstate == "55P04") {
    return "a new enum value cannot be used in the transaction that adds it; use it in the next "
           "migration";
  }
  return {};
}

std::string advice_for_replay(const std::string& sqlstate) {
  constexpr const char* invalid_schema_name = "3F000";
  constexpr const char* undefined_object = "42704";  // a role, for example
  if (sqlstate != invalid_schema_name && sqlstate != undefined_object) return {};
  return "what the scripts expect to be there, such as a schema or a role, is made in "
         "fixtures/0000.sql of the migrations directory";
}

Failure plain_failure(const std::string& path, const ports::ServerMessage& error) {
  Failure failure;
  failure.kind = kind_of(error.sqlstate);
  failure.where.file = path;
  failure.message = error.message;
  failure.sqlstate = error.sqlstate;
  failure.detail = error.detail;
  failure.server_hint = error.hint;
  failure.context = error.context;
  failure.hint = advice_for(error.sqlstate);
  // A block or a function around the statement is a transaction wherever it runs.
  if (error.sqlstate == "25001" && !error.context.empty()) {
    failure.hint = "write the statement into the script itself, outside of functions and DO blocks";
  }
  return failure;
}

Failure script_failure(const std::string& path, const sql::Position& begin, const std::string& text,
                       const ports::ServerMessage& error) {
  Failure failure = plain_failure(path, error);
  const sql::Position at = place_of(begin, text, error);
  failure.where = in_file(path, at);
  failure.source_line = sql::line_at(text, begin, at);
  if (failure.sqlstate == "42601") {
    failure.hint = colon_advice(std::string_view(text).substr(at.offset - begin.offset));
  }
  return failure;
}

Failure copy_failure(const std::string& path, const CopyPlace& place,
                     const ports::ServerMessage& error) {
  const auto context = error.position > 0 ? std::nullopt : place_in_copy(error.context, place.text);
  if (!context) return script_failure(path, place.begin, place.text, error);
  Failure failure = plain_failure(path, error);
  failure.where = {path, place.data_begin.line + context->line - 1, 1};
  failure.source_line = place.line ? place.line(failure.where.line) : std::string();
  const std::string_view line = failure.source_line;
  const std::size_t field = find_field(line, context->value);
  failure.where.column = sql::advance({}, line.substr(0, field)).column;
  return failure;
}

std::string read_line(ByteSource& source, std::size_t number) {
  constexpr std::size_t longest = 1000;
  std::array<char, 65536> buffer{};
  std::string line;
  for (std::size_t at = 1; const std::size_t size = source.read(buffer);) {
    for (const char c : std::string_view(buffer.data(), size)) {
      if (at > number) return line;
      if (c == '\n') {
        ++at;
      } else if (at == number && line.size() < longest) {
        line += c;
      }
    }
  }
  return line;
}

Failure lock_lost(Failure failure) {
  failure.kind = FailureKind::environment;
  failure.message =
      "the run lock was lost, so another run may be at work; nothing of this transaction stays";
  failure.sqlstate.clear();
  failure.hint = "run `pgtide status`, then start again";
  return failure;
}

std::string why_not_recorded(const ports::ServerMessage& error) {
  // Of the fence, or of the row.
  return error.sqlstate == division_by_zero
             ? "the run lock is not held any more, or the row was not written as meant"
             : error.message;
}

Failure overtaken(Failure failure) {
  failure.kind = FailureKind::environment;
  failure.message = "another run came between; nothing of this transaction stays";
  failure.sqlstate.clear();
  failure.hint = "run `pgtide status`, then start again";
  return failure;
}

Failure ledger_failure(Failure failure, const LedgerNames& names) {
  failure.kind = FailureKind::environment;
  if (failure.sqlstate == division_by_zero) {
    failure.message = row_not_written(names) + "; nothing of this transaction stays";
    failure.sqlstate.clear();
    failure.hint = row_not_written_hint(names);
    return failure;
  }
  failure.hint = ledger_advice(failure.sqlstate, failure.message, names);
  failure.message = "cannot write the ledger: " + failure.message;
  return failure;
}

std::string row_not_written(const LedgerNames& names) {
  return fmt::format("the server did not write the rows of {} and {} as meant",
                     names.qualified(names.table), names.qualified(names.log()));
}

std::string row_not_written_hint(const LedgerNames& names) {
  return fmt::format(
      "a trigger or a rule of {} or {} may change or drop them (psql: \\d), or somebody recorded "
      "the "
      "version meanwhile: `pgtide status`",
      names.qualified(names.table), names.qualified(names.log()));
}

Failure ledger_failure_after(Failure failure, const LedgerNames& names) {
  if (!says_that_ledger_is_gone(failure.sqlstate)) return ledger_failure(std::move(failure), names);
  failure.message = "the script drops pgtide's own tables: " + failure.message;
  blame_script_for_ledger(failure, names);
  return failure;
}

void blame_script_for_ledger(Failure& failure, const LedgerNames& names) {
  failure.kind = FailureKind::migration;
  failure.hint = fmt::format(
      "leave {} and {} out of what the script drops and changes; --schema, or `schema` in "
      "pgtide.toml, keeps them in a schema of their own",
      names.qualified(names.table), names.qualified(names.log()));
}

std::string ledger_advice(const std::string& sqlstate, const std::string& message,
                          const LedgerNames& names) {
  if (sqlstate != "42501") return advice_for(sqlstate);
  if (const std::string hint = names.row_security_hint(message); !hint.empty()) return hint;
  return fmt::format(
      "GRANT USAGE, CREATE ON SCHEMA {} to this role, or for tables that exist: GRANT SELECT, "
      "INSERT, UPDATE ON {}, {}",
      quote_identifier(names.schema), names.qualified(names.table), names.qualified(names.log()));
}

std::vector<Problem> why_not_simulable(const sql::ScriptScan& scan, const std::string& path) {
  std::vector<Problem> reasons;
  const auto add = [&](const sql::Position& at, std::string message) {
    reasons.push_back({in_file(path, at), std::move(message), {}, {}});
  };
  if (scan.no_transaction) {
    add(*scan.no_transaction, "the directive lets the script run outside transactions");
  }
  for (const sql::Statement& statement : scan.non_transactional) {
    add(statement.begin, statement.text + " cannot run inside a transaction");
  }
  for (const sql::Statement& statement : scan.batches) {
    add(statement.begin, statement.text + " in batches, each in a transaction of its own");
  }
  std::ranges::stable_sort(reasons, {}, [](const Problem& reason) { return reason.where.line; });
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

std::string recorded_error(const Failure& failure) {
  const bool was_stopped = failure.kind == FailureKind::interrupted;
  return (was_stopped ? std::string(interrupted_error) : std::string()) + one_line(failure);
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
