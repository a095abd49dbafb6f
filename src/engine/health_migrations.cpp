#include <fmt/format.h>

#include <algorithm>

#include "engine/health_judge.hpp"
#include "engine/lock_patience.hpp"

namespace pgtide::engine {
namespace {

constexpr std::size_t most_lines = 20;

std::string labelled(const StatusEntry& entry) {
  return entry.name.empty() ? entry.version : fmt::format("{} ({})", entry.version, entry.name);
}

bool run_is_alive(const HealthFacts& facts) {
  return facts.run_pid.value_or(0) != 0;
}

std::string run_holder(const HealthFacts& facts) {
  if (facts.sessions) {
    for (const SessionFact& session : *facts.sessions) {
      if (session.pid == *facts.run_pid) return session_name(session);
    }
  }
  return fmt::format("pid {}", *facts.run_pid);
}

bool was_interrupted(const StatusEntry& entry) {
  return entry.error.starts_with(interrupted_error);
}

// The next run may go well without anybody doing anything: it was stopped, or got no lock.
bool may_be_tried_again(const StatusEntry& entry) {
  const std::size_t state = entry.error.rfind('(');  // `… (55P03)`
  const bool has_state = state != std::string::npos && entry.error.ends_with(')');
  return was_interrupted(entry) ||
         (has_state && lock_failure(entry.error.substr(state + 1, entry.error.size() - state - 2)));
}

// Nobody is at work on it.
HealthFinding half_done(const StatusEntry& entry) {
  HealthFinding finding{Condition::fail, {}, {}, entry.way_on};
  std::string error = entry.error;
  const char* what = error.empty() ? "a run died" : "a run failed";
  if (was_interrupted(entry)) {
    what = "a run was interrupted";
    error.erase(0, interrupted_error.size());
  }
  finding.message = fmt::format("{}: {} at {}", what, labelled(entry), entry.progress);
  if (!error.empty()) finding.details.push_back(std::move(error));
  return finding;
}

HealthSection run(const HealthFacts& facts) {
  HealthSection section{"run", {}};
  if (facts.run_pid) {
    if (run_is_alive(facts)) {
      section.findings.push_back(
          {Condition::ok, "a run is in progress: " + run_holder(facts), {}, {}});
    } else {
      section.findings.push_back({Condition::ok, "no run is in progress", {}, {}});
    }
  }
  if (facts.ledger && facts.run_pid) {
    for (const StatusEntry& entry : facts.ledger->entries) {
      if (entry.state != State::in_progress) continue;
      section.findings.push_back(
          run_is_alive(facts)
              ? HealthFinding{Condition::ok,
                              fmt::format("{} at {}", labelled(entry), entry.progress),
                              {},
                              {}}
              : half_done(entry));
    }
  }
  add_unseen(section, facts);
  return section;
}

// Findings of one kind are one finding that lists the versions.
void list_lines(std::vector<std::string> lines, Condition severity, const char* what,
                std::string hint, HealthSection& section) {
  if (lines.empty()) return;
  std::string message = fmt::format("{} {} {}", lines.size(),
                                    lines.size() == 1 ? "migration is" : "migrations are", what);
  if (lines.size() > most_lines) {
    const std::size_t left = lines.size() - most_lines;
    lines.resize(most_lines);
    lines.push_back(fmt::format("and {} more", left));
  }
  section.findings.push_back({severity, std::move(message), std::move(lines), std::move(hint)});
}

void list_state(const LedgerFacts& ledger, State state, Condition severity, const char* what,
                std::string hint, HealthSection& section) {
  std::vector<std::string> lines;
  for (const StatusEntry& entry : ledger.entries) {
    if (entry.state == state) lines.push_back(labelled(entry));
  }
  list_lines(std::move(lines), severity, what, std::move(hint), section);
}

void list_failed(const LedgerFacts& ledger, HealthSection& section) {
  std::vector<std::string> broken;
  std::vector<std::string> stopped;
  for (const StatusEntry& entry : ledger.entries) {
    if (entry.state != State::failed) continue;
    (may_be_tried_again(entry) ? stopped : broken)
        .push_back(fmt::format("{}: {}", labelled(entry), entry.error));
  }
  list_lines(std::move(broken), Condition::fail, "recorded as failed",
             "mend the script, then `pgtide up`; or `pgtide resolve --rolled-back VERSION`",
             section);
  list_lines(std::move(stopped), Condition::fail, "not applied, though the script is not to blame",
             "`pgtide up` tries again", section);
}

void judge_problems(const LedgerFacts& ledger, HealthSection& section) {
  for (const Problem& problem : ledger.problems) {
    section.findings.push_back({Condition::fail, problem.message, {}, problem.hint});
  }
  for (const Problem& problem : ledger.directory_problems) {
    section.findings.push_back(
        {Condition::fail,
         (problem.where.file.empty() ? "" : problem.where.file + ": ") + problem.message,
         {},
         problem.hint.empty() ? std::string("`pgtide validate` lists all that is wrong")
                              : problem.hint});
    if (section.findings.size() >= most_lines) return;
  }
  if (!ledger.unreadable_directory.empty()) {
    section.findings.push_back(
        {Condition::warn,
         ledger.unreadable_directory,
         {},
         "give the migrations directory with --dir; without one `pgtide down VERSION "
         "--from-ledger` still leads back"});
  }
}

HealthSection versions(const HealthFacts& facts) {
  HealthSection section{"versions", {}};
  if (facts.ledger) {
    const LedgerFacts& ledger = *facts.ledger;
    judge_problems(ledger, section);
    list_failed(ledger, section);
    const bool compared = ledger.unreadable_directory.empty();
    if (compared) {
      list_state(
          ledger, State::changed, Condition::fail, "changed since they were applied",
          "restore the files; `pgtide repair` records them as they are, but does not run them",
          section);
      list_state(ledger, State::missing, Condition::warn, "applied, but without a file here",
                 "is this an older deployment? `pgtide down VERSION` uses the stored scripts",
                 section);
      list_state(ledger, State::out_of_order, Condition::warn, "pending below an applied one",
                 "give them newer numbers, or `pgtide up --allow-out-of-order`", section);
      list_state(ledger, State::pending, Condition::ok, "pending",
                 "`pgtide up` applies what is pending", section);
    }
    if (ledger.problems.empty()) {
      const std::string at = ledger.current.empty() ? "nothing is applied" : "at " + ledger.current;
      section.findings.insert(
          section.findings.begin(),
          {Condition::ok, ledger.exists ? at : "no ledger yet; `pgtide up` makes it", {}, {}});
    }
  }
  add_unseen(section, facts);
  return section;
}

}  // namespace

std::vector<HealthSection> judge_migrations(const HealthFacts& facts) {
  return {run(facts), versions(facts)};
}

}  // namespace pgtide::engine
