// What a server tells about itself, before anybody judges it.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pgtide/ledger.hpp"
#include "pgtide/pooling.hpp"
#include "pgtide/status.hpp"

namespace pgtide {

// A row of pg_stat_activity. What the login role may not see is empty.
struct SessionFact {
  int pid = 0;  // 0: a prepared transaction, which has no process
  std::string user;
  std::string application;
  std::string client;
  std::string state;
  std::string query;
  bool hidden = false;                                     // it belongs to a role that is not ours
  std::optional<std::chrono::milliseconds> statement_age;  // since its last statement began
  std::optional<std::chrono::milliseconds> state_age;
  std::vector<int> blocked_by;  // empty unless it waits for a lock
};

struct InvalidIndexFact {
  std::string index;  // qualified and quoted
  std::string table;
  bool is_being_built = false;
  bool is_partitioned = false;  // waits for an index on every partition
};

struct ReplicaFact {
  std::string name;
  std::string client;
  std::string state;
  std::optional<std::chrono::milliseconds> lag;
  std::optional<std::int64_t> lag_bytes;
};

struct SlotFact {
  std::string name;
  std::int64_t retained_bytes = 0;
};

struct SizeFact {
  std::string name;
  std::int64_t bytes = 0;
};

// What the login role may do. An absent value could not be found out.
struct PrivilegeFacts {
  bool is_superuser = false;
  bool may_see_all_sessions = false;
  bool may_make_schemas = false;
  bool may_make_temporary_tables = false;
  bool may_use_role = true;             // that scripts run as
  std::optional<bool> may_make_ledger;  // when there is no table yet
  std::optional<bool> may_read_ledger;  // when there is one
  std::optional<bool> may_write_ledger;
};

struct ServerStateFacts {
  std::string database;
  std::string user;
  std::string version;  // as the server writes it: `15.20 (Debian …)`
  int version_num = 0;
  bool in_recovery = false;
  bool is_read_only = false;  // default_transaction_read_only
  bool is_encrypted = false;
  bool is_local = false;  // a Unix socket
  Pooling pooling = Pooling::none;
  std::string direct_url;  // past the pooler, as far as it is known
  std::int64_t sessions = 0;
  std::int64_t most_sessions = 0;
};

struct DiskFacts {
  std::int64_t database_bytes = 0;
  std::vector<SizeFact> tablespaces;
  std::optional<std::int64_t> free_bytes;  // where the data directory is, when that is this machine
  std::optional<std::int64_t> total_bytes;
};

struct LedgerFacts {
  bool exists = false;
  std::string current;
  std::vector<StatusEntry> entries;
  std::vector<Problem> problems;  // of the ledger's tables
  std::vector<Problem> directory_problems;
  std::string unreadable_directory;  // why there is none to compare with
};

// Every part that could not be looked at is absent, and `unseen` says why.
struct HealthFacts {
  struct Unseen {
    std::string section;
    std::string reason;
  };

  std::string target;              // the connection, without its password
  std::string connection_problem;  // not empty: nothing else is known
  std::string connection_hint;
  std::optional<ServerStateFacts> server;
  std::optional<PrivilegeFacts> privileges;
  std::optional<std::vector<SessionFact>> sessions;
  std::optional<std::vector<InvalidIndexFact>> invalid_indexes;
  std::optional<int> run_pid;  // of the session that holds the run lock; 0: nobody does
  std::optional<LedgerFacts> ledger;
  std::optional<std::vector<ReplicaFact>> replicas;
  std::optional<std::chrono::milliseconds> replay_delay;  // of a standby that is behind
  std::optional<std::vector<SlotFact>> idle_slots;
  std::optional<DiskFacts> disk;
  std::vector<Unseen> unseen;
};

}  // namespace pgtide
