// What surrounds a run: hooks, metrics, traces.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "cli/context.hpp"
#include "pgtide/run_record.hpp"

namespace pgtide::cli {

// Only a hook `before` can stop a run. What fails once it has begun is a warning and
// changes neither the run nor its exit code. Dry runs are surrounded by nothing.
class Surroundings {
 public:
  Surroundings(Context& context, Direction direction, Finish finish);
  ~Surroundings();
  Surroundings(const Surroundings&) = delete;
  Surroundings& operator=(const Surroundings&) = delete;

  // Calls `run`, which returns the exit code, and tells the world how it ended, also when it
  // throws.
  int around(const std::function<int(RunRecord&)>& run);

 private:
  void before(const Plan& plan);
  void notice_slowness(const Step& step, std::chrono::milliseconds elapsed);
  void ended();
  void count_migrations();
  void announce(const std::string& name, const std::vector<std::string>& program);
  void call(const std::string& name, const std::vector<std::string>& program,
            const std::string& input);
  void write_metrics();
  void send_trace();
  void warn(const std::string& message);

  Context& context_;
  RunRecord record_;
  bool is_real_;  // no dry run
  std::vector<std::thread> slow_hooks_;
  std::vector<std::string> slow_problems_;  // one a thread, read when it ended
};

}  // namespace pgtide::cli
