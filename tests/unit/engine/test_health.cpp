#include "engine/health_judge.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pgtide;
using namespace std::chrono_literals;

namespace {

SessionFact session(int pid, const std::string& state, std::vector<int> blocked_by = {}) {
  SessionFact fact;
  fact.pid = pid;
  fact.user = "app";
  fact.state = state;
  fact.query = "SELECT " + std::to_string(pid);
  fact.statement_age = 3s;
  fact.state_age = 2s;
  fact.blocked_by = std::move(blocked_by);
  return fact;
}

// `severity message`, the lines below it and the hint, each on a line of its own.
std::string told(const HealthSection& section) {
  std::string text;
  for (const HealthFinding& finding : section.findings) {
    text += std::string(to_string(finding.severity)) + " " + finding.message + "\n";
    for (const std::string& line : finding.details) text += "| " + line + "\n";
    if (!finding.hint.empty()) text += "> " + finding.hint + "\n";
  }
  return text;
}

std::string told(const HealthReport& report, const std::string& name) {
  for (const HealthSection& section : report.sections) {
    if (section.name == name) return told(section);
  }
  return "no section";
}

std::string sessions(std::vector<SessionFact> facts, const std::string& name) {
  HealthFacts all;
  all.sessions = std::move(facts);
  return told(engine::judge(all), name);
}

StatusEntry entry(const std::string& version, State state) {
  StatusEntry made;
  made.version = version;
  made.name = "x";
  made.state = state;
  if (state == State::in_progress) {
    made.progress = "statement 2 of 5";
    made.way_on = "go on";
  }
  if (state == State::failed) made.error = "no such table";
  return made;
}

}  // namespace

TEST_CASE("who waits stands below whom it waits for") {
  CHECK(sessions({session(1, "idle in transaction"), session(2, "active", {1}),
                  session(3, "active", {2, 1}), session(4, "active")},
                 "lock_waits") ==
        "fail one session keeps 2 others waiting\n"
        "| pid 1, app idle in transaction for 2.00 s: SELECT 1\n"
        "|   pid 2, app waits for 3.00 s: SELECT 2\n"
        "|     pid 3, app waits for 3.00 s: SELECT 3\n"
        "> `pgtide doctor --terminate 1` ends it and rolls back what it began\n");
  CHECK(sessions({session(4, "active")}, "lock_waits") == "ok nobody waits for a lock\n");
}

TEST_CASE("several blockers are several findings") {
  const std::string text = sessions({session(1, "active"), session(2, "active", {1}),
                                     session(3, "idle in transaction"), session(4, "active", {3})},
                                    "lock_waits");
  CHECK(text.find("--terminate 1`") != std::string::npos);
  CHECK(text.find("--terminate 3`") != std::string::npos);
  CHECK(text.find("--terminate 2`") == std::string::npos);
}

TEST_CASE("a prepared transaction and a session that is gone can block, too") {
  CHECK(sessions({session(2, "active", {0})}, "lock_waits") ==
        "fail a prepared transaction keeps another waiting\n"
        "| a prepared transaction\n"
        "|   pid 2, app waits for 3.00 s: SELECT 2\n"
        "> SELECT * FROM pg_prepared_xacts; then ROLLBACK PREPARED or COMMIT PREPARED\n");
  CHECK(sessions({session(2, "active", {99})}, "lock_waits").find("| pid 99\n") !=
        std::string::npos);
}

TEST_CASE("sessions that wait for each other end in a finding, not in a loop") {
  const std::string text =
      sessions({session(1, "active", {2}), session(2, "active", {1})}, "lock_waits");
  CHECK(text.find("keeps another waiting") != std::string::npos);
}

TEST_CASE("a long queue stays on the page") {
  std::vector<SessionFact> queue = {session(1, "active")};
  for (int pid = 2; pid <= 200; ++pid) queue.push_back(session(pid, "active", {1}));
  const std::string text = sessions(std::move(queue), "lock_waits");
  CHECK(text.find("keeps 199 others waiting") != std::string::npos);
  CHECK(text.find("|   and 180 more\n") != std::string::npos);
  CHECK(std::count(text.begin(), text.end(), '\n') < 30);
}

