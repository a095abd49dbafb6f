// Proofs for CI systems: JUnit, Markdown and GitHub's annotations.
#include <fmt/format.h>

#include <string_view>

#include "pgtide/proof_documents.hpp"
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
    if (!pair.failure->source_line.empty()) text += "\n  " + pair.failure->source_line;
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
          to_string(pair.verdict), in_xml(printable(headline(pair))),
          in_xml(printable(place_prefix(place))), in_xml(whole_story(pair)));
    } else if (pair.verdict == Verdict::irreversible) {
      cases += fmt::format(">\n      <skipped message=\"irreversible: {}\"/>\n    </testcase>\n",
                           in_xml(printable(pair.reason)));
    } else {
      cases += "/>\n";
    }
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n"
      "  <testsuite name=\"pgtide verify\" tests=\"{}\" failures=\"{}\" skipped=\"{}\" "
      "time=\"{:.3f}\">\n{}  </testsuite>\n</testsuites>\n",
      report.migrations.size(), report.findings(), report.count(Verdict::irreversible),
      seconds(report.duration_ms), cases);
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
  return text;
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
  return text + fmt::format("::notice title=pgtide verify::{}\n", counts(report));
}

}  // namespace pgtide::render
