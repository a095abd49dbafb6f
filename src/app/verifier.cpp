#include "pgtide/verifier.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "adapters/git_changes.hpp"
#include "adapters/pg_databases.hpp"
#include "adapters/script_files.hpp"
#include "adapters/throwaway_server.hpp"
#include "app/proof_file.hpp"
#include "app/proof_run.hpp"
#include "app/run_settings.hpp"
#include "app/verify_selection.hpp"
#include "engine/prover.hpp"
#include "engine/required_proof.hpp"
#include "engine/scratch_database.hpp"
#include "ports/ask.hpp"

namespace pgtide {
namespace {

// A schema of its own: a script that empties `public` must not meet the ledger there.
constexpr const char* ledger_schema = "pgtide_verify";

Catalog catalog_of(adapters::ScriptFiles& scripts) {
  Catalog catalog = scripts.catalog({});
  if (!catalog.problems.empty()) {
    throw Error(ErrorKind::invalid_input, "the migrations directory is not valid; nothing was run",
                std::move(catalog.problems));
  }
  return catalog;
}

engine::ProofOptions options_of(const Settings& settings, const VerifyRequest& request,
                                const Catalog& catalog) {
  engine::ProofOptions options{.way_down = request.way_down,
                               .allowed = {.column_order = settings.verify_allow.column_order,
                                           .ownership = settings.verify_allow.ownership,
                                           .server = settings.verify_allow.server}};
  options.judged = request.changed_since.empty()
                       ? versions_in(catalog, request.range)
                       : versions_of_files(catalog, adapters::changed_files(catalog.directory,
                                                                            request.changed_since));
  options.fixtures = find_fixtures(catalog);
  if (auto first = options.fixtures.extract(Version(0))) {
    options.first_fixture = std::move(first.mapped());
  }
  return options;
}

// The project's URL is not connected to, but may say where its tables live.
ConnectionTarget project_target(const Settings& settings, const ConnectionTarget& scratch) {
  return settings.url.empty() ? scratch : parse_connection(settings.url);
}

std::string now_text() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
}

// Of the scripts before they are run: what changes meanwhile is not proved.
std::vector<ProofEntry> entries_of(const Catalog& catalog, const std::set<Version>& judged,
                                   ports::Scripts& scripts) {
  std::vector<ProofEntry> entries;
  for (const Migration& migration : catalog.migrations) {
    if (!judged.contains(migration.version)) continue;
    entries.push_back(
        {.version = migration.version,
         .version_text = migration.version_text,
         .forward = engine::checksum_of_file(scripts, migration.forward_path),
         .rollback = migration.rollback_path.empty()
                         ? std::string()
                         : engine::checksum_of_file(scripts, migration.rollback_path)});
  }
  return entries;
}

void record(const Settings& settings, const VerifyRequest& request, const Catalog& catalog,
            std::vector<ProofEntry> entries, ProofReport& report) {
  const std::string now = now_text();
  std::vector<ProofEntry> judged;
  for (const PairProof& pair : report.migrations) {
    const auto entry = std::find_if(entries.begin(), entries.end(),
                                    [&](const ProofEntry& e) { return e.version == pair.version; });
    if (entry == entries.end()) continue;
    entry->verdict = identifier(pair.verdict);
    entry->proved_at = now;
    entry->tool_version = PGTIDE_VERSION;
    entry->server = report.server;
    judged.push_back(std::move(*entry));
  }
  std::optional<std::set<Version>> all;
  if (request.range.empty() && request.changed_since.empty()) {
    all.emplace();
    for (const Migration& migration : catalog.migrations) all->insert(migration.version);
  }
  write_proofs(settings, judged, all);
  report.recorded_in = proof_file(settings);
}

// Ticks of the scripts reach whoever watches the proof.
class Ticks final : public ports::Observer {
 public:
  explicit Ticks(ports::ProofObserver& observer) : observer_(observer) {}
  void on_tick() override { observer_.on_tick(); }

 private:
  ports::ProofObserver& observer_;
};

}  // namespace

ProofReport verify(const Settings& settings, const VerifyRequest& request,
                   const VerifyHooks& hooks) {
  return run_proof(settings, request, hooks, nullptr);
}

ProofReport run_proof(const Settings& settings, const VerifyRequest& request,
                      const VerifyHooks& hooks, Drafting* drafting) {
  const NoInterrupt no_interrupt;
  ports::ProofObserver no_observer;
  const ports::Interrupt& interrupt = hooks.interrupt != nullptr ? *hooks.interrupt : no_interrupt;
  ports::ProofObserver& observer = hooks.observer != nullptr ? *hooks.observer : no_observer;
  Ticks ticks(observer);
  adapters::ScriptFiles scripts(settings.dir, nullptr);
  const Catalog catalog = catalog_of(scripts);
  engine::ProofOptions options = options_of(settings, request, catalog);
  if (drafting != nullptr && drafting->choose) drafting->choose(catalog, options.judged);
  if (options.judged.empty()) return {.directory = catalog.directory};
  engine::DraftScripts drafts(
      scripts, drafting != nullptr ? drafting->pairs : engine::DraftScripts::For::findings,
      drafting != nullptr ? drafting->take : nullptr);
  if (drafting != nullptr) options.drafts = &drafts;

  std::vector<ProofEntry> entries;
  if (request.recording == Recording::on) {
    read_proofs(settings);  // a file that cannot be understood is told of before all the work
    entries = entries_of(catalog, options.judged, scripts);
  }
  std::optional<adapters::ThrowawayServer> server;
  ConnectionTarget target;
  if (request.scratch_url.empty()) {
    server.emplace(
        settings.pg_bin, hooks.log ? hooks.log : [](const std::string&) {},
        request.trace == Trace::off ? adapters::WalLevel::minimal : adapters::WalLevel::replica);
    target.conninfo = server->conninfo();
  } else {
    target = parse_connection(request.scratch_url);
  }
  adapters::PgDatabases databases(
      {.conninfo = target.conninfo, .connect_timeout = settings.connect_timeout},
      server ? adapters::ServerUse::private_server : adapters::ServerUse::shared_server, interrupt);
  if (!server) engine::require_scratch(databases);
  const ConnectionTarget project = project_target(settings, target);
  options.schema = names_of(settings, project).schema;
  engine::Prover prover(databases,
                        {.scripts = drafts,
                         .observer = ticks,
                         .interrupt = interrupt,
                         .settings = session_settings(settings, project),
                         .names = {.schema = ledger_schema},
                         .shape = {},
                         .run = {new_run_id(), PGTIDE_VERSION, host_name()},
                         .trace = request.trace},
                        observer, std::move(options));
  const auto leave = [&] {
    const std::vector<std::string> left = prover.leave_as_found();
    for (const std::string& one : left) {
      if (hooks.warn) hooks.warn("the scratch database is not as it was: " + one);
    }
    return left.empty();
  };
  try {
    ProofReport report = prover.prove(catalog);
    leave();
    report.server = engine::server_name(databases);
    if (settings.findings == FindingsPolicy::error) report.rule_weight = rules::Weight::counted;
    if (request.recording == Recording::on) {
      record(settings, request, catalog, std::move(entries), report);
    }
    return report;
  } catch (const Error& error) {
    const bool nothing_left = leave();
    // Whatever was being asked was cancelled.
    if (interrupt.signal() == 0 || error.kind() == ErrorKind::interrupted) throw;
    throw Error(ErrorKind::interrupted, nothing_left ? "stopped; nothing is left" : "stopped")
        .with_signal(interrupt.signal());
  }
}

}  // namespace pgtide
