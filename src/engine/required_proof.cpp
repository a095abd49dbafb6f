#include "engine/required_proof.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "pgtide/proof.hpp"

namespace pgtide::engine {
namespace {

Checksum all_checksums(ports::Scripts& scripts, const std::string& path) {
  ChecksumStream sums;
  std::array<char, 65536> buffer{};
  const auto source = scripts.open_file(path);
  while (const std::size_t size = source->read(buffer)) sums.update({buffer.data(), size});
  return sums.finish();
}

// What of a pair is as it was proved.
class Pairs {
 public:
  explicit Pairs(const ProvedScripts& run)
      : prepared_(run.prepared), catalog_(run.directory), scripts_(run.scripts) {}

  bool is_as_proved(std::size_t index, const ProofEntry& proof) {
    const Step& step = prepared_.plan.steps[index];
    const std::string& script = prepared_.scans[index].checksum.text;
    if (step.direction == Direction::down) {
      return script == proof.rollback && was_applied_as_proved(step.version, proof);
    }
    const std::string rollback =
        step.rollback_path.empty() ? "" : checksum_of_file(scripts_, step.rollback_path);
    return script == proof.forward && rollback == proof.rollback;
  }

 private:
  // A ledger of another runner may have recorded another form of the checksum.
  bool was_applied_as_proved(Version version, const ProofEntry& proof) {
    const LedgerRow* row = prepared_.ledger.find(version);
    if (row == nullptr) return false;
    if (row->checksum == proof.forward) return true;
    const Migration* migration = catalog_.find(version);
    if (migration == nullptr) return false;
    const Checksum now = all_checksums(scripts_, migration->forward_path);
    return now.text == proof.forward && now.matches(row->checksum);
  }

  const PreparedRun& prepared_;
  const Catalog& catalog_;
  ports::Scripts& scripts_;
};

bool is_good(const std::string& verdict) {
  return verdict == identifier(Verdict::proved) || verdict == identifier(Verdict::irreversible);
}

std::string what_to_type(std::vector<Version> versions, const Plan& plan, const std::string& file) {
  const auto [first, last] = std::minmax_element(versions.begin(), versions.end());
  const auto text = [&](Version version) {
    const auto step = std::find_if(plan.steps.begin(), plan.steps.end(),
                                   [&](const Step& s) { return s.version == version; });
    return step->version_text;
  };
  const std::string range =
      *first == *last ? text(*first) : fmt::format("{}..{}", text(*first), text(*last));
  return fmt::format(
      "`pgtide verify {} --record` proves and writes {}, which goes with the scripts; "
      "--allow-unproved runs without",
      range, file);
}

}  // namespace

std::string checksum_of_file(ports::Scripts& scripts, const std::string& path) {
  return all_checksums(scripts, path).text;
}

std::vector<Problem> missing_proofs(const ProofRecord& record, const std::string& file,
                                    const ProvedScripts& run) {
  std::vector<Problem> problems;
  std::vector<Version> unproved;
  Pairs pairs(run);
  const PreparedRun& prepared = run.prepared;
  for (std::size_t i = 0; i < prepared.plan.steps.size(); ++i) {
    const Step& step = prepared.plan.steps[i];
    const ProofEntry* proof = record.find(step.version);
    std::string what;
    if (proof == nullptr) {
      what = "is not proved";
    } else if (!pairs.is_as_proved(i, *proof)) {
      what = "is not what was proved on " + proof->proved_at.substr(0, 10);
    } else if (!is_good(proof->verdict)) {
      std::string verdict = proof->verdict;
      std::replace(verdict.begin(), verdict.end(), '_', ' ');
      what = fmt::format("was found {} on {}", verdict, proof->proved_at.substr(0, 10));
    } else {
      continue;
    }
    unproved.push_back(step.version);
    problems.push_back({.where = {step.path, 0, 0},
                        .message = fmt::format("the pair {} {}", step.version_text, what),
                        .hint = {},
                        .source_line = {}});
  }
  if (!problems.empty()) problems.back().hint = what_to_type(unproved, prepared.plan, file);
  return problems;
}

}  // namespace pgtide::engine
