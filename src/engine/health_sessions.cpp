#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/health_judge.hpp"
#include "pgtide/render.hpp"

namespace pgtide::engine {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds long_statement{60'000};
constexpr milliseconds long_idle{5'000};
constexpr std::size_t most_lines = 20;  // of one finding: the page is to stay a page
constexpr std::size_t query_shown = 120;

std::string age_text(const std::optional<milliseconds>& age) {
  return age ? " for " + render::duration_text(std::max<std::int64_t>(age->count(), 0)) : "";
}

std::string query_text(const SessionFact& session) {
  if (session.hidden) return ": what it does is hidden from this role";
  std::string query = session.query.substr(0, query_shown);
  std::replace_if(
      query.begin(), query.end(), [](char c) { return c == '\n' || c == '\t' || c == '\r'; }, ' ');
  if (query.empty()) return {};
  return ": " + query + (session.query.size() > query_shown ? "…" : "");
}

bool is_idle_in_transaction(const SessionFact& session) {
  return session.state.starts_with("idle in transaction");
}

std::string doing(const SessionFact& session) {
  if (!session.blocked_by.empty()) return " waits" + age_text(session.statement_age);
  if (session.state.empty()) return "";
  const bool active = session.state == "active";
  return " " + session.state + age_text(active ? session.statement_age : session.state_age);
}

// Who waits for whom: every root is somebody who waits for nobody.
class WaitTree {
 public:
  explicit WaitTree(const std::vector<SessionFact>& sessions) {
    for (const SessionFact& session : sessions) by_pid_[session.pid] = &session;
    for (const SessionFact& session : sessions) {
      for (const int pid : session.blocked_by) waiters_[pid].push_back(session.pid);
    }
    for (const auto& [pid, waiting] : waiters_) {
      const auto known = by_pid_.find(pid);
      if (known == by_pid_.end() || known->second->blocked_by.empty()) roots_.push_back(pid);
    }
    // A deadlock that the server has not broken yet has no beginning.
    if (roots_.empty() && !waiters_.empty()) roots_.push_back(waiters_.begin()->first);
  }

  std::vector<HealthFinding> findings() const {
    std::vector<HealthFinding> findings;
    for (const int root : roots_) {
      std::set<int> seen;
      std::vector<std::string> lines;
      write(root, 0, seen, lines);
      const std::size_t waiting = seen.size() - 1;
      if (lines.size() > most_lines) {
        const std::size_t left = lines.size() - most_lines;
        lines.resize(most_lines);
        lines.push_back(fmt::format("  and {} more", left));
      }
      findings.push_back(
          {Condition::fail,
           fmt::format("{} keeps {} waiting", root == 0 ? "a prepared transaction" : "one session",
                       waiting == 1 ? "another" : fmt::format("{} others", waiting)),
           std::move(lines),
           root == 0 ? std::string("SELECT * FROM pg_prepared_xacts; then ROLLBACK PREPARED or "
                                   "COMMIT PREPARED")
                     : fmt::format("`pgtide doctor --terminate {}` ends it and rolls back what it "
                                   "began",
                                   root)});
    }
    return findings;
  }

 private:
  void write(int pid, std::size_t depth, std::set<int>& seen,
             std::vector<std::string>& lines) const {
    if (!seen.insert(pid).second) return;
    const auto known = by_pid_.find(pid);
    SessionFact unknown;
    unknown.pid = pid;
    const SessionFact& session = known == by_pid_.end() ? unknown : *known->second;
    lines.push_back(std::string(2 * depth, ' ') + session_line(session));
    const auto waiting = waiters_.find(pid);
    if (waiting == waiters_.end()) return;
    for (const int waiter : waiting->second) write(waiter, depth + 1, seen, lines);
  }

  std::map<int, const SessionFact*> by_pid_;
  std::map<int, std::vector<int>> waiters_;
  std::vector<int> roots_;
};

HealthSection lock_waits(const HealthFacts& facts) {
  HealthSection section{"lock_waits", {}};
  if (facts.sessions) {
    section.findings = WaitTree(*facts.sessions).findings();
    if (section.findings.empty()) {
      section.findings.push_back({Condition::ok, "nobody waits for a lock", {}, {}});
    }
  }
  add_unseen(section, facts);
  return section;
}

template <typename Accept, typename Describe>
HealthSection listed(const char* name, const HealthFacts& facts, const char* none, Accept accept,
                     Describe describe) {
  HealthSection section{name, {}};
  if (!facts.sessions) return section;
  for (const SessionFact& session : *facts.sessions) {
    if (!accept(session)) continue;
    section.findings.push_back(
        {Condition::warn,
         describe(session),
         {},
         fmt::format("`pgtide doctor --terminate {}` ends it", session.pid)});
    if (section.findings.size() >= most_lines) break;
  }
  if (section.findings.empty()) section.findings.push_back({Condition::ok, none, {}, {}});
  return section;
}

}  // namespace

std::string session_line(const SessionFact& session) {
  return session_name(session) + doing(session) + query_text(session);
}

std::vector<HealthSection> judge_sessions(const HealthFacts& facts) {
  return {lock_waits(facts),
          listed(
              "long_statements", facts, "none runs for more than a minute",
              [](const SessionFact& session) {
                return session.state == "active" && session.blocked_by.empty() &&
                       session.statement_age.value_or(milliseconds(0)) >= long_statement;
              },
              [](const SessionFact& session) {
                return session_name(session) + " runs" + age_text(session.statement_age) +
                       query_text(session);
              }),
          listed(
              "idle_transactions", facts, "no transaction is left open",
              [](const SessionFact& session) {
                return is_idle_in_transaction(session) &&
                       session.state_age.value_or(milliseconds(0)) >= long_idle;
              },
              [](const SessionFact& session) {
                return session_name(session) + " " + session.state + age_text(session.state_age) +
                       (session.query.empty() ? "" : "; last") + query_text(session);
              })};
}

}  // namespace pgtide::engine
