#include "adapters/soci_ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>
#include <string_view>
#include <utility>

#include "adapters/existing_tables.hpp"
#include "adapters/ledger_columns.hpp"
#include "adapters/soci_errors.hpp"
#include "adapters/soci_ledger_impl.hpp"
#include "pgtide/ports/session.hpp"

// SOCI binds `:name`; so these statements write CAST(x AS type), never x::type.
namespace pgtide::adapters {
namespace {

// What pgtide 0.1 made, as any server prints it: versions of two widths come in a wrong order.
constexpr const char* old_health_view =
    R"(rolled_back.*failed.*applied.*FROM [^ ]+\s+ORDER BY (\w+\.)?version DESC\s+LIMIT 10;?\s*$)";

std::string utc(const std::string& column, bool has_zone) {
  const std::string time = has_zone ? column + " AT TIME ZONE 'UTC'" : column;
  return fmt::format(R"(coalesce(to_char({}, 'YYYY-MM-DD"T"HH24{}MI{}SS.MS"Z"'), ''))", time,
                     "\":\"", "\":\"");
}

std::optional<std::int64_t> number(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::int64_t>(std::stoll(text));
}

// Of the journal, which somebody may have edited.
std::optional<std::size_t> count_in(const std::string& text) {
  std::size_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool is_one = error == std::errc() && end == text.data() + text.size() && !text.empty();
  return is_one ? std::optional(count) : std::nullopt;
}

// What an operator set by hand counts for more than the journal.
std::optional<Progress> progress_of(const std::string& journal, const LedgerRow& row) {
  if (journal.empty() || !row.rolled_back_at.empty()) return std::nullopt;
  std::vector<std::string> fields;
  std::istringstream in(journal);
  for (std::string field; std::getline(in, field, '\t');) fields.push_back(field);
  fields.resize(9);
  const bool is_start = fields[3] == "1";
  const auto statement = count_in(fields[1]);
  const auto of = count_in(fields[2]);
  const bool knows_direction = fields[0] == "up" || fields[0] == "down";
  Progress progress{.direction = fields[0] == "down" ? Direction::down : Direction::up,
                    .checksum = fields[4],
                    .unreadable = !statement || !of || *statement > *of || !knows_direction};
  if (!progress.unreadable) {
    progress.done = is_start && *statement > 0 ? *statement - 1 : *statement;
    progress.of = *of;
    progress.started = is_start && *statement > 0;
    progress.refused = is_start && fields[6] == "1";
    progress.before = fields[5];
    progress.done_sum = is_start ? fields[8] : fields[7];
    if (is_start) progress.begun_sum = fields[7];
  }
  if (progress.direction == Direction::up && row.success != false) return std::nullopt;
  return progress;
}

void sort_and_check(LedgerSnapshot& snapshot) {
  const auto less = [](const LedgerRow& a, const LedgerRow& b) { return a.version < b.version; };
  std::vector<LedgerRow>& rows = snapshot.rows;
  // Mostly they come in the order in which they were written, which is that of their versions.
  if (!std::is_sorted(rows.begin(), rows.end(), less)) {
    std::stable_sort(rows.begin(), rows.end(), less);
  }
  const auto repeats = [&](const LedgerRow& kept, const LedgerRow& row) {
    if (kept.version != row.version) return false;
    snapshot.problems.push_back(
        {.where = {},
         .message = fmt::format("the ledger names one version twice, as {} and as {}",
                                kept.version_text, row.version_text),
         .hint = "delete the row that is wrong, then run again",
         .source_line = {}});
    return true;
  };
  rows.erase(std::unique(rows.begin(), rows.end(), repeats), rows.end());
}

}  // namespace

// Also keeps a session of its own from being ended while it waits: for an answer, for the lock, for
// a backup. When the session began is asked as the login role: another one may not see it.
std::vector<Problem> SociLedger::Impl::read_shape(LedgerSnapshot& snapshot) {
  const std::string sql = fmt::format(
      R"(SELECT current_setting('server_version_num'), CAST(CAST(pg_is_in_recovery() AS int) AS text),
  CAST(current_database() AS text),
  CAST((SELECT count(*) FROM pg_catalog.pg_namespace WHERE nspname = {0}) AS text),
  coalesce(CAST(CAST(to_regclass({1}) AS oid) AS text), ''), CAST(CAST(to_regclass({2}) IS NOT NULL AS int) AS text),
  CAST(CAST(to_regclass({3}) IS NOT NULL AS int) AS text),
  coalesce((SELECT string_agg(concat_ws(chr(9), attname, format_type(atttypid, atttypmod),
      CAST(attnotnull AND NOT atthasdef AND attidentity = '' AS int)), chr(10) ORDER BY attnum)
    FROM pg_catalog.pg_attribute
    WHERE attrelid = to_regclass({1}) AND attnum > 0 AND NOT attisdropped), ''),
  CAST((SELECT count(*) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a
      ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE i.indrelid = to_regclass({1}) AND i.indisunique AND i.indnkeyatts = 1 AND i.indpred IS NULL
      AND a.attname = 'version') AS text),
  CAST(CAST(version() LIKE '%linux%' AND CAST(current_setting('server_version_num') AS int) >= 140000 AS int) AS text),
  CAST(pg_catalog.pg_backend_pid() AS text),
  CASE WHEN set_config('role', 'none', true) IS NOT NULL THEN coalesce((SELECT
    CAST(CAST(date_part('epoch', backend_start) * 1000000 AS bigint) AS text)
    FROM pg_catalog.pg_stat_activity WHERE pid = pg_catalog.pg_backend_pid()), '') END,
  coalesce(CASE WHEN pg_catalog.pg_backend_pid() = {4} AND CAST(current_setting('server_version_num') AS int) >= 140000
    THEN set_config('idle_session_timeout', '0', false) END, ''),
  CASE WHEN to_regclass({1}) IS NULL THEN {5} ELSE '' END,
  CAST(CAST(EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = to_regclass({3}) AND c.relkind = 'v'
      AND c.reloptions IS NULL AND pg_catalog.pg_has_role(c.relowner, 'USAGE')
      AND EXISTS (SELECT FROM pg_catalog.pg_language WHERE lanname = 'plpgsql')
      AND pg_catalog.pg_get_viewdef(c.oid) ~ {6}
      AND (SELECT pg_catalog.string_agg(a.attname, ' ' ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attnum > 0) = 'version name applied_at execution_time status')
    AS int) AS text),
  (SELECT string_agg(reset_val, ' ' ORDER BY name) FROM pg_catalog.pg_settings
    WHERE name IN ('lock_timeout', 'statement_timeout')))",
      quote_literal(names.schema), quote_literal(table()), quote_literal(log()),
      quote_literal(names.qualified(names.health_view())), backend.pid, list_existing_tables(),
      quote_literal(old_health_view));
  std::vector<Problem> problems;
  TextRows(session, in_time(sql), 16).for_each([&](auto column) {
    snapshot.server = {.version_num = static_cast<int>(std::stol(column(0))),
                       .in_recovery = column(1) == "1",
                       .database = column(2),
                       .notices_lost_clients = column(9) == "1",
                       .behind_pooler = number(column(10)) != backend.pid};
    if (!snapshot.server.behind_pooler) backend.session_began = column(11);
    std::int64_t lock_ms = 0;
    std::int64_t statement_ms = 0;
    std::istringstream(column(15)) >> lock_ms >> statement_ms;
    snapshot.server.lock_timeout = std::chrono::milliseconds(lock_ms);
    snapshot.server.statement_timeout = std::chrono::milliseconds(statement_ms);
    snapshot.shape.schema_exists = column(3) == "1";
    snapshot.shape.table_exists = !column(4).empty();
    snapshot.shape.log_exists = log_exists = column(5) == "1";
    snapshot.shape.health_view_exists = column(6) == "1";
    snapshot.shape.health_view_is_old = column(14) == "1";
    if (!snapshot.shape.table_exists) {
      snapshot.existing = existing_tables(column(13));
      return;
    }
    std::vector<Column> columns;
    std::istringstream lines(column(7));
    for (std::string line; std::getline(lines, line);) {
      const auto first = line.find('\t');
      const auto second = line.find('\t', first + 1);
      columns.push_back({.name = line.substr(0, first),
                         .type = line.substr(first + 1, second - first - 1),
                         .required_of_writer = line.substr(second + 1) == "1"});
    }
    problems = judge_columns(columns, names, snapshot.shape);
    if (problems.empty() && column(8) == "0") {
      problems.push_back({.where = {},
                          .message = fmt::format("table {}.{} has no unique index on version",
                                                 names.schema, names.table),
                          .hint = fmt::format("ALTER TABLE {} ADD UNIQUE (version)", table()),
                          .source_line = {}});
    }
  });
  return problems;
}

