#include "engine/pair_scripts.hpp"

#include <utility>

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

}  // namespace

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
