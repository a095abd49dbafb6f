// What the database says was applied.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pgtide/error.hpp"
#include "pgtide/version.hpp"

namespace pgtide {

enum class Direction { up, down };

// How far a script that runs outside transactions has come; there while it is not finished.
struct Progress {
  Direction direction = Direction::up;
  std::size_t done = 0;  // statements that are journalled as done
  std::size_t of = 0;    // statements of the script
  bool started = false;  // statement `done + 1` was begun, and may have had its effect
  bool refused = false;  // the server answered that it failed: what is there is not its effect
  std::string before;    // what was there before it: object ids, separated by blanks
  std::string checksum;  // of the script when it ran
  // The newest journal row is not one that pgtide writes: `done` and `of` are not known.
  bool unreadable = false;
  // Of its statements that are done, and of these with the one that was begun; empty when nothing
  // was done, or when an older pgtide did it.
  std::string done_sum = {};
  std::string begun_sum = {};

  friend bool operator==(const Progress&, const Progress&) = default;
};

// One row of the `migrations` table. Times are UTC, ISO 8601 with a final Z.
struct LedgerRow {
  Version version;
  std::string version_text;  // the digits as the row spells them
  std::string name;
  std::string checksum;
  std::string applied_at;
  std::optional<std::int64_t> execution_time_ms;
  std::optional<bool>
      success;  // a row of another runner may leave it null, which counts as applied
  std::string error;
  std::string rolled_back_at;    // empty unless rolled back
  bool rollback_stored = false;  // the log holds a rollback script for this version
  std::optional<Progress> progress = {};

  friend bool operator==(const LedgerRow&, const LedgerRow&) = default;
};

// How the ledger's tables look, which decides how rows are written.
struct LedgerShape {
  bool schema_exists = true;
  bool table_exists = false;
  bool log_exists = false;
  bool health_view_exists = false;
  bool health_view_is_old = false;  // pgtide's own, which takes versions for words; may be replaced
  bool timestamps_have_zone =
      true;  // false for a table that NeuroQuest's runner made; its times are read as UTC
  std::size_t version_width = 20;  // longest version that the column holds

  friend bool operator==(const LedgerShape&, const LedgerShape&) = default;
};

// What a run must know about the server that it is connected to.
struct ServerFacts {
  int version_num = 0;       // as server_version_num: 150003
  bool in_recovery = false;  // a standby: read-only
  std::string database;
  bool notices_lost_clients = false;  // while a statement runs: client_connection_check_interval
  bool behind_pooler = false;         // another backend answers than the one that was reported
  bool reads_escapes = false;         // in every string: standard_conforming_strings is off
  // What the session began with; 0: none.
  std::chrono::milliseconds lock_timeout{0};
  std::chrono::milliseconds statement_timeout{0};
};

// A table of a database that has no ledger; those of extensions do not count.
struct ExistingTable {
  std::string schema;
  std::string name;
  bool in_search_path = false;  // in that which a session has from the server, the role or the URL
  std::string tool = {};        // whose ledger it is; empty: nobody's
  bool tool_owns_schema = false;
};

struct LedgerSnapshot {
  ServerFacts server;
  LedgerShape shape;
  std::vector<LedgerRow> rows;  // ascending by version, each version once
  // The newest row of the log before the rows were read; behind a pooler only, else 0.
  std::int64_t last_event = 0;
  std::vector<Problem>
      problems;  // columns missing or of another type, one version in two spellings
  std::vector<ExistingTable> existing = {};  // read only where there is no ledger

  const LedgerRow* find(Version version) const;
  // The newest version that is applied now.
  std::optional<Version> current() const;
};

// Whether the row means that the migration is in the database now.
bool is_applied(const LedgerRow& row);

// What a log row records.
enum class LogEvent {
  started,
  applied,
  failed,
  rolled_back,
  statement_done,
  baselined,
  resolved,
  repaired,
  marked_good,
  schema_recorded  // what the schema was at the end of a run; not part of the history
};
std::string_view to_string(LogEvent event);
std::string_view to_string(Direction direction);

// One row of `migrations_log`, as `history` shows it.
struct LogEntry {
  std::int64_t id = 0;
  std::string run_id;
  std::string at;  // UTC, ISO 8601
  std::string version;
  std::string event;
  std::string direction;
  std::string checksum;
  std::optional<std::int64_t> duration_ms;
  bool rollback_stored = false;
  std::string database_user;
  std::string client_host;
  std::string tool_version;
  std::string error;
  std::string detail;  // JSON text, empty when null
};

}  // namespace pgtide
