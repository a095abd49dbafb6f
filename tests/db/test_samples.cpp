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
  // DROP INDEX CONCURRENTLY
  CHECK(dry_down.count(StepOutcome::not_simulable) == 1);
  CHECK(dry_down.count(StepOutcome::done) == dry_down.steps.size() - 1);
  CHECK(project.db.dump() == full);
}

TEST_CASE("the samples fit into a single transaction, up to those that refuse one") {
  Project project;
  project.dir.copy(PGTIDE_SOURCE_DIR "/migrations");
  const auto up = [&](const Target& target) {
    return project.run(Direction::up, target, Finish::commit_all);
  };
  CHECK(project.refusal([&] { up(ToNewest{}); })
            .find("sql/0016_fill_email_domain.sql: it cannot "
                  "run inside a transaction") != std::string::npos);
  const Report report = up(ToVersion{"15"});
  CHECK(failure(report, project.dir) == "");
  CHECK(report.count(StepOutcome::done) == 15);
}

TEST_CASE("the sample that fills a column in batches does so for every row, and again") {
  Project project;
  project.dir.copy(PGTIDE_SOURCE_DIR "/migrations");
  REQUIRE(failure(project.up("15"), project.dir) == "");
  project.db.run(
      "INSERT INTO users (display_name, email_address) SELECT i, i || '@host' || i % 7 || '.test' "
      "FROM generate_series(1, 2300) i");
  REQUIRE(failure(project.up(), project.dir) == "");
  REQUIRE(project.seen.batches.size() == 3);
  CHECK(project.seen.batches[2].rows == 2300);
  CHECK(project.seen.batches[2].elapsed_ms >= 200);
  CHECK(project.db.value("SELECT count(DISTINCT email_domain) || '/' || count(email_domain) FROM "
                         "users") == "7/2300");
  REQUIRE(failure(project.down("15"), project.dir) == "");
  REQUIRE(failure(project.up(), project.dir) == "");
  CHECK(project.db.value("SELECT count(email_domain) FROM users") == "2300");
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
