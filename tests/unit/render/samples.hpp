// Values that several tests render.
#pragma once

#include <string>
#include <vector>

#include "pgtide/render.hpp"

namespace pgtide::render {

inline Style plain(std::size_t width = 100) {
  return {.color = Color::off, .width = width};
}
inline Style colored() {
  return {.color = Color::on, .width = 100};
}

inline Step sample_step(std::uint64_t number, const std::string& name,
                        Direction direction = Direction::up) {
  Step step;
  step.direction = direction;
  step.version = Version(number);
  step.version_text = step.version.padded(4);
  step.name = name;
  step.path = direction == Direction::up
                  ? "migrations/sql/" + step.version_text + "_" + name + ".sql"
                  : "migrations/rollback/" + step.version_text + "_rollback.sql";
  return step;
}

inline StepReport sample_done(std::uint64_t number, const std::string& name,
                              Direction direction = Direction::up) {
  StepReport report;
  report.step = sample_step(number, name, direction);
  report.outcome = StepOutcome::done;
  report.duration_ms = 12;
  report.statements = 3;
  report.tallies = {{"CREATE TABLE", 2, 0}, {"INSERT", 1, 120}};
  return report;
}

inline StepReport sample_with(StepOutcome outcome, std::uint64_t number, const std::string& name,
                              Direction direction = Direction::up) {
  StepReport report;
  report.step = sample_step(number, name, direction);
  report.outcome = outcome;
  return report;
}

inline Failure sample_failure(std::size_t step) {
  Failure failure;
  failure.step = step;
  failure.where = {"migrations/sql/0004_add_tags.sql", 12, 14};
  failure.source_line = "  REFERENCES courses (id), label text";
  failure.message = "relation \"courses\" does not exist";
  failure.sqlstate = "42P01";
  failure.hint = "create the table in an earlier migration";
  failure.recorded = true;
  return failure;
}

inline Report sample_report(Finish finish, std::vector<StepReport> steps) {
  Report report;
  report.run_id = "5f0c2a4e-7b1d-4c59-9a38-0d1e2f3a4b5c";
  report.finish = finish;
  report.steps = std::move(steps);
  if (!report.steps.empty()) report.direction = report.steps.front().step.direction;
  report.duration_ms = 1240;
  return report;
}

}  // namespace pgtide::render
