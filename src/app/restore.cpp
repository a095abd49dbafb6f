// How a backup is restored.
#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "app/backup_folder.hpp"
#include "app/handover.hpp"
#include "app/run_settings.hpp"
#include "core/wording.hpp"
#include "pgtide/backup.hpp"
#include "pgtide/conninfo.hpp"
#include "pgtide/query.hpp"

namespace pgtide {
namespace {

// For a shell to read.
std::string shell_word(const std::string& text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:@%+,";
  if (!text.empty() && text.find_first_not_of(plain) == std::string::npos) return text;
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

void require_backup_of(const std::string& database, const std::string& path) {
  constexpr std::string_view magic = "PGDMP";
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    throw Error(ErrorKind::usage, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  }
  std::string begin(magic.size(), '\0');
  file.read(begin.data(), static_cast<std::streamsize>(begin.size()));
  if (begin != magic) {
    throw Error(ErrorKind::usage, fmt::format("{} is no backup in pg_dump's custom format", path),
                "`pgtide backup` makes them");
  }
  const std::string name = std::filesystem::path(path).filename().string();
  const auto other = backed_up_database(name);
  if (other && *other != database) {
    throw Error(
        ErrorKind::usage,
        fmt::format("{} is a backup of {}, and the connection leads to {}", path, *other, database),
        "name the database that is to be restored with --url");
  }
}

}  // namespace

RestoreAdvice restore_advice(const Settings& settings, const std::string& path) {
  const Handover handover = handover_of(target_of(settings));
  const std::string database = database_of(handover);
  RestoreAdvice advice{.path = path};
  if (path.empty()) {
    const auto backups = backups_of(database, files_in(settings.backup.directory));
    if (backups.empty()) {
      throw Error(
          ErrorKind::usage,
          fmt::format("there is no backup of {} in {}", database, settings.backup.directory),
          "name the file: pgtide restore FILE; or its folder with --backup-dir");
    }
    advice.path = joined_path(settings.backup.directory, backups.front());
  }
  require_backup_of(database, advice.path);
  const std::string file = shell_word(advice.path);
  const std::string maintenance =
      shell_word(handover.conninfo(database == "postgres" ? "template1" : "postgres"));
  const std::string restored = database + "_restored";
  advice.replaced = database + "_replaced";
  const auto sql = [](const std::string& text) { return " -c " + shell_word(text); };
  const std::string name = quote_identifier(database);
  advice.beside = {
      fmt::format("psql -d {}{}", maintenance,
                  sql("CREATE DATABASE " + quote_identifier(restored) + " TEMPLATE template0")),
      fmt::format("pg_restore --exit-on-error -d {} {}", shell_word(handover.conninfo(restored)),
                  file)};
  // The archive alone knows what belongs to the database as a whole, and makes it by its own name.
  advice.over = {
      fmt::format(
          "psql -v ON_ERROR_STOP=1 -d {}{}{}{}", maintenance,
          sql("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false"),
          sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = " +
              quote_literal(database)),
          sql("ALTER DATABASE " + name + " RENAME TO " + quote_identifier(advice.replaced))),
      fmt::format("pg_restore --exit-on-error --create -d {} {}", maintenance, file)};
  return advice;
}

}  // namespace pgtide
