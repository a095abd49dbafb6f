#include "app/proof_file.hpp"

#include <fmt/format.h>

#include "adapters/whole_file.hpp"
#include "core/wording.hpp"

namespace pgtide {

std::string proof_file(const Settings& settings) {
  return settings.proofs.empty() ? joined_path(settings.dir, "proofs.json") : settings.proofs;
}

ProofRecord read_proofs(const Settings& settings) {
  const std::string path = proof_file(settings);
  const std::string text = adapters::text_of_file(path);
  return text.empty() ? ProofRecord{} : parse_proofs(text, path);
}

void write_proofs(const Settings& settings, const std::vector<ProofEntry>& fresh,
                  const std::optional<std::set<Version>>& versions) {
  const std::string path = proof_file(settings);
  const std::string text = to_json(merged(read_proofs(settings), fresh, versions));
  if (text == adapters::text_of_file(path)) return;
  const std::string why = adapters::replace_file(path, text, 0644);
  if (!why.empty()) {
    throw Error(ErrorKind::environment, fmt::format("cannot write {}: {}", path, why),
                "--proofs names another file");
  }
}

}  // namespace pgtide
