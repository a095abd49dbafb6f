#include "pgtide/drift_documents.hpp"

#include <fmt/format.h>

#include "core/wording.hpp"
#include "render/json_drift.hpp"
#include "render/json_values.hpp"
#include "render/safe_text.hpp"
#include "render/style.hpp"

namespace pgtide::render {
namespace {

// An added object is one that should not be there.
std::string told(const schema::Difference& difference) {
  const std::string object = difference.kind + " " + difference.identity;
  switch (difference.change) {
    case schema::Change::added:
      return object + " should not be there";
    case schema::Change::removed:
      return object + " is missing";
    case schema::Change::changed:
      break;
  }
  return schema::describe(difference);
}

std::string at_version(const SchemaDrift& drift) {
  return drift.version == "0" ? "before the first migration" : "at " + printable(drift.version);
}

std::string list(const SchemaDrift& drift) {
  std::string text;
  for (const schema::Difference& difference : drift.differences) {
    text += "  " + printable(told(difference)) + "\n";
  }
  return text;
}

std::string how_many(const SchemaDrift& drift) {
  return drift.differences.empty() ? "" : ": " + drift.counted();
}

const char* name_of(schema::Change change) {
  switch (change) {
    case schema::Change::added:
      return "added";
    case schema::Change::removed:
      return "removed";
    case schema::Change::changed:
      break;
  }
  return "changed";
}

Json difference_list(const SchemaDrift& drift) {
  Json differences = Json::array();
  for (const schema::Difference& difference : drift.differences) {
    const bool changed = difference.change == schema::Change::changed;
    differences.push_back({{"change", name_of(difference.change)},
                           {"kind", difference.kind},
                           {"identity", difference.identity},
                           {"attribute", text_or_null(difference.attribute)},
                           {"before", changed ? Json(difference.before) : Json(nullptr)},
                           {"after", changed ? Json(difference.after) : Json(nullptr)},
                           {"text", told(difference)}});
  }
  return differences;
}

}  // namespace

Json restored_value(const SchemaDrift& drift) {
  if (drift.version.empty()) return nullptr;
  const char* result = !drift.known ? "unknown" : drift.changed ? "changed" : "as_it_was";
  return {{"result", result},
          {"version", drift.version},
          {"recorded_at", text_or_null(drift.recorded_at)},
          {"differences", difference_list(drift)}};
}

std::string drift_text(const SchemaDrift& drift, ComparedWith with, const Style& style) {
  if (!drift.known) {
    return "nothing is recorded for what is applied now; the next `pgtide up` or `down` records "
           "it\n";
  }
  const std::string wanted = with == ComparedWith::replay
                                 ? "a replay of the applied versions"
                                 : fmt::format("what the last run left {}", at_version(drift));
  if (!drift.changed) {
    return painted("no drift", Tone::good, style) + ": the schema is " + wanted + "\n";
  }
  return painted("drift", Tone::bad, style) +
         fmt::format(": the schema is not {}{}\n", wanted, how_many(drift)) + list(drift);
}

std::string drift_json(const SchemaDrift& drift, ComparedWith with) {
  const char* result = !drift.known ? "unknown" : drift.changed ? "drift" : "ok";
  return document({{"command", "drift"},
                   {"compared_with", with == ComparedWith::replay ? "replay" : "record"},
                   {"result", result},
                   {"version", drift.known ? Json(drift.version) : Json(nullptr)},
                   {"recorded_at", text_or_null(drift.recorded_at)},
                   {"differences", difference_list(drift)}});
}

std::string restored_text(const SchemaDrift& drift, const Style& style) {
  if (drift.version.empty()) return {};
  if (!drift.known) {
    return fmt::format(
        "nothing is recorded of the schema {}; `pgtide drift` compares it with a "
        "replay\n",
        at_version(drift));
  }
  if (!drift.changed) return fmt::format("schema is as it was {}\n", at_version(drift));
  return painted(fmt::format("schema is not as it was {}{}", at_version(drift), how_many(drift)),
                 Tone::bad, style) +
         "\n" + list(drift);
}

}  // namespace pgtide::render
