// The repository's own pairs and the seed's: up, down and up again leave the schema as it was.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

std::vector<std::string> versions_of(Project& project) {
  std::vector<std::string> versions;
  for (const StatusEntry& entry : project.migrator().status().entries) {
    versions.push_back(entry.version);
  }
  return versions;
}

}  // namespace

TEST_CASE("every sample pair leads back to the schema before it") {
  Project project;
  project.dir.copy(PGTIDE_SOURCE_DIR "/migrations");
  const std::vector<std::string> versions = versions_of(project);
  REQUIRE(versions.size() >= 12);
  std::vector<std::string> schemas = {project.db.schema()};
  for (std::size_t i = 0; i < versions.size(); ++i) {
    CAPTURE(versions[i]);
    const Report up = project.up(versions[i]);
    REQUIRE(failure(up, project.dir) == "");
    schemas.push_back(project.db.schema());
    const Report down = project.run(Direction::down, BySteps{1});
    CHECK(failure(down, project.dir) == "");
    CHECK(project.db.schema() == schemas[i]);
    const Report again = project.up(versions[i]);
    REQUIRE(failure(again, project.dir) == "");
    CHECK(project.db.schema() == schemas[i + 1]);
  }
  CHECK(failure(project.down("0"), project.dir) == "");
  CHECK(project.db.schema() == schemas.front());
  CHECK(failure(project.up(), project.dir) == "");
  CHECK(project.db.schema() == schemas.back());
}

TEST_CASE("dry runs of all samples say what real runs do") {
  Project project;
  project.dir.copy(PGTIDE_SOURCE_DIR "/migrations");
  const std::string before = project.db.dump();
  const Report dry = project.dry_up();
  CHECK(failure(dry, project.dir) == "");
  CHECK(project.db.dump() == before);
  const Report real = project.up();
  CHECK(failure(real, project.dir) == "");
  REQUIRE(dry.steps.size() == real.steps.size());
  for (std::size_t i = 0; i < real.steps.size(); ++i) {
    CAPTURE(real.steps[i].step.version_text);
    CHECK(dry.steps[i].outcome != StepOutcome::failed);
    if (dry.steps[i].outcome == StepOutcome::done) {
      CHECK(tallies(dry.steps[i]) == tallies(real.steps[i]));
    }
  }
  const std::string full = project.db.dump();
  const Report dry_down = project.dry_down("0");
  CHECK(failure(dry_down, project.dir) == "");
  CHECK(dry_down.count(StepOutcome::done) == dry_down.steps.size());
  CHECK(project.db.dump() == full);
}

TEST_CASE("all samples fit into a single transaction") {
  Project project;
  project.dir.copy(PGTIDE_SOURCE_DIR "/migrations");
  std::string refused;
  Report report;
  refused =
      project.refusal([&] { report = project.run(Direction::up, ToNewest{}, Finish::commit_all); });
  CHECK(refused == "");
  CHECK(failure(report, project.dir) == "");
  CHECK(report.count(StepOutcome::done) == report.steps.size());
}

TEST_CASE("the seed's directory goes up, down and up") {
  Project project;
  project.dir.copy(PGTIDE_SOURCE_DIR "/tests/data/seed/migrations");
  const std::string empty = project.db.schema();
  CHECK(told(project.up()) == "0001 done, 0002 done, 0003 done, 0004 done, 0005 done");
  const std::string full = project.db.schema();
  CHECK(told(project.down("0")) == "0005 done, 0004 done, 0003 done, 0002 done, 0001 done");
  // Its safe rollback of 0002 keeps a copy of the data.
  CHECK(project.db.has_table("user_preferences_backup"));
  project.db.run("DROP TABLE user_preferences_backup");
  CHECK(project.db.schema() == empty);
  CHECK(told(project.up()) == "0001 done, 0002 done, 0003 done, 0004 done, 0005 done");
  CHECK(project.db.schema() == full);
}
