// What all forms of a proof say in words.
#pragma once

#include <string>
#include <vector>

#include "pgtide/proof.hpp"

namespace pgtide::render {

// `index public.users_email_idx is left`, `column public.users.email: type text -> varchar(255)`
std::string told(const ProofDifference& difference);
std::string told(const RowLoss& loss);

// One sentence about what was found; empty for a pair that is proved.
std::string headline(const PairProof& pair);
// What stands behind it, a line each: differences, rows, then notes.
std::vector<std::string> evidence(const PairProof& pair);

// Where the finding is to be mended.
ScriptPosition place_of(const PairProof& pair);

// `14 of 15 proved, 1 not restored`
std::string counts(const ProofReport& report);

}  // namespace pgtide::render
