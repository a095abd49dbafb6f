#include "pgtide/migrator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <thread>
#include <utility>

#include "adapters/pg_run_lock.hpp"
#include "adapters/pg_session.hpp"
#include "adapters/script_files.hpp"
#include "adapters/soci_ledger.hpp"
#include "app/own_schemas.hpp"
#include "app/proof_file.hpp"
#include "app/run_settings.hpp"
#include "app/status_entry.hpp"
#include "app/stored_rollback.hpp"
#include "engine/first_run.hpp"
#include "engine/foresight.hpp"
#include "engine/level_record.hpp"
#include "engine/operator_records.hpp"
#include "engine/pending_proof.hpp"
#include "engine/required_proof.hpp"
#include "engine/run_rules.hpp"
#include "engine/runner.hpp"
#include "engine/schema_record.hpp"
#include "engine/script_judge.hpp"
#include "pgtide/conninfo.hpp"
#include "schema/own_schemas.hpp"

namespace pgtide {
namespace {

// The newest applied version as the ledger spells it; `0` before the first.
std::string current_text(const LedgerSnapshot& ledger) {
  const auto current = ledger.current();
  return current ? ledger.find(*current)->version_text : "0";
}

}  // namespace

struct Migrator::Impl {
  Settings settings;
  ConnectionTarget target;
  LedgerNames names;
  std::string run_id = new_run_id();
  NoInterrupt no_interrupt;
  ports::Observer no_observer;
  ports::Observer* observer;
  const ports::Interrupt* interrupt;
  MigratorHooks hooks;
  bool levels_recorded = false;
  std::optional<adapters::SociLedger> ledger;
  std::optional<adapters::PgSession> session;
  std::optional<adapters::PgRunLock> lock;
  std::optional<adapters::ScriptFiles> scripts;

  Impl(const Settings& given, const MigratorHooks& given_hooks)
      : settings(given),
        target(target_of(given)),
        names(names_of(given, target)),
        hooks(given_hooks) {
    observer = hooks.observer != nullptr ? hooks.observer : &no_observer;
    interrupt = hooks.interrupt != nullptr ? hooks.interrupt : &no_interrupt;
    const adapters::ConnectOptions main{.conninfo = target.conninfo,
                                        .connect_timeout = settings.connect_timeout,
                                        .interrupt = interrupt,
                                        .on_notice = [this](const ports::ServerMessage& message) {
                                          observer->on_server_notice({.where = {},
                                                                      .severity = message.severity,
                                                                      .message = message.message,
                                                                      .detail = message.detail,
                                                                      .hint = message.hint});
                                        }};
    ledger.emplace(main, names, lock_timeout_of(settings));
    use_connection();
    scripts.emplace(settings.dir, &*ledger);
  }

  void use_connection() {
    session.emplace(ledger->connection(), *interrupt);
    adapters::ConnectOptions locking{.conninfo = target.conninfo,
                                     .connect_timeout = settings.connect_timeout,
                                     .interrupt = interrupt};
    locking.application_name = "pgtide lock";
    lock.emplace(locking, names, ledger->connection(), run_id);
  }

  // For a run that has done nothing yet. Throws Error when `patience` is over, or interrupted.
  void connect_again(const ports::ConnectionLost& lost, std::chrono::milliseconds patience) {
    observer->on_remark({.where = {},
                         .message = std::string(lost.what()) + "; connecting again",
                         .hint = {},
                         .source_line = {}});
    lock.reset();
    session.reset();
    constexpr std::chrono::milliseconds not_at_once{200};
    std::this_thread::sleep_for(not_at_once);
    const bool is_connected = ledger->connect_again(patience, *interrupt);
    use_connection();
    if (is_connected) return;
    if (interrupt->signal() == 0) throw lost;
    throw Error(ErrorKind::interrupted, "stopped while connecting again; nothing was run")
        .with_signal(interrupt->signal());
  }

  // Under the run lock, before anything runs.
  void begin(const PreparedRun& prepared) {
    if (hooks.before_run) hooks.before_run(prepared);
    if (!settings.backup.enabled) return;
    const Backup backup = back_up(settings, *interrupt, hooks.backup_progress);
    if (hooks.backed_up) hooks.backed_up(backup);
  }

  engine::Ports ports() { return {*session, *ledger, *scripts, *lock, *observer, *interrupt}; }

