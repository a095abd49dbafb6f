#include "support/db_stepwise.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <thread>

namespace pgtide::testing {

std::string journal(Project& project) {
  return project.db.rows(
      "SELECT event || coalesce(' ' || (detail->>'statement') || '/' || (detail->>'of'), '') "
      "FROM migrations_log ORDER BY id");
}

std::string indexes(Project& project, const std::string& table) {
  return project.db.rows(
      "SELECT c.relname || CASE WHEN i.indisvalid THEN ' valid' ELSE ' invalid' END "
      "FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = " +
      quote_literal(table) + "::regclass ORDER BY c.relname");
}

int server_version(Project& project) {
  return std::stoi(project.db.value("SHOW server_version_num"));
}

void run_each(Project& project, const std::string& sql) {
  std::istringstream in(sql);
  for (std::string one; std::getline(in, one, ';');) project.db.run(one);
}

void kill_while_running(Project& project, const std::string& sql, const std::string& before) {
  Sql victim = project.db.connect();
  if (!before.empty()) victim.run(before);
  const int pid = victim.pid();
  std::thread running([&] { CHECK_THROWS(victim.run(sql)); });
  CHECK(becomes_true([&] {
    return project.db.connect().value(
               "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND pid = " +
               std::to_string(pid)) == "1";
  }));
  project.db.connect().run("SELECT pg_terminate_backend(" + std::to_string(pid) + ")");
  running.join();
}

}  // namespace pgtide::testing
