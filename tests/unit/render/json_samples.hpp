// The documents that docs/json.md shows.
#pragma once

#include <string>
#include <vector>

#include "pgtide/render_operations.hpp"
#include "samples.hpp"

namespace pgtide::render {

inline Problem sample_problem() {
  return {.where = {"migrations/sql/0004_add_tags.sql", 7, 1},
          .message = "`\\connect` is a command of psql, which no server understands",
          .hint = "remove it; --url chooses the database",
          .source_line = "\\connect shop"};
}

inline std::string status_sample() {
  StatusReport report{.database = "shop",
                      .schema = "public",
                      .table = "migrations",
                      .ledger_exists = true,
                      .current = "0001"};
  report.entries = {{.version = "0001",
                     .name = "initial_schema",
                     .state = State::applied,
                     .rollback = RollbackState::ready,
                     .applied_at = "2026-01-15T10:22:33.120Z",
                     .execution_time_ms = 48},
                    {.version = "0002",
                     .name = "add_users",
                     .state = State::pending,
                     .rollback = RollbackState::ready}};
  return status_json(report);
}

inline std::string failed_run_sample() {
  StepReport first = sample_done(3, "add_courses");
  StepReport second = sample_with(StepOutcome::failed, 4, "add_tags");
  Report report = sample_report(Finish::commit_each,
                                {first, second, sample_with(StepOutcome::not_run, 5, "add_index")});
  report.failure = sample_failure(1);
  report.current = Version(3);
  return report_json(report);
}

inline StatementTrace sample_trace() {
  return {.where = {"migrations/sql/0004_drop_notes.sql", 3, 1},
          .command = "ALTER TABLE",
          .locks = {{LockMode::access_exclusive, "public.orders", "table"}},
          .changes = {{.kind = ChangeKind::column_dropped,
                       .table = "public.orders",
                       .part = "notes",
                       .filling = Filling::filled,
                       .lost = 310}},
          .rows = {{.table = "public.audit", .inserted = 1}},
          .wal_bytes = 412,
          .duration_us = 730};
}

inline rules::Finding sample_finding() {
  return {.rule = "data-loss",
          .where = {"migrations/sql/0004_drop_notes.sql", 3, 1},
          .source_line = "ALTER TABLE orders DROP COLUMN notes",
          .message = "drops column public.orders.notes with 310 values",
          .explanation = "The rows are gone when the migration commits.",
          .safer = "Deploy the program that no longer uses it first."};
}

inline std::string dry_run_sample() {
  StepReport step = sample_with(StepOutcome::not_simulable, 5, "add_index");
  step.not_simulable = {{.where = {step.step.path, 3, 1},
                         .message = "CREATE INDEX CONCURRENTLY cannot run inside a transaction"}};
  StepReport traced = sample_with(StepOutcome::done, 4, "drop_notes");
  traced.trace = {sample_trace()};
  traced.losses = {traced.trace->front().changes.front()};
  Report report = sample_report(Finish::roll_back, {traced, step});
  report.current = Version(4);
  report.findings = {sample_finding()};
  return report_json(report);
}

inline std::string history_sample() {
  return history_json({{.id = 9,
                        .run_id = "5f0c2a4e-7b1d-4c59-9a38-0d1e2f3a4b5c",
                        .at = "2026-01-15T10:22:33.120Z",
                        .version = "0003",
                        .event = "applied",
                        .direction = "up",
                        .checksum = std::string(64, 'a'),
                        .duration_ms = 12,
                        .rollback_stored = true,
                        .database_user = "deploy",
                        .client_host = "10.0.0.7",
                        .tool_version = "0.1.0"}});
}

inline std::string config_sample() {
  ResolvedSettings settings;
  settings.config_file = "pgtide.toml";
  settings.settings.environment = "staging";
  settings.effective = {
      {"environment", "staging", SettingSource::flag, "--env"},
      {"url", "postgresql://app:***@db/shop", SettingSource::environment_variable, "DATABASE_URL"},
      {"lock_timeout", "2s", SettingSource::environment_section, "pgtide.toml:9"},
      {"role", "", SettingSource::fallback, "default"}};
  return config_json(settings);
}

inline std::string error_sample() {
  return error_json(Error(ErrorKind::invalid_input, "the migrations directory has 1 problem",
                          {sample_problem()}, "correct it, then run `pgtide validate`"),
                    2);
}

inline std::string health_sample() {
  return health_json(
      {{{"connection", {{Condition::ok, "database shop as deploy, through TLS", {}, {}}}},
        {"lock_waits",
         {{Condition::fail,
           "one session keeps another waiting",
           {"pid 4711, app@10.0.0.7 (worker) idle in transaction for 3 min 02 s: SELECT 1",
            "  pid 4720, deploy@10.0.0.2 (pgtide) waits for 4.10 s: DROP TABLE orders"},
           "`pgtide doctor --terminate 4711` ends it and rolls back what it began"}}}}});
}

struct Example {
  std::string heading;  // in docs/json.md
  std::string document;
};

inline std::vector<Example> documented_examples() {
  return {
      {"status", status_sample()},
      {"up and down", failed_run_sample()},
      {"up --dry-run and down --dry-run", dry_run_sample()},
      {"validate", validation_json({sample_problem()}, {})},
      {"history", history_sample()},
      {"generate", generated_json("0016", "migrations/sql/0016_add_badges.sql",
                                  "migrations/rollback/0016_rollback.sql")},
      {"baseline, resolve, repair and mark-good",
       recorded_json({sample_step(1, "initial_schema"), sample_step(2, "add_users")}, "baselined")},
      {"doctor", health_sample()},
      {"backup and restore", backup_json({.database = "shop",
                                          .path = "backups/shop-20260115T102233Z.dump",
                                          .bytes = 48302,
                                          .duration_ms = 412,
                                          .removed = {"backups/shop-20250715T021500Z.dump"}})},
      {"rules", rules_json({{"rename-table", "a table is renamed or moved to another schema",
                             "Programs that run the version before fail.",
                             "Rename it and create a view with the old name."}})},
      {"config", config_sample()},
      {"Errors", error_sample()},
  };
}

}  // namespace pgtide::render
