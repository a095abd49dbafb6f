// Proofs for CI systems: JUnit, Markdown and GitHub's annotations.
#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "core/wording.hpp"
#include "pgtide/proof_documents.hpp"
#include "pgtide/redact.hpp"
#include "render/place.hpp"
#include "render/proof_words.hpp"
#include "render/safe_text.hpp"

namespace pgtide::render {
namespace {

// Everything that is known about a finding, on lines of their own.
std::string whole_story(const PairProof& pair) {
  std::string text = headline(pair);
  if (pair.failure) {
    text += ": " + pair.failure->message;
    if (!pair.failure->sqlstate.empty()) text += " (" + pair.failure->sqlstate + ")";
    if (!pair.failure->detail.empty()) text += "\ndetail: " + pair.failure->detail;
    if (!pair.failure->source_line.empty()) text += "\n  " + redact(pair.failure->source_line);
  }
  for (const std::string& line : evidence(pair)) text += "\n" + line;
  return printable_lines(text);
}

std::string title_of(const PairProof& pair) {
  return fmt::format("{} {}", printable(pair.version_text), printable(pair.name));
}

std::string replaced(std::string_view text,
                     std::initializer_list<std::pair<char, std::string_view>> replacements) {
  std::string out;
  for (const char c : text) {
    std::string_view shown(&c, 1);
    for (const auto& [from, to] : replacements) {
      if (c == from) shown = to;
    }
    out += shown;
  }
  return out;
}

std::string in_xml(std::string_view text) {
  return replaced(text, {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&quot;"}});
}

std::string in_workflow_command(std::string_view text) {
  return replaced(text, {{'%', "%25"}, {'\r', "%0D"}, {'\n', "%0A"}});
}

std::string in_workflow_property(std::string_view text) {
  return replaced(text, {{'%', "%25"}, {'\r', "%0D"}, {'\n', "%0A"}, {':', "%3A"}, {',', "%2C"}});
}

std::string in_table(std::string_view text) {
  return replaced(text, {{'|', "\\|"}, {'\n', "<br>"}, {'<', "&lt;"}, {'>', "&gt;"}});
}

// A rule's finding, with why it matters and what to write instead.
std::string rule_story(const rules::Finding& finding) {
  return printable_lines(finding.message + "\nwhy: " + finding.explanation +
                         "\nsafer: " + finding.safer);
}

// What the rules say of a pair: a test case of its own, which fails when it is to count.
std::string rules_case(const PairProof& pair, rules::Weight weight) {
  const bool counted = weight == rules::Weight::counted;
  std::string told;
  for (const rules::Finding& finding : pair.rule_findings) {
    told += place_prefix(finding.where) + rule_story(finding) + " [" + finding.rule + "]\n";
  }
  return fmt::format(
      "    <testcase classname=\"pgtide.rules\" name=\"{}\" file=\"{}\" time=\"0.000\">\n"
      "      {}{}{}\n    </testcase>\n",
      in_xml(title_of(pair)), in_xml(printable(pair.forward_path)),
      counted ? fmt::format("<failure type=\"rules\" message=\"{}\">",
                            pgtide::counted(pair.rule_findings.size(), "finding"))
              : std::string("<system-out>"),
      in_xml(printable_lines(told)), counted ? "</failure>" : "</system-out>");
}

std::size_t pairs_with_rule_findings(const ProofReport& report) {
  return static_cast<std::size_t>(
      std::count_if(report.migrations.begin(), report.migrations.end(),
                    [](const PairProof& pair) { return !pair.rule_findings.empty(); }));
}

std::string rules_table(const ProofReport& report) {
  std::string rows;
  for (const PairProof& pair : report.migrations) {
    for (const rules::Finding& finding : pair.rule_findings) {
      rows += fmt::format(
          "| `{}:{}` | {} | {} | {} |\n", printable(finding.where.file), finding.where.line,
          finding.rule, finding.severity == rules::Severity::warning ? "warning" : "notice",
          in_table(printable(finding.message) + "\nsafer: " + printable(finding.safer)));
    }
  }
  if (rows.empty()) return rows;
  return "\n| where | rule | severity | what |\n|---|---|---|---|\n" + rows;
}

std::string rule_annotation(const rules::Finding& finding, rules::Weight weight) {
  const char* level = weight == rules::Weight::counted               ? "error"
                      : finding.severity == rules::Severity::warning ? "warning"
                                                                     : "notice";
  return fmt::format("::{} file={},line={},col={},title={}::{}\n", level,
                     in_workflow_property(printable(finding.where.file)),
                     std::max<std::size_t>(finding.where.line, 1),
                     std::max<std::size_t>(finding.where.column, 1),
                     in_workflow_property(finding.rule), in_workflow_command(rule_story(finding)));
}

double seconds(std::int64_t milliseconds) {
  return static_cast<double>(milliseconds) / 1000;
}

}  // namespace

std::string proof_junit(const ProofReport& report) {
  std::string cases;
  for (const PairProof& pair : report.migrations) {
    cases += fmt::format(
        R"(    <testcase classname="pgtide.verify" name="{}" file="{}" time="{:.3f}")",
        in_xml(title_of(pair)), in_xml(printable(pair.forward_path)), seconds(pair.duration_ms));
    if (is_finding(pair.verdict)) {
      const ScriptPosition place = place_of(pair);
      cases += fmt::format(
          ">\n      <failure type=\"{}\" message=\"{}\">{}{}</failure>\n    </testcase>\n",
          identifier(pair.verdict), in_xml(printable(headline(pair))),
          in_xml(printable(place_prefix(place))), in_xml(whole_story(pair)));
    } else if (pair.verdict == Verdict::irreversible) {
      cases += fmt::format(">\n      <skipped message=\"irreversible: {}\"/>\n    </testcase>\n",
                           in_xml(printable(pair.reason)));
    } else {
      cases += "/>\n";
    }
    if (!pair.rule_findings.empty()) cases += rules_case(pair, report.rule_weight);
  }
  const std::size_t by_rules = pairs_with_rule_findings(report);
  const bool counts = report.rule_weight == rules::Weight::counted;
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
      "  <testsuite name=\"pgtide verify\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" "
      "time=\"{:.3f}\">\n{}  </testsuite>\n</testsuites>\n",
      report.migrations.size() + by_rules, report.findings() + (counts ? by_rules : 0),
      report.count(Verdict::irreversible), seconds(report.duration_ms), cases);
}

std::string proof_markdown(const ProofReport& report) {
  std::string text = fmt::format("### pgtide verify: {}\n", counts(report));
  std::string rows;
  for (const PairProof& pair : report.migrations) {
    if (!is_finding(pair.verdict)) continue;
    const ScriptPosition place = place_of(pair);
    rows += fmt::format("| {} | {} | `{}:{}` | {} |\n", in_table(title_of(pair)),
                        to_string(pair.verdict), printable(place.file), place.line,
                        in_table(whole_story(pair)));
  }
  if (!rows.empty()) text += "\n| pair | verdict | where | what |\n|---|---|---|---|\n" + rows;
  return text + rules_table(report);
}

std::string proof_github(const ProofReport& report) {
  std::string text;
  for (const PairProof& pair : report.migrations) {
    if (!is_finding(pair.verdict)) continue;
    const ScriptPosition place = place_of(pair);
    text += fmt::format(
        "::error file={},line={},col={},title={}::{}\n",
        in_workflow_property(printable(place.file)), std::max<std::size_t>(place.line, 1),
        std::max<std::size_t>(place.column, 1),
        in_workflow_property(fmt::format("{}: {}", title_of(pair), to_string(pair.verdict))),
        in_workflow_command(whole_story(pair)));
  }
  for (const PairProof& pair : report.migrations) {
    for (const rules::Finding& finding : pair.rule_findings) {
      text += rule_annotation(finding, report.rule_weight);
    }
  }
  return text + fmt::format("::notice title=pgtide verify::{}\n", counts(report));
}

}  // namespace pgtide::render
