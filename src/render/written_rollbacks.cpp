// Rollback scripts that were written.
#include <fmt/format.h>

#include "pgtide/proof_documents.hpp"
#include "render/json_values.hpp"
#include "render/place.hpp"
#include "render/proof_words.hpp"
#include "render/safe_text.hpp"
#include "render/style.hpp"

namespace pgtide::render {
namespace {

Json written_objects(const std::vector<WrittenRollback>& rollbacks) {
  Json list = Json::array();
  for (const WrittenRollback& one : rollbacks) {
    Json differences = Json::array();
    for (const ProofDifference& difference : one.proof.differences)
      differences.push_back(told(difference));
    list.push_back(
        {{"version", one.proof.version_text},
         {"name", one.proof.name},
         {"file", text_or_null(one.path)},
         {"verdict", identifier(one.proof.verdict)},
         {"reason", text_or_null(one.reason)},
         {"not_restored", one.losses},
         {"differences", std::move(differences)},
         {"error", one.proof.failure ? Json(one.proof.failure->message) : Json(nullptr)}});
  }
  return list;
}

}  // namespace

std::string written_text(const std::vector<WrittenRollback>& rollbacks, const Style& style) {
  std::string text;
  for (const WrittenRollback& one : rollbacks) {
    const bool whole = one.proof.verdict == Verdict::proved && one.losses.empty();
    if (one.path.empty()) {
      text += fmt::format("{}  {} {}: {}\n", painted("not written", Tone::bad, style),
                          printable(one.proof.version_text), printable(one.proof.name),
                          printable(one.reason));
      if (one.proof.failure) text += failure_text(*one.proof.failure, style);
      for (const ProofDifference& difference : one.proof.differences) {
        text += "    " + printable(told(difference)) + "\n";
      }
    } else {
      text += fmt::format(
          "{}  {}\n",
          painted(to_string(one.proof.verdict), whole ? Tone::good : Tone::attention, style),
          printable(one.path));
    }
    for (const std::string& loss : one.losses) text += "    " + printable(loss) + "\n";
  }
  return text;
}

std::string written_json(const std::vector<WrittenRollback>& rollbacks) {
  return document({{"rollbacks", written_objects(rollbacks)}});
}

}  // namespace pgtide::render
