#include "engine/proof_judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "engine/failure.hpp"

namespace pgtide::engine {
namespace {

bool allows_data_loss(const PairScripts& pair) {
  const auto allows = [](const PairScript& script) {
    return std::any_of(script.scan.allows.begin(), script.scan.allows.end(),
                       [](const sql::Allow& allow) { return allow.what == "data-loss"; });
  };
  return allows(pair.forward) || (pair.rollback && allows(*pair.rollback));
}

// The server says so in words of its own language only. Up to PostgreSQL 13 it is the failure to
// open a file; from 18 on no file is named.
bool lacks_extension(const Failure& failure) {
  const bool is_missing = failure.sqlstate == "0A000" || failure.sqlstate == "58P01";
  return is_missing && (failure.detail.find(".control") != std::string::npos ||
                        failure.source_line.find("CREATE EXTENSION") != std::string::npos);
}

void judge_failure(const RoundTrip& trip, PairProof& proof) {
  proof.failure = trip.failure;
  if (lacks_extension(*trip.failure)) {
    proof.notes.push_back(
        "the server has no such extension: install its package for this PostgreSQL, or give a "
        "scratch database of a server that has it with --url");
  }
  switch (trip.failed_in) {
    case Stage::up:
    case Stage::fixture:
      proof.verdict = Verdict::up_failed;
      break;
    case Stage::down:
      proof.verdict = Verdict::rollback_failed;
      break;
    case Stage::up_again:
      proof.verdict = Verdict::second_up_failed;
      break;
  }
}

// The same one has another salt each time it is set, so nobody can tell.
bool is_other_password(const schema::Difference& difference) {
  return difference.kind == "role" && difference.attribute == "password" &&
         !difference.before.empty() && !difference.after.empty();
}

void note_passwords(const schema::Snapshot& before, const schema::Snapshot& after,
                    PairProof& proof) {
  for (const schema::Difference& difference : schema::diff(before, after)) {
    if (!is_other_password(difference)) continue;
    proof.notes.push_back(
        fmt::format("the password of role {} is set anew; whether it is the one from before is not "
                    "judged",
                    difference.identity));
  }
}

}  // namespace

std::vector<ProofDifference> counted_differences(const schema::Snapshot& before,
                                                 const schema::Snapshot& after,
                                                 const AllowedDifferences& allowed) {
  std::vector<ProofDifference> counted;
  for (schema::Difference& difference : schema::diff(before, after)) {
    if (difference.aspect == schema::Aspect::column_order && allowed.column_order) continue;
    if (difference.aspect == schema::Aspect::ownership && allowed.ownership) continue;
    if (difference.aspect == schema::Aspect::server && allowed.server) continue;
    if (is_other_password(difference)) continue;
    counted.push_back({.difference = std::move(difference)});
  }
  return counted;
}

bool has_other_passwords(const schema::Snapshot& before, const schema::Snapshot& after) {
  std::map<std::string, std::string> known;
  const auto password_of = [](const schema::Object& object) {
    const auto found = std::ranges::find(object.attributes, "password", &schema::Attribute::name);
    return found == object.attributes.end() ? std::string() : found->value;
  };
  for (const schema::Object& object : before.objects) {
    if (object.kind == "role") known[object.identity] = password_of(object);
  }
  return std::ranges::any_of(after.objects, [&](const schema::Object& object) {
    if (object.kind != "role") return false;
    const std::string password = password_of(object);
    return !password.empty() && known[object.identity] != password;
  });
}

void judge_rows(const RoundTrip& trip, const PairScripts& pair, PairProof& proof) {
  RowChanges changes = compare_rows(trip.rows_before, trip.rows_after);
  proof.notes.insert(proof.notes.end(), changes.notes.begin(), changes.notes.end());
  if (changes.losses.empty()) return;
  proof.rows = std::move(changes.losses);
  if (allows_data_loss(pair)) {
    proof.notes.push_back("rows are lost, which `allow data-loss` permits");
  } else {
    proof.verdict = Verdict::data_lost;
  }
}

void judge(const RoundTrip& trip, const PairScripts& pair, const schema::Snapshot& before,
           const AllowedDifferences& allowed, PairProof& proof) {
  proof.verdict = Verdict::proved;
  if (trip.down) proof.differences = counted_differences(before, *trip.down, allowed);
  if (!proof.differences.empty()) {
    proof.verdict = Verdict::not_restored;
    if (trip.failure) {
      proof.notes.push_back("the second up fails then: " + one_line(*trip.failure));
    }
    return;
  }
  if (trip.failure) return judge_failure(trip, proof);
  if (trip.up && trip.up_again) {
    proof.differences = counted_differences(*trip.up, *trip.up_again, allowed);
    if (!proof.differences.empty()) {
      proof.verdict = Verdict::second_up_failed;
      proof.notes.push_back("the second up makes another schema than the first");
      return;
    }
  }
  if (!trip.down) return;
  note_passwords(before, *trip.down, proof);
  judge_rows(trip, pair, proof);
}

}  // namespace pgtide::engine
