// A run, before and while it happens.
#include <fmt/format.h>

#include <algorithm>

#include "core/wording.hpp"
#include "pgtide/render.hpp"
#include "render/place.hpp"
#include "render/run_words.hpp"
#include "render/safe_text.hpp"
#include "render/style.hpp"
#include "render/time_text.hpp"

namespace pgtide::render {
namespace {

constexpr std::size_t indent = 4;

struct Verb {
  std::string_view text;
  Tone tone;
};

Verb verb_of(const StepReport& step, Finish finish) {
  switch (step.outcome) {
    case StepOutcome::done:
      return {done_verb(step.step.direction, finish), Tone::good};
    case StepOutcome::failed:
      return {"failed", Tone::bad};
    case StepOutcome::undone:
      return {"undone", Tone::attention};
    case StepOutcome::unknown:
      return {"unknown", Tone::attention};
    case StepOutcome::not_simulable:
      return {"not simulable", Tone::attention};
    case StepOutcome::not_run:
      break;
  }
  return {"not run", Tone::quiet};
}

// Of the longest verb that a run of this kind prints for finished steps.
std::size_t verb_width(Direction direction, Finish finish) {
  const std::string_view usual = finish == Finish::roll_back ? "not simulable" : "rolled back";
  return std::max(usual.size(), done_verb(direction, finish).size());
}

std::string time_of(const StepReport& step, const Style& style) {
  const bool ran = step.outcome == StepOutcome::done || step.outcome == StepOutcome::undone ||
                   step.outcome == StepOutcome::failed;
  if (!ran && step.duration_ms == 0) return {};
  return " " + painted(fmt::format("({})", duration_text(step.duration_ms)), Tone::quiet, style);
}

std::string tally_text(const Tally& tally) {
  const std::string command = tally.command.empty() ? "other" : printable(tally.command);
  std::string text = fmt::format("{} {}", command, tally.statements);
  if (counts_rows(tally)) text += fmt::format(" ({})", counted(tally.rows, "row"));
  return text;
}

// As many to a line as fit.
std::string tallies_text(const StepReport& step, const Style& style) {
  const std::string margin(indent, ' ');
  if (step.tallies.empty()) return margin + painted("no statements", Tone::quiet, style) + "\n";
  std::string out;
  std::string line;
  const auto end_line = [&] { out += margin + painted(line, Tone::quiet, style) + "\n"; };
  for (std::size_t i = 0; i < step.tallies.size(); ++i) {
    const std::string piece =
        tally_text(step.tallies[i]) + (i + 1 < step.tallies.size() ? "," : "");
    if (!line.empty() && indent + line.size() + 1 + piece.size() > style.width) {
      end_line();
      line.clear();
    }
    line += (line.empty() ? "" : " ") + piece;
  }
  end_line();
  return out;
}

std::string reasons_text(const StepReport& step) {
  std::string out;
  for (const Problem& reason : step.not_simulable) {
    std::string text = printable_lines(reason.message);
    std::replace(text.begin(), text.end(), '\n', ' ');
    out += std::string(indent, ' ') + place_prefix(reason.where) + text + "\n";
    out += field(indent, "hint", reason.hint);
  }
  return out;
}

// A query on one line.
std::string folded(const std::string& query) {
  std::string out;
  for (const char c : query) {
    const bool is_blank = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!is_blank) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  return out;
}

}  // namespace

std::string step_text(const StepReport& step, Finish finish, const Style& style) {
  const Verb verb = verb_of(step, finish);
  const std::size_t width = verb_width(step.step.direction, finish);
  std::string out = painted(verb.text, verb.tone, style);
  out.append(width - std::min(width, verb.text.size()) + 2, ' ');
  out += labelled(step.step) + time_of(step, style) + "\n";
  if (finish != Finish::roll_back) return out;
  const bool ran = step.outcome == StepOutcome::done || !step.tallies.empty();
  if (ran) out += tallies_text(step, style);
  return out + reasons_text(step);
}

std::string rate_text(const BatchProgress& batches) {
  const auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(batches.elapsed_ms, 1));
  return fmt::format("{} rows a second", batches.rows * 1000 / ms);
}