TEST_CASE("what runs for more than a minute, and what does nothing with a transaction open") {
  SessionFact slow = session(1, "active");
  slow.statement_age = 61s;
  slow.client = "10.0.0.7";
  slow.application = "psql";
  SessionFact waiting = slow;
  waiting.pid = 2;
  waiting.blocked_by = {1};
  SessionFact idle = session(3, "idle in transaction (aborted)");
  idle.state_age = 5s;
  SessionFact brief = session(4, "idle in transaction");
  brief.state_age = 4s;
  const std::vector<SessionFact> all = {slow, waiting, idle, brief};
  CHECK(sessions(all, "long_statements") ==
        "warn pid 1, app@10.0.0.7 (psql) runs for 1 min 01 s: SELECT 1\n"
        "> `pgtide doctor --terminate 1` ends it\n");
  CHECK(sessions(all, "idle_transactions") ==
        "warn pid 3, app idle in transaction (aborted) for 5.00 s; last: SELECT 3\n"
        "> `pgtide doctor --terminate 3` ends it\n");
}

TEST_CASE("a session whose query is hidden is named all the same") {
  SessionFact hidden = session(2, "", {1});
  hidden.hidden = true;
  hidden.query.clear();
  CHECK(sessions({session(1, "active"), hidden}, "lock_waits")
            .find("pid 2, app waits for 3.00 s: what it does is hidden from this role") !=
        std::string::npos);
}

TEST_CASE("a run in progress, a run that died") {
  HealthFacts facts;
  facts.ledger = LedgerFacts{
      .exists = true, .current = "0001", .entries = {entry("0002", State::in_progress)}};
  facts.run_pid = 7;
  facts.sessions = {session(7, "idle")};
  CHECK(told(engine::judge(facts), "run") ==
        "ok a run is in progress: pid 7, app\nok 0002 (x) at statement 2 of 5\n");
  facts.run_pid = 0;
  CHECK(told(engine::judge(facts), "run") ==
        "ok no run is in progress\nfail a run died: 0002 (x) at statement 2 of 5\n"
        "> go on\n");
  facts.ledger->entries[0].error = "interrupted: sql/0002_x.sql:1:1: canceling statement (57014)";
  CHECK(told(engine::judge(facts), "run") ==
        "ok no run is in progress\nfail a run was interrupted: 0002 (x) at statement 2 of 5\n"
        "| sql/0002_x.sql:1:1: canceling statement (57014)\n> go on\n");
  facts.ledger->entries[0].error = "no such table";
  CHECK(told(engine::judge(facts), "run") ==
        "ok no run is in progress\nfail a run failed: 0002 (x) at statement 2 of 5\n"
        "| no such table\n> go on\n");
}

TEST_CASE("an invalid index beside a script that stopped half way has one way on") {
  HealthFacts facts;
  facts.invalid_indexes = {{"public.i", "public.t", false, false}};
  const std::string invalid =
      "warn public.i on public.t is invalid: it slows writing and serves no query\n> ";
  const std::string by_hand =
      "DROP INDEX CONCURRENTLY public.i, or REINDEX INDEX CONCURRENTLY public.i\n";
  CHECK(told(engine::judge(facts), "indexes") == invalid + by_hand);
  facts.ledger = LedgerFacts{.exists = true, .entries = {entry("0002", State::in_progress)}};
  CHECK(told(engine::judge(facts), "indexes") ==
        invalid +
            "0002 stopped half way: when it was building this index, do what stands there, which "
            "builds it again; otherwise " +
            by_hand);
}

TEST_CASE("who failed without the script's fault need not mend it") {
  HealthFacts facts;
  facts.ledger = LedgerFacts{.exists = true, .entries = {entry("0002", State::failed)}};
  for (const char* error :
       {"a.sql:1:1: canceling statement due to lock timeout (2 attempts) (55P03)",
        "interrupted: a.sql:1:1: canceling statement due to user request (57014)"}) {
    facts.ledger->entries[0].error = error;
    CHECK(told(engine::judge(facts), "versions") ==
          "ok nothing is applied\nfail 1 migration is not applied, though the script is not to "
          "blame\n| 0002 (x): " +
              std::string(error) + "\n> `pgtide up` tries again\n");
  }
}

