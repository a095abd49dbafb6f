// Proofs as text for people and as documents for programs. Pure.
#pragma once

#include <string>

#include "pgtide/proof.hpp"
#include "pgtide/render.hpp"

namespace pgtide::render {

// Every verdict, what is behind each finding, and a last line with counts.
std::string proof_text(const ProofReport& report, const Style& style);

std::string proof_json(const ProofReport& report);      // docs/json.md
std::string proof_junit(const ProofReport& report);     // a test case for each pair
std::string proof_markdown(const ProofReport& report);  // for a pull request's comment
std::string proof_github(const ProofReport& report);    // workflow commands: annotations at lines

// What `generate --rollback` and `verify --fix` wrote, a line each with what is left behind it.
std::string written_text(const std::vector<WrittenRollback>& rollbacks, const Style& style);
std::string written_json(const std::vector<WrittenRollback>& rollbacks);  // docs/json.md

}  // namespace pgtide::render
