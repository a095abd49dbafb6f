// The last lines of a run.
#include <fmt/format.h>

#include <array>
#include <utility>

#include "core/wording.hpp"
#include "pgtide/render.hpp"
#include "render/place.hpp"
#include "render/run_words.hpp"
#include "render/safe_text.hpp"
#include "render/style.hpp"

namespace pgtide::render {
namespace {

std::string signal_text(int number) {
  static constexpr std::array<std::pair<int, std::string_view>, 6> names = {{{1, "SIGHUP"},
                                                                             {2, "SIGINT"},
                                                                             {3, "SIGQUIT"},
                                                                             {13, "SIGPIPE"},
                                                                             {14, "--timeout"},
                                                                             {15, "SIGTERM"}}};
  for (const auto& [known, name] : names) {
    if (known == number) return std::string(name);
  }
  return fmt::format("signal {}", number);
}

class Summary {
 public:
  Summary(const Report& report, const Style& style) : report_(report), style_(style) {}

  std::string text() const {
    switch (result_of(report_)) {
      case Result::nothing_to_do:
        return fmt::format("nothing to do; {}\n", now_at());
      case Result::ok:
        return dry() ? dry_success() : success();
      case Result::not_simulable:
        return untold();
      case Result::failed:
      case Result::interrupted:
        break;
    }
    return stopped();
  }

 private:
  bool dry() const { return report_.finish == Finish::roll_back; }
  bool up() const { return report_.direction == Direction::up; }
  std::string_view verb() const { return done_verb(report_.direction, report_.finish); }
  std::string duration() const { return duration_text(report_.duration_ms); }
  std::string good(const std::string& text) const { return painted(text, Tone::good, style_); }

  std::string now_at() const {
    if (!report_.current) return "no migration is applied";
    return "the database is at " + version_text(*report_.current, report_);
  }

  std::string would_be_at() const {
    if (!report_.current) return "no migration would be left";
    return "the database would be at " + version_text(*report_.current, report_);
  }

  std::string success() const {
    const bool at_once = report_.finish == Finish::commit_all;
    return good(fmt::format("{} {}", verb(), counted(report_.steps.size(), "migration"))) +
           fmt::format("{} in {}; {}\n", at_once ? " in one transaction" : "", duration(),
                       now_at());
  }

  std::string dry_success() const {
    return good(fmt::format("{} {}", verb(), counted(report_.steps.size(), "migration"))) +
           fmt::format(" ({}); {}\n", duration(), would_be_at()) + nothing_committed();
  }

  std::string nothing_committed() const {
    return "nothing was committed: a dry run ends with a rollback\n" + left_behind();
  }
  std::string left_behind() const { return left_behind_text(report_.left_behind, style_); }

  std::string untold() const {
    return painted(tally(), Tone::attention, style_) + fmt::format(" ({})\n", duration()) +
           "what is not simulable was not tried: this dry run does not show whether it works\n" +
           nothing_committed();
  }

  std::string stopped() const {
    const Failure& failure = *report_.failure;
    const bool interrupted = failure.kind == FailureKind::interrupted;
    std::string cause;
    if (interrupted) {
      cause = failure.signal == 0 ? "stopped: "
                                  : fmt::format("stopped by {}: ", signal_text(failure.signal));
    }
    const std::string head =
        painted(cause + tally(), interrupted ? Tone::attention : Tone::bad, style_);
    if (dry()) {
      return head + "\n" +
             fmt::format("nothing was committed: a dry run ends with a rollback; {}\n", now_at()) +
             left_behind();
    }
    std::string out;
    if (report_.finish == Finish::commit_all) {
      out = head + "\n" +
            fmt::format("nothing was {}: the run was one transaction; {}\n", verb(), now_at());
    } else {
      out = head + fmt::format("; {}\n", now_at());
    }
    return out + record(interrupted ? "interruption" : "failure");
  }

  // Whether the ledger knows about it.
  std::string record(std::string_view what) const {
    const std::string failed = versions(StepOutcome::failed);
    if (failed.empty()) return {};
    const Failure& failure = *report_.failure;
    const std::string why =
        failure.record_error.empty() ? "" : ": " + printable(failure.record_error);
    return fmt::format("the {} of {} {} recorded in the ledger{}\n", what, failed,
                       failure.recorded ? "is" : "is not", why);
  }

  std::string versions(StepOutcome outcome) const {
    std::string out;
    for (const StepReport& step : report_.steps) {
      if (step.outcome != outcome) continue;
      out += (out.empty() ? "" : ", ") + printable(step.step.version_text);
    }
    return out;
  }

  // `applied 3, failed 0004, 2 not run`
  std::string tally() const {
    std::string out;
    const auto add = [&](const std::string& piece) { out += (out.empty() ? "" : ", ") + piece; };
    const std::size_t done = report_.count(StepOutcome::done);
    const bool undone = report_.finish == Finish::commit_all;  // said in a sentence of its own
    if (!undone || done > 0) add(fmt::format("{} {}", verb(), done));
    const std::string failed = versions(StepOutcome::failed);
    const bool interrupted = report_.failure && report_.failure->kind == FailureKind::interrupted;
    if (!failed.empty()) add(fmt::format("{} {}", interrupted ? "interrupted" : "failed", failed));
    const std::size_t unclear = report_.count(StepOutcome::not_simulable);
    if (unclear > 0) {
      add(fmt::format("{} not simulable ({})", unclear, versions(StepOutcome::not_simulable)));
    }
    for (const auto& [outcome, word] :
         {std::pair(StepOutcome::undone, "undone"), std::pair(StepOutcome::unknown, "unknown"),
          std::pair(StepOutcome::not_run, "not run")}) {
      if (report_.count(outcome) > 0) add(fmt::format("{} {}", report_.count(outcome), word));
    }
    return out;
  }

  const Report& report_;
  const Style& style_;
};

}  // namespace

std::string left_behind_text(const std::vector<Problem>& left, const Style& style) {
  if (left.empty()) return {};
  std::string text = painted("what a rollback does not take back:", Tone::attention, style) + "\n";
  for (const Problem& one : left) {
    text += "  " + place_prefix(one.where) + printable(one.message) + "\n";
    text += field(4, "hint", one.hint);
  }
  return text;
}

std::string summary_text(const Report& report, const Style& style) {
  return Summary(report, style).text();
}

}  // namespace pgtide::render
