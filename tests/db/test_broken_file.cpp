// A script's file that cannot be read any more while the run is at it.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>

#include "adapters/pg_run_lock.hpp"
#include "adapters/pg_session.hpp"
#include "adapters/script_files.hpp"
#include "adapters/soci_ledger.hpp"
#include "engine/runner.hpp"
#include "support/db_project.hpp"

using namespace pgtide;
using namespace pgtide::testing;

namespace {

class BrokenSource final : public ByteSource {
 public:
  BrokenSource(std::unique_ptr<ByteSource> inner, std::size_t readable)
      : inner_(std::move(inner)), readable_(readable) {}
  std::size_t read(std::span<char> buffer) override {
    if (readable_ == 0) throw Error(ErrorKind::environment, "cannot read it: Stale file handle");
    const std::size_t n = inner_->read(buffer.first(std::min(buffer.size(), readable_)));
    readable_ -= n;
    return n;
  }

 private:
  std::unique_ptr<ByteSource> inner_;
  std::size_t readable_;
};

class BrokenScripts final : public ports::Scripts {
 public:
  explicit BrokenScripts(ports::Scripts& inner) : inner_(inner) {}
  Catalog catalog(const LedgerSnapshot& ledger) override { return inner_.catalog(ledger); }
  Catalog without_files() override { return inner_.without_files(); }
  std::unique_ptr<ByteSource> open(const Step& step) override {
    auto source = inner_.open(step);
    if (step.version_text != broken || sound-- > 0) return source;
    return std::make_unique<BrokenSource>(std::move(source), readable);
  }
  std::unique_ptr<ByteSource> open_file(const std::string& path) override {
    return inner_.open_file(path);
  }

  std::string broken;  // version of the script that breaks
  std::size_t readable = 0;
  int sound = 0;  // times that it is read to its end before

 private:
  ports::Scripts& inner_;
};

// One session for several runs.
struct Runs {
  Project project;
  TestInterrupt interrupt;
  LedgerNames names;
  adapters::ConnectOptions connect{.conninfo = project.db.conninfo()};
  adapters::SociLedger ledger{connect, names, std::chrono::seconds(5)};
  adapters::PgSession session{ledger.connection(), interrupt};
  adapters::PgRunLock lock{connect, names, ledger.connection()};
  adapters::ScriptFiles files{project.dir.path(), &ledger};
  BrokenScripts scripts{files};
  engine::Runner runner{{session, ledger, scripts, lock, project.seen, interrupt},
                        {.names = names,
                         .settings = {},
                         .run = {"00000000-0000-4000-8000-000000000000", "test", "test"}}};

  // `readable`: bytes of the script of 0002, when it was read `sound` times.
  Report up_broken(std::size_t readable, int sound) {
    PreparedRun prepared = runner.prepare({});
    scripts.broken = "0002";
    scripts.readable = readable;
    scripts.sound = sound;
    Report report = runner.execute(prepared);
    scripts.broken.clear();
    return report;
  }
  Report up() {
    PreparedRun prepared = runner.prepare({});
    return runner.execute(prepared);
  }
};

std::string lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(100000 + i) + "\n";
  return text;
}

}  // namespace

TEST_CASE("a file that breaks ends the run in order") {
  Runs runs;
  runs.project.dir.pair("0001", "a", "CREATE TABLE a (id integer)");
  runs.project.dir.pair("0003", "c", "CREATE TABLE c ()");
  std::size_t readable = 0;
  int sound = 0;
  std::string kept = "0";
  SUBCASE("before its first byte") {
    runs.project.dir.pair("0002", "b", "INSERT INTO a VALUES (1)");
  }
  SUBCASE("in the data of a COPY") {
    runs.project.dir.pair("0002", "b", "COPY a FROM stdin;\n" + lines(200'000) + "\\.\n");
    readable = 1'000'000;
  }
  SUBCASE("before the first statement of a script that runs statement by statement") {
    runs.project.dir.pair("0002", "b", "INSERT INTO a VALUES (1); VACUUM a");
  }
  SUBCASE("before that, behind its first statement") {
    runs.project.dir.pair("0002", "b", "INSERT INTO a VALUES (1);\nVACUUM a;\nSELECT 1;\n");
    readable = 30;
  }
  // One that is too long to be kept is read again while it runs.
  SUBCASE("between two statements of one") {
    runs.project.dir.pair("0002", "b",
                          "INSERT INTO a VALUES (1);\nVACUUM a;\n/*" + std::string(2'000'000, '*') +
                              "*/ INSERT INTO a VALUES (2);\n");
    readable = 500'000;
    sound = 1;
    kept = "1";
  }
  SUBCASE("in the data of a COPY of one") {
    runs.project.dir.pair(
        "0002", "b",
        "INSERT INTO a VALUES (1);\nVACUUM a;\nCOPY a FROM stdin;\n" + lines(200'000) + "\\.\n");
    readable = 1'000'000;
    sound = 1;
    kept = "1";
  }
  const Report report = runs.up_broken(readable, sound);
  CHECK(told(report) == "0001 done, 0002 failed, 0003 not_run");
  REQUIRE(report.failure);
  CHECK(report.failure->kind == FailureKind::environment);
  CHECK(report.failure->message == "cannot read it: Stale file handle");
  CHECK(report.failure->recorded);
  CHECK(report.current == Version(1));
  CHECK(runs.project.seen.steps.back() == "0002 failed");
  CHECK(runs.project.db.value("SELECT count(*) FROM a") == kept);
  // The session is fit for use.
  CHECK(told(runs.up()) == "0002 done, 0003 done");
}
