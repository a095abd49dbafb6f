#include "engine/runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/after_loss.hpp"
#include "engine/failure.hpp"
#include "engine/lock_wait.hpp"
#include "engine/script_judge.hpp"
#include "engine/trace_report.hpp"
#include "ports/ask.hpp"

namespace pgtide::engine {
namespace {

constexpr int oldest_server = 130000;

std::vector<Version> versions_of(const Plan& plan) {
  std::vector<Version> versions;
  for (const Step& step : plan.steps) versions.push_back(step.version);
  return versions;
}

[[noreturn]] void refuse(std::vector<Problem> problems, const char* what, std::string hint = {}) {
  const std::string message =
      problems.size() == 1
          ? fmt::format("{}; nothing was run", what)
          : fmt::format("{} ({} problems); nothing was run", what, problems.size());
  throw Error(ErrorKind::invalid_input, message, std::move(problems), std::move(hint));
}

std::string words_of(const Target& target) {
  if (const auto* version = std::get_if<ToVersion>(&target)) return version->text;
  if (const auto* steps = std::get_if<BySteps>(&target))
    return fmt::format("--steps {}", steps->count);
  return std::holds_alternative<Exactly>(target) ? "--last-run" : "0";
}

// How to go back all the same when the directory is of no use; empty when nothing is stored.
std::string way_without_files(const RunRequest& request, const LedgerSnapshot& ledger) {
  const bool is_stored =
      std::any_of(ledger.rows.begin(), ledger.rows.end(),
                  [](const LedgerRow& row) { return is_applied(row) && row.rollback_stored; });
  if (request.direction == Direction::up || !is_stored) return {};
  return fmt::format(
      "`pgtide down {} --from-ledger` needs no files: it uses the rollback scripts that the "
      "database stores",
      words_of(request.target));
}

// What the scripts say of themselves, as far as they ran.
void add_beyond_rollback(Report& report, const std::vector<sql::ScriptScan>& scans) {
  for (std::size_t i = 0; i < report.steps.size() && i < scans.size(); ++i) {
    const StepOutcome outcome = report.steps[i].outcome;
    if (outcome == StepOutcome::not_run || outcome == StepOutcome::not_simulable) continue;
    const auto& found = scans[i].beyond_rollback;
    report.left_behind.insert(report.left_behind.end(), found.begin(), found.end());
  }
}

}  // namespace

void require_server(const ServerFacts& server, Access access) {
  if (server.version_num < oldest_server) {
    throw Error(ErrorKind::environment,
                fmt::format("the server is PostgreSQL {}; pgtide needs 13 or newer",
                            server.version_num / 10000),
                "upgrade the server; PostgreSQL 12 and older get no fixes any more");
  }
  if (access == Access::write && server.in_recovery) {
    throw Error(
        ErrorKind::environment, "the server is a standby and takes no changes; nothing was run",
        "connect to the primary, for example with target_session_attrs=read-write in the URL");
  }
}

void Runner::check_version_width(Plan& plan, const LedgerShape& shape) const {
  const bool too_long = std::any_of(plan.steps.begin(), plan.steps.end(), [&](const Step& step) {
    return step.version_text.size() > shape.version_width;
  });
  if (!too_long) return;
  const std::string table = options_.names.qualified(options_.names.table);
  const std::string view = options_.names.qualified(options_.names.health_view());
  plan.problems.push_back(
      {.where = {},
       .message = fmt::format("the column version of {} holds {} characters, too few for {}", table,
                              shape.version_width, plan.steps.back().version_text),
       .hint = fmt::format(
           "DROP VIEW IF EXISTS {}; ALTER TABLE {} ALTER COLUMN version TYPE varchar(20); "
           "pgtide makes the view again",
           view, table),
       .source_line = {}});
}

Plan Runner::plan(const RunRequest& request, const Catalog& catalog,
                  const LedgerSnapshot& ledger) const {
  return request.direction == Direction::up
             ? plan_up(catalog, ledger, request.target, request.policy)
             : plan_down(catalog, ledger, request.target,
                         declared_irreversible(catalog, ports_.scripts));
}

LedgerSnapshot Runner::read_ledger(Direction direction) {
  return ports_.ledger.read(direction == Direction::up ? ports::LedgerReader::Detail::states
                                                       : ports::LedgerReader::Detail::complete);
}

PreparedRun Runner::prepare(const RunRequest& request) {
  return prepare(request, read_ledger(request.direction));
}

Catalog Runner::read_catalog(const RunRequest& request, const LedgerSnapshot& ledger) {
  if (request.scripts == ScriptSource::ledger) return ports_.scripts.without_files();
  const std::string way = way_without_files(request, ledger);
  Catalog catalog;
  try {
    catalog = ports_.scripts.catalog(ledger);
  } catch (const Error& error) {
    if (way.empty()) throw;
    throw Error(error.kind(), error.what(),
                "give the folder that holds sql/ and rollback/ with --dir; " + way);
  }
  if (!catalog.problems.empty())
    refuse(std::move(catalog.problems), "the migrations directory is not valid", way);
  return catalog;
}

PreparedRun Runner::prepare(const RunRequest& request, LedgerSnapshot ledger) {
  require_server(ledger.server, Access::read);
  if (!ledger.problems.empty()) {
    throw Error(ErrorKind::environment, "the ledger cannot be used; nothing was run",
                std::move(ledger.problems));
  }
  const Catalog catalog = read_catalog(request, ledger);
  PreparedRun prepared{.request = request, .plan = plan(request, catalog, ledger)};
  prepared.plan.notices.insert(prepared.plan.notices.end(), catalog.notices.begin(),
                               catalog.notices.end());
  check_version_width(prepared.plan, ledger.shape);
  if (!prepared.plan.problems.empty()) refuse(prepared.plan.problems, "this cannot be done");
  if (!prepared.plan.steps.empty()) require_server(ledger.server, Access::write);
  prepared.scans = judge_scripts(prepared.plan, request.finish, ledger.server);
  prepared.ledger = std::move(ledger);
  refuse_what_needs_a_session(prepared);
  return prepared;
}

// SET ROLE with a name leads to a role that the login role was granted, unless it is that one.
bool Runner::leads_to_granted_role(const std::string& change) const {
  constexpr std::string_view set = "SET ROLE ";
  if (!change.starts_with(set) || change == "SET ROLE NONE") return false;
  const auto rows = ports::ask(ports_.session, {"SELECT session_user"});
  return rows.empty() || rows[0].at(0) != change.substr(set.size());
}

// Whoever gives the scripts a role of their own means to keep them from what the login role may do.
// A way back is never barred.
void Runner::judge_roles(const Step& step, sql::ScriptScan& scan,
                         std::vector<Problem>& problems) const {
  if (options_.settings.role.empty()) return;
  auto& list = step.direction == Direction::up ? problems : scan.notices;
  for (const sql::Statement& change : scan.role_changes) {
    if (leads_to_granted_role(change.text)) continue;
    list.push_back(
        {.where = {step.path, change.begin.line, change.begin.column},
         .message = fmt::format("{} takes the script back to the role that pgtide logged in as, "
                                "which may change the ledger",
                                change.text),
         .hint = fmt::format("SET ROLE {} goes back to the role of the scripts",
                             quote_identifier(options_.settings.role)),
         .source_line = {}});
  }
}

std::vector<sql::ScriptScan> Runner::judge_scripts(const Plan& plan, Finish finish,
                                                   const ServerFacts& server) {
  std::vector<sql::ScriptScan> scans;
  std::vector<Problem> problems;
  for (const Step& step : plan.steps) {
    JudgedStep judged = judge_step(step, finish, ports_.scripts);
    if (server.reads_escapes) refuse_other_reading(step, ports_.scripts, judged.problems);
    std::move(judged.problems.begin(), judged.problems.end(), std::back_inserter(problems));
    judge_roles(step, judged.scan, problems);
    scans.push_back(std::move(judged.scan));
  }
  if (!problems.empty()) refuse(std::move(problems), "the scripts cannot run");
  return scans;
}

void Runner::prepare_again(PreparedRun& prepared) {
  LedgerSnapshot ledger = read_ledger(prepared.request.direction);
  require_server(ledger.server, Access::write);  // it may be another one since
  if (ledger.shape == prepared.ledger.shape && ledger.rows == prepared.ledger.rows) {
    // What was recorded since then, such as a mark, changes nothing in the plan.
    prepared.ledger.last_event = ledger.last_event;
    return;
  }
  PreparedRun now = prepare(prepared.request, std::move(ledger));
  if (versions_of(now.plan) != versions_of(prepared.plan) &&
      prepared.request.direction == Direction::down) {
    throw Error(ErrorKind::environment,
                "another run changed the ledger in the meantime; nothing was rolled back",
                "look at `pgtide status`, then run `pgtide down` again");
  }
  prepared = std::move(now);
}

Report Runner::execute(PreparedRun& prepared) {
  if (prepared.plan.steps.empty()) return nothing_to_do(prepared);
  if (prepared.request.finish == Finish::roll_back) return run(prepared, std::nullopt);
  if (prepared.ledger.server.behind_pooler && ports_.lock.pooling() == Pooling::transaction) {
    return execute_in_turns(prepared);
  }
  const HeldLock lock(ports_.lock, options_.lock_wait, ports_.observer, ports_.interrupt);
  prepare_again(prepared);
  if (prepared.plan.steps.empty()) return nothing_to_do(prepared);
  if (options_.before_run) options_.before_run(prepared);
  return run(prepared, ports_.lock.fence());
}

Report Runner::nothing_to_do(const PreparedRun& prepared) const {
  return {.run_id = options_.run.run_id,
          .direction = prepared.plan.direction,
          .finish = prepared.request.finish,
          .current = prepared.plan.current};
}

Report Runner::run(const PreparedRun& prepared, std::optional<Query> fence) {
  for (std::size_t i = 0; i < prepared.scans.size(); ++i) {
    if (!remarked_.insert(prepared.plan.steps[i].path).second) continue;
    for (const Problem& notice : prepared.scans[i].notices) ports_.observer.on_remark(notice);
  }
  SessionSettings settings = options_.settings;
  settings.watch_client = prepared.ledger.server.notices_lost_clients;
  settings.may_end_idle = prepared.ledger.server.version_num >= 140000;
  if (fence) settings.transaction_key = ports_.lock.transaction_key();
  const bool dry = prepared.request.finish == Finish::roll_back;
  LedgerShape shape = prepared.ledger.shape;
  // Those who watch the view would wait for the end of the transaction.
  if (prepared.request.finish != Finish::commit_each) shape.health_view_is_old = false;
  std::optional<Tracer> tracer =
      tracer_for(dry ? prepared.request.trace : Trace::off, options_.names);
  // Without the lock, others may have gone on by then; and a plan that is made again has other
  // steps.
  const auto between_steps = pooling_of(prepared) == Pooling::transaction
                                 ? std::function<void(std::size_t)>()
                                 : options_.after_step;
  SequenceGuard sequences(ports_.session, settings, options_.names);
  if (dry) sequences.begin();
  Executor executor(ports_.session, ports_.scripts, ports_.observer, ports_.interrupt,
                    {.finish = prepared.request.finish,
                     .settings = std::move(settings),
                     .fence = std::move(fence),
                     .names = options_.names,
                     .shape = shape,
                     .run = options_.run,
                     .pooling = pooling_of(prepared),
                     .last_event = prepared.ledger.last_event,
                     .lock_retries = options_.lock_retries,
                     .lock_wait = options_.lock_wait,
                     .lock = &ports_.lock,
                     .probe = tracer ? &*tracer : nullptr,
                     .losses = options_.losses,
                     .sequences = dry ? &sequences : nullptr,
                     .after_step = between_steps});
  try {
    Report report = executor.run(prepared.plan, prepared.scans);
    came_too_late_ = executor.came_too_late();
    if (dry) {
      report.left_behind = sequences.finish();
      add_beyond_rollback(report, prepared.scans);
    }
    if (tracer) add_trace(report, prepared.scans, *tracer, prepared.request.trace);
    return report;
  } catch (const ports::ConnectionLost& lost) {
    return settle_after_loss(executor.report(), prepared.plan, lost, ports_, executor.backend());
  }
}

}  // namespace pgtide::engine
