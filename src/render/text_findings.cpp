// What the safety rules say of a dry run.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "pgtide/render.hpp"
#include "render/place.hpp"
#include "render/safe_text.hpp"
#include "render/style.hpp"

namespace pgtide::render {
namespace {

constexpr std::size_t indent = 2;

// As many words to a line as fit, behind a label.
std::string paragraph(std::string_view label, const std::string& text, const Style& style) {
  const std::string prefix = std::string(indent, ' ') + std::string(label) + ": ";
  const std::string margin(prefix.size(), ' ');
  const std::string clean = printable(text);
  std::string out;
  std::string line = prefix;
  bool is_begin = true;
  for (std::size_t at = 0; at < clean.size();) {
    const std::size_t end = std::min(clean.find(' ', at), clean.size());
    const std::string word = clean.substr(at, end - at);
    at = end + 1;
    if (!is_begin && display_width(line) + 1 + display_width(word) > style.width) {
      out += line + "\n";
      line = margin;
      is_begin = true;
    }
    line += (is_begin ? "" : " ") + word;
    is_begin = false;
  }
  return out + line + "\n";
}

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
