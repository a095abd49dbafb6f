#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "adapters/script_files.hpp"
#include "app/pair_template.hpp"
#include "core/wording.hpp"
#include "pgtide/migrator.hpp"

namespace pgtide {
namespace {

namespace fs = std::filesystem;

void make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) {
    throw Error(ErrorKind::environment,
                fmt::format("cannot make the folder {}: {}", path, error.message()));
  }
}

}  // namespace

GeneratedPair generate_pair(const std::string& directory, const std::string& name) {
  const std::string safe = safe_name(name);
  if (safe.empty() || safe == "rollback") {
    throw Error(ErrorKind::usage, fmt::format("`{}` cannot be the name of a migration", name),
                "use letters, digits and underscores, for example add_users");
  }
  make_folder(joined_path(directory, "sql"));
  make_folder(joined_path(directory, "rollback"));
  adapters::ScriptFiles scripts(directory, nullptr);
  const Catalog catalog = scripts.catalog({});
  const std::string version = next_version(catalog).padded(catalog.version_width());
  const std::string forward_name = fmt::format("{}_{}.sql", version, safe);
  const std::string rollback_name = fmt::format("{}_rollback.sql", version);
  const GeneratedPair pair{.version = version,
                           .forward_path = joined_path(directory, "sql/" + forward_name),
                           .rollback_path = joined_path(directory, "rollback/" + rollback_name)};
  adapters::write_new_file(pair.forward_path, forward_template(version, safe, pair.rollback_path));
  try {
    adapters::write_new_file(pair.rollback_path,
                             rollback_template(version, safe, pair.forward_path));
  } catch (...) {
    ::unlink(pair.forward_path.c_str());  // half a pair would stop the next run
    throw;
  }
  return pair;
}

}  // namespace pgtide
