// The safety rules themselves.
#include <fmt/format.h>

#include "pgtide/render.hpp"
#include "render/json_values.hpp"
#include "render/paragraph.hpp"
#include "render/style.hpp"
#include "render/table.hpp"

namespace pgtide::render {

std::string rules_text(const std::vector<rules::Rule>& list, const Style& style) {
  Table table(std::vector<Column>{{.title = "rule"}, {.title = "found when"}});
  for (const rules::Rule& rule : list) table.add({{rule.id}, {rule.title}});
  return table.text(style);
}

std::string rule_text(const rules::Rule& rule, const Style& style) {
  return fmt::format("{}: {}\n", painted(rule.id, Tone::attention, style), rule.title) +
         paragraph("why", rule.explanation, style) + paragraph("safer", rule.safer, style) +
         paragraph("allow", fmt::format("-- pgtide: allow {} <why>", rule.id), style);
}

std::string rules_json(const std::vector<rules::Rule>& list) {
  Json all = Json::array();
  for (const rules::Rule& rule : list) {
    all.push_back({{"rule", rule.id},
                   {"title", rule.title},
                   {"explanation", rule.explanation},
                   {"safer", rule.safer}});
  }
  return document({{"rules", std::move(all)}});
}

}  // namespace pgtide::render
