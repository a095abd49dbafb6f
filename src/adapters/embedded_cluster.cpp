#include "adapters/embedded_cluster.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <locale.h>
#include <sys/shm.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string_view>
#include <thread>

#include "adapters/program.hpp"
#include "pgtide/error.hpp"

namespace pgtide {

namespace fs = std::filesystem;

namespace {

using namespace std::chrono_literals;

constexpr std::string_view temporary_prefix = "data.new-";

// What is not set here is PostgreSQL's default. Read by the server from postgresql.conf, so that a
// user can change it there.
constexpr std::string_view settings = R"(
# Added by pgtide.
# A cluster for development and tests: a crash of any process loses nothing that was committed, but
# a crash of the machine may damage the cluster. Set fsync to on if that matters.
fsync = off
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] '
)";

bool wait_until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!done()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(2ms);
  }
  return true;
}

const char* best_locale() {
  const locale_t utf8 = newlocale(LC_ALL_MASK, "C.UTF-8", nullptr);
  if (utf8 == nullptr) return "C";
  freelocale(utf8);
  return "C.UTF-8";
}

void remove_unfinished(const std::string& home) {
  std::error_code ec;
  for (fs::directory_iterator it(home, ec), end; !ec && it != end; it.increment(ec)) {
    if (it->path().filename().string().starts_with(temporary_prefix)) {
      std::error_code ignored;
      fs::remove_all(it->path(), ignored);
    }
  }
}

struct RemovedAtEnd {
  std::string dir;
  ~RemovedAtEnd() {
    std::error_code ignored;
    if (!dir.empty()) fs::remove_all(dir, ignored);
  }
};

std::string indented(const std::string& text) {
  std::string result;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (end > begin) result += "\n  " + text.substr(begin, end - begin);
    begin = end + 1;
  }
  return result;
}

bool append_settings(const std::string& file) {
  std::ofstream out(file, std::ios::app);
  out << settings;
  return static_cast<bool>(out.flush());
}

// Processes of a killed server that still have its shared memory, and may still write.
bool has_survivors(const PidFile& file) {
  shmid_ds info{};
  if (file.shm_id < 0 || shmctl(file.shm_id, IPC_STAT, &info) != 0) return false;
  return info.shm_perm.__key == static_cast<key_t>(file.shm_key) && info.shm_nattch > 0;
}

}  // namespace

std::optional<PidFile> read_pid_file(const std::string& data) {
  std::ifstream in(data + "/postmaster.pid");
  if (!in) return std::nullopt;
  PidFile file;
  std::string line;
  std::getline(in, line);
  file.pid = static_cast<pid_t>(std::atol(line.c_str()));
  for (int number = 2; std::getline(in, line); ++number) {
    if (number == 4) file.port = std::atoi(line.c_str());
    if (number == 5) file.socket_dir = line;
    if (number == 7) std::sscanf(line.c_str(), "%ld %d", &file.shm_key, &file.shm_id);
    if (number == 8) file.status = line.substr(0, line.find(' '));
  }
  return file;
}

int cluster_major(const std::string& data) {
  std::error_code ec;
  if (!fs::exists(data, ec) && !ec) return 0;
  std::ifstream in(data + "/PG_VERSION");
  int major = 0;
  if (in >> major) return major;
  throw Error(ErrorKind::environment,
              fmt::format("{} is not a PostgreSQL cluster that pgtide can read", data),
              fmt::format("move it away, or give another folder: --embedded=DIR"));
}

void create_cluster(const ServerPlace& place, const std::string& bin_dir) {
  remove_unfinished(place.home);
  std::string made = fmt::format("{}/{}XXXXXX", place.home, temporary_prefix);
  if (mkdtemp(made.data()) == nullptr ||
      (place.user && chown(made.c_str(), place.user->uid, place.user->gid) != 0)) {
    throw Error(ErrorKind::environment,
                fmt::format("cannot create {}: {}", made, std::strerror(errno)),
                "give a folder that you can write to: --embedded=DIR");
  }
  RemovedAtEnd cleanup{made};
  const adapters::ProgramResult result = adapters::ask_program(
      {bin_dir + "/initdb", "--pgdata=" + made, "--username=postgres", "--auth=trust",
       "--encoding=UTF8", fmt::format("--locale={}", best_locale()), "--no-sync"},
      place.user);
  if (result.exit_code != 0) {
    throw Error(ErrorKind::environment,
                fmt::format("initdb could not create a cluster in {} (exit code {}):{}",
                            place.shown, result.exit_code, indented(result.said)),
                "see what initdb says above; free disk space and the folder's owner are the usual "
                "reasons");
  }
  if (!append_settings(made + "/postgresql.conf") ||
      rename(made.c_str(), place.data().c_str()) != 0) {
    throw Error(ErrorKind::environment,
                fmt::format("cannot create {}: {}", place.data(), std::strerror(errno)));
  }
  cleanup.dir.clear();
}

bool server_lives(const PidFile& file, const std::string& data) {
  if (file.pid <= 0 || (kill(file.pid, 0) != 0 && errno != EPERM)) return false;
  std::error_code ec;
  const fs::path cwd = fs::read_symlink(fmt::format("/proc/{}/cwd", file.pid), ec);
  return !ec && cwd == fs::canonical(data, ec);
}

bool server_answers(const PidFile& file) {
  if (file.socket_dir.empty()) return false;
  const std::string port = fmt::format("{}", file.port);
  const char* const names[] = {"host", "hostaddr",        "port", "dbname",
                               "user", "connect_timeout", nullptr};
  const char* const values[] = {
      file.socket_dir.c_str(), "", port.c_str(), "postgres", "postgres", "10", nullptr};
  const PGPing answer = PQpingParams(names, values, 0);
  return answer == PQPING_OK || answer == PQPING_REJECT;
}

void clear_stale_pid_file(const PidFile& file, const std::string& data) {
  if (!wait_until([&] { return !has_survivors(file); }, 10s)) {
    throw Error(ErrorKind::environment,
                fmt::format("a process of a server that was killed still works in {}", data),
                fmt::format("end it first; to see it: fuser -v '{}'", data));
  }
  // PostgreSQL does so by itself unless some other process has the number now, or the file was cut
  // off by a crash of the machine. A negative number is a `postgres --single` that it knows about.
  if (file.pid >= 0) unlink((data + "/postmaster.pid").c_str());
}

void stop_server(const PidFile& file, const std::string& data) {
  const auto gone = [&] { return !server_lives(file, data); };
  if (gone()) return;
  kill(file.pid, SIGINT);
  if (wait_until(gone, 60s)) return;
  kill(file.pid, SIGQUIT);
  wait_until(gone, 10s);
}

}  // namespace pgtide
