#include "support/db_project.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "pgtide/checksum.hpp"
#include "pgtide/ledger_names.hpp"

namespace pgtide::testing {
namespace {

namespace fs = std::filesystem;

void write(const std::string& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out << text;
  if (!out.flush()) throw std::runtime_error("cannot write " + path);
}

std::optional<std::string> read(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// The file of `folder` whose name begins with `prefix`; empty when there is none.
std::string file_with_prefix(const std::string& folder, const std::string& prefix) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with(prefix)) return entry.path().string();
  }
  return {};
}

// Of a script as it is recorded; nullopt when there is no such file.
std::optional<std::string> recorded_sum(const std::string& path) {
  const auto text = read(path);
  return text ? std::optional(checksum_of(*text).text) : std::nullopt;
}

std::string word(StepOutcome outcome) {
  switch (outcome) {
    case StepOutcome::done:
      return "done";
    case StepOutcome::failed:
      return "failed";
    case StepOutcome::undone:
      return "undone";
    case StepOutcome::not_simulable:
      return "not_simulable";
    case StepOutcome::not_run:
      return "not_run";
    case StepOutcome::unknown:
      return "unknown";
  }
  return "?";
}

bool plausible_ms(const Param& text) {
  return text && std::stol(*text) >= 0 && std::stol(*text) <= 60'000;
}

}  // namespace

Directory::Directory() : path_(temp_.path() + "/migrations") {
  fs::create_directories(path_ + "/sql");
  fs::create_directories(path_ + "/rollback");
}

void Directory::pair(const std::string& version, const std::string& name,
                     const std::string& forward_sql, const std::string& rollback_sql) {
  forward(version, name, forward_sql);
  rollback(version, rollback_sql);
}

void Directory::forward(const std::string& version, const std::string& name,
                        const std::string& sql) {
  write(fmt::format("{}/sql/{}_{}.sql", path_, version, name), sql);
}

void Directory::rollback(const std::string& version, const std::string& sql) {
  write(fmt::format("{}/rollback/{}_rollback.sql", path_, version), sql);
}

void Directory::copy(const std::string& directory) {
  fs::copy(directory, path_, fs::copy_options::recursive);
}

void Directory::remove(const std::string& version) {
  fs::remove(file_with_prefix(path_ + "/sql", version + "_"));
  remove_rollback(version);
}

void Directory::remove_rollback(const std::string& version) {
  fs::remove(fmt::format("{}/rollback/{}_rollback.sql", path_, version));
}

std::string Directory::shortened(std::string text) const {
  const std::string prefix = path_ + "/";
  for (auto at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at)) {
    text.erase(at, prefix.size());
  }
  return text;
}

void Recorder::on_step_started(const Step& step, std::size_t, std::size_t) {
  steps.push_back(step.version_text + " started");
}

void Recorder::on_step_finished(const StepReport& step, std::size_t, std::size_t) {
  steps.push_back(step.step.version_text + " " + word(step.outcome));
  if (when_finished) when_finished(step);
}

void Recorder::on_server_notice(const ServerNotice& notice) {
  notices.push_back(notice);
}

void Recorder::on_waiting_for_lock(const LockHolder& holder, std::chrono::milliseconds,
                                   std::chrono::milliseconds) {
  waits.push_back(holder);
}

void Recorder::on_blocked(const Step&, const std::vector<LockHolder>& holders) {
  blockers.insert(blockers.end(), holders.begin(), holders.end());
}

void Recorder::on_lock_retry(const Step&, const LockRetry& retry) {
  retries.push_back(retry);
  if (when_retry) when_retry();
}

void Recorder::on_remark(const Problem& remark) {
  remarks.push_back(remark);
}

void Recorder::on_batch(const Step&, const BatchProgress& progress) {
  batches.push_back(progress);
  if (when_batch) when_batch();
}

struct TestInterrupt::State {
  std::atomic<int> signal{0};
  int ends[2] = {-1, -1};
};

TestInterrupt::TestInterrupt() : state_(std::make_unique<State>()) {
  if (::pipe2(state_->ends, O_CLOEXEC | O_NONBLOCK) != 0) throw std::runtime_error("no pipe");
}

TestInterrupt::~TestInterrupt() {
  for (const int end : state_->ends) ::close(end);
}

void TestInterrupt::fire(int signal) {
  state_->signal = signal;
  if (::write(state_->ends[1], "x", 1) != 1) throw std::runtime_error("cannot write to the pipe");
}

int TestInterrupt::signal() const {
  return state_->signal;
}
int TestInterrupt::wait_fd() const {
  return state_->ends[0];
}

Project::Project(const Settings& given, const std::string& database_options)
    : db(database_options), settings(given) {
  settings.url = db.conninfo();
  settings.dir = dir.path();
}

Migrator Project::migrator() {
  return Migrator(settings, {.observer = &seen, .interrupt = interrupt});
}

Report Project::up(const Target& target) {
  return run(Direction::up, target);
}

