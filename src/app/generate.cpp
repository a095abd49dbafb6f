#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>

#include <ctime>
#include <filesystem>
#include <system_error>

#include "adapters/script_files.hpp"
#include "core/wording.hpp"
#include "pgtide/migrator.hpp"

namespace pgtide {
namespace {

namespace fs = std::filesystem;

constexpr const char* forward_template = R"(-- Migration: {name}
-- Version: {version}
-- Date: {date}

-- Write the statements that lead forward here. They run in one transaction together with their ledger
-- row; BEGIN and COMMIT are not needed. The way back belongs into
-- {other}.
)";

constexpr const char* rollback_template = R"(-- Rollback for: {name}
-- Version: {version}
-- Date: {date}

-- Write the statements that undo {other} here, in reverse order.
-- If there is no way back, say why with the directive `pgtide: irreversible REASON` in a comment line of
-- its own.
)";

void make_folder(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) {
    throw Error(ErrorKind::environment,
                fmt::format("cannot make the folder {}: {}", path, error.message()));
  }
}

std::string filled(const char* text, const std::string& version, const std::string& name,
                   const std::string& other) {
  return fmt::format(fmt::runtime(text), fmt::arg("name", name), fmt::arg("version", version),
                     fmt::arg("date", fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr)))),
                     fmt::arg("other", other));
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
  adapters::write_new_file(pair.forward_path,
                           filled(forward_template, version, safe, pair.rollback_path));
  try {
    adapters::write_new_file(pair.rollback_path,
                             filled(rollback_template, version, safe, pair.forward_path));
  } catch (...) {
    ::unlink(pair.forward_path.c_str());  // half a pair would stop the next run
    throw;
  }
  return pair;
}

}  // namespace pgtide
