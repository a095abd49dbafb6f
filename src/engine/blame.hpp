// Which statement made what a rollback leaves.
#pragma once

#include "engine/round_trip.hpp"
#include "pgtide/proof.hpp"

namespace pgtide::engine {

// Sets `made_by` of the proof's differences, as far as it can be found out: the forward script's
// statement after which the difference is there, else the rollback's. Runs growing beginnings of
// the scripts in transactions that are rolled back; only for a pair whose scripts can run in one,
// with the session in the state before the pair, whose schema is `before`.
void find_makers(ports::Session& session, const ScriptContext& context, const PairScripts& pair,
                 const schema::Snapshot& before, PairProof& proof);

}  // namespace pgtide::engine