Report Project::dry_up(const Target& target) {
  return run(Direction::up, target, Finish::roll_back);
}

Report Project::run(Direction direction, const Target& target, Finish finish) {
  seen.steps.clear();
  Migrator one = migrator();
  return one.execute(one.prepare(
      {.direction = direction, .target = target, .finish = finish, .policy = settings.policy}));
}

std::string Project::refusal() {
  return refusal([this] { up(); });
}

std::string Project::refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    std::string text = error.what();
    text += "\n";
    for (const Problem& problem : error.problems()) {
      const ScriptPosition& at = problem.where;
      if (!at.file.empty()) text += at.file + ":";
      if (at.line > 0) text += fmt::format("{}:{}:", at.line, at.column);
      if (!at.file.empty()) text += " ";
      text += problem.message + "\n";
      if (!problem.hint.empty()) text += "  hint: " + problem.hint + "\n";
    }
    if (!error.hint().empty()) text += "hint: " + error.hint() + "\n";
    return dir.shortened(text);
  }
  return {};
}

std::string Project::ledger() {
  const LedgerNames names{settings.schema.empty() ? "public" : settings.schema, settings.table};
  std::string text;
  for (const auto& row : db.connect().table(
           "SELECT version, name, checksum, applied_at, execution_time, success, error, "
           "rolled_back_at FROM " +
           names.qualified(names.table) + " ORDER BY version::numeric")) {
    const std::string version = row[0].value_or("-");
    text += version + " " + row[1].value_or("-") + ": ";
    const bool failed = row[5] == "f";
    if (row[7]) {
      text += "rolled back";
    } else {
      text += failed ? "failed, " + dir.shortened(row[6].value_or("-")) : "applied";
    }
    if (!failed && row[6]) text += ", error=" + dir.shortened(*row[6]);
    const auto sum = recorded_sum(file_with_prefix(dir.path() + "/sql", version + "_"));
    if (!row[2] || (sum && *row[2] != *sum)) text += ", checksum=" + row[2].value_or("-");
    if (!row[3]) text += ", no applied_at";
    if (!plausible_ms(row[4])) text += ", execution_time=" + row[4].value_or("-");
    text += "\n";
  }
  return text;
}

std::string Project::log() {
  const LedgerNames names{settings.schema.empty() ? "public" : settings.schema, settings.table};
  std::string text;
  for (const auto& row : db.connect().table(
           "SELECT direction, event, version, checksum, duration_ms, rollback_script, "
           "rollback_checksum, error, database_user, client_host, tool_version FROM " +
           names.qualified(names.log()) + " WHERE event <> 'schema_recorded' ORDER BY id")) {
    const std::string version = row[2].value_or("-");
    const std::string event = row[1].value_or("-");
    text += fmt::format("{} {} {}", row[0].value_or("-"), event, version);
    const std::string rollback = fmt::format("{}/rollback/{}_rollback.sql", dir.path(), version);
    if (row[5]) {
      const auto file = read(rollback);
      text += file && *file != *row[5] ? ", other rollback stored" : ", rollback stored";
      if (row[6] != checksum_of(*row[5]).text)
        text += ", rollback_checksum=" + row[6].value_or("-");
    }
    if (row[7]) text += ": " + dir.shortened(*row[7]);
    const auto sum = recorded_sum(
        row[0] == "down" ? rollback : file_with_prefix(dir.path() + "/sql", version + "_"));
    if (sum && row[3] && *row[3] != *sum) text += ", checksum=" + *row[3];
    const bool ran = event == "applied" || event == "rolled_back" || event == "failed";
    if (ran && !row[3]) text += ", no checksum";
    if (ran && !plausible_ms(row[4])) text += ", duration_ms=" + row[4].value_or("-");
    if (!row[8] || !row[9] || !row[10]) text += ", no origin";
    text += "\n";
  }
  return text;
}

std::string Project::states() {
  std::string text;
  for (const StatusEntry& entry : migrator().status().entries) {
    text +=
        fmt::format("{} {} {}\n", entry.version, to_string(entry.state), to_string(entry.rollback));
  }
  return text;
}

std::string told(const Report& report) {
  std::string text;
  for (const StepReport& step : report.steps) {
    text += (text.empty() ? "" : ", ") + step.step.version_text + " " + word(step.outcome);
  }
  return text;
}

std::string failure(const Report& report, const Directory& dir) {
  if (!report.failure) return {};
  const Failure& failure = *report.failure;
  std::string text = failure.where.file;
  if (failure.where.line > 0) {
    text += fmt::format(":{}:{}", failure.where.line, failure.where.column);
  }
  if (!failure.sqlstate.empty()) text += " " + failure.sqlstate;
  return dir.shortened(text + " " + failure.message);
}

std::string tallies(const StepReport& step) {
  std::string text;
  for (const Tally& tally : step.tallies) {
    text += fmt::format("{}{} {}/{}", text.empty() ? "" : ", ", tally.command, tally.statements,
                        tally.rows);
  }
  return text;
}

}  // namespace pgtide::testing
