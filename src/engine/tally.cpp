#include "engine/tally.hpp"

#include <algorithm>
#include <string>

namespace pgtide::engine {
namespace {

// `INSERT 0 3` -> `INSERT`
std::string command_of(const std::string& tag) {
  std::string command = tag.substr(0, tag.find_first_of("0123456789"));
  while (!command.empty() && command.back() == ' ') command.pop_back();
  return command;
}

}  // namespace

void count_statement(StepReport& step, const ports::Outcome& outcome) {
  ++step.statements;
  const std::string command = command_of(outcome.tag);
  auto found = std::find_if(step.tallies.begin(), step.tallies.end(),
                            [&](const Tally& tally) { return tally.command == command; });
  if (found == step.tallies.end()) {
    found = step.tallies.insert(step.tallies.end(), Tally{.command = command});
  }
  ++found->statements;
  found->rows += outcome.rows.value_or(0);
}

}  // namespace pgtide::engine