  engine::RunnerOptions options(Finish finish, const ServerFacts& server = {}) {
    engine::RunnerOptions options{.names = names,
                                  .settings = session_settings(settings, target, server),
                                  .lock_wait = settings.lock_wait,
                                  .lock_retries = settings.lock_retries,
                                  .run = {.run_id = run_id,
                                          .tool_version = PGTIDE_VERSION,
                                          .client_host = host_name(),
                                          .environment = settings.environment}};
    if (settings.data_loss() == Permission::refuse) options.losses = engine::Losses::refused;
    options.before_run = [this, told = false](const PreparedRun& prepared) mutable {
      require_rules(prepared);  // the plan may have grown since it was made
      if (!std::exchange(told, true)) begin(prepared);
    };
    if (finish == Finish::roll_back) {
      // A dry run must never make traffic queue behind it for long.
      constexpr std::chrono::milliseconds polite{2000};
      const std::chrono::milliseconds usual = options.settings.lock_timeout;
      options.settings.lock_timeout = settings.dry_run_lock_timeout.value_or(
          usual.count() == 0 ? polite : std::min(usual, polite));
    }
    return options;
  }

  // Not asked of `scripts`, which keeps what it read for the run.
  Catalog forward_scripts(const PreparedRun& prepared) const {
    if (prepared.plan.direction == Direction::up ||
        prepared.request.scripts == ScriptSource::ledger) {
      return {};
    }
    return adapters::ScriptFiles(settings.dir, nullptr).catalog(prepared.ledger);
  }

  // Nothing when they are allowed.
  std::optional<engine::TablesFound> tables_found(const PreparedRun& prepared) {
    if (settings.existing_tables == Permission::allow) return std::nullopt;
    return engine::tables_before_first_run(prepared, names,
                                           session_settings(settings, target).search_path);
  }

  std::vector<Problem> broken_rules(const PreparedRun& prepared) {
    std::vector<Problem> broken = engine::broken_rules(settings, prepared);
    if (auto found = tables_found(prepared); found && found->another_tools) {
      broken.push_back(std::move(found->problem));
    }
    if (settings.rules.require_proof) {
      const Catalog directory = forward_scripts(prepared);
      std::vector<Problem> unproved = engine::missing_proofs(
          read_proofs(settings), proof_file(settings), {prepared, directory, *scripts});
      std::move(unproved.begin(), unproved.end(), std::back_inserter(broken));
    }
    return broken;
  }

  void require_rules(const PreparedRun& prepared) {
    std::vector<Problem> broken = broken_rules(prepared);
    if (broken.empty()) return;
    throw Error(
        ErrorKind::usage,
        settings.environment.empty()
            ? std::string("the rules forbid this; nothing was run")
            : fmt::format("the rules of {} forbid this; nothing was run", settings.environment),
        std::move(broken));
  }

  LedgerSnapshot usable_ledger() {
    LedgerSnapshot read = ledger->read(ports::LedgerReader::Detail::complete);
    engine::require_server(read.server, engine::Access::read);
    if (!read.problems.empty()) {
      throw Error(ErrorKind::environment, "the ledger cannot be used", read.problems);
    }
    return read;
  }

  // Where the database is can be told without files, too.
  Catalog catalog_for_status(const LedgerSnapshot& read) {
    try {
      return scripts->catalog(read);
    } catch (const Error& error) {
      if (read.rows.empty() || error.kind() != ErrorKind::invalid_input) throw;
      Catalog none = scripts->without_files();
      none.problems.push_back(
          {.where = {},
           .message = error.what(),
           .hint = "give the folder that holds sql/ and rollback/ with --dir; without files "
                   "`pgtide down VERSION --from-ledger` leads back",
           .source_line = {}});
      return none;
    }
  }

  // A server that restarts while the run waits for the lock costs it nothing but time.
  Report execute(PreparedRun& prepared, engine::RunnerOptions options) {
    using Clock = std::chrono::steady_clock;
    bool has_begun = false;
    options.before_run = [&has_begun, before = options.before_run](const PreparedRun& final_plan) {
      has_begun = true;
      before(final_plan);
    };
    const auto deadline = Clock::now() + settings.lock_wait;
    while (true) {
      try {
        return engine::Runner(ports(), options).execute(prepared);
      } catch (const ports::ConnectionLost& lost) {
        options.lock_wait = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (has_begun || prepared.request.finish == Finish::roll_back) throw;
        if (options.lock_wait.count() <= 0) throw;
        connect_again(lost, options.lock_wait);
      }
    }
  }

  schema::Snapshot read_schema() {
    return engine::read_schema_politely(*session, names, lock_timeout_of(settings));
  }

  // What is in others' schemas is no drift of this project's.
  std::set<std::string> neighbours_in(const std::vector<const schema::Snapshot*>& snapshots,
                                      const LedgerSnapshot& of, ScriptsThat which) {
    std::set<std::string> found;
    for (const schema::Snapshot* snapshot : snapshots) found.merge(schema::schema_names(*snapshot));
    return pgtide::neighbours(*session, settings, names, of, which, std::move(found));
  }

