#include "engine/operator_records.hpp"

#include <fmt/format.h>

#include <utility>

#include "engine/failure.hpp"
#include "engine/lock_wait.hpp"

namespace pgtide::engine {
namespace {

std::optional<StoredScript> rollback_of(const Migration& migration, ports::Scripts& scripts) {
  if (migration.rollback_path.empty()) return std::nullopt;
  StoredScript stored;
  stored.text = read_all(*scripts.open_file(migration.rollback_path));
  stored.checksum = checksum_of(stored.text).text;
  return stored;
}

std::string forward_checksum(const Migration& migration, ports::Scripts& scripts) {
  if (migration.forward_checksum) return migration.forward_checksum->text;
  return checksum_of(read_all(*scripts.open_file(migration.forward_path))).text;
}

Step step_of(const VersionStatus& status) {
  return {.direction = Direction::up,
          .version = status.version,
          .version_text = status.row != nullptr ? status.row->version_text : status.version_text,
          .name = status.name,
          .path = status.migration != nullptr ? status.migration->forward_path : std::string(),
          .rollback_path =
              status.migration != nullptr ? status.migration->rollback_path : std::string()};
}

bool applied_now(const VersionStatus& status) {
  return status.row != nullptr && is_applied(*status.row);
}

[[noreturn]] void refuse(const std::string& message, const std::string& hint = {}) {
  throw Error(ErrorKind::usage, message + "; nothing was recorded", hint);
}

}  // namespace

struct OperatorRecords::View {
  LedgerSnapshot ledger;
  Catalog catalog;
  std::vector<VersionStatus> versions;
};

LedgerSnapshot OperatorRecords::usable_ledger() {
  LedgerSnapshot ledger = ports_.ledger.read(ports::LedgerReader::Detail::complete);
  require_server(ledger.server, Access::write);
  if (!ledger.problems.empty()) {
    throw Error(ErrorKind::environment, "the ledger cannot be used; nothing was recorded",
                ledger.problems);
  }
  return ledger;
}

OperatorRecords::View OperatorRecords::look() {
  View view;
  view.ledger = usable_ledger();
  view.catalog = ports_.scripts.catalog(view.ledger);
  if (!view.catalog.problems.empty()) {
    throw Error(ErrorKind::invalid_input,
                "the migrations directory is not valid; nothing was recorded",
                view.catalog.problems);
  }
  view.versions = assess(view.catalog, view.ledger);
  return view;
}

LedgerWriter OperatorRecords::writer(const View& view) const {
  return {options_.names, view.ledger.shape, options_.run};
}

const VersionStatus& OperatorRecords::named(const View& view, const std::string& version) const {
  const auto wanted = Version::parse(version);
  if (!wanted)
    refuse(fmt::format("`{}` is not a version", version), "a version is a number such as 0005");
  for (const VersionStatus& status : view.versions) {
    if (status.version == *wanted) return status;
  }
  refuse(view.catalog.directory.empty()
             ? fmt::format("the ledger does not know {}", version)
             : fmt::format("neither the directory nor the ledger knows {}", version),
         "`pgtide status` lists the versions");
}

std::optional<OperatorRecords::Refused> OperatorRecords::first_error(
    const std::vector<Query>& queries) {
  for (const Query& query : queries) ports_.session.send(query);
  ports_.session.sync();
  std::optional<Refused> refused;
  std::size_t answered = 0;
  while (ports_.session.outstanding() > 0) {
    const auto outcome = ports_.session.next(std::chrono::milliseconds(100));
    if (!outcome) continue;
    if (outcome->status == ports::OutcomeStatus::failed) refused = {answered, outcome->error};
    ++answered;
  }
  return refused;
}

void OperatorRecords::write(const View& view, const std::vector<Query>& queries) {
  const bool locks_now =
      view.ledger.server.behind_pooler && ports_.lock.pooling() == Pooling::transaction;
  std::vector<Query> all = {{"BEGIN"}, lock_transaction(ports_.lock.transaction_key())};
  if (locks_now) {
    all.push_back(ports_.lock.fence());
    if (view.ledger.shape.log_exists) {
      all.push_back(writer(view).unchanged_since(view.ledger.last_event));
    }
  }
  const auto append = [&](const std::vector<Query>& more) {
    all.insert(all.end(), more.begin(), more.end());
  };
  append(apply_ledger_settings(options_.settings));
  append(writer(view).create());
  const std::size_t first_row = all.size();
  append(queries);
  const std::size_t end_of_rows = all.size();
  if (!locks_now) all.push_back(ports_.lock.fence());
  all.push_back({"COMMIT"});
  const auto refused = first_error(all);
  if (!refused) return;
  const ports::ServerMessage* const error = &refused->error;
  first_error({{"ROLLBACK"}});
  const bool is_row = refused->place >= first_row && refused->place < end_of_rows;
  if (error->sqlstate == "22012" && is_row) {
    throw Error(ErrorKind::environment, row_not_written(options_.names) + "; nothing was recorded",
                row_not_written_hint(options_.names));
  }
  if (error->sqlstate == "22012") {
    throw Error(ErrorKind::environment, "another run came between; nothing was recorded",
                "look at `pgtide status`, then run it again");
  }
  throw Error(ErrorKind::environment,
              "cannot write the ledger: " + error->message + "; nothing was recorded",
              ledger_advice(error->sqlstate, error->message, options_.names))
      .with_sqlstate(error->sqlstate, error->detail);
}

std::vector<Step> OperatorRecords::record_as_applied(
    const View& view, const std::vector<const VersionStatus*>& chosen, LogEvent event) {
  std::vector<Step> steps;
  std::vector<Query> queries;
  for (const VersionStatus* status : chosen) {
    const Step& step = steps.emplace_back(step_of(*status));
    queries.push_back(writer(view).recorded_as_applied(
        step, forward_checksum(*status->migration, ports_.scripts),
        rollback_of(*status->migration, ports_.scripts), event,
        applied_now(*status) ? LedgerWriter::Was::applied : LedgerWriter::Was::not_applied));
  }
  if (!queries.empty()) write(view, queries);
  return steps;
}

std::vector<Step> OperatorRecords::baseline(const std::string& version) {
  const HeldLock lock(ports_.lock, options_.lock_wait, ports_.observer, ports_.interrupt);
  const View view = look();
  const VersionStatus& last = named(view, version);
  if (last.migration == nullptr)
    refuse(fmt::format("{} has no file in {}", version, view.catalog.directory));
  std::vector<const VersionStatus*> chosen;
  for (const VersionStatus& status : view.versions) {
    if (status.version <= last.version && status.migration != nullptr && !applied_now(status)) {
      chosen.push_back(&status);
    }
  }
  return record_as_applied(view, chosen, LogEvent::baselined);
}

std::vector<Step> OperatorRecords::resolve_applied(const std::string& version) {
  const HeldLock lock(ports_.lock, options_.lock_wait, ports_.observer, ports_.interrupt);
  const View view = look();
  const VersionStatus& status = named(view, version);
  // Half rolled back is recorded as applied too, and an operator may have put it in order.
  if (applied_now(status) && !status.row->progress)
    refuse(fmt::format("{} is recorded as applied already", status.version_text));
  if (status.migration == nullptr) {
    refuse(fmt::format("{} has no file in {}", status.version_text, view.catalog.directory));
  }
  return record_as_applied(view, {&status}, LogEvent::resolved);
}

std::vector<Step> OperatorRecords::resolve_rolled_back(const std::string& version) {
  const HeldLock lock(ports_.lock, options_.lock_wait, ports_.observer, ports_.interrupt);
  const View view = look();
  const VersionStatus& status = named(view, version);
  if (status.row == nullptr || !status.row->rolled_back_at.empty()) {
    refuse(fmt::format("{} is not recorded as applied or failed", status.version_text),
           "`pgtide status` lists the states");
  }
  const Step step = step_of(status);
  write(view, {writer(view).recorded_as_rolled_back(step)});
  return {step};
}

std::vector<Step> OperatorRecords::mark_good(const std::optional<std::string>& version) {
  const HeldLock lock(ports_.lock, options_.lock_wait, ports_.observer, ports_.interrupt);
  View view;
  view.ledger = usable_ledger();
  view.versions = assess(view.catalog, view.ledger);
  if (!version && !view.ledger.current()) refuse("nothing is applied, so nothing can be marked");
  const VersionStatus& status =
      named(view, version ? *version : view.ledger.find(*view.ledger.current())->version_text);
  if (!applied_now(status)) {
    refuse(fmt::format("{} is not applied, so it cannot be marked", status.version_text),
           "`pgtide status` lists what is applied");
  }
  const Step step = step_of(status);
  write(view, {writer(view).marked_good(step)});
  return {step};
}

std::vector<Step> OperatorRecords::changed() {
  std::vector<Step> steps;
  const View view = look();
  for (const VersionStatus& status : view.versions) {
    if (status.state == State::changed) steps.push_back(step_of(status));
  }
  return steps;
}

std::vector<Step> OperatorRecords::repair() {
  const HeldLock lock(ports_.lock, options_.lock_wait, ports_.observer, ports_.interrupt);
  const View view = look();
  std::vector<Step> steps;
  std::vector<Query> queries;
  for (const VersionStatus& status : view.versions) {
    if (status.state != State::changed) continue;
    const Step& step = steps.emplace_back(step_of(status));
    queries.push_back(writer(view).repaired(step,
                                            forward_checksum(*status.migration, ports_.scripts),
                                            rollback_of(*status.migration, ports_.scripts)));
  }
  if (!queries.empty()) write(view, queries);
  return steps;
}

}  // namespace pgtide::engine
