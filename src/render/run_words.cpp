#include "render/run_words.hpp"

#include <algorithm>
#include <array>

#include "pgtide/render.hpp"
#include "render/safe_text.hpp"

namespace pgtide::render {

std::string version_text(Version version, const std::vector<Step>& steps) {
  constexpr std::size_t usual_width = 4;
  std::size_t width = steps.empty() ? usual_width : 0;
  for (const Step& step : steps) {
    if (step.version == version && !step.version_text.empty()) return printable(step.version_text);
    width = std::max(width, step.version_text.size());
  }
  return version.padded(width);
}

std::string version_text(Version version, const Report& report) {
  std::vector<Step> steps;
  for (const StepReport& step : report.steps) steps.push_back(step.step);
  return version_text(version, steps);
}

std::string labelled(const Step& step) {
  const std::string version = printable(step.version_text);
  return step.name.empty() ? version : version + " " + printable(step.name);
}

std::string_view done_verb(Direction direction, Finish finish) {
  if (direction == Direction::up) return finish == Finish::roll_back ? "would apply" : "applied";
  return finish == Finish::roll_back ? "would roll back" : "rolled back";
}

std::string_view outcome_word(StepOutcome outcome) {
  switch (outcome) {
    case StepOutcome::done:
      return "done";
    case StepOutcome::failed:
      return "failed";
    case StepOutcome::undone:
      return "undone";
    case StepOutcome::unknown:
      return "unknown";
    case StepOutcome::not_simulable:
      return "not_simulable";
    case StepOutcome::not_run:
      break;
  }
  return "not_run";
}

bool counts_rows(const Tally& tally) {
  static constexpr std::array<std::string_view, 7> commands = {
      "INSERT", "UPDATE", "DELETE", "MERGE", "COPY", "SELECT", "CREATE TABLE AS"};
  return tally.rows > 0 ||
         std::find(commands.begin(), commands.end(), tally.command) != commands.end();
}

Result result_of(const Report& report) {
  if (report.failure) {
    const bool interrupted = report.failure->kind == FailureKind::interrupted;
    return interrupted ? Result::interrupted : Result::failed;
  }
  if (report.steps.empty()) return Result::nothing_to_do;
  return report.count(StepOutcome::not_simulable) > 0 ? Result::not_simulable : Result::ok;
}

}  // namespace pgtide::render
