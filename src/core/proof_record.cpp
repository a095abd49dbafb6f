#include "pgtide/proof_record.hpp"

#include <map>

namespace pgtide {
namespace {

bool says_the_same(ProofEntry known, const ProofEntry& fresh) {
  known.proved_at = fresh.proved_at;
  return known == fresh;
}

}  // namespace

const ProofEntry* ProofRecord::find(Version version) const {
  for (const ProofEntry& entry : entries) {
    if (entry.version == version) return &entry;
  }
  return nullptr;
}

ProofRecord merged(const ProofRecord& known, const std::vector<ProofEntry>& fresh,
                   const std::optional<std::set<Version>>& versions) {
  std::map<Version, ProofEntry> all;
  for (const ProofEntry& entry : known.entries) {
    if (!versions || versions->contains(entry.version)) all.emplace(entry.version, entry);
  }
  for (const ProofEntry& entry : fresh) {
    const auto [place, is_new] = all.emplace(entry.version, entry);
    if (!is_new && !says_the_same(place->second, entry)) place->second = entry;
  }
  ProofRecord record;
  for (auto& [version, entry] : all) record.entries.push_back(std::move(entry));
  return record;
}

}  // namespace pgtide
