// What the safety rules say of a dry run.
#include <fmt/format.h>

#include <set>

#include "core/wording.hpp"
#include "pgtide/render.hpp"
#include "render/paragraph.hpp"
#include "render/place.hpp"
#include "render/safe_text.hpp"
#include "render/style.hpp"

namespace pgtide::render {
namespace {

std::string block(const rules::Finding& finding, const Style& style) {
  const bool warns = finding.severity == rules::Severity::warning;
  return place_prefix(finding.where) +
         painted(warns ? "warning:" : "notice:", warns ? Tone::attention : Tone::quiet, style) +
         " " + printable(finding.message) + " " +
         painted("[" + finding.rule + "]", Tone::quiet, style) + "\n" +
         excerpt(finding.source_line, finding.where.column, style);
}

std::string explanation(const rules::Finding& finding, const Style& style) {
  return paragraph("why", finding.explanation, style) + paragraph("safer", finding.safer, style);
}

}  // namespace

// A rule is explained where it is first broken.
std::string findings_text(const std::vector<rules::Finding>& findings, const Style& style) {
  if (findings.empty()) return {};
  std::string out;
  std::set<std::string> explained;
  std::size_t warnings = 0;
  for (const rules::Finding& finding : findings) {
    out += block(finding, style);
    if (explained.insert(finding.rule).second) out += explanation(finding, style);
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
