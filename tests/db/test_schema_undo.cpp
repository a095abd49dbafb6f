// What undo() writes leads back, for every change in tests/data/schema/changes.sql that has one.
#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "pgtide/schema/undo.hpp"
#include "support/db_snapshot.hpp"
#include "support/schema_changes.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

std::string script_of(const std::vector<std::string>& statements) {
  std::string script;
  for (const std::string& statement : statements) script += statement + ";\n";
  return script;
}

// What is not as it was after a change and its undoing; why it could not be tried.
std::string undone(SnapshotSession& session, const schema::LiveSnapshot& before,
                   const SchemaChange& change, std::string& script) {
  session.run("SAVEPOINT one");
  std::string left;
  try {
    session.run(change.change);
    const std::string renames = script_of(schema::undo_renames(before, session.read_live()));
    if (!renames.empty()) session.run(renames);
    const schema::Undo undo = schema::undo(before, session.read_live());
    const std::string rest = script_of(undo.statements);
    script = renames + rest;
    if (!rest.empty()) session.run(rest);
    left = described(plain(before), session.read());
    for (const std::string& loss : undo.losses) script += "-- " + loss + "\n";
  } catch (const std::exception& error) {
    left = error.what();
  }
  session.run("ROLLBACK TO SAVEPOINT one");
  return left;
}

// The changes are written for PostgreSQL 15; older ones do not know all of them.
bool is_known(SnapshotSession& session, const SchemaChange& change) {
  static const bool all = session.value("SHOW server_version_num") >= "150000";
  if (all) return true;
  bool known = change.can_be_undone;
  session.run("BEGIN");
  try {
    session.run(change.setup);
    session.run(change.change);
  } catch (const std::runtime_error&) {
    known = false;
  }
  session.run("ROLLBACK");
  return known;
}

}  // namespace

TEST_CASE("a change is undone") {
  Database db;
  db.run("CREATE ROLE reader; CREATE ROLE writer SUPERUSER");
  SnapshotSession session(db.conninfo());
  std::vector<SchemaChange> changes = read_schema_changes(TokenOf::setup);
  std::erase_if(changes, [&](const SchemaChange& change) {
    return change.seen == Seen::nothing || !is_known(session, change);
  });
  std::string setup;
  schema::LiveSnapshot before;
  session.run("BEGIN");
  for (const SchemaChange& change : changes) {
    if (change.setup != setup) {
      setup = change.setup;
      session.run("ROLLBACK");
      session.run("BEGIN");
      session.run(setup);
      before = session.read_live();
    }
    std::string script;
    const std::string left = undone(session, before, change, script);
    CAPTURE(change.setup);
    CAPTURE(change.change);
    CAPTURE(script);
    CAPTURE(left);
    CHECK((left == "") == change.can_be_undone);
  }
  session.run("ROLLBACK");
}