TEST_CASE("a role that only looks on lacks nothing") {
  HealthFacts facts;
  facts.privileges =
      PrivilegeFacts{.may_use_role = false, .may_read_ledger = true, .may_write_ledger = false};
  CHECK(told(engine::judge(facts), "privileges") ==
        "ok this role only looks on: it cannot write the ledger, so it cannot migrate\n"
        "ok what other roles' sessions do is hidden from this role\n"
        "> GRANT pg_read_all_stats TO \"\"\n");
  facts.privileges->may_write_ledger = true;
  CHECK(told(engine::judge(facts), "privileges")
            .starts_with("fail this role may not become the role that scripts run as\n"));
}

TEST_CASE("versions") {
  HealthFacts facts;
  facts.ledger =
      LedgerFacts{.exists = true,
                  .current = "0004",
                  .entries = {entry("0001", State::failed), entry("0002", State::changed),
                              entry("0003", State::missing), entry("0005", State::pending)}};
  const std::string text = told(engine::judge(facts), "versions");
  CHECK(text.starts_with(
      "ok at 0004\nfail 1 migration is recorded as failed\n| 0001 (x): no such table\n"));
  CHECK(text.find("fail 1 migration is changed since they were applied\n| 0002 (x)\n") !=
        std::string::npos);
  CHECK(text.find("warn 1 migration is applied, but without a file here\n| 0003 (x)\n") !=
        std::string::npos);
  CHECK(text.find("ok 1 migration is pending\n") != std::string::npos);

  // Without a directory every version lacks its file, which says nothing.
  facts.ledger->unreadable_directory = "cannot read the migrations directory";
  facts.ledger->entries.erase(facts.ledger->entries.begin());
  CHECK(told(engine::judge(facts), "versions") ==
        "ok at 0004\nwarn cannot read the migrations directory\n"
        "> give the migrations directory with --dir; without one `pgtide down VERSION "
        "--from-ledger` still leads back\n");
}

TEST_CASE("no connection leaves one section") {
  HealthFacts facts;
  facts.connection_problem = "cannot connect: refused\n\tIs the server running?";
  facts.connection_hint = "start it";
  const HealthReport report = engine::judge(facts);
  REQUIRE(report.sections.size() == 1);
  CHECK(told(report, "connection") ==
        "fail cannot connect: refused\n| Is the server running?\n> start it\n");
  CHECK(report.severity() == Condition::fail);
}

TEST_CASE("what cannot be looked at is said, and is no clean bill of health") {
  HealthFacts facts;
  facts.unseen = {{"replication", "permission denied"}};
  const HealthReport report = engine::judge(facts);
  CHECK(told(report, "replication").starts_with("warn cannot be looked at: permission denied\n"));
  CHECK(report.severity() == Condition::warn);
}

TEST_CASE("replicas, slots and disk are judged by how far they are gone") {
  constexpr std::int64_t gib = 1LL << 30;
  HealthFacts facts;
  facts.replicas = {{"near", "", "streaming", 1s, 1000}, {"far", "10.0.0.9", "streaming", 31s, {}}};
  facts.idle_slots = {{"small", 100}, {"large", 2 * gib}};
  facts.disk = DiskFacts{.database_bytes = gib, .free_bytes = 3 * gib, .total_bytes = 100 * gib};
  const HealthReport report = engine::judge(facts);
  const std::string replication = told(report, "replication");
  CHECK(replication.find("ok near: streaming, 1.00 s behind, 1000 B to replay\n") !=
        std::string::npos);
  CHECK(replication.find("warn far@10.0.0.9: streaming, 31.00 s behind\n") != std::string::npos);
  CHECK(replication.find("ok nobody reads the replication slot small") != std::string::npos);
  CHECK(replication.find("warn nobody reads the replication slot large, which keeps 2.0 GB") !=
        std::string::npos);
  CHECK(told(report, "disk").find("fail 3.0 GB free, 3 %") != std::string::npos);
  facts.disk->free_bytes = 60 * gib;
  CHECK(told(engine::judge(facts), "disk").find("ok 60.0 GB free, 60 %") != std::string::npos);
}
