// What was measured.
#include "render/text_trace.hpp"
#include <algorithm>
#include "core/wording.hpp"

#include <fmt/format.h>

#include "pgtide/render.hpp"
#include "render/place.hpp"
#include "render/run_words.hpp"
#include "render/safe_text.hpp"
#include "render/style.hpp"
#include "render/trace_words.hpp"

namespace pgtide::render {
namespace {

std::string loss_text(const Change& change) {
  const bool is_column =
      change.kind == ChangeKind::column_dropped || change.kind == ChangeKind::column_retyped;
  std::string text =
      is_column ? fmt::format("column {}.{}", printable(change.table), printable(change.part))
      : change.kind == ChangeKind::table_emptied
          ? fmt::format("all rows of {}", printable(change.table))
          : fmt::format("table {}", printable(change.table));
  const char* noun = is_column ? "value" : "row";
  if (!change.lost) return text + fmt::format(" ({}s not counted)", noun);
  return text + fmt::format(" ({}{})", change.lost_is_estimate ? "about " : "",
                            counted(*change.lost, noun));
}

std::string microseconds_text(std::int64_t us) {
  if (us < 1000) return fmt::format("{} us", std::max<std::int64_t>(us, 0));
  if (us < 100'000) return fmt::format("{:.1f} ms", static_cast<double>(us) / 1000);
  return duration_text(us / 1000);
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 10'000) return fmt::format("{} bytes", bytes);
  if (bytes < 10'000'000) return fmt::format("{} kB", bytes / 1000);
  return fmt::format("{} MB", bytes / 1'000'000);
}

std::string rows_text(const RowsTrace& rows) {
  std::string text;
  const auto add = [&](std::uint64_t count, const char* verb) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, verb);
  };
  add(rows.inserted, "inserted");
  add(rows.updated, "updated");
  add(rows.deleted, "deleted");
  return fmt::format("{}: {}", printable(rows.table), text);
}

std::string statement_text(const StatementTrace& statement, const Style& style) {
  std::string out = fmt::format("  {}:{}  {}  ", statement.where.line, statement.where.column,
                                printable(statement.command)) +
                    painted(fmt::format("{}, {} of WAL", microseconds_text(statement.duration_us),
                                        bytes_text(statement.wal_bytes)),
                            Tone::quiet, style) +
                    (statement.times > 1 ? fmt::format(", {} times", statement.times) : "") + "\n";
  for (const LockTrace& lock : statement.locks) {
    std::string blocked;
    if (blocks_reads(lock.mode)) blocked += "reads, ";
    if (blocks_writes(lock.mode)) blocked += "writes, ";
    const bool strong = blocks_reads(lock.mode);
    out += "      " + painted(to_string(lock.mode), strong ? Tone::attention : Tone::plain, style) +
           fmt::format(" on {} {}: blocks {}DDL{}\n", lock.kind, printable(lock.object), blocked,
                       lock.measured ? "" : " (when run alone)");
  }
  for (const Change& change : statement.changes) {
    out += "      " + printable(change_text(change)) + "\n";
  }
  for (const RowsTrace& rows : statement.rows) out += "      " + rows_text(rows) + "\n";
  return out;
}

// Of what holds nothing there is nothing to say.
std::string loss_lines(const Step& step, const std::vector<Change>& losses) {
  std::string out;
  for (const Change& change : losses) {
    if (change.lost && *change.lost == 0) continue;
    out += fmt::format("  {} {}\n", printable(step.version_text), loss_text(change));
  }
  return out;
}

}  // namespace

std::string statements_text(const std::vector<StatementTrace>& statements, const Style& style) {
  std::string out;
  for (const StatementTrace& statement : statements) out += statement_text(statement, style);
  return out;
}

std::string foresight_text(const Plan& plan, const Foresight& foresight, const Style& style) {
  std::string out;
  for (std::size_t i = 0; i < foresight.losses.size() && i < plan.steps.size(); ++i) {
    out += loss_lines(plan.steps[i], foresight.losses[i]);
  }
  if (!out.empty()) out = painted("will lose:", Tone::attention, style) + "\n" + out;
  if (foresight.unknown.empty()) return out;
  out += painted("may lose more, which cannot be foreseen (--dry-run shows it):", Tone::attention,
                 style) +
         "\n";
  for (const Problem& one : foresight.unknown) {
    out += "  " + place_prefix(one.where) + printable(one.message) + "\n";
  }
  return out;
}

std::string losses_text(const Report& report, const Style& style) {
  std::string out;
  for (const StepReport& step : report.steps) out += loss_lines(step.step, step.losses);
  return out.empty() ? out : painted("would lose:", Tone::attention, style) + "\n" + out;
}

std::string traces_text(const Report& report, const Style& style) {
  std::string out;
  for (const StepReport& step : report.steps) {
    if (!step.trace) continue;
    out += fmt::format("trace of {}:\n", labelled(step.step)) + statements_text(*step.trace, style);
  }
  return out;
}

}  // namespace pgtide::render
