#include <doctest/doctest.h>

#include <algorithm>

#include "pgtide/backup_files.hpp"

using namespace pgtide;
using namespace std::chrono;

namespace {

using Names = std::vector<std::string>;

BackupTime at(int y, unsigned m, unsigned d, int hour = 3) {
  return sys_days(year_month_day{year(y), month(m), day(d)}) + hours(hour);
}

// A backup of every day at three in the morning, and on the last day one at four.
Names a_year() {
  Names names;
  for (sys_days day = sys_days(2025y / 1 / 1); day <= sys_days(2025y / 12 / 31); day += days(1))
    names.push_back(backup_name("shop", day + hours(3)));
  names.push_back(backup_name("shop", at(2025, 12, 31, 4)));
  return names;
}

Names kept(const Names& names, const Retention& keep) {
  const Names gone = expired_backups("shop", names, keep);
  Names left;
  for (const std::string& name : backups_of("shop", names))
    if (std::find(gone.begin(), gone.end(), name) == gone.end()) left.push_back(name.substr(5, 8));
  return left;
}

}  // namespace

TEST_CASE("a name tells the database and the time") {
  const BackupTime time = at(2026, 1, 15, 10) + minutes(22) + seconds(33);
  CHECK(backup_name("shop", time) == "shop-20260115T102233Z.dump");
  CHECK(backup_time("shop", "shop-20260115T102233Z.dump") == time);
  for (const char* other :
       {"shop", "shop-.dump", ".dump", "shop-20260115T102233Z", "shop-20261315T102233Z.dump",
        "shop-20260230T102233Z.dump", "shop-20260115T252233Z.dump", "shop-2026011xT102233Z.dump",
        "shop-20260115T102233Z.dump.partial", "shopping-20260115T102233Z.dump",
        "shop-eu-20260115T102233Z.dump", "shop-+0260115T102233Z.dump", ""}) {
    CAPTURE(other);
    CHECK_FALSE(backup_time("shop", other));
  }
}

TEST_CASE("odd names of databases stay apart and are no paths") {
  const BackupTime time = at(2026, 1, 15);
  CHECK(backup_name("../a b", time) == "%2E%2E%2Fa%20b-20260115T030000Z.dump");
  CHECK(backup_name("a b", time) != backup_name("a%20b", time));
  CHECK(backup_time("../a b", backup_name("../a b", time)) == time);
}

TEST_CASE("one a day, a week and a month") {
  CHECK(kept(a_year(), {.days = 3, .weeks = 0, .months = 0}) ==
        Names{"20251231", "20251231", "20251230", "20251229"});
  // The 29th of December 2025 was a Monday, so the 28th is the newest of the week before.
  CHECK(kept(a_year(), {.days = 0, .weeks = 3, .months = 0}) ==
        Names{"20251231", "20251231", "20251228", "20251221"});
  CHECK(kept(a_year(), {.days = 0, .weeks = 0, .months = 3}) ==
        Names{"20251231", "20251231", "20251130", "20251031"});
  CHECK(kept(a_year(), {.days = 2, .weeks = 2, .months = 2}) ==
        Names{"20251231", "20251231", "20251230", "20251228", "20251130"});
}

TEST_CASE("days without a backup do not count") {
  const Names names = {backup_name("shop", at(2020, 5, 1)), backup_name("shop", at(2023, 5, 1)),
                       backup_name("shop", at(2026, 5, 1))};
  CHECK(expired_backups("shop", names, {.days = 2, .weeks = 0, .months = 0}) == Names{names[0]});
  CHECK(expired_backups("shop", names, {}).empty());
}

TEST_CASE("the newest day is always kept, other files are never touched") {
  Names names = a_year();
  CHECK(expired_backups("shop", names, {.days = 0, .weeks = 0, .months = 0}).empty());
  names.push_back("notes.txt");
  names.push_back(backup_name("shop2", at(2020, 1, 1)));
  const Names gone = expired_backups("shop", names, {.days = 1, .weeks = 0, .months = 0});
  CHECK(gone.size() == a_year().size() - 2);
  CHECK(std::find(gone.begin(), gone.end(), "shop-20251231T040000Z.dump") == gone.end());
  for (const std::string& name : gone) CHECK(name.starts_with("shop-2025"));
}
