#include "pgtide/doctor.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "adapters/health_reader.hpp"
#include "adapters/script_files.hpp"
#include "adapters/soci_ledger.hpp"
#include "app/run_settings.hpp"
#include "app/status_entry.hpp"
#include "engine/health_judge.hpp"

namespace pgtide {
namespace {

// Nobody waits longer for a connection than for everything.
std::optional<std::chrono::milliseconds> connect_timeout_of(const Settings& settings) {
  const bool is_limited = settings.timeout.count() > 0;
  if (!is_limited || !settings.connect_timeout) return settings.connect_timeout;
  return std::min(*settings.connect_timeout, settings.timeout);
}

adapters::ConnectOptions options_of(const Settings& settings, const ConnectionTarget& target) {
  return {.conninfo = target.conninfo,
          .application_name = "pgtide doctor",
          .connect_timeout = connect_timeout_of(settings)};
}

// Without files to compare with, when there are none.
Catalog readable_catalog(const Settings& settings, adapters::SociLedger& ledger,
                         const LedgerSnapshot& snapshot, LedgerFacts& facts) {
  adapters::ScriptFiles scripts(settings.dir, &ledger);
  try {
    Catalog catalog = scripts.catalog(snapshot);
    facts.directory_problems = catalog.problems;
    return catalog;
  } catch (const Error& error) {
    facts.unreadable_directory = error.what();
    return scripts.without_files();
  }
}

using Clock = std::chrono::steady_clock;

// --timeout is for everything that is asked.
Clock::time_point deadline_of(const Settings& settings) {
  const bool is_limited = settings.timeout.count() > 0;
  return is_limited ? Clock::now() + settings.timeout : Clock::time_point::max();
}

LedgerFacts ledger_facts(const Settings& settings, const ConnectionTarget& target,
                         Clock::time_point deadline) {
  adapters::SociLedger ledger(options_of(settings, target), names_of(settings, target),
                              std::chrono::milliseconds(2000));
  const adapters::AnswerLimit limit(
      ledger.connection(),
      std::min(Clock::now() + adapters::HealthReader::longest_answer, deadline));
  const LedgerSnapshot snapshot = ledger.read(ports::LedgerReader::Detail::complete);
  LedgerFacts facts{.exists = snapshot.shape.table_exists, .problems = snapshot.problems};
  if (!snapshot.problems.empty()) return facts;
  const Catalog catalog = readable_catalog(settings, ledger, snapshot, facts);
  for (const VersionStatus& status : assess(catalog, snapshot)) {
    if (snapshot.current() == status.version) facts.current = status.version_text;
    facts.entries.push_back(entry_of(status, catalog));
  }
  return facts;
}

}  // namespace

HealthReport examine(const Settings& settings) {
  HealthFacts facts;
  const ConnectionTarget target = target_of(settings);
  facts.target = target.shown;
  const Clock::time_point deadline = deadline_of(settings);
  try {
    adapters::HealthReader reader(options_of(settings, target), names_of(settings, target),
                                  settings.role, deadline);
    reader.read(facts);
  } catch (const Error& error) {
    facts.connection_problem = error.what();
    facts.connection_hint = error.hint();
    return engine::judge(facts);
  }
  try {
    facts.ledger = ledger_facts(settings, target, deadline);
  } catch (const Error& error) {
    facts.unseen.push_back({"versions", error.what()});
  }
  return engine::judge(facts);
}

struct SessionEnder::Impl {
  adapters::HealthReader reader;
  std::optional<adapters::HealthReader::Target> chosen;
};

SessionEnder::SessionEnder(const Settings& settings) {
  const ConnectionTarget target = target_of(settings);
  impl_ = std::make_unique<Impl>(
      Impl{{options_of(settings, target), names_of(settings, target), settings.role}, {}});
}
SessionEnder::~SessionEnder() = default;

std::string SessionEnder::choose(int pid) {
  auto found = impl_->reader.find(pid);
  if (!found || found->is_own) {
    throw Error(ErrorKind::usage, fmt::format("there is no session with pid {}", pid),
                "`pgtide doctor` lists who blocks whom");
  }
  if (found->kind != "client backend" && found->kind != "autovacuum worker") {
    throw Error(ErrorKind::usage,
                found->kind.empty()
                    ? fmt::format("what pid {} is, is hidden from this role", pid)
                    : fmt::format("pid {} is the server's own ({})", pid, found->kind),
                found->kind.empty() ? "GRANT pg_read_all_stats to this role" : "");
  }
  impl_->chosen = std::move(found);
  return engine::session_line(impl_->chosen->session);
}

SessionEnder::Outcome SessionEnder::end() {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::seconds patience{5};
  if (!impl_->chosen || !impl_->reader.terminate(*impl_->chosen)) return Outcome::ended;
  const auto deadline = Clock::now() + patience;
  while (Clock::now() < deadline) {
    const auto now = impl_->reader.find(impl_->chosen->session.pid);
    if (!now || now->begun != impl_->chosen->begun) return Outcome::ended;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return Outcome::still_there;
}

}  // namespace pgtide
