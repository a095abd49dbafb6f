#include "adapters/file_checksums.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <thread>

#include "adapters/file_source.hpp"

namespace pgtide::adapters {
namespace {

constexpr std::size_t tasks_at_once = 32;
constexpr std::size_t worth_a_thread = 256;  // tasks; below, starting it takes longer than they do
constexpr std::size_t most_threads = 4;

Checksum checksum_of_file(const std::string& path, ChecksumForms forms, std::span<char> buffer) {
  FileSource source(path);
  ChecksumStream sums(forms);
  while (true) {
    const std::size_t n = source.read(buffer);
    sums.update({buffer.data(), n});
    if (n < buffer.size()) return sums.finish();  // a regular file's end: no call to be told so
  }
}

class Workers {
 public:
  explicit Workers(std::vector<ChecksumTask>& tasks) : tasks_(tasks) {}

  void run() {
    const std::size_t processors = std::max(std::thread::hardware_concurrency(), 1U);
    const std::size_t count =
        std::min({tasks_.size() / worth_a_thread + 1, processors, most_threads});
    std::vector<std::jthread> helpers;
    for (std::size_t i = 1; i < count; ++i) helpers.emplace_back([this] { work(); });
    work();
    helpers.clear();
    for (const std::exception_ptr& failure : failures_) {
      if (failure) std::rethrow_exception(failure);
    }
  }

 private:
  void work() {
    std::array<char, std::size_t{32} * 1024> buffer;  // NOLINT: it would be cleared in vain
    while (true) {
      const std::size_t first = next_.fetch_add(tasks_at_once);
      if (first >= tasks_.size()) return;
      const std::size_t end = std::min(first + tasks_at_once, tasks_.size());
      try {
        for (std::size_t i = first; i < end; ++i) compute(tasks_[i], buffer);
      } catch (...) {
        failures_[first / tasks_at_once] = std::current_exception();
      }
    }
  }

  static void compute(ChecksumTask& task, std::span<char> buffer) {
    task.found = checksum_of_file(*task.path, ChecksumForms::usual, buffer);
    if (!task.found->matches(task.recorded)) {
      task.found = checksum_of_file(*task.path, ChecksumForms::all, buffer);
    }
  }

  std::vector<ChecksumTask>& tasks_;
  std::vector<std::exception_ptr> failures_ =
      std::vector<std::exception_ptr>(tasks_.size() / tasks_at_once + 1);
  std::atomic<std::size_t> next_ = 0;
};

}  // namespace

void compute_checksums(std::vector<ChecksumTask>& tasks) {
  Workers(tasks).run();
}

}  // namespace pgtide::adapters
