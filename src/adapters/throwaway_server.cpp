#include "adapters/throwaway_server.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "adapters/embedded_lock.hpp"
#include "pgtide/error.hpp"

namespace pgtide::adapters {
namespace {

namespace fs = std::filesystem;

constexpr const char* prefix = "pgtide-verify-";
// A younger folder may belong to a server that is just being started.
constexpr auto surely_left = std::chrono::minutes(10);

void remove_with_cluster(const fs::path& dir) {
  std::error_code ignored;
  // A server's user that cannot reach the folder has its cluster elsewhere.
  const fs::path linked = fs::read_symlink(dir / "cluster", ignored);
  if (!linked.empty()) fs::remove_all(linked, ignored);
  fs::remove_all(dir, ignored);
}

bool is_left_behind(const fs::path& dir) {
  struct stat info {};
  if (lstat(dir.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) || info.st_uid != geteuid()) {
    return false;
  }
  std::error_code ec;
  const auto changed = fs::last_write_time(dir, ec);
  if (ec || fs::file_time_type::clock::now() - changed < surely_left) return false;
  const fs::path home = fs::exists(dir / "cluster", ec) ? fs::path(dir / "cluster") : dir;
  const UniqueFd holders = open_lock_file((home / "holders.lock").string());
  return try_lock(holders.get(), LockMode::exclusive);
}

void remove_left_behind(const fs::path& below) {
  std::error_code ec;
  for (fs::directory_iterator it(below, ec), end; !ec && it != end; it.increment(ec)) {
    if (!it->path().filename().string().starts_with(prefix)) continue;
    try {
      if (is_left_behind(it->path())) remove_with_cluster(it->path());
    } catch (const Error&) {
      // Somebody else's, or gone already.
    }
  }
}

std::string make_folder() {
  std::error_code ec;
  fs::path below = fs::temp_directory_path(ec);
  if (ec) below = "/tmp";
  remove_left_behind(below);
  std::string dir = (below / (std::string(prefix) + "XXXXXX")).string();
  if (mkdtemp(dir.data()) == nullptr) {
    throw Error(
        ErrorKind::environment,
        fmt::format("cannot create a folder in {}: {}", below.string(), std::strerror(errno)),
        "set TMPDIR to a folder that can be written to");
  }
  // The server runs as another user then, and keeps what it has in a private folder below.
  if (geteuid() == 0) chmod(dir.c_str(), 0755);
  return dir;
}

// The server's log, which is written quicker the larger it may grow.
std::string log_size_in(const std::string& dir) {
  constexpr std::uintmax_t mebibyte = std::uintmax_t{1} << 20;
  std::error_code ec;
  const std::uintmax_t free = fs::space(dir, ec).available;
  const std::uintmax_t size = ec ? 4096 : std::clamp<std::uintmax_t>(free / mebibyte / 8, 96, 4096);
  return fmt::format("max_wal_size={}MB", size);
}

}  // namespace

ThrowawayServer::ThrowawayServer(const std::string& bin_dir,
                                 std::function<void(const std::string&)> log, WalLevel wal_level)
    : dir_(make_folder()) {
  try {
    server_.emplace(EmbeddedServer::Options{
        .dir = dir_,
        .bin_dir = bin_dir,
        .database = "pgtide",
        .log = std::move(log),
        // Every pair may touch many tables in one transaction.
        .settings = {"full_page_writes=off", "synchronous_commit=off",
                     wal_level == WalLevel::minimal ? "wal_level=minimal" : "wal_level=replica",
                     "max_wal_senders=0", "max_logical_replication_workers=0", "autovacuum=off",
                     "max_locks_per_transaction=1024", "max_connections=20", log_size_in(dir_),
                     "checkpoint_timeout=1d", "shared_buffers=64MB", "jit=off"}});
  } catch (...) {
    remove_with_cluster(dir_);
    throw;
  }
}

ThrowawayServer::~ThrowawayServer() {
  server_.reset();
  remove_with_cluster(dir_);
}

}  // namespace pgtide::adapters
