// What the safety rules say of a dry run.
#include <fmt/format.h>

#include <set>

#include "pgtide/render.hpp"
#include "render/paragraph.hpp"
#include "render/place.hpp"
#include "render/safe_text.hpp"
#include "render/style.hpp"

namespace pgtide::render {
namespace {

std::string block(const rules::Finding& finding, bool is_first_of_rule, const Style& style) {
  const bool warns = finding.severity == rules::Severity::warning;
  std::string out =
      place_prefix(finding.where) +
      painted(warns ? "warning:" : "notice:", warns ? Tone::attention : Tone::quiet, style) + " " +
      printable(finding.message) + " " + painted("[" + finding.rule + "]", Tone::quiet, style) +
      "\n" + excerpt(finding.source_line, finding.where.column, style);
  if (!is_first_of_rule) return out;
  return out + paragraph("why", finding.explanation, style) +
         paragraph("safer", finding.safer, style);
}

}  // namespace

// A rule is explained where it is first broken.
std::string findings_text(const std::vector<rules::Finding>& findings, const Style& style) {
  if (findings.empty()) return {};
  std::string out;
  std::set<std::string> explained;
  std::size_t warnings = 0;
  for (const rules::Finding& finding : findings) {
    out += block(finding, explained.insert(finding.rule).second, style);
    if (finding.severity == rules::Severity::warning) ++warnings;
  }
  const std::size_t notices = findings.size() - warnings;
  std::string total;
  if (warnings > 0) total = counted(warnings, "warning");
  if (notices > 0) total += (total.empty() ? "" : ", ") + counted(notices, "notice");
  return out + total +
         "; what is meant so is allowed with `-- pgtide: allow <rule> <why>` before it\n";
}

}  // namespace pgtide::render
