#include "core/version_order.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace pgtide {
namespace {

// 20250625, 202506251200, 20250625120000: from 1900 to 2099.
bool is_date(std::string_view digits) {
  if (digits.size() < 8) return false;
  const std::string_view month = digits.substr(4, 2);
  const std::string_view day = digits.substr(6, 2);
  return (digits.starts_with("19") || digits.starts_with("20")) && month >= "01" && month <= "12" &&
         day >= "01" && day <= "31";
}

std::string widened(std::string digits) {
  digits.resize(std::max(digits.size(), Version::max_digits), '0');
  return digits;
}

Problem out_of_order(const Migration& early, const Migration& late) {
  std::string padded = early.version_text;
  padded.resize(late.version_text.size(), '0');
  return {
      .where = {early.forward_path, 0, 0},
      .message = fmt::format("{} runs before {}, because versions are compared as numbers; as a "
                             "date it comes behind it",
                             early.version_text, late.version_text),
      .hint =
          fmt::format("if it is applied nowhere yet, rename it to {}_{}.sql", padded, early.name),
      .source_line = {}};
}

}  // namespace

std::vector<Problem> dates_out_of_order(const Catalog& catalog) {
  std::vector<const Migration*> dates;  // ascending as numbers, so shorter ones come first
  for (const Migration& migration : catalog.migrations) {
    if (is_date(migration.version_text)) dates.push_back(&migration);
  }
  std::vector<Problem> problems;
  // The earliest date among those that are longer than the ones before.
  const Migration* earliest = nullptr;
  for (auto it = dates.rbegin(); it != dates.rend(); ++it) {
    const Migration& one = **it;
    const std::string date = widened(one.version_text);
    if (earliest != nullptr && one.version_text.size() < earliest->version_text.size() &&
        widened(earliest->version_text) < date) {
      problems.insert(problems.begin(), out_of_order(one, *earliest));
    }
    if (earliest == nullptr || date < widened(earliest->version_text)) earliest = &one;
  }
  return problems;
}

}  // namespace pgtide
