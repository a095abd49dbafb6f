// pg_dump and pg_restore of this machine.
#pragma once

#include <string>

namespace pgtide::adapters {

struct DumpTools {
  std::string pg_dump;
  std::string pg_restore;
};

// The first of `bin_dir`, $PATH and Debian's folders (newest first) that is not older than a server
// of major version `server_major`; an older pg_dump cannot read a newer server. Throws
// Error(environment) that names the package to install.
DumpTools find_dump_tools(const std::string& bin_dir, int server_major);

}  // namespace pgtide::adapters
