// From what a round trip showed to a verdict. Pure.
#pragma once

#include <set>

#include "engine/round_trip.hpp"
#include "pgtide/proof.hpp"

namespace pgtide::engine {

// Differences that a project does not mind.
struct AllowedDifferences {
  bool column_order = false;
  bool ownership = false;
  bool server = false;  // what belongs to the whole server
};

std::vector<ProofDifference> counted_differences(const schema::Snapshot& before,
                                                 const schema::Snapshot& after,
                                                 const AllowedDifferences& allowed);

// Sets everything of `proof` that the trip decides.
void judge(const RoundTrip& trip, const PairScripts& pair, const schema::Snapshot& before,
           const AllowedDifferences& allowed, PairProof& proof);

// Whether roles have a password that is another one, or the same with another salt.
bool has_other_passwords(const schema::Snapshot& before, const schema::Snapshot& after);

// What the trip did to rows, for a pair whose schema is restored.
void judge_rows(const RoundTrip& trip, const PairScripts& pair, PairProof& proof);

}  // namespace pgtide::engine
