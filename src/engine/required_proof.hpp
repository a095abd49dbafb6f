// Whether what a run is about was proved as it is now.
#pragma once

#include <string>
#include <vector>

#include "pgtide/ports/scripts.hpp"
#include "pgtide/proof_record.hpp"
#include "pgtide/run_request.hpp"

namespace pgtide::engine {

// What the proofs are held against. `directory` is needed for rollbacks only: what a ledger that
// another runner wrote says of a forward script is compared with its file.
struct ProvedScripts {
  const PreparedRun& prepared;
  const Catalog& directory;
  ports::Scripts& scripts;
};

// One for each step whose pair has no proof, one of other scripts, or one that says that the way
// back does not work. `file` is where `record` was read from. Throws Error(environment) when a
// script cannot be read.
std::vector<Problem> missing_proofs(const ProofRecord& record, const std::string& file,
                                    const ProvedScripts& run);

// The checksum that the ledger would record.
std::string checksum_of_file(ports::Scripts& scripts, const std::string& path);

}  // namespace pgtide::engine
