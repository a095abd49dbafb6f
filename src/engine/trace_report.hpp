// What was measured in a dry run, and what the rules say of it, put into its report.
#pragma once

#include <optional>
#include <vector>

#include "engine/pair_scripts.hpp"
#include "engine/tracer.hpp"
#include "pgtide/proof.hpp"
#include "pgtide/run_request.hpp"

namespace pgtide::engine {

// nullopt when nothing is to be measured.
std::optional<Tracer> tracer_for(Trace trace, const LedgerNames& names);

// Takes the traces out of the tracer.
void add_trace(Report& report, const std::vector<sql::ScriptScan>& scans, Tracer& tracer,
               Trace trace);

// What was measured of a pair's scripts, and what the rules say of it, put into its proof.
void add_traces(PairProof& proof, const PairScripts& pair, std::vector<ScriptTrace> traces,
                Trace trace);

}  // namespace pgtide::engine
