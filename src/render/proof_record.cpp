// The file that remembers proofs.
#include "pgtide/proof_record.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pgtide/error.hpp"
#include "render/json_values.hpp"

namespace pgtide {
namespace {

using render::Json;

constexpr int format_version = 1;

Json object_of(const ProofEntry& entry) {
  return {{"version", entry.version_text}, {"verdict", entry.verdict},
          {"forward", entry.forward},      {"rollback", render::text_or_null(entry.rollback)},
          {"server", entry.server},        {"pgtide", entry.tool_version},
          {"proved_at", entry.proved_at}};
}

std::string text_of(const Json& object, const char* key) {
  const Json& value = object.at(key);
  return value.is_null() ? std::string() : value.get<std::string>();
}

std::optional<ProofEntry> entry_of(const Json& object) {
  ProofEntry entry;
  entry.version_text = text_of(object, "version");
  const auto version = Version::parse(entry.version_text);
  if (!version) return std::nullopt;
  entry.version = *version;
  entry.verdict = text_of(object, "verdict");
  // Files from before 1.0 have the words for people.
  std::replace(entry.verdict.begin(), entry.verdict.end(), ' ', '_');
  entry.forward = text_of(object, "forward");
  entry.rollback = text_of(object, "rollback");
  entry.server = text_of(object, "server");
  entry.tool_version = text_of(object, "pgtide");
  entry.proved_at = text_of(object, "proved_at");
  return entry;
}

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw Error(ErrorKind::config, fmt::format("{} is no record of proofs: {}", path, why),
              "after a merge keep the lines of both sides; `pgtide verify --record` writes a file "
              "anew that is gone");
}

}  // namespace

std::string to_json(const ProofRecord& record) {
  std::string text = fmt::format("{{\n\"format\": {},\n\"proofs\": [\n", format_version);
  for (std::size_t i = 0; i < record.entries.size(); ++i) {
    text += object_of(record.entries[i]).dump(-1, ' ', false, Json::error_handler_t::replace);
    text += i + 1 < record.entries.size() ? ",\n" : "\n";
  }
  return text + "]\n}\n";
}

ProofRecord parse_proofs(std::string_view json, const std::string& path) {
  ProofRecord record;
  try {
    const Json document = Json::parse(json);
    if (document.at("format") != format_version) refuse(path, "it is of another format");
    for (const Json& object : document.at("proofs")) {
      const auto entry = entry_of(object);
      if (!entry) refuse(path, "it has an entry without a version");
      if (record.find(entry->version) != nullptr) {
        refuse(path, fmt::format("it has {} twice", entry->version_text));
      }
      record.entries.push_back(*entry);
    }
  } catch (const Json::exception& error) {
    refuse(path, error.what());
  }
  std::sort(record.entries.begin(), record.entries.end(),
            [](const ProofEntry& a, const ProofEntry& b) { return a.version < b.version; });
  return record;
}

}  // namespace pgtide
