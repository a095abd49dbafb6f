#include "render/proof_words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/wording.hpp"
#include "render/place.hpp"
#include "render/safe_text.hpp"

namespace pgtide::render {
namespace {

std::string made_by(const MadeBy& statement) {
  return fmt::format(" (by {} at {}:{})", statement.command, statement.where.file,
                     statement.where.line);
}

std::string list(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::vector<std::string> names_in(const std::string& text) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(", ", begin), text.size());
    names.push_back(text.substr(begin, end - begin));
    begin = end + 2;
  }
  return names;
}

// As few columns as explain the new order: the others are still one behind the other.
std::string moved_columns(const schema::Difference& difference) {
  const std::vector<std::string> before = names_in(difference.before);
  std::vector<std::ptrdiff_t> places;
  for (const std::string& name : names_in(difference.after)) {
    places.push_back(std::find(before.begin(), before.end(), name) - before.begin());
  }
  std::vector<std::size_t> longest(places.size(), 1);  // ascending row that ends here
  std::vector<std::size_t> previous(places.size(), places.size());
  std::size_t end = 0;
  for (std::size_t i = 0; i < places.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (places[j] >= places[i] || longest[j] + 1 <= longest[i]) continue;
      longest[i] = longest[j] + 1;
      previous[i] = j;
    }
    if (longest[i] > longest[end]) end = i;
  }
  std::vector<bool> kept(places.size(), false);
  for (std::size_t i = end; i < places.size(); i = previous[i]) kept[i] = true;
  std::vector<std::string> moved;
  const std::vector<std::string> after = names_in(difference.after);
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (!kept[i]) moved.push_back(after[i]);
  }
  return list(moved);
}

std::string not_restored(const PairProof& pair) {
  if (pair.rollback_path.empty()) return "the schema is not restored";
  const std::string way =
      pair.phase == ProofPhase::staircase ? "on the way down from the newest version, " : "";
  return fmt::format("{}the schema is not as it was before: {}", way,
                     counted(pair.differences.size(), "difference"));
}

}  // namespace

std::string told(const ProofDifference& found) {
  const schema::Difference& difference = found.difference;
  const std::string object = difference.kind + " " + difference.identity;
  std::string text;
  switch (difference.change) {
    case schema::Change::added:
      text = object + " is left behind";
      break;
    case schema::Change::removed:
      text = object + " is missing";
      break;
    case schema::Change::changed:
      text =
          difference.attribute == "column order"
              ? fmt::format("{}: columns at another place: {}", object, moved_columns(difference))
              : schema::describe(difference);
      break;
  }
  return found.made_by ? text + made_by(*found.made_by) : text;
}

std::string told(const RowLoss& loss) {
  std::string what;
  if (loss.lost > 0) what = fmt::format("{} of {} lost", loss.lost, counted(loss.before, "row"));
  if (loss.changed > 0) {
    what += (what.empty() ? "" : ", ") +
            fmt::format("{} of {} changed", loss.changed, counted(loss.before, "row"));
  }
  if (!loss.columns.empty()) what += " in " + list(loss.columns);
  return fmt::format("table {}: {}", loss.table, what);
}

std::string headline(const PairProof& pair) {
  const bool going_down = pair.phase == ProofPhase::staircase;
  switch (pair.verdict) {
    case Verdict::proved:
      return {};
    case Verdict::not_restored:
      return not_restored(pair);
    case Verdict::rollback_failed:
      return going_down ? "the rollback fails on the way down from the newest version"
                        : "the rollback fails";
    case Verdict::up_failed:
      return "the forward script fails";
    case Verdict::second_up_failed:
      return pair.failure ? "after the rollback the forward script fails"
                          : "after the rollback the forward script makes another schema";
    case Verdict::data_lost:
      return "the schema is as it was, but rows are not";
    case Verdict::irreversible:
      return pair.reason;
    case Verdict::no_rollback:
      break;
  }
  return "there is no rollback script, and nothing says that there is no way back";
}

std::vector<std::string> evidence(const PairProof& pair) {
  std::vector<std::string> lines;
  for (const ProofDifference& difference : pair.differences) lines.push_back(told(difference));
  for (const RowLoss& loss : pair.rows) lines.push_back(told(loss));
  for (const std::string& note : pair.notes) lines.push_back("note: " + note);
  return lines;
}

ScriptPosition place_of(const PairProof& pair) {
  if (pair.failure && !pair.failure->where.file.empty()) return pair.failure->where;
  const bool forward = pair.rollback_path.empty() || pair.verdict == Verdict::up_failed;
  return {forward ? pair.forward_path : pair.rollback_path, 1, 1};
}

std::string counts(const ProofReport& report) {
  constexpr std::array others = {Verdict::not_restored, Verdict::rollback_failed,
                                 Verdict::up_failed,    Verdict::second_up_failed,
                                 Verdict::data_lost,    Verdict::no_rollback,
                                 Verdict::irreversible};
  std::string text = fmt::format("{} of {} proved", report.count(Verdict::proved),
                                 counted(report.migrations.size(), "pair"));
  for (const Verdict verdict : others) {
    if (const std::size_t count = report.count(verdict); count > 0) {
      text += fmt::format(", {} {}", count, to_string(verdict));
    }
  }
  return text;
}

}  // namespace pgtide::render
