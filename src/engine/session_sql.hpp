// The statements of pgtide's own that stand around a script. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "pgtide/query.hpp"

namespace pgtide::engine {

// What holds inside every transaction of a run, set with SET LOCAL: connection options would be
// refused by a pooler, and a plain SET would leak.
struct SessionSettings {
  std::chrono::milliseconds lock_timeout{5000};
  std::chrono::milliseconds statement_timeout{0};
  std::string search_path;  // as SET takes it; empty: the server's default
  std::string role;         // empty: the login role
  // The server looks now and then whether the client of a running statement is still there. Not
  // every server can.
  bool watch_client = false;
  // The server can end sessions that are idle for long, which one between two batches is not.
  bool may_end_idle = false;
  // See ports::RunLock::transaction_key(); none in a dry run.
  std::optional<std::int64_t> transaction_key = {};
};

// Take the lock of `transaction_key`, to the end of the transaction or of the session; fail with
// division_by_zero (22012) when a transaction of another run still holds it. Right under any
// settings.
Query lock_transaction(std::int64_t key);
Query lock_session(std::int64_t key);

// At the start of a transaction, before a script.
Query apply_settings(const SessionSettings& settings);
// The same for the whole session: a script that runs outside transactions keeps them, and what it
// sets itself, to its end.
Query apply_session_settings(const SessionSettings& settings);
// Lets the ledger be written as the role that the session began with; the script's own role comes
// back with the end of the transaction.
std::vector<Query> login_role_for_this_transaction();
// What the COMMIT of a transaction waits for.
enum class Flush {
  at_commit,  // as the server is set: its disk, perhaps synchronous standbys
  on_server,  // its disk
  later       // nothing
};
// Before the ledger is written: own_settings() and what the COMMIT waits for.
std::vector<Query> apply_ledger_settings(const SessionSettings& settings,
                                         Flush flush = Flush::at_commit);

// A transaction that changes nothing and needs neither a privilege nor a lock. Its COMMIT waits
// until everything that was committed before is on disk; logical replication sees an empty message.
// One row: the synchronous standbys that the server is set to wait for.
std::vector<Query> wait_for_disk(Flush flush);

// Undoes what a script may have left in the session: settings, role, session authorization. Allowed
// in a transaction; must stand before the ledger rows, which are written as the role that the
// session began with.
std::vector<Query> reset_settings(const SessionSettings& settings);
// The rest: held cursors, listeners, sequence caches, advisory locks; and temporary objects, unless
// they must stay because a dry run's guard is one of them.
enum class TemporaryObjects { drop, keep };
std::vector<Query> reset_session_objects(TemporaryObjects temporary);
// Prepared statements, pgtide's own too.
Query drop_prepared_statements();

// --- dry runs: these stand inside the one transaction that is rolled back ---

// A deferred foreign key that is violated: the server refuses every COMMIT of this transaction. A
// foreign key needs no procedural language and no function. Needs the TEMPORARY privilege.
std::vector<Query> arm_commit_guard();
// Around a script's SET CONSTRAINTS, which would check the guard's constraint too.
std::vector<Query> disarm_commit_guard();
std::vector<Query> rearm_commit_guard();
extern const char* const commit_guard_constraint;

// What COMMIT would find: fires every deferred constraint, and puts guard and constraint modes back
// as they were.
std::vector<Query> check_deferred_constraints();
// Whether an error comes from the dry run's own precautions rather than from the script.
bool is_caused_by_guard(const std::string& sqlstate, const std::string& message,
                        const std::string& constraint);

// Around statements of pgtide's own between those of a script, inside its transaction: what they
// set goes with them. Named once a run.
std::vector<Query> begin_own(const std::string& savepoint);
// Between the two: the schemas in which the script's names are looked up, of type name[].
extern const char* const script_path;
std::vector<Query> end_own(const std::string& savepoint);

// Lists temporary objects but the guard: one column, the DROP statement for each. DISCARD TEMP
// would drop the guard.
Query list_temporary_objects();
// Lists statements that fire what is still deferred, so that the next migration may alter those
// tables, and then defer again what is deferred by default. SET CONSTRAINTS ALL would also hold for
// constraints that later migrations create. Constraints that cannot be named without doubt are left
// alone.
Query list_deferred_constraints();

}  // namespace pgtide::engine
