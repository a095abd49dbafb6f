// The page of `doctor`.
#include <fmt/format.h>

#include <algorithm>

#include "pgtide/render.hpp"
#include "render/json_values.hpp"
#include "render/safe_text.hpp"
#include "render/style.hpp"

namespace pgtide::render {
namespace {

constexpr std::size_t mark_width = 6;

Tone tone_of(Condition severity) {
  switch (severity) {
    case Condition::ok:
      return Tone::good;
    case Condition::warn:
      return Tone::attention;
    case Condition::fail:
      break;
  }
  return Tone::bad;
}

std::string finding_text(const HealthFinding& finding, const std::string& label, std::size_t width,
                         const Style& style) {
  const std::string mark(to_string(finding.severity));
  const std::string margin(mark_width + width + 2, ' ');
  std::string out = painted(mark, tone_of(finding.severity), style) +
                    std::string(mark_width - mark.size(), ' ') + label +
                    std::string(width + 2 - display_width(label), ' ') +
                    printable(finding.message) + "\n";
  for (const std::string& line : finding.details) out += margin + "  " + printable(line) + "\n";
  if (!finding.hint.empty()) out += margin + "hint: " + printable(finding.hint) + "\n";
  return out;
}

std::string verdict(const HealthReport& report, const Style& style) {
  std::size_t failing = 0;
  std::size_t warning = 0;
  for (const HealthSection& section : report.sections) {
    for (const HealthFinding& finding : section.findings) {
      failing += finding.severity == Condition::fail ? 1 : 0;
      warning += finding.severity == Condition::warn ? 1 : 0;
    }
  }
  if (failing + warning == 0) return painted("all is well", Tone::good, style) + "\n";
  std::string text = failing > 0 ? fmt::format("{} to act on", failing) : std::string();
  if (warning > 0) text += fmt::format("{}{} to know of", failing > 0 ? ", " : "", warning);
  return painted(text, tone_of(report.severity()), style) + "\n";
}

Json finding_object(const HealthFinding& finding) {
  return {{"severity", to_string(finding.severity)},
          {"message", finding.message},
          {"details", finding.details},
          {"hint", text_or_null(finding.hint)}};
}

}  // namespace

std::string health_text(const HealthReport& report, const Style& style) {
  std::size_t width = 0;
  for (const HealthSection& section : report.sections)
    width = std::max(width, display_width(words(section.name)));
  std::string out;
  for (const HealthSection& section : report.sections) {
    std::string label = words(section.name);
    for (const HealthFinding& finding : section.findings) {
      out += finding_text(finding, label, width, style);
      label.clear();
    }
  }
  return out + "\n" + verdict(report, style);
}

std::string session_text(const std::string& session) {
  return printable(session) + "\n";
}

std::string health_json(const HealthReport& report) {
  Json sections = Json::array();
  for (const HealthSection& section : report.sections) {
    Json findings = Json::array();
    for (const HealthFinding& finding : section.findings)
      findings.push_back(finding_object(finding));
    sections.push_back({{"name", section.name},
                        {"severity", to_string(section.severity())},
                        {"findings", std::move(findings)}});
  }
  return document({{"severity", to_string(report.severity())}, {"sections", std::move(sections)}});
}

std::string terminated_json(int pid, const std::string& session, const std::string& outcome) {
  return document({{"pid", pid}, {"session", session}, {"outcome", outcome}});
}

}  // namespace pgtide::render
