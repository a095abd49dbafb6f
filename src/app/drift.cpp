#include "pgtide/drift.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "adapters/pg_databases.hpp"
#include "adapters/script_files.hpp"
#include "adapters/throwaway_server.hpp"
#include "app/run_settings.hpp"
#include "app/verify_selection.hpp"
#include "engine/failure.hpp"
#include "engine/proof_databases.hpp"
#include "engine/schema_reader.hpp"
#include "engine/scratch_database.hpp"
#include "pgtide/migrator.hpp"
#include "schema/own_schemas.hpp"

namespace pgtide {
namespace {

// What the scripts expect to be there before the first of them: roles, extensions.
void add_first_fixture(const Catalog& catalog, adapters::ScriptFiles& scripts,
                       std::vector<engine::PairScript>& applied) {
  const auto fixture = find_fixtures(catalog).extract(Version(0));
  if (!fixture) return;
  applied.insert(applied.begin(), engine::read_fixture(fixture.mapped(), Version(0), "0", scripts));
}

// The scripts of what is applied, ascending.
std::vector<engine::PairScript> applied_scripts(const StatusReport& status, const Catalog& catalog,
                                                adapters::ScriptFiles& scripts) {
  std::vector<engine::PairScript> found;
  std::vector<Problem> problems = catalog.problems;
  for (const StatusEntry& entry : status.entries) {
    const bool applied = entry.state == State::applied || entry.state == State::changed ||
                         entry.state == State::missing;
    if (!applied) continue;
    const auto version = Version::parse(entry.version);
    const Migration* migration = version ? catalog.find(*version) : nullptr;
    if (migration == nullptr) {
      problems.push_back(
          {.where = {},
           .message = fmt::format("{} is applied, but its forward script is not in {}",
                                  entry.version, catalog.directory),
           .hint = "get the newest scripts, or compare with `--recorded`",
           .source_line = {}});
      continue;
    }
    found.push_back(engine::read_pair(*migration, {}, scripts).forward);
  }
  if (!problems.empty()) {
    throw Error(ErrorKind::invalid_input, "what is applied cannot be replayed",
                std::move(problems));
  }
  return found;
}

void replay(ports::Session& session, const engine::ScriptContext& context,
            const std::vector<engine::PairScript>& scripts) {
  for (const engine::PairScript& script : scripts) {
    const auto failure = engine::run_script(session, context, script);
    if (!failure) continue;
    std::string hint = engine::advice_for_replay(failure->sqlstate);
    hint += std::string(hint.empty() ? "" : "; or ") + "compare with `--recorded` instead";
    throw Error(ErrorKind::invalid_input, "what is applied cannot be replayed",
                std::vector<Problem>{{.where = failure->where,
                                      .message = failure->message,
                                      .hint = hint,
                                      .source_line = failure->source_line}});
  }
}

}  // namespace

SchemaDrift drift_from_replay(Migrator& migrator, const Settings& settings,
                              const ports::Interrupt& interrupt) {
  const StatusReport status = migrator.status();
  schema::Snapshot live = migrator.schema();
  adapters::ScriptFiles scripts(settings.dir, nullptr);
  const Catalog catalog = scripts.catalog({});
  std::vector<engine::PairScript> applied = applied_scripts(status, catalog, scripts);
  add_first_fixture(catalog, scripts, applied);

  const adapters::ThrowawayServer server(settings.pg_bin, {});
  adapters::PgDatabases databases({.conninfo = server.conninfo()},
                                  adapters::ServerUse::private_server, interrupt);
  ports::Observer nobody;
  const ConnectionTarget target = target_of(settings);
  engine::ScriptContext context{.scripts = scripts,
                                .observer = nobody,
                                .interrupt = interrupt,
                                .settings = session_settings(settings, target),
                                .names = names_of(settings, target),
                                .shape = {.schema_exists = true,
                                          .table_exists = true,
                                          .log_exists = true,
                                          .health_view_exists = true},
                                .run = {new_run_id(), PGTIDE_VERSION, host_name()}};
  engine::ProofDatabases replayed(databases, context.run.run_id);
  replayed.begin(context);
  engine::prepare_for(replayed.main(), settings.role, context.names.schema);
  replay(replayed.main(), context, applied);

  SchemaDrift drift{.known = true, .version = status.current.empty() ? "0" : status.current};
  const schema::Snapshot made = engine::read_schema(replayed.main(), context.names);
  std::set<std::string> others = migrator.neighbours(live);
  for (const std::string& name : schema::schema_names(made)) others.erase(name);
  drift.differences = schema::diff(made, schema::without_schemas(std::move(live), others));
  std::erase_if(drift.differences, [](const schema::Difference& difference) {
    return difference.aspect == schema::Aspect::ownership;
  });
  drift.changed = !drift.differences.empty();
  return drift;
}

}  // namespace pgtide
