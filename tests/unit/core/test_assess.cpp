#include <doctest/doctest.h>

#include "core_fixtures.hpp"
#include "pgtide/plan.hpp"

using namespace pgtide;
using namespace core_fixtures;

namespace {

// `0001 applied ready`, one string a version.
std::vector<std::string> texts(const std::vector<VersionStatus>& all) {
  std::vector<std::string> out;
  for (const VersionStatus& status : all)
    out.push_back(status.version_text + " " + std::string(to_string(status.state)) + " " +
                  std::string(to_string(status.rollback)));
  return out;
}

using Texts = std::vector<std::string>;

LedgerRow with_checksum(LedgerRow row, std::string checksum) {
  row.checksum = std::move(checksum);
  return row;
}

}  // namespace

TEST_CASE("every version of either side has its state, in numeric order") {
  LedgerRow gone = applied_row("7", "gone");
  gone.rollback_stored = true;
  const LedgerSnapshot rows = ledger({applied_row("1"), failed_row("0002"), rolled_back_row("0003"),
                                      applied_row("0005"), gone, failed_row("0008")});
  const Catalog catalog = catalog_from(
      {"0001_a.sql", "0002_b.sql", "0003_c.sql", "0004_d.sql", "0005_e.sql", "10_g.sql"},
      {"0001_rollback.sql"});
  const std::vector<VersionStatus> all = assess(catalog, rows, {Version(5)});
  CHECK(texts(all) == Texts{"0001 applied ready", "0002 failed missing", "0003 rolled_back missing",
                            "0004 out_of_order missing", "0005 applied irreversible",
                            "7 missing stored", "0008 failed missing", "10 pending missing"});
  CHECK(all[5].name == "gone");
  CHECK(all[5].migration == nullptr);
  CHECK(all[0].migration == &catalog.migrations[0]);
  CHECK(all[0].row == &rows.rows[0]);
  CHECK(all[3].row == nullptr);
}

TEST_CASE("an applied file is changed when no form of it was recorded") {
  const std::string script = "select 1;\n";
  Catalog catalog = catalog_of({"0001_a.sql"});
  const auto state = [&](LedgerRow row) {
    return assess(catalog, ledger({std::move(row)}))[0].state;
  };
  CHECK(state(with_checksum(applied_row("0001"), sha256_hex("other"))) == State::applied);
  catalog.migrations[0].forward_checksum = checksum_of(script);
  CHECK(state(with_checksum(applied_row("0001"), sha256_hex(script))) == State::applied);
  CHECK(state(with_checksum(applied_row("0001"), sha256_hex("select 1;\r\n"))) == State::applied);
  CHECK(state(with_checksum(applied_row("0001"), sha256_hex("other"))) == State::changed);
  CHECK(state(with_checksum(applied_row("0001"), "")) == State::applied);
  CHECK(state(with_checksum(failed_row("0001"), sha256_hex("other"))) == State::failed);
  CHECK(state(with_checksum(rolled_back_row("0001"), sha256_hex("other"))) == State::rolled_back);
}

TEST_CASE("the rollback script on disk wins over the stored one") {
  LedgerRow row = applied_row("0001");
  row.rollback_stored = true;
  CHECK(assess(catalog_of({"0001_a.sql"}), ledger({row}))[0].rollback == RollbackState::ready);
  CHECK(assess(catalog_from({"0001_a.sql"}, {}), ledger({row}))[0].rollback ==
        RollbackState::stored);
}