  schema::Snapshot own_part(schema::Snapshot snapshot) {
    auto others = neighbours_in({&snapshot}, {}, ScriptsThat::are_there);
    return schema::without_schemas(std::move(snapshot), others);
  }

  // For engine::LevelOptions.
  bool lacks_schema(const LedgerSnapshot& of, const schema::Snapshot& recorded) {
    std::set<std::string> missing = schemas_that_exist(*session);
    for (const std::string& name : schema::schema_names(recorded)) missing.erase(name);
    const auto others = [&](ScriptsThat which) {
      return pgtide::neighbours(*session, settings, names, of, which, missing);
    };
    return !missing.empty() && others(ScriptsThat::have_run) != others(ScriptsThat::are_there);
  }

  SchemaDrift drift_from(engine::RecordedSchema recorded, const LedgerSnapshot& of) {
    schema::Snapshot now = read_schema();
    if (!recorded.schema) return engine::drift_from(recorded, own_part(std::move(now)));
    const auto others = neighbours_in({&now, &*recorded.schema}, of, ScriptsThat::have_run);
    recorded.schema = schema::without_schemas(std::move(*recorded.schema), others);
    return engine::drift_from(recorded, schema::without_schemas(std::move(now), others));
  }

  engine::OperatorRecords records() { return {ports(), options(Finish::commit_each)}; }
};

Migrator::Migrator(const Settings& settings, const MigratorHooks& hooks)
    : impl_(std::make_unique<Impl>(settings, hooks)) {}
Migrator::~Migrator() = default;
Migrator::Migrator(Migrator&&) noexcept = default;
Migrator& Migrator::operator=(Migrator&&) noexcept = default;

PreparedRun Migrator::prepare(const RunRequest& request) {
  PreparedRun prepared =
      engine::Runner(impl_->ports(), impl_->options(request.finish)).prepare(request);
  if (const auto found = impl_->tables_found(prepared); found && !found->another_tools) {
    prepared.plan.notices.push_back(found->problem.message + "; " + found->problem.hint);
  }
  if (request.finish != Finish::roll_back) {
    impl_->require_rules(prepared);
  } else {
    for (const Problem& broken : impl_->broken_rules(prepared)) {
      prepared.plan.notices.push_back("without --dry-run this is refused: " + broken.message);
    }
  }
  return prepared;
}

Report Migrator::execute(PreparedRun prepared) {
  const Finish finish = prepared.request.finish;
  engine::RunnerOptions options = impl_->options(finish, prepared.ledger.server);
  std::optional<engine::LevelRecord> levels;
  if (impl_->levels_recorded && engine::LevelRecord::is_affordable(prepared)) {
    levels.emplace(
        *impl_->session, *impl_->observer, *impl_->interrupt,
        engine::LevelOptions{
            .names = impl_->names,
            .run = options.run,
            .lock_timeout = lock_timeout_of(impl_->settings),
            .own_part =
                [this](schema::Snapshot snapshot) { return impl_->own_part(std::move(snapshot)); },
            .lacks_schema =
                [this](const PreparedRun& run, const schema::Snapshot& recorded) {
                  return impl_->lacks_schema(run.ledger, recorded);
                }});
    options.before_run = [&levels, before = options.before_run](const PreparedRun& final_plan) {
      before(final_plan);
      levels->begin(final_plan);
    };
    options.after_step = [&levels](std::size_t index) { levels->after(index); };
  }
  Report report = impl_->execute(prepared, std::move(options));
  advise_stored_rollback(report, *impl_->ledger, *impl_->scripts);
  return report;
}

Foresight Migrator::foresee(const PreparedRun& prepared) {
  return engine::foresee(*impl_->session, impl_->options(Finish::commit_each).settings, prepared);
}

ProofReport Migrator::prove_pending(const PreparedRun& prepared) {
  ports::Observer nobody;
  const engine::RunnerOptions options = impl_->options(Finish::roll_back, prepared.ledger.server);
  ProofReport report = engine::prove_pending(
      *impl_->session,
      {.scripts = *impl_->scripts,
       .observer = nobody,
       .interrupt = *impl_->interrupt,
       .settings = options.settings,
       .names = options.names,
       .shape = prepared.ledger.shape,
       .run = options.run,
       .trace = prepared.request.trace,
       .pooling = prepared.ledger.server.behind_pooler ? Pooling::transaction : Pooling::none},
      prepared,
      {.column_order = impl_->settings.verify_allow.column_order,
       .ownership = impl_->settings.verify_allow.ownership});
  report.directory = impl_->settings.dir;
  if (impl_->settings.findings == FindingsPolicy::error) {
    report.rule_weight = rules::Weight::counted;
  }
  return report;
}

Report Migrator::up(const Target& target) {
  return execute(
      prepare({.direction = Direction::up, .target = target, .policy = impl_->settings.policy}));
}

Report Migrator::down(const Target& target) {
  return execute(
      prepare({.direction = Direction::down, .target = target, .policy = impl_->settings.policy}));
}

StatusReport Migrator::status() {
  const LedgerSnapshot ledger = impl_->usable_ledger();
  const Catalog catalog = impl_->catalog_for_status(ledger);
  StatusReport report{.database = ledger.server.database,
                      .schema = impl_->names.schema,
                      .table = impl_->names.table,
                      .ledger_exists = ledger.shape.table_exists,
                      .problems = catalog.problems};
  for (const VersionStatus& status :
       assess(catalog, ledger, engine::irreversible_versions(catalog, *impl_->scripts))) {
    if (ledger.current() == status.version) report.current = status.version_text;
    report.entries.push_back(entry_of(status, catalog));
  }
  return report;
}

std::vector<LogEntry> Migrator::history(std::size_t limit) {
  return impl_->ledger->history(limit);
}

std::vector<Step> Migrator::baseline(const std::string& version) {
  return impl_->records().baseline(version);
}
std::vector<Step> Migrator::resolve_applied(const std::string& version) {
  return impl_->records().resolve_applied(version);
}
std::vector<Step> Migrator::resolve_rolled_back(const std::string& version) {
  return impl_->records().resolve_rolled_back(version);
}
std::vector<Step> Migrator::changed() {
  return impl_->records().changed();
}
std::vector<Step> Migrator::repair() {
  return impl_->records().repair();
}

std::vector<Step> Migrator::mark_good(const std::optional<std::string>& version) {
  return impl_->records().mark_good(version);
}
WayBack Migrator::last_good() {
  const LedgerSnapshot ledger = impl_->usable_ledger();
  return pgtide::last_good(impl_->ledger->history(0), ledger);
}
WayBack Migrator::last_run() {
  const LedgerSnapshot ledger = impl_->usable_ledger();
  return pgtide::last_run(impl_->ledger->history(0), ledger);
}

schema::Snapshot Migrator::schema() {
  return impl_->read_schema();
}

std::set<std::string> Migrator::neighbours(const schema::Snapshot& live) {
  return impl_->neighbours_in({&live}, impl_->usable_ledger(), ScriptsThat::have_run);
}

SchemaDrift Migrator::drift_from_record() {
  const LedgerSnapshot ledger = impl_->usable_ledger();
  if (!ledger.shape.log_exists) return {};
  const auto recorded = engine::recorded_schema(*impl_->session, impl_->names, std::nullopt);
  if (!recorded || recorded->version != current_text(ledger)) return {};
  return impl_->drift_from(*recorded, ledger);
}

SchemaDrift Migrator::drift_from_current() {
  const LedgerSnapshot ledger = impl_->usable_ledger();
  if (!ledger.shape.log_exists) return {};
  const std::string version = current_text(ledger);
  const auto recorded = engine::recorded_schema(*impl_->session, impl_->names, version);
  return recorded ? impl_->drift_from(*recorded, ledger) : SchemaDrift{.version = version};
}

void Migrator::record_levels() {
  impl_->levels_recorded = true;
}

void Migrator::record_schema() {
  const LedgerSnapshot ledger = impl_->usable_ledger();
  if (!ledger.shape.log_exists) return;
  engine::record_schema(*impl_->session, impl_->names, {impl_->run_id, PGTIDE_VERSION, host_name()},
                        current_text(ledger), impl_->own_part(schema()));
}

const std::string& Migrator::run_id() const {
  return impl_->run_id;
}
const std::vector<std::string>& Migrator::notices() const {
  return impl_->target.notices;
}

std::vector<Problem> validate_directory(const std::string& directory) {
  adapters::ScriptFiles scripts(directory, nullptr);
  const Catalog catalog = scripts.catalog({});
  std::vector<Problem> problems = catalog.problems;
  const std::vector<Problem> in_scripts = engine::judge_catalog(catalog, scripts);
  problems.insert(problems.end(), in_scripts.begin(), in_scripts.end());
  std::stable_sort(problems.begin(), problems.end(),
                   [](const Problem& a, const Problem& b) { return a.where.file < b.where.file; });
  return problems;
}

}  // namespace pgtide