std::int64_t SociLedger::Impl::last_event() {
  std::int64_t id = 0;
  const std::string sql = fmt::format("SELECT coalesce(CAST(max(id) AS text), '0') FROM {}", log());
  TextRows(session, in_time(sql), 1).for_each([&](auto column) { id = std::stoll(column(0)); });
  return id;
}

void SociLedger::Impl::read_rows(LedgerSnapshot& snapshot, Detail detail) {
  const bool zone = snapshot.shape.timestamps_have_zone;
  const bool complete = detail == Detail::complete;
  const std::string stored =
      complete && log_exists
          ? fmt::format(
                "CAST(CAST(EXISTS (SELECT 1 FROM {} l WHERE l.version = m.version AND "
                "l.rollback_script IS NOT NULL) AS int) AS text)",
                log())
          : std::string("'0'");
  const std::string progress =
      log_exists ? fmt::format(
                       R"(LEFT JOIN (SELECT DISTINCT ON (l.version) l.version, concat_ws(chr(9),
    coalesce(l.direction, ''), coalesce(l.detail->>'statement', ''), coalesce(l.detail->>'of', ''), CAST(l.event = 'started' AS int), coalesce(l.checksum, ''),
    coalesce(l.detail->>'before', ''), CAST(EXISTS (SELECT 1 FROM {0} f WHERE f.version = l.version
      AND f.id > l.id AND f.event = 'failed' AND f.detail->>'refused' = 'true') AS int),
    coalesce(l.detail->>'sum', ''), coalesce(l.detail->>'sum_before', '')) AS journal
  FROM {0} l WHERE l.event IN ('started', 'statement_done') AND NOT EXISTS (SELECT 1 FROM {0} t
    WHERE t.version = l.version AND t.id > l.id AND t.event IN ('applied', 'rolled_back', 'baselined', 'resolved'))
  ORDER BY l.version, l.id DESC) p ON p.version = m.version)",
                       log())
                 : std::string("CROSS JOIN (SELECT '' AS journal) p");
  const std::string sql = fmt::format(
      "SELECT CAST(m.version AS text), coalesce(name, ''), coalesce(checksum, ''), "
      "coalesce(CAST(success AS text), ''), "
      "CAST(CAST(rolled_back_at IS NOT NULL AS int) AS text), {}, {}, {}, {}, {}, "
      "coalesce(p.journal, '') FROM {} m {}",
      complete ? utc("applied_at", zone) : "''", complete ? utc("rolled_back_at", zone) : "''",
      complete ? "coalesce(CAST(execution_time AS text), '')" : "''",
      complete ? "coalesce(error, '')" : "''", stored, table(), progress);
  TextRows(session, in_time(sql), 11).for_each([&](auto column) {
    const auto version = Version::parse(column(0));
    if (!version) {
      snapshot.problems.push_back(
          {.where = {},
           .message = fmt::format("the ledger holds `{}`, which is not a version", column(0)),
           .hint = "delete that row, or choose another table with `table`",
           .source_line = {}});
      return;
    }
    LedgerRow row{
        .version = *version,
        .version_text = std::move(column(0)),
        .name = std::move(column(1)),
        .checksum = std::move(column(2)),
        .applied_at = std::move(column(5)),
        .execution_time_ms = number(column(7)),
        .success = column(3).empty() ? std::nullopt : std::optional<bool>(column(3) == "true"),
        .error = std::move(column(8)),
        .rolled_back_at = std::move(column(6)),
        .rollback_stored = column(9) == "1"};
    if (column(4) == "1" && row.rolled_back_at.empty()) row.rolled_back_at = "yes";
    row.progress = progress_of(column(10), row);
    snapshot.rows.push_back(std::move(row));
  });
}

