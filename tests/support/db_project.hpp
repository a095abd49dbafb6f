// One database and one migrations directory a case.
//
//   Project project;
//   project.dir.pair("0001", "a", "CREATE TABLE a ()", "DROP TABLE a");
//   CHECK(told(project.up()) == "0001 done");
//   CHECK(project.ledger() == "0001 a: applied\n");
//   CHECK(project.db.value("SELECT count(*) FROM a") == "0");
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pgtide/migrator.hpp"
#include "support/db_server.hpp"

namespace pgtide::testing {

// A migrations directory.
class Directory {
 public:
  Directory();
  // Writes or rewrites; scripts need no final semicolon or line end.
  void pair(const std::string& version, const std::string& name, const std::string& forward,
            const std::string& rollback = "SELECT 1");
  void forward(const std::string& version, const std::string& name, const std::string& sql);
  void rollback(const std::string& version, const std::string& sql);
  void copy(const std::string& directory);  // everything of another one
  void remove(const std::string& version);  // both files
  void remove_rollback(const std::string& version);
  const std::string& path() const { return path_; }
  // `text` with this directory's path cut out of it: `sql/0001_a.sql:1:1`.
  std::string shortened(std::string text) const;

 private:
  TempDir temp_;
  std::string path_;
};

// Writes down what it is told: a line an event.
class Recorder : public ports::Observer {
 public:
  void on_step_started(const Step& step, std::size_t index, std::size_t total) override;
  void on_step_finished(const StepReport& step, std::size_t index, std::size_t total) override;
  void on_server_notice(const ServerNotice& notice) override;
  void on_waiting_for_lock(const LockHolder& holder, std::chrono::milliseconds waited,
                           std::chrono::milliseconds limit) override;
  void on_blocked(const Step& step, const std::vector<LockHolder>& blockers) override;
  void on_lock_retry(const Step& step, const LockRetry& retry) override;
  void on_remark(const Problem& remark) override;
  void on_batch(const Step& step, const BatchProgress& progress) override;

  std::vector<std::string> steps;  // `0001 started`, `0001 done`
  std::function<void(const StepReport&)> when_finished = {};
  std::vector<ServerNotice> notices;
  std::vector<LockHolder> waits;
  std::vector<LockHolder> blockers;
  std::vector<LockRetry> retries;
  std::function<void()> when_retry = {};  // called after each on_lock_retry
  std::vector<Problem> remarks;
  std::vector<BatchProgress> batches;
  std::function<void()> when_batch = {};  // called after each on_batch
};

// Somebody presses Ctrl-C; any thread may.
class TestInterrupt final : public ports::Interrupt {
 public:
  TestInterrupt();
  ~TestInterrupt() override;
  TestInterrupt(const TestInterrupt&) = delete;
  TestInterrupt& operator=(const TestInterrupt&) = delete;
  void fire(int signal);
  int signal() const override;
  int wait_fd() const override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// One database and one directory, and what a command line would do with them.
struct Project {
  explicit Project(const Settings& given = {}, const std::string& database_options = "");

  Database db;
  Directory dir;
  Settings settings;  // url and dir are set
  Recorder seen;
  const ports::Interrupt* interrupt = nullptr;

  Migrator migrator();  // with the settings as they are now
  // Each connects anew, as a command does.
  Report up(const Target& target = ToNewest{});
  Report up(const std::string& version) { return up(ToVersion{version}); }
  Report down(const std::string& version) { return run(Direction::down, ToVersion{version}); }
  Report dry_up(const Target& target = ToNewest{});
  Report dry_down(const std::string& version) {
    return run(Direction::down, ToVersion{version}, Finish::roll_back);
  }
  Report run(Direction direction, const Target& target, Finish finish = Finish::commit_each);
  // What stands in the way of an `up`, or of what `action` does: the error's text and its problems,
  // a line each. Empty when nothing does.
  std::string refusal();
  std::string refusal(const std::function<void()>& action);

  // `0001 a: applied`, a line a row, ascending. A row that is not in every column as its state
  // wants it is followed by what is odd about it: `0001 a: applied, checksum=…`.
  std::string ledger();
  // `up applied 0001`, a line a row, oldest first, likewise.
  std::string log();
  std::string states();  // of `status`: `0001 applied ready`
};

// `0001 done, 0002 failed, 0003 not_run`
std::string told(const Report& report);
// Where and why a run stopped: `sql/0002_b.sql:1:8 42P01 relation "x" does not exist`.
std::string failure(const Report& report, const Directory& dir);
// `INSERT 2/10, UPDATE 1/3`: statements and rows of a step
std::string tallies(const StepReport& step);

}  // namespace pgtide::testing
