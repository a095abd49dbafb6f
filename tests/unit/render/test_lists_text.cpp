#include <doctest/doctest.h>

#include "samples.hpp"

namespace pgtide::render {
namespace {

TEST_CASE("history is a table with the errors between its rows") {
  const LogEntry failed{.run_id = "5f0c2a4e-7b1d-4c59-9a38-0d1e2f3a4b5c",
                        .at = "2026-01-15T10:25:00.001Z",
                        .version = "0004",
                        .event = "failed",
                        .direction = "up",
                        .duration_ms = 61'000,
                        .database_user = "deploy",
                        .client_host = "10.0.0.7",
                        .error = "relation \"x\" does not exist\nsecond line"};
  const LogEntry rolled_back{.run_id = "aa0c2a4e",
                             .at = "2026-01-15T10:22:33.5Z",
                             .version = "0003",
                             .event = "rolled_back",
                             .direction = "down",
                             .database_user = "app"};
  CHECK(history_text({failed, rolled_back}, plain()) ==
        R"(at (UTC)             version  event        direction        time  user@host        run
2026-01-15 10:25:00  0004     failed       up         1 min 01 s  deploy@10.0.0.7  5f0c2a4e
  error: relation "x" does not exist
         second line
2026-01-15 10:22:33  0003     rolled back  down                   app              aa0c2a4e
)");
  CHECK(history_text({}, plain()) == "nothing is recorded yet\n");
}

TEST_CASE("history tells which statement of a script it means") {
  const auto event = [](const std::string& name, const std::string& detail) {
    const std::string text = history_text(
        {{.version = "1", .event = name, .direction = "up", .detail = detail}}, plain());
    const auto begin = text.find("1        ", text.find('\n')) + 9;
    return text.substr(begin, text.find("  up", begin) - begin);
  };
  CHECK(event("started", R"({"statement": 0, "of": 1})") == "started, 1 statement");
  CHECK(event("started", R"({"environment": "x", "statement": 3, "of": 7, "before": "1 2"})") ==
        "started statement 3 of 7");
  CHECK(event("statement_done", R"({"statement": 3, "of": 7, "rows": 0})") ==
        "statement 3 of 7 done");
  CHECK(event("failed", R"({"statement": 3, "of": 7, "refused": true})") ==
        "failed at statement 3 of 7");
  // Anybody may write into the log.
  for (const char* detail : {"", "{", "[]", "3", R"({"statement": 3})",
                             R"({"statement": -1, "of": 2})", R"({"statement": "a", "of": 7})"}) {
    CAPTURE(detail);
    CHECK(event("started", detail) == "started");
  }
}

TEST_CASE("config shows where each setting came from") {
  CHECK(config_text({{"environment", "", SettingSource::fallback, "default"},
                     {"url", "postgresql://app:***@db/shop", SettingSource::environment_variable,
                      "DATABASE_URL"},
                     {"policy.database_ahead", "warn", SettingSource::file, "pgtide.toml:3"}},
                    plain(40)) ==
        R"(setting                value                         from
environment            -                             default
url                    postgresql://app:***@db/shop  DATABASE_URL
policy.database_ahead  warn                          pgtide.toml:3
)");
}

}  // namespace
}  // namespace pgtide::render
