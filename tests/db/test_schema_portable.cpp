// What a snapshot says is the same whatever the server's version is: run with PGTIDE_PG_BIN.
#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "support/db_snapshot.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

const std::string folder = PGTIDE_SOURCE_DIR "/tests/data/schema/";

std::string content(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream(folder + file).rdbuf();
  return text.str();
}

// The first line that is not in both.
std::string first_difference(const std::string& expected, const std::string& found) {
  std::istringstream left(expected);
  std::istringstream right(found);
  std::string a;
  std::string b;
  while (true) {
    const bool more_left = static_cast<bool>(std::getline(left, a));
    const bool more_right = static_cast<bool>(std::getline(right, b));
    if (!more_left && !more_right) return "";
    if (a != b || more_left != more_right) return "expected: " + a + "\nfound:    " + b;
  }
}

}  // namespace

TEST_CASE("a snapshot of what every version can express is the same on all of them") {
  Database db;
  db.run(content("portable.sql"));
  const schema::Snapshot snapshot = snapshot_of(db);
  const std::string text = text_of(snapshot) + "fingerprint: " + fingerprint(snapshot) + "\n";
  if (std::getenv("PGTIDE_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(folder + "portable.txt") << text;
  }
  CHECK(first_difference(content("portable.txt"), text) == "");
  CHECK(text.find("secret") == text.npos);
}
