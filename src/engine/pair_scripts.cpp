#include "engine/pair_scripts.hpp"

#include <algorithm>
#include <cctype>
#include <string_view>
#include <utility>
#include <variant>

#include "pgtide/sql/script_reader.hpp"
#include "pgtide/sql/statement.hpp"

namespace pgtide::engine {
namespace {

// A script without any statement does nothing when it runs, which is what the proof judges.
bool is_empty(const sql::ScriptScan& scan) {
  return scan.statements == 0 && scan.problems.size() == 1 && scan.problems.front().where.line == 0;
}

Failure failure_of(const Problem& problem) {
  return {.where = problem.where,
          .source_line = problem.source_line,
          .message = problem.message,
          .hint = problem.hint};
}

PairScript read_script(Step step, ports::Scripts& scripts) {
  PairScript script{.step = std::move(step)};
  const auto source = scripts.open_file(script.step.path);
  script.scan = sql::scan_script(*source, script.step.path);
  script.empty = script.scan.statements == 0 &&
                 (script.scan.irreversible.has_value() || is_empty(script.scan));
  if (!script.empty && !script.scan.problems.empty()) {
    script.unfit = failure_of(script.scan.problems.front());
  }
  return script;
}

bool changes_server(const std::string& command, std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (command == "GRANT" || command == "REVOKE") {
    static constexpr std::string_view on[] = {" ON DATABASE ", " ON TABLESPACE ", " ON PARAMETER "};
    return text.find(" ON ") == text.npos || std::ranges::any_of(on, [&](std::string_view one) {
             return text.find(one) != text.npos;
           });
  }
  if (command == "ALTER SYSTEM") return true;
  static constexpr std::string_view kinds[] = {" ROLE",     " USER",       " GROUP",
                                               " DATABASE", " TABLESPACE", " SUBSCRIPTION"};
  return std::ranges::any_of(kinds, [&](std::string_view kind) { return command.ends_with(kind); });
}

}  // namespace

std::vector<std::string> server_commands(const PairScripts& pair, ports::Scripts& scripts) {
  std::vector<std::string> commands;
  const auto look = [&](const PairScript& script) {
    const auto source = scripts.open_file(script.step.path);
    sql::ScriptReader reader(*source);
    while (const auto item = reader.next()) {
      const auto* statement = std::get_if<sql::Statement>(&*item);
      if (statement == nullptr) continue;
      std::string command = sql::command_words(statement->text);
      if (changes_server(command, statement->text) &&
          std::ranges::find(commands, command) == commands.end()) {
        commands.push_back(std::move(command));
      }
    }
  };
  look(pair.forward);
  if (pair.rollback) look(*pair.rollback);
  return commands;
}

bool PairScripts::in_transaction() const {
  const auto can = [](const std::optional<PairScript>& script) {
    return !script || script->empty || script->scan.transactional;
  };
  return can(forward) && can(rollback) && can(fixture);
}

PairScript read_fixture(const std::string& path, Version version, const std::string& version_text,
                        ports::Scripts& scripts) {
  return read_script({.direction = Direction::up,
                      .version = version,
                      .version_text = version_text,
                      .name = "fixture",
                      .path = path},
                     scripts);
}

PairScripts read_pair(const Migration& migration, const std::string& fixture_path,
                      ports::Scripts& scripts) {
  const Step up{.direction = Direction::up,
                .version = migration.version,
                .version_text = migration.version_text,
                .name = migration.name,
                .path = migration.forward_path};
  PairScripts pair{.forward = read_script(up, scripts)};
  const sql::ScriptScan* declares = &pair.forward.scan;
  if (!migration.rollback_path.empty()) {
    Step down = up;
    down.direction = Direction::down;
    down.path = migration.rollback_path;
    pair.rollback = read_script(std::move(down), scripts);
    declares = &pair.rollback->scan;
  }
  if (declares->irreversible) pair.irreversible = declares->irreversible->reason;
  if (!fixture_path.empty()) {
    pair.fixture = read_fixture(fixture_path, migration.version, migration.version_text, scripts);
  }
  return pair;
}

}  // namespace pgtide::engine
