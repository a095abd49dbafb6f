#include "pgtide/backup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>

#include "adapters/dump_tools.hpp"
#include "adapters/pg_connection.hpp"
#include "adapters/pooler.hpp"
#include "adapters/program.hpp"
#include "app/backup_folder.hpp"
#include "app/handover.hpp"
#include "app/run_settings.hpp"
#include "core/wording.hpp"
#include "pgtide/backup_files.hpp"

namespace pgtide {
namespace {

namespace fs = std::filesystem;
using adapters::Program;
using adapters::ProgramResult;

[[noreturn]] void failed(const std::string& why, const std::string& hint = {}) {
  throw Error(ErrorKind::environment, "the backup failed: " + redact(why), hint);
}

// A file that is gone again unless it got its name.
class PartialFile {
 public:
  explicit PartialFile(std::string path) : path_(std::move(path)) {
    const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
      failed(fmt::format("cannot write {}: {}", path_, std::strerror(errno)),
             "--backup-dir names another folder");
    }
    ::close(file);
  }
  ~PartialFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  PartialFile(const PartialFile&) = delete;
  PartialFile& operator=(const PartialFile&) = delete;

  const std::string& path() const { return path_; }

  std::int64_t size() const {
    struct stat info {};
    return ::stat(path_.c_str(), &info) == 0 ? static_cast<std::int64_t>(info.st_size) : 0;
  }

  // Gives it the name of its database and time, or of the next second that is free: a backup never
  // takes the place of another one.
  std::string keep_in(const std::string& folder, const std::string& database, BackupTime at) {
    const int file = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    const bool safe = file >= 0 && ::fsync(file) == 0;
    if (file >= 0) ::close(file);
    while (true) {
      std::string path = joined_path(folder, backup_name(database, at));
      if (safe && take_name(path)) {
        path_.clear();
        return path;
      }
      if (!safe || errno != EEXIST) {
        failed(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
      }
      at += std::chrono::seconds(1);
    }
  }

 private:
  // False with EEXIST where there is such a file.
  bool take_name(const std::string& path) {
    if (::link(path_.c_str(), path.c_str()) == 0) return ::unlink(path_.c_str()) == 0;
    if (errno == EEXIST) return false;
    if (::access(path.c_str(), F_OK) == 0) {
      errno = EEXIST;
      return false;
    }
    return ::rename(path_.c_str(), path.c_str()) == 0;  // not every file system has links
  }

  std::string path_;
};

void make_folder(const std::string& folder) {
  std::error_code error;
  if (fs::is_directory(folder, error)) return;
  fs::create_directories(folder, error);
  if (!error) fs::permissions(folder, fs::perms::owner_all, error);
  if (error) {
    failed(fmt::format("cannot make the folder {}: {}", folder, error.message()),
           "--backup-dir names another folder");
  }
}

void run_or_fail(Program program, const ports::Interrupt& interrupt,
                 const std::function<void()>& tick) {
  program.keep_going = [&] {
    if (tick) tick();
    return interrupt.signal() == 0;
  };
  const std::string name = fs::path(program.argv.front()).filename().string();
  const ProgramResult result = adapters::run_program(program);
  if (result.end == ProgramResult::End::stopped) {
    throw Error(ErrorKind::interrupted, "stopped during the backup; nothing was run")
        .with_signal(interrupt.signal());
  }
  if (result.exit_code == 0) return;
  std::string said = result.said;
  while (!said.empty() && said.back() == '\n') said.pop_back();
  failed(said.empty() ? fmt::format("{} ended with {}", name, result.exit_code) : said,
         "mend that, or run with --allow-no-backup");
}

std::vector<std::string> remove_expired(const std::string& folder, const std::string& database,
                                        const Retention& keep) {
  std::vector<std::string> removed;
  for (const std::string& name : expired_backups(database, files_in(folder), keep)) {
    const std::string path = joined_path(folder, name);
    if (::unlink(path.c_str()) == 0) removed.push_back(path);
  }
  return removed;
}

// pg_dump sets search_path and more for its session, which such a pooler would give to others next.
void refuse_shared_session(PGconn* server, const adapters::ConnectOptions& options) {
  constexpr std::chrono::seconds patience{10};
  if (adapters::backend_of(server, patience) == PQbackendPID(server)) return;
  const adapters::Connection other = adapters::connect(options);
  if (adapters::pooling_of(server, other.get(), patience) != Pooling::transaction) return;
  adapters::refuse_pooler(
      "the backup failed: pg_dump needs a session of its own, and the connection goes through a "
      "pooler in transaction mode",
      adapters::direct_url(server));
}

}  // namespace

Backup back_up(const Settings& settings, const ports::Interrupt& interrupt,
               const BackupProgress& progress) {
  const auto started = std::chrono::steady_clock::now();
  const ConnectionTarget target = target_of(settings);
  Backup backup;
  int server_major = 0;
  {
    const adapters::ConnectOptions options{.conninfo = target.conninfo,
                                           .connect_timeout = settings.connect_timeout,
                                           .interrupt = &interrupt};
    const adapters::Connection server = adapters::connect(options);
    refuse_shared_session(server.get(), options);
    backup.database = PQdb(server.get());
    server_major = PQserverVersion(server.get()) / 10000;
  }
  const adapters::DumpTools tools = adapters::find_dump_tools(settings.pg_bin, server_major);
  const Handover handover = handover_of(target);
  make_folder(settings.backup.directory);
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  PartialFile file(
      joined_path(settings.backup.directory,
                  fmt::format(".{}.{}.partial", backup_name(backup.database, now), ::getpid())));
  std::vector<std::string> env = handover.environment();
  env.push_back("PGAPPNAME=pgtide backup");
  run_or_fail(
      {.argv = {tools.pg_dump, "--format=custom", "--no-password", "--lock-wait-timeout=60000",
                "--file=" + file.path(), "--dbname=" + handover.conninfo(backup.database)},
       .env = std::move(env)},
      interrupt, [&] {
        if (progress) progress(file.size());
      });
  run_or_fail({.argv = {tools.pg_restore, "--list", file.path()}, .env = {}}, interrupt, {});
  backup.bytes = file.size();
  backup.path = file.keep_in(settings.backup.directory, backup.database, now);
  backup.removed = remove_expired(settings.backup.directory, backup.database, settings.backup.keep);
  backup.duration_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
                           std::chrono::steady_clock::now() - started)
                           .count();
  return backup;
}

}  // namespace pgtide