std::string live_text(const Step& step, std::size_t index, std::size_t total,
                      std::int64_t elapsed_ms, const Style& style,
                      const std::optional<BatchProgress>& batches) {
  const std::string head =
      fmt::format("[{}/{}] {}", index + 1, total, printable(step.version_text));
  std::string tail = " " + elapsed_text(elapsed_ms);
  if (batches) tail += ", " + batches_text(*batches);
  if (const std::string rate = batches ? ", " + rate_text(*batches) : std::string();
      display_width(head) + tail.size() + rate.size() <= style.width) {
    tail += rate;
  }
  const std::size_t taken = display_width(head) + tail.size() + 1;
  constexpr std::size_t least = 5;  // fewer letters of a name tell nothing
  const std::string name = printable(step.name);
  const std::size_t room = style.width > taken ? style.width - taken : 0;
  const bool shows_name = !name.empty() && (display_width(name) <= room || room >= least);
  return shortened(head + (shows_name ? " " + shortened(name, room) : "") + tail, style.width);
}

std::string plan_text(const Plan& plan, const Style& style, Finish finish) {
  const bool up = plan.direction == Direction::up;
  const std::string_view will = finish == Finish::roll_back ? "would" : "will";
  if (plan.steps.empty()) return up ? "nothing to apply\n" : "nothing to roll back\n";
  std::string out = fmt::format("{} {} {}{}:\n", will, up ? "apply" : "roll back",
                                counted(plan.steps.size(), "migration"),
                                up || plan.steps.size() == 1 ? "" : ", newest first");
  for (const Step& step : plan.steps) {
    out += "  " + labelled(step);
    if (step.origin == ScriptOrigin::ledger) {
      out += " " + painted("(the script stored in the database is used)", Tone::attention, style);
    }
    out += "\n";
  }
  const auto target = plan.current_after(plan.steps.size());
  if (!target) return out + fmt::format("no migration {} be left\n", will);
  return out + fmt::format("the database {} be at {}\n", will, version_text(*target, plan.steps));
}

std::string recorded_text(const std::vector<Step>& steps, const std::string& verb,
                          const Style& style) {
  if (steps.empty()) return fmt::format("nothing was {}\n", verb);
  const std::string word =
      painted(verb, verb == to_string(State::changed) ? Tone::attention : Tone::good, style);
  if (steps.size() == 1) return fmt::format("{} {}\n", labelled(steps.front()), word);
  std::string out = fmt::format("{} {}:\n", counted(steps.size(), "migration"), word);
  for (const Step& step : steps) out += "  " + labelled(step) + "\n";
  return out;
}

std::string lock_text(const LockHolder& holder, std::int64_t waited_ms, std::int64_t limit_ms,
                      const Style& style) {
  const std::string out = painted("waiting for another run", Tone::attention, style) +
                          fmt::format(" (at most {} more): {}\n",
                                      elapsed_text(std::max<std::int64_t>(limit_ms - waited_ms, 0)),
                                      printable(describe(holder)));
  return out + painted(field(2, "query", folded(holder.query)), Tone::quiet, style);
}

std::string blocked_text(const Step& step, const std::vector<LockHolder>& blockers,
                         const Style& style) {
  std::string out = painted("waiting for a lock", Tone::attention, style) +
                    fmt::format(" in {}, held by\n", step.version_text);
  for (const LockHolder& blocker : blockers) {
    out += fmt::format("  {}\n", printable(describe(blocker))) +
           painted(field(4, "query", folded(blocker.query)), Tone::quiet, style);
  }
  return out;
}

namespace {

const char* reason_words(LockFailure reason) {
  switch (reason) {
    case LockFailure::deadlock:
      return "deadlock with another session";
    case LockFailure::conflict:
      return "conflict with another transaction";
    case LockFailure::timeout:
      break;
  }
  return "no lock within lock_timeout";
}

}  // namespace

std::string lock_retry_text(const Step& step, const LockRetry& retry, const Style& style) {
  return painted(reason_words(retry.reason), Tone::attention, style) +
         fmt::format(" in {} (attempt {} of {}); it is rolled back and tried again in {}\n",
                     step.version_text, retry.attempt, retry.retries + 1,
                     elapsed_text(retry.pause.count()));
}

}  // namespace pgtide::render
