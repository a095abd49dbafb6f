// What `verify` remembers of a proof: a file of the project that goes with the scripts.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "pgtide/version.hpp"

namespace pgtide {

// Times of files mean nothing after a checkout: a proof is one of the scripts that have its
// checksums.
struct ProofEntry {
  Version version{1};
  std::string version_text;  // as the file name spells it
  std::string forward;       // checksum of the text, as the ledger records it
  std::string rollback;      // the same; empty when there is no rollback script
  std::string verdict;       // identifier(Verdict): `not_restored`
  std::string proved_at;     // UTC, ISO 8601
  std::string tool_version;
  std::string server;  // `PostgreSQL 15.10`

  friend bool operator==(const ProofEntry&, const ProofEntry&) = default;
};

// Ascending by version, each version once.
struct ProofRecord {
  std::vector<ProofEntry> entries;

  const ProofEntry* find(Version version) const;
};

// `known` with `fresh` in it. Of an entry that would differ in its time alone the known one stays,
// so that proving again changes nothing. `versions`, when given, are all that there are: entries of
// others go.
ProofRecord merged(const ProofRecord& known, const std::vector<ProofEntry>& fresh,
                   const std::optional<std::set<Version>>& versions);

// One line an entry, so that a change of one script is a change of one line.
std::string to_json(const ProofRecord& record);

// Throws Error(config) that names `path` when it is not what to_json() writes.
ProofRecord parse_proofs(std::string_view json, const std::string& path);

}  // namespace pgtide
