// Where PostgreSQL's server programs are.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "adapters/process.hpp"

namespace pgtide {

// Where to look; the defaults are this machine.
struct BinarySearch {
  std::string path = {};                            // as in $PATH
  std::string debian_root = "/usr/lib/postgresql";  // holds <major>/bin
  std::string work_dir = {};                        // node_modules is looked for from here upward
  static BinarySearch of_this_machine();
};

// Every folder that holds both initdb and postgres, best first: $PATH, pg_config, Debian's folders
// (newest first), npm's @embedded-postgres.
std::vector<std::string> list_binaries(const BinarySearch& search);

// `bin_dir` when given, else the best of `list_binaries` that `user` may run, preferring the one
// whose major version is `major` (0: any). Throws Error(environment) naming the package to install.
std::string choose_binaries(const std::string& bin_dir, const BinarySearch& search,
                            const std::optional<ProcessUser>& user = std::nullopt, int major = 0);

// The major version of the programs in `bin_dir`. Throws Error(environment).
int binaries_major(const std::string& bin_dir, const std::optional<ProcessUser>& user);

}  // namespace pgtide
