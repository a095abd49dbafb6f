// Steps, their scripts and a session without a server: it answers every statement with success,
// unless a test says otherwise.
//
//   FakeRun run;
//   run.add("0001", "SELECT 1");
//   run.session.answers = [](const std::string& sql) { … };
//   CHECK(run.up().failure);
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/executor.hpp"

namespace pgtide::testing {

class FakeSession final : public ports::Session {
 public:
  // nullopt: success.
  std::function<std::optional<ports::ServerMessage>(const std::string& sql)> answers = {};
  std::vector<std::string> ran = {};  // what the server was asked to do and did not skip
  bool answers_at_once = true;        // false: only to who waits

  void send(const Query& query, ports::Rows) override { under_way_.push_back(query.sql); }
  void prepare(const std::string& name, const std::string& sql) override {
    prepared_[name] = sql;
    under_way_.push_back("PREPARE");
  }
  void execute(const std::string& name, const std::vector<Param>&, ports::Rows) override {
    under_way_.push_back(prepared_.at(name));
  }
  void flush() override {}
  void sync() override { under_way_.push_back(synced_); }
  std::optional<ports::Outcome> next(std::chrono::milliseconds patience) override {
    if (under_way_.empty() || (patience.count() == 0 && !answers_at_once)) return std::nullopt;
    const std::string sql = under_way_.front();
    ports::Outcome outcome = outcome_of(sql);
    under_way_.pop_front();
    return outcome;
  }
  std::size_t outstanding() const override { return under_way_.size(); }
  ports::Outcome copy_in(const std::string& sql,
                         const std::function<std::optional<std::string_view>()>& data,
                         const std::function<void()>&) override {
    while (data()) continue;
    return outcome_of(sql);
  }
  void on_notice(NoticeHandler handler) override { warn = std::move(handler); }
  void set_on_interrupt(OnInterrupt) override {}

  NoticeHandler warn;  // as the server does while it runs a statement

 private:
  ports::Outcome outcome_of(const std::string& sql) {
    ports::Outcome outcome;
    if (sql == synced_) {
      aborted_ = false;
      outcome.status = ports::OutcomeStatus::synced;
    } else if (aborted_) {
      outcome.status = ports::OutcomeStatus::skipped;
    } else {
      ran.push_back(sql);
      outcome.tag = sql.substr(0, sql.find(' '));
      const auto error = answers ? answers(sql) : std::nullopt;
      if (!error) return outcome;
      aborted_ = true;
      outcome.status = ports::OutcomeStatus::failed;
      outcome.error = *error;
    }
    return outcome;
  }

  const std::string synced_ = "(sync)";
  std::deque<std::string> under_way_;
  std::map<std::string, std::string> prepared_;
  bool aborted_ = false;
};

class FakeScripts final : public ports::Scripts {
 public:
  std::map<std::string, std::string> texts = {};
  // Of scripts whose files break while they are read.
  std::map<std::string, std::function<std::unique_ptr<ByteSource>()>> opens = {};

  Catalog catalog(const LedgerSnapshot&) override { return {}; }
  Catalog without_files() override { return {}; }
  std::unique_ptr<ByteSource> open(const Step& step) override { return open_file(step.path); }
  std::unique_ptr<ByteSource> open_file(const std::string& path) override {
    if (const auto found = opens.find(path); found != opens.end()) return found->second();
    return std::make_unique<StringSource>(texts.at(path));
  }
};

// Held, by a session that cannot do anything aside just now.
struct FakeLock final : ports::RunLock {
  std::optional<LockHolder> try_acquire() override { return std::nullopt; }
  void release() override {}
  std::vector<LockHolder> blockers() override { return {}; }
  Query fence() const override { return {"SELECT 1"}; }
  std::int64_t transaction_key() const override { return 1; }
  bool can_run_aside() const override { return true; }
  bool run_aside(const std::vector<std::string>&, const ports::Interrupt&) override {
    return false;
  }
};

struct FakeInterrupt final : ports::Interrupt {
  int number = 0;
  int signal() const override { return number; }
  int wait_fd() const override { return -1; }
};

// `0001 started`, `0001 done`
struct FakeObserver final : ports::Observer {
  std::vector<std::string> told = {};
  void on_step_started(const Step& step, std::size_t, std::size_t) override {
    told.push_back(step.version_text + " started");
  }
  void on_step_finished(const StepReport& step, std::size_t, std::size_t) override {
    told.push_back(step.step.version_text + word(step.outcome));
  }
  void on_server_notice(const ServerNotice& notice) override { told.push_back(notice.message); }
  void on_remark(const Problem& remark) override { told.push_back(remark.message); }

  static std::string word(StepOutcome outcome) {
    switch (outcome) {
      case StepOutcome::done:
        return " done";
      case StepOutcome::failed:
        return " failed";
      case StepOutcome::undone:
        return " undone";
      case StepOutcome::not_run:
        return " not run";
      case StepOutcome::not_simulable:
      case StepOutcome::unknown:
        break;
    }
    return " ?";
  }
};

struct FakeRun {
  FakeSession session;
  FakeScripts scripts;
  FakeLock lock;
  FakeInterrupt interrupt;
  FakeObserver observer;
  Plan plan;
  std::vector<sql::ScriptScan> scans;
  engine::ExecutorOptions options;

  FakeRun() {
    options.shape.table_exists = options.shape.log_exists = options.shape.health_view_exists = true;
  }

  void add(const std::string& version, const std::string& text) {
    const std::string path = version + ".sql";
    scripts.texts[path] = text;
    StringSource source(text);
    scans.push_back(sql::scan_script(source, path));
    plan.steps.push_back(
        {.version = *Version::parse(version), .version_text = version, .name = "x", .path = path});
  }
  Report up(Finish finish = Finish::commit_each) {
    options.finish = finish;
    return engine::Executor(session, scripts, observer, interrupt, options).run(plan, scans);
  }
};

}  // namespace pgtide::testing
