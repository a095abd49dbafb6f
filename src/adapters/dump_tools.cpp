#include "adapters/dump_tools.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include "adapters/program.hpp"
#include "pgtide/error.hpp"

namespace pgtide::adapters {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> folders(const std::string& bin_dir) {
  if (!bin_dir.empty()) return {bin_dir};
  std::vector<std::string> found = folders_in(path_variable());
  std::vector<std::pair<int, std::string>> debian;
  std::error_code error;  // not every machine has that folder
  for (fs::directory_iterator at("/usr/lib/postgresql", error), end; !error && at != end;
       at.increment(error)) {
    debian.emplace_back(std::atoi(at->path().filename().c_str()), (at->path() / "bin").string());
  }
  std::sort(debian.rbegin(), debian.rend());
  for (auto& [major, folder] : debian) found.push_back(std::move(folder));
  return found;
}

// `pg_dump (PostgreSQL) 15.20 (Debian …)` -> 15; 0 when it does not say.
int major_of(const std::string& program) {
  const ProgramResult result =
      run_program({.argv = {program, "--version"}, .env = own_environment()});
  const std::size_t at = result.output.find(") ");
  return at == std::string::npos ? 0 : std::atoi(result.output.c_str() + at + 2);
}

}  // namespace

DumpTools find_dump_tools(const std::string& bin_dir, int server_major) {
  int newest = 0;
  for (const std::string& folder : folders(bin_dir)) {
    const DumpTools tools{.pg_dump = folder + "/pg_dump", .pg_restore = folder + "/pg_restore"};
    if (access(tools.pg_dump.c_str(), X_OK) != 0 || access(tools.pg_restore.c_str(), X_OK) != 0)
      continue;
    const int major = major_of(tools.pg_dump);
    if (major >= server_major) return tools;
    newest = std::max(newest, major);
  }
  const std::string where = bin_dir.empty() ? "here" : "in " + bin_dir;
  throw Error(
      ErrorKind::environment,
      newest == 0 ? fmt::format("there is no pg_dump {}", where)
                  : fmt::format("pg_dump {} is of version {}, the server of version {}", where,
                                newest, server_major),
      fmt::format("install postgresql-client-{}, or name its folder with --pg-bin", server_major));
}

}  // namespace pgtide::adapters
