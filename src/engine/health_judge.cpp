#include "engine/health_judge.hpp"

#include <fmt/format.h>

#include <sstream>

#include "pgtide/query.hpp"
#include "pgtide/render.hpp"
#include "pgtide/render_operations.hpp"

namespace pgtide::engine {
namespace {

constexpr int oldest_server = 130000;
constexpr std::chrono::seconds bad_lag{30};
constexpr std::int64_t gibibyte = 1LL << 30;
constexpr std::int64_t bad_lag_bytes = gibibyte / 4;
constexpr std::int64_t bad_retained = gibibyte;

// libpq says in several lines what it tried.
HealthFinding unreachable(const HealthFacts& facts) {
  HealthFinding finding{Condition::fail, {}, {}, facts.connection_hint};
  std::istringstream lines(facts.connection_problem);
  std::getline(lines, finding.message);
  for (std::string line; std::getline(lines, line);) {
    line.erase(0, line.find_first_not_of("\t "));
    finding.details.push_back(line);
  }
  return finding;
}

HealthSection connection(const HealthFacts& facts) {
  HealthSection section{"connection", {}};
  if (!facts.connection_problem.empty()) {
    section.findings.push_back(unreachable(facts));
    return section;
  }
  if (facts.server) {
    const ServerStateFacts& server = *facts.server;
    const char* how = server.is_local ? "a Unix socket" : server.is_encrypted ? "TLS" : "no TLS";
    section.findings.push_back(
        {Condition::ok,
         fmt::format("database {} as {}, through {}", server.database, server.user, how),
         {},
         {}});
    if (server.most_sessions > 0 && server.sessions * 10 >= server.most_sessions * 9) {
      section.findings.push_back(
          {Condition::warn,
           fmt::format("{} of {} connections are taken", server.sessions, server.most_sessions),
           {},
           "end idle ones, or raise max_connections"});
    }
  }
  add_unseen(section, facts);
  return section;
}

void judge_pooler(const ServerStateFacts& server, HealthSection& section) {
  if (server.pooling == Pooling::session) {
    section.findings.push_back(
        {Condition::ok, "a pooler in session mode stands before it", {}, {}});
  }
  if (server.pooling != Pooling::transaction) return;
  section.findings.push_back(
      {Condition::warn,
       "a pooler in transaction mode stands before it: what runs outside transactions, such as "
       "CREATE INDEX CONCURRENTLY, cannot run through it",
       {},
       fmt::format("connect to the server itself to migrate: --url '{}'", server.direct_url)});
}

HealthSection server(const HealthFacts& facts) {
  HealthSection section{"server", {}};
  if (facts.server) {
    const ServerStateFacts& is = *facts.server;
    const std::string version = fmt::format("PostgreSQL {}", is.version);
    if (is.version_num < oldest_server) {
      section.findings.push_back(
          {Condition::fail, version + "; pgtide needs 13 or newer", {}, "upgrade the server"});
    } else {
      section.findings.push_back(
          {Condition::ok, version + (is.in_recovery ? ", a standby" : ""), {}, {}});
    }
    if (is.in_recovery) {
      section.findings.push_back(
          {Condition::warn,
           "a standby takes no changes",
           {},
           "connect to the primary to migrate: target_session_attrs=read-write in the URL"});
    } else if (is.is_read_only) {
      section.findings.push_back(
          {Condition::warn,
           "default_transaction_read_only is on: no migration can run",
           {},
           fmt::format("ALTER DATABASE {} RESET default_transaction_read_only, or the same with "
                       "ALTER ROLE",
                       quote_identifier(is.database))});
    }
    judge_pooler(is, section);
  }
  return section;
}

HealthSection privileges(const HealthFacts& facts) {
  HealthSection section{"privileges", {}};
  if (facts.privileges) {
    const PrivilegeFacts& may = *facts.privileges;
    const std::string user = quote_identifier(facts.server ? facts.server->user : std::string());
    const auto missing = [&](Condition severity, const char* what, std::string grant) {
      section.findings.push_back({severity, what, {}, std::move(grant)});
    };
    if (may.may_make_ledger == false) {
      missing(Condition::fail, "this role cannot create the ledger",
              fmt::format("GRANT USAGE, CREATE ON SCHEMA of the ledger TO {}", user));
    }
    const bool only_looks_on = may.may_read_ledger == true && may.may_write_ledger == false;
    if (only_looks_on) {
      section.findings.push_back(
          {Condition::ok,
           "this role only looks on: it cannot write the ledger, so it cannot migrate",
           {},
           {}});
    } else if (may.may_read_ledger == false) {
      missing(Condition::fail, "this role cannot read the ledger",
              fmt::format("GRANT SELECT ON the ledger's tables TO {}", user));
    }
    if (!may.may_use_role && !only_looks_on) {
      missing(Condition::fail, "this role may not become the role that scripts run as",
              fmt::format("GRANT that role TO {}", user));
    }
    if (!may.may_make_temporary_tables && !only_looks_on) {
      missing(Condition::warn, "this role cannot make temporary tables, which a dry run needs",
              fmt::format("GRANT TEMPORARY ON DATABASE {} TO {}",
                          quote_identifier(facts.server ? facts.server->database : ""), user));
    }
    if (section.findings.empty()) {
      section.findings.push_back(
          {Condition::ok, may.is_superuser ? "superuser" : "all that pgtide needs", {}, {}});
    }
    if (!may.may_see_all_sessions) {  // which limits the view, and harms nobody
      missing(Condition::ok, "what other roles' sessions do is hidden from this role",
              fmt::format("GRANT pg_read_all_stats TO {}", user));
    }
  }
  add_unseen(section, facts);
  return section;
}

// A script that goes on builds its index itself: nobody should be told two things about it.
std::string may_be_of_half_done(const HealthFacts& facts) {
  if (!facts.ledger) return {};
  for (const StatusEntry& entry : facts.ledger->entries) {
    if (entry.state != State::in_progress) continue;
    return fmt::format(
        "{} stopped half way: when it was building this index, do what stands there, which builds "
        "it again; otherwise ",
        entry.version);
  }
  return {};
}

HealthSection indexes(const HealthFacts& facts) {
  HealthSection section{"indexes", {}};
  if (facts.invalid_indexes) {
    for (const InvalidIndexFact& index : *facts.invalid_indexes) {
      if (index.is_being_built) {
        section.findings.push_back(
            {Condition::ok,
             fmt::format("{} on {} is being built", index.index, index.table),
             {},
             {}});
      } else if (index.is_partitioned) {
        section.findings.push_back(
            {Condition::warn,
             fmt::format("{} on {} lacks an index on some partition", index.index, index.table),
             {},
             fmt::format("ALTER INDEX {} ATTACH PARTITION …, for each partition's index",
                         index.index)});
      } else {
        section.findings.push_back(
            {Condition::warn,
             fmt::format("{} on {} is invalid: it slows writing and serves no query", index.index,
                         index.table),
             {},
             may_be_of_half_done(facts) +
                 fmt::format("DROP INDEX CONCURRENTLY {0}, or REINDEX INDEX CONCURRENTLY {0}",
                             index.index)});
      }
    }
    if (section.findings.empty()) {
      section.findings.push_back({Condition::ok, "none is invalid", {}, {}});
    }
  }
  add_unseen(section, facts);
  return section;
}

void judge_replicas(const std::vector<ReplicaFact>& replicas, HealthSection& section) {
  for (const ReplicaFact& replica : replicas) {
    std::string text = replica.name.empty() ? std::string("a standby") : replica.name;
    if (!replica.client.empty()) text += "@" + replica.client;
    text += replica.state.empty() ? ": hidden from this role" : ": " + replica.state;
    if (replica.lag)
      text += fmt::format(", {} behind", render::duration_text(replica.lag->count()));
    if (replica.lag_bytes)
      text += fmt::format(", {} to replay", render::size_text(*replica.lag_bytes));
    const bool behind = (replica.lag && *replica.lag >= bad_lag) ||
                        (replica.lag_bytes && *replica.lag_bytes >= bad_lag_bytes);
    section.findings.push_back(
        {behind ? Condition::warn : Condition::ok,
         std::move(text),
         {},
         behind ? "let it catch up before the next large migration; a long query on the standby "
                  "may hold it back"
                : ""});
  }
}

HealthSection replication(const HealthFacts& facts) {
  HealthSection section{"replication", {}};
  if (facts.replicas) judge_replicas(*facts.replicas, section);
  if (facts.replay_delay && *facts.replay_delay >= bad_lag) {
    section.findings.push_back(
        {Condition::warn,
         fmt::format("this standby is {} behind",
                     render::duration_text(facts.replay_delay->count())),
         {},
         "look for long queries on it: SELECT pid, query FROM pg_stat_activity"});
  }
  if (facts.idle_slots) {
    for (const SlotFact& slot : *facts.idle_slots) {
      const bool much = slot.retained_bytes >= bad_retained;
      section.findings.push_back(
          {much ? Condition::warn : Condition::ok,
           fmt::format("nobody reads the replication slot {}, which keeps {} of WAL", slot.name,
                       render::size_text(slot.retained_bytes)),
           {},
           much ? fmt::format("SELECT pg_drop_replication_slot({}), unless its reader comes back",
                              quote_literal(slot.name))
                : ""});
    }
  }
  if (section.findings.empty() && facts.replicas) {
    section.findings.push_back({Condition::ok, "no standby is connected", {}, {}});
  }
  add_unseen(section, facts);
  return section;
}

HealthSection disk(const HealthFacts& facts) {
  HealthSection section{"disk", {}};
  if (facts.disk) {
    const DiskFacts& is = *facts.disk;
    std::string text = fmt::format("the database takes {}", render::size_text(is.database_bytes));
    for (const SizeFact& space : is.tablespaces) {
      text += fmt::format(", tablespace {} {}", space.name, render::size_text(space.bytes));
    }
    section.findings.push_back({Condition::ok, std::move(text), {}, {}});
    if (is.free_bytes && is.total_bytes && *is.total_bytes > 0) {
      const auto percent = *is.free_bytes * 100 / *is.total_bytes;
      const bool full = percent < 5 && *is.free_bytes < 5 * gibibyte;
      const bool tight = percent < 10 && *is.free_bytes < 20 * gibibyte;
      section.findings.push_back(
          {full    ? Condition::fail
           : tight ? Condition::warn
                   : Condition::ok,
           fmt::format("{} free, {} %, where the data directory is",
                       render::size_text(*is.free_bytes), percent),
           {},
           tight ? "make room before a migration that rewrites a table: it needs the table's size "
                   "once more"
                 : ""});
    } else {
      section.findings.push_back(
          {Condition::ok, "free space cannot be seen through SQL; look at the server", {}, {}});
    }
  }
  add_unseen(section, facts);
  return section;
}

}  // namespace

std::string session_name(const SessionFact& session) {
  if (session.pid == 0) return "a prepared transaction";
  std::string text = fmt::format("pid {}", session.pid);
  if (!session.user.empty()) text += ", " + session.user;
  if (!session.client.empty()) text += "@" + session.client;
  if (!session.application.empty()) text += fmt::format(" ({})", session.application);
  return text;
}

void add_unseen(HealthSection& section, const HealthFacts& facts) {
  for (const HealthFacts::Unseen& unseen : facts.unseen) {
    if (unseen.section != section.name) continue;
    section.findings.push_back({Condition::warn,
                                "cannot be looked at: " + unseen.reason,
                                {},
                                "try as a role that has pg_monitor"});
  }
}

HealthReport judge(const HealthFacts& facts) {
  HealthReport report;
  report.sections.push_back(connection(facts));
  if (!facts.connection_problem.empty()) return report;
  report.sections.push_back(server(facts));
  report.sections.push_back(privileges(facts));
  for (HealthSection& section : judge_migrations(facts)) {
    report.sections.push_back(std::move(section));
  }
  for (HealthSection& section : judge_sessions(facts)) {
    report.sections.push_back(std::move(section));
  }
  report.sections.push_back(indexes(facts));
  report.sections.push_back(replication(facts));
  report.sections.push_back(disk(facts));
  std::erase_if(report.sections,
                [](const HealthSection& section) { return section.findings.empty(); });
  return report;
}

}  // namespace pgtide::engine