LedgerSnapshot SociLedger::read(Detail detail) try {
  return translating_errors("cannot read the ledger", impl_->use(), [&] {
    LedgerSnapshot snapshot;
    const char* strings = PQparameterStatus(connection(), "standard_conforming_strings");
    const bool reads_escapes = strings != nullptr && strings == std::string_view("off");
    snapshot.problems = impl_->read_shape(snapshot);
    snapshot.server.reads_escapes = reads_escapes;
    if (snapshot.server.behind_pooler) impl_->behind_pooler = true;
    if (snapshot.server.behind_pooler && snapshot.shape.log_exists) {
      snapshot.last_event = impl_->last_event();
    }
    if (snapshot.problems.empty() && snapshot.shape.table_exists) {
      impl_->read_rows(snapshot, detail);
      sort_and_check(snapshot);
    }
    return snapshot;
  });
} catch (const Error& error) {
  if (is_lost(connection())) {
    throw ports::ConnectionLost(error.kind(), error.what(), error.hint());
  }
  throw;
}

std::optional<std::string> SociLedger::stored_rollback(const std::string& version_text) {
  return translating_errors("cannot read the stored rollback script", impl_->use(), [&] {
    std::optional<std::string> script;
    const std::string sql = fmt::format(
        "SELECT rollback_script FROM {} WHERE version = {} AND rollback_script IS NOT NULL ORDER "
        "BY id DESC LIMIT 1",
        impl_->log(), quote_literal(version_text));
    TextRows(impl_->session, impl_->in_time(sql), 1).for_each([&](auto column) {
      script = std::move(column(0));
    });
    return script;
  });
}

