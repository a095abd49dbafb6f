#include "engine/pending_rows.hpp"

#include "engine/proof_judge.hpp"
#include "ports/ask.hpp"

namespace pgtide::engine {
namespace {

constexpr RowLimits affordable{.read = std::uint64_t{32} << 20, .counted = std::uint64_t{1} << 30};

struct Part {
  std::size_t trip;
  Stage stage;
};

}  // namespace

void TouchedTables::list(ports::Session& session, const LedgerNames& own) {
  const Query query{R"(SELECT c.oid::text, pg_catalog.format('%s.%s', n.nspname, c.relname)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.oid >= 16384 AND c.relpersistence <> 't'
  AND NOT (n.nspname = $1 AND c.relname IN ($2, $3)))",
                    {own.schema, own.table, own.log()}};
  for (const auto& row : ask(session, query)) names_[row.at(0).value()] = row.at(1).value();
}

void TouchedTables::look(ports::Session& session) {
  const Query query{R"(SELECT DISTINCT relation::text FROM pg_catalog.pg_locks
WHERE pid = pg_catalog.pg_backend_pid() AND locktype = 'relation' AND granted
  AND mode IN ('RowExclusiveLock', 'AccessExclusiveLock'))"};
  for (const auto& row : ask(session, query)) {
    const auto found = names_.find(row.at(0).value());
    if (found != names_.end()) touched_.insert(found->second);
  }
}

void compare_pending_rows(ports::Session& session, const ScriptContext& context,
                          const std::vector<RowTrip>& trips, const std::set<std::string>& tables) {
  std::vector<Part> parts;
  std::vector<const PairScript*> scripts;
  const auto add = [&](std::size_t trip, Stage stage, const PairScript& script) {
    if (script.empty) return;
    parts.push_back({trip, stage});
    scripts.push_back(&script);
  };
  for (std::size_t i = 0; i < trips.size(); ++i) {
    add(i, Stage::up, trips[i].scripts->forward);
    if (!trips[i].compared || trips[i].scripts->rollback->empty) continue;
    add(i, Stage::down, *trips[i].scripts->rollback);
    add(i, Stage::up_again, trips[i].scripts->forward);
  }
  const RowReading reading{.detail = RowDetail::each_row, .limits = affordable, .only = tables};
  std::map<std::size_t, RoundTrip> seen;
  std::set<std::size_t> judged;
  run_scripts(session, context, scripts, Finish::roll_back,
              {.view = View::as_it_began,
               .before_step =
                   [&](std::size_t index) {
                     const Part& part = parts[index];
                     const bool begins = part.stage == Stage::up && trips[part.trip].compared;
                     if (begins)
                       seen[part.trip].rows_before = read_rows(session, context.names, reading);
                   },
               .after_step =
                   [&](std::size_t index) {
                     const Part& part = parts[index];
                     if (part.stage != Stage::down) return;
                     RowReading again = reading;
                     again.since = &seen[part.trip].rows_before;
                     seen[part.trip].rows_after = read_rows(session, context.names, again);
                     judge_rows(seen[part.trip], *trips[part.trip].scripts,
                                *trips[part.trip].proof);
                     judged.insert(part.trip);
                   }});
  // They ran a moment ago; somebody else has changed what they change since.
  for (const Part& part : parts) {
    if (part.stage != Stage::down || judged.contains(part.trip)) continue;
    trips[part.trip].proof->notes.push_back(
        "its rows could not be compared, because others write to them: try again");
  }
}

}  // namespace pgtide::engine
