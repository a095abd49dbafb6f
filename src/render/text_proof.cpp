// A proof for people.
#include <fmt/format.h>

#include <algorithm>
#include "core/wording.hpp"
#include "pgtide/proof_documents.hpp"
#include "render/place.hpp"
#include "render/proof_words.hpp"
#include "render/safe_text.hpp"
#include "render/style.hpp"
#include "render/text_trace.hpp"

namespace pgtide::render {
namespace {

constexpr std::size_t verdict_width = 16;

Tone tone_of(Verdict verdict) {
  if (verdict == Verdict::proved) return Tone::good;
  return is_finding(verdict) ? Tone::bad : Tone::quiet;
}

std::string label(const PairProof& pair, const Style& style) {
  std::string verdict(to_string(pair.verdict));
  verdict = painted(verdict, tone_of(pair.verdict), style) +
            std::string(verdict_width - std::min(verdict_width, verdict.size()), ' ');
  return fmt::format("{}  {} {}", verdict, printable(pair.version_text), printable(pair.name));
}

// The script that is to blame, and what is wrong with it.
std::string explanation(const PairProof& pair, const Style& style) {
  if (pair.failure) {
    return "  " + headline(pair) + ":\n" + failure_text(*pair.failure, style);
  }
  return fmt::format("  {}: {}\n", printable(place_of(pair).file), printable(headline(pair)));
}

std::string block(const PairProof& pair, const Style& style) {
  std::string text = label(pair, style);
  if (pair.verdict == Verdict::irreversible) {
    return text + ": " + printable(pair.reason) + "\n";
  }
  text += "\n";
  if (is_finding(pair.verdict)) text += explanation(pair, style);
  for (const std::string& line : evidence(pair)) text += "    " + printable(line) + "\n";
  return text;
}

std::string block(const NotJudged& pair, const Style& style) {
  std::string verdict = "not simulable";
  std::string text = painted(verdict, Tone::attention, style) +
                     std::string(verdict_width - verdict.size(), ' ') +
                     fmt::format("  {} {}\n", printable(pair.version_text), printable(pair.name));
  for (const Problem& reason : pair.reasons) {
    text += "    " + place_prefix(reason.where) + printable(reason.message) + "\n";
  }
  if (!pair.reasons.empty() && !pair.reasons.back().hint.empty()) {
    return text + "    " + printable(pair.reasons.back().hint) + "\n";
  }
  return text + fmt::format("    `pgtide verify {}` tells, on a server of its own\n",
                            printable(pair.version_text));
}

std::string traces(const PairProof& pair, const Style& style) {
  std::string text;
  for (const ScriptTrace& trace : pair.traces) {
    if (trace.statements.empty()) continue;
    text += fmt::format("trace of {}:\n", printable(trace.path));
    text += statements_text(trace.statements, style);
  }
  return text;
}

std::string all_rule_findings(const ProofReport& report, const Style& style) {
  std::vector<rules::Finding> all;
  for (const PairProof& pair : report.migrations) {
    all.insert(all.end(), pair.rule_findings.begin(), pair.rule_findings.end());
  }
  return findings_text(all, style);
}

}  // namespace

std::string proof_text(const ProofReport& report, const Style& style) {
  if (report.migrations.empty() && report.not_judged.empty()) return "there is no pair to verify\n";
  std::string text;
  for (const PairProof& pair : report.migrations) text += block(pair, style) + traces(pair, style);
  for (const NotJudged& pair : report.not_judged) text += block(pair, style);
  text += all_rule_findings(report, style);
  std::string server = report.server.empty() ? "" : printable(report.server) + ", ";
  if (report.applied_only > 0) {
    server += counted(report.applied_only, "migration") + " applied before, ";
  }
  text += fmt::format("{} ({}{})\n", counts(report), server, duration_text(report.duration_ms));
  if (!report.recorded_in.empty()) {
    text += fmt::format("noted in {}\n", printable(report.recorded_in));
  }
  return text;
}

}  // namespace pgtide::render
