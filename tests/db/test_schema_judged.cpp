// Every change in tests/data/schema/changes.sql, judged by pg_dump.
#include <doctest/doctest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "adapters/process.hpp"
#include "support/db_snapshot.hpp"
#include "support/schema_changes.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

using Case = SchemaChange;

// Of each case that a text mentions.
std::set<std::string> tokens_in(const std::string& text) {
  std::set<std::string> found;
  const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '9'; };
  for (std::size_t at = 0; (at = text.find('c', at)) != text.npos; ++at) {
    if (at + 3 >= text.size() || !digit(at + 1) || !digit(at + 2) || !digit(at + 3)) continue;
    found.insert(text.substr(at, 4));
  }
  return found;
}

// The dump's entries, by the case that they are of.
std::map<std::string, std::multiset<std::string>> dump_by_case(const Database& database) {
  std::map<std::string, std::multiset<std::string>> entries;
  std::string entry;
  const auto end_entry = [&] {
    for (const std::string& token : tokens_in(entry)) entries[token].insert(entry);
    entry.clear();
  };
  const std::string dump = database.schema();
  for (std::size_t begin = 0; begin < dump.size();) {
    const std::size_t end = dump.find('\n', begin);
    const std::string line = dump.substr(begin, end - begin);
    begin = end + 1;
    if (line.starts_with("-- Name: ")) end_entry();
    // SET is said once for several entries.
    const bool filling = line.empty() || line == "--" || line.starts_with("SET default_t");
    if (!filling) entry += line + "\n";
  }
  end_entry();
  return entries;
}

std::map<std::string, std::string> differences_by_case(const schema::Snapshot& before,
                                                       const schema::Snapshot& after) {
  std::map<std::string, std::string> texts;
  for (const schema::Difference& difference : diff(before, after)) {
    const std::string text = describe(difference) + "\n";
    std::set<std::string> tokens = tokens_in(text);
    // Rights on what initdb made name the case only in what they are.
    for (const schema::Object& object : after.objects) {
      if (object.identity != difference.identity || !tokens.empty()) continue;
      for (const auto& attribute : object.attributes) tokens.merge(tokens_in(attribute.value));
    }
    CAPTURE(text);
    CHECK(tokens.size() == 1);
    for (const std::string& token : tokens) texts[token] += text;
  }
  return texts;
}

// False for what is new in the version that the cases are written for.
bool can_make(Database& database, Sql& session, const std::string& sql) {
  static const bool newest = database.value("SHOW server_version_num") >= "150000";
  if (newest) {
    session.run(sql);
    return true;
  }
  const std::string state = session.sqlstate(sql);
  return state == "00000";
}

// Of what every database has: nothing in it bears the case's name, and cases meet there.
bool changes_what_initdb_made(const Case& one) {
  return one.change.find(" SCHEMA public ") != std::string::npos ||
         one.change.find("ON pg_catalog.") != std::string::npos ||
         one.change.find("ON FUNCTION pg_catalog.") != std::string::npos ||
         one.change.find("ON LANGUAGE plpgsql ") != std::string::npos;
}

// What only one of two dumps has.
std::string dump_difference(const std::multiset<std::string>& before,
                            const std::multiset<std::string>& after) {
  std::string text;
  for (const std::string& entry : before) {
    if (!after.contains(entry)) text += "- " + entry;
  }
  for (const std::string& entry : after) {
    if (!before.contains(entry)) text += "+ " + entry;
  }
  return text;
}

}  // namespace

TEST_CASE("a snapshot sees what pg_dump shows, and nothing else") {
  Database db;
  db.run("CREATE ROLE reader; CREATE ROLE writer SUPERUSER");
  SnapshotSession session(db.conninfo());
  Sql maker = db.connect();
  std::vector<Case> cases = read_schema_changes();
  std::erase_if(cases, changes_what_initdb_made);
  std::erase_if(cases, [&](const Case& one) { return !can_make(db, maker, one.setup); });
  auto dump_before = dump_by_case(db);
  const schema::Snapshot before = session.read();
  std::erase_if(cases, [&](const Case& one) { return !can_make(db, maker, one.change); });
  auto dump_after = dump_by_case(db);
  const schema::Snapshot after = session.read();
  auto differences = differences_by_case(before, after);
  REQUIRE(cases.size() >= 500);
  for (const Case& one : cases) {
    CAPTURE(one.setup);
    CAPTURE(one.change);
    const std::string dump = dump_difference(dump_before[one.token], dump_after[one.token]);
    CAPTURE(dump);
    if (can_dump()) CHECK(!dump.empty() == (one.seen == Seen::changes));
    CAPTURE(differences[one.token]);
    CHECK(!differences[one.token].empty() == (one.seen != Seen::nothing));
  }
}

TEST_CASE("a snapshot sees what pg_dump shows of what initdb made") {
  std::vector<Case> cases = read_schema_changes();
  std::erase_if(cases, [](const Case& one) { return !changes_what_initdb_made(one); });
  REQUIRE(cases.size() >= 12);
  for (const Case& one : cases) {
    CAPTURE(one.change);
    Database db;
    Sql maker = db.connect();
    if (!can_make(db, maker, one.setup)) continue;
    const std::string dump_before = db.schema();
    const schema::Snapshot before = snapshot_of(db);
    if (!can_make(db, maker, one.change)) continue;
    if (can_dump()) CHECK((db.schema() != dump_before) == (one.seen == Seen::changes));
    CHECK((described(before, snapshot_of(db)) != "") == (one.seen != Seen::nothing));
  }
}
