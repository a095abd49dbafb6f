#include "pgtide/proof.hpp"

#include <algorithm>
#include <numeric>

namespace pgtide {

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::proved:
      return "proved";
    case Verdict::not_restored:
      return "not restored";
    case Verdict::rollback_failed:
      return "rollback failed";
    case Verdict::up_failed:
      return "up failed";
    case Verdict::second_up_failed:
      return "second up failed";
    case Verdict::data_lost:
      return "data lost";
    case Verdict::irreversible:
      return "irreversible";
    case Verdict::no_rollback:
      break;
  }
  return "no rollback";
}

std::string identifier(Verdict verdict) {
  std::string word(to_string(verdict));
  std::replace(word.begin(), word.end(), ' ', '_');
  return word;
}

bool is_finding(Verdict verdict) {
  return verdict != Verdict::proved && verdict != Verdict::irreversible;
}

std::size_t ProofReport::count(Verdict verdict) const {
  return static_cast<std::size_t>(
      std::count_if(migrations.begin(), migrations.end(),
                    [&](const PairProof& pair) { return pair.verdict == verdict; }));
}

std::size_t ProofReport::findings() const {
  return static_cast<std::size_t>(
      std::count_if(migrations.begin(), migrations.end(),
                    [](const PairProof& pair) { return is_finding(pair.verdict); }));
}

std::size_t ProofReport::rule_findings() const {
  return std::accumulate(
      migrations.begin(), migrations.end(), std::size_t{0},
      [](std::size_t sum, const PairProof& pair) { return sum + pair.rule_findings.size(); });
}

bool ProofReport::has_findings() const {
  return findings() > 0 || (rule_weight == rules::Weight::counted && rule_findings() > 0);
}

}  // namespace pgtide
