#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "json_samples.hpp"

namespace pgtide::render {
namespace {

using nlohmann::json;

json result_of_run(Finish finish, std::vector<StepReport> steps) {
  return json::parse(report_json(sample_report(finish, std::move(steps))));
}

TEST_CASE("a document is whole and ends its line") {
  CHECK(generated_json("0001", "a.sql", "b.sql") ==
        "{\n  \"version\": \"0001\",\n  \"forward\": \"a.sql\",\n  \"rollback\": \"b.sql\"\n}\n");
  CHECK(problems_json({}) == "{\n  \"valid\": true,\n  \"problems\": []\n}\n");
  CHECK(history_json({}) == "{\n  \"events\": []\n}\n");
  CHECK(recorded_json({}, "marked good") ==
        "{\n  \"event\": \"marked_good\",\n  \"migrations\": []\n}\n");
}

TEST_CASE("keys are there when their values are unknown") {
  const json status = json::parse(status_json({}));
  CHECK(status["database"].is_null());
  CHECK(status["current"].is_null());
  CHECK(status["clean"] == true);
  CHECK(status["ledger"] == json({{"schema", nullptr}, {"table", nullptr}, {"exists", false}}));
  CHECK(status["migrations"] == json::array());
  CHECK(status["summary"] == json({{"total", 0},
                                   {"pending", 0},
                                   {"applied", 0},
                                   {"failed", 0},
                                   {"rolled_back", 0},
                                   {"in_progress", 0},
                                   {"changed", 0},
                                   {"missing", 0},
                                   {"out_of_order", 0}}));

  const json error = json::parse(error_json(Error(ErrorKind::environment, "no connection"), 4));
  CHECK(error == json({{"error",
                        {{"kind", "environment"},
                         {"message", "no connection"},
                         {"hint", nullptr},
                         {"sqlstate", nullptr},
                         {"detail", nullptr},
                         {"problems", json::array()}}},
                       {"exit_code", 4}}));

  const json problem =
      json::parse(problems_json({{.where = {}, .message = "no version is given"}}))["problems"][0];
  CHECK(problem == json({{"file", nullptr},
                         {"line", nullptr},
                         {"column", nullptr},
                         {"message", "no version is given"},
                         {"hint", nullptr}}));
}

TEST_CASE("enumerations are words with underscores") {
  StatusReport report;
  report.entries = {{.state = State::rolled_back, .rollback = RollbackState::irreversible},
                    {.state = State::out_of_order, .rollback = RollbackState::stored}};
  const json status = json::parse(status_json(report));
  CHECK(status["migrations"][0]["state"] == "rolled_back");
  CHECK(status["migrations"][0]["rollback"] == "irreversible");
  CHECK(status["migrations"][1]["state"] == "out_of_order");
  CHECK(status["summary"]["out_of_order"] == 1);
  CHECK(status["clean"] == false);
}

TEST_CASE("the result of a run") {
  using enum StepOutcome;
  const auto each = Finish::commit_each;
  CHECK(result_of_run(each, {})["result"] == "nothing_to_do");
  CHECK(result_of_run(each, {sample_done(1, "a")})["result"] == "ok");
  CHECK(result_of_run(Finish::roll_back,
                      {sample_done(1, "a"), sample_with(not_simulable, 2, "b")})["result"] ==
        "not_simulable");
  Report report = sample_report(Finish::roll_back,
                                {sample_with(not_simulable, 1, "a"), sample_with(failed, 2, "b")});
  report.failure = sample_failure(1);
  CHECK(json::parse(report_json(report))["result"] == "failed");
  report.failure->kind = FailureKind::interrupted;
  report.failure->signal = 15;
  const json interrupted = json::parse(report_json(report));
  CHECK(interrupted["result"] == "interrupted");
  CHECK(interrupted["failure"]["kind"] == "interrupted");
  CHECK(interrupted["failure"]["signal"] == 15);
}

TEST_CASE("how a run ends is told by two keys") {
  const auto ends = [](Finish finish) {
    const json report = result_of_run(finish, {sample_done(1, "a", Direction::down)});
    CHECK(report["command"] == "down");
    return std::pair<bool, bool>(report["dry_run"], report["single_transaction"]);
  };
  CHECK(ends(Finish::commit_each) == std::pair(false, false));
  CHECK(ends(Finish::commit_all) == std::pair(false, true));
  CHECK(ends(Finish::roll_back) == std::pair(true, false));
}

TEST_CASE("a failure at the end of the run belongs to no version") {
  Report report = sample_report(Finish::commit_all, {sample_with(StepOutcome::undone, 1, "a")});
  report.failure = Failure{.kind = FailureKind::environment, .step = 1, .message = "m"};
  const json document = json::parse(report_json(report));
  CHECK(document["failure"]["version"].is_null());
  CHECK(document["failure"]["kind"] == "environment");
  CHECK(document["migrations"][0]["outcome"] == "undone");
}

TEST_CASE("the detail of an event is JSON, or text when it is none") {
  const json events = json::parse(
      history_json({{.detail = R"({"statement": 3})"}, {.detail = "not {json"}, {}}))["events"];
  CHECK(events[0]["detail"]["statement"] == 3);
  CHECK(events[1]["detail"] == "not {json");
  CHECK(events[2]["detail"].is_null());
}

TEST_CASE("whatever bytes there are, the document is valid and safe to print") {
  std::string every_byte;
  for (int byte = 1; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  Report report =
      sample_report(Finish::commit_each, {sample_with(StepOutcome::failed, 1, every_byte)});
  report.failure = sample_failure(0);
  report.failure->message = every_byte +
                            "\xc2\x9b"
                            "2J caf\u00e9";
  report.failure->detail = std::string("a\0b", 3);
  const std::string document = report_json(report);
  const json parsed = json::parse(document);
  CHECK(
      parsed["failure"]["message"].get<std::string>().ends_with("\xc2\x9b"
                                                                "2J caf\u00e9"));
  CHECK(parsed["failure"]["detail"] == std::string("a\0b", 3));
  CHECK(document.find("caf\u00e9") != std::string::npos);
  CHECK(document.find("\xc2\x9b") == std::string::npos);
  for (const char c : document) {
    const auto byte = static_cast<unsigned char>(c);
    CHECK_UNARY((byte >= 0x20 && byte != 0x7F) || c == '\n');
  }
}

}  // namespace
}  // namespace pgtide::render
