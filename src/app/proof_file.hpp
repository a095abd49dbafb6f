// The file of the project that remembers proofs.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "pgtide/effective_settings.hpp"
#include "pgtide/proof.hpp"
#include "pgtide/proof_record.hpp"

namespace pgtide {

std::string proof_file(const Settings& settings);

// Empty when there is no such file. Throws Error(config) when it cannot be understood.
ProofRecord read_proofs(const Settings& settings);

// Adds `fresh`. `versions`, when given, are all that there are. Throws Error(environment) when the
// file cannot be written.
void write_proofs(const Settings& settings, const std::vector<ProofEntry>& fresh,
                  const std::optional<std::set<Version>>& versions);

}  // namespace pgtide
