#include "adapters/embedded_place.hpp"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <filesystem>

#include "pgtide/error.hpp"

namespace pgtide {

namespace fs = std::filesystem;

namespace {

constexpr const char* other_folder_hint = "give a folder that you can write to: --embedded=DIR";
constexpr const char* home_for_root = "/var/lib/pgtide";

[[noreturn]] void fail(const std::string& what, int reason) {
  throw Error(ErrorKind::environment, fmt::format("{}: {}", what, std::strerror(reason)),
              other_folder_hint);
}

std::optional<ProcessUser> user_from(const passwd* entry) {
  if (entry == nullptr || entry->pw_uid == 0) return std::nullopt;
  return ProcessUser{entry->pw_uid, entry->pw_gid, entry->pw_name};
}

// The owner of a cluster that is there already, else `postgres`, else `nobody`.
std::optional<ProcessUser> server_user(const std::string& data) {
  if (geteuid() != 0) return std::nullopt;
  struct stat info {};
  if (stat(data.c_str(), &info) == 0 && info.st_uid != 0) {
    if (auto owner = user_from(getpwuid(info.st_uid))) return owner;
    return ProcessUser{info.st_uid, info.st_gid, fmt::format("{}", info.st_uid)};
  }
  for (const char* name : {"postgres", "nobody"}) {
    if (auto user = user_from(getpwnam(name))) return user;
  }
  return ProcessUser{65534, 65534, "nobody"};
}

void make_folder(const std::string& dir) {
  std::error_code ec;
  if (fs::is_directory(dir, ec)) return;
  fs::create_directories(dir, ec);
  if (ec) fail(fmt::format("cannot create {}", dir), ec.value());
  // A server that runs as another user must get through, whatever the umask says.
  if (geteuid() == 0) chmod(dir.c_str(), 0755);
  // Nobody wants a cluster in a repository.
  if (FILE* ignore = fopen((dir + "/.gitignore").c_str(), "we")) {
    fputs("*\n", ignore);
    fclose(ignore);
  }
}

// The target of `link`, which is made first if it is not there. Two processes may try at the same
// time: the link that is there counts.
std::string linked_home(const std::string& dir, const std::string& link) {
  std::error_code ec;
  if (!fs::is_symlink(link, ec)) {
    fs::create_directories(home_for_root, ec);
    const std::string name = fs::path(dir).parent_path().filename().string();
    std::string made = fmt::format("{}/{}-XXXXXX", home_for_root, name);
    if (ec || mkdtemp(made.data()) == nullptr) fail(fmt::format("cannot create {}", made), errno);
    chmod(home_for_root, 0755);
    chmod(made.c_str(), 0755);
    if (symlink(made.c_str(), link.c_str()) != 0) rmdir(made.c_str());
  }
  std::string target = fs::read_symlink(link, ec).string();
  if (ec) fail(fmt::format("cannot read {}", link), ec.value());
  fs::create_directories(target, ec);
  return target;
}

// A name that stays the same for the same folder (FNV-1a).
std::string short_hash(const std::string& text) {
  std::uint64_t hash = 14695981039346656037U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211U;
  return fmt::format("{:016x}", hash);
}

// A path that a socket may have, and that neither libpq's nor the server's list of folders would
// take apart.
bool fits_socket(const std::string& dir) {
  constexpr std::size_t limit = sizeof(sockaddr_un::sun_path) - 1;
  constexpr std::string_view file = "/.s.PGSQL.5432.lock";
  return dir.size() + file.size() <= limit && dir.find_first_of(",\"'\\\n") == std::string::npos;
}

}  // namespace

ServerPlace place_server(const std::string& dir, const LogFunction& log) {
  make_folder(dir);
  std::error_code ec;
  ServerPlace place;
  place.shown = dir;
  place.home = fs::canonical(dir, ec).string();
  if (ec) fail(fmt::format("cannot use {}", dir), ec.value());
  const std::string link = place.home + "/cluster";
  const bool linked = fs::is_symlink(link, ec);
  if (linked) place.home = linked_home(place.home, link);
  place.user = server_user(place.data());
  if (place.user && !linked && !user_can_access(place.user, place.home, X_OK)) {
    place.home = linked_home(place.home, link);
    log(fmt::format("user {}, who runs the server, cannot reach {}: the cluster is kept in {}",
                    place.user->name, dir, place.home));
  }
  return place;
}

std::string make_socket_dir(const ServerPlace& place) {
  const uid_t owner = place.user ? place.user->uid : geteuid();
  std::string dir = place.home + "/socket";
  if (!fits_socket(dir)) dir = fmt::format("/tmp/pgtide-{}-{}", owner, short_hash(place.home));
  if (mkdir(dir.c_str(), 0700) == 0) {
    if (place.user && lchown(dir.c_str(), place.user->uid, place.user->gid) != 0) {
      fail(fmt::format("cannot give {} to user {}", dir, place.user->name), errno);
    }
    return dir;
  }
  if (errno != EEXIST) fail(fmt::format("cannot create {}", dir), errno);
  struct stat info {};
  if (lstat(dir.c_str(), &info) != 0) fail(fmt::format("cannot use {}", dir), errno);
  if (!S_ISDIR(info.st_mode) || info.st_uid != owner || (info.st_mode & 077) != 0) {
    throw Error(ErrorKind::environment,
                fmt::format("{} is not a private folder of the server's user", dir),
                fmt::format("remove it: rm -r '{}'", dir));
  }
  return dir;
}

}  // namespace pgtide