std::vector<LogEntry> SociLedger::history(std::size_t limit) {
  return translating_errors("cannot read the log", impl_->use(), [&] {
    std::vector<LogEntry> entries;
    const LedgerSnapshot snapshot = read(Detail::states);
    if (!snapshot.shape.log_exists) return entries;
    const std::string sql = fmt::format(
        "SELECT CAST(id AS text), CAST(run_id AS text), {}, version, event, coalesce(direction, "
        "''), "
        "coalesce(checksum, ''), coalesce(CAST(duration_ms AS text), ''), "
        "CAST(CAST(rollback_script IS NOT NULL AS int) AS text), coalesce(database_user, ''), "
        "coalesce(client_host, ''), coalesce(tool_version, ''), coalesce(error, ''), "
        "coalesce(CAST(detail AS text), '') FROM {} AS log "
        "WHERE event <> 'schema_recorded' ORDER BY log.id DESC{}",
        utc("at", true), impl_->log(), limit == 0 ? "" : fmt::format(" LIMIT {}", limit));
    TextRows(impl_->session, impl_->in_time(sql), 14).for_each([&](auto column) {
      entries.push_back({.id = std::stoll(column(0)),
                         .run_id = column(1),
                         .at = column(2),
                         .version = column(3),
                         .event = column(4),
                         .direction = column(5),
                         .checksum = column(6),
                         .duration_ms = number(column(7)),
                         .rollback_stored = column(8) == "1",
                         .database_user = column(9),
                         .client_host = column(10),
                         .tool_version = column(11),
                         .error = column(12),
                         .detail = column(13)});
    });
    return entries;
  });
}

}  // namespace pgtide::adapters
