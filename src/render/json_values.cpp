#include "render/json_values.hpp"

#include <fmt/format.h>

#include "pgtide/redact.hpp"

namespace pgtide::render {
namespace {

// The serializer escapes what JSON demands; these may stand as they are, but a terminal may obey
// them: DEL and U+0080 to U+009F. All of them can only be inside strings.
std::string without_terminal_controls(const std::string& text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (byte == 0x7F) {
      out += "\\u007f";
    } else if (byte == 0xC2 && next >= 0x80 && next < 0xA0) {
      out += fmt::format("\\u{:04x}", next);
      ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

Json text_or_null(const std::string& text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json sql_or_null(const std::string& sql) {
  return text_or_null(redact(sql));
}

Json position_number(std::size_t number) {
  return number == 0 ? Json(nullptr) : Json(number);
}

Json problem_list(const std::vector<Problem>& problems) {
  Json list = Json::array();
  for (const Problem& problem : problems) {
    list.push_back({{"file", text_or_null(problem.where.file)},
                    {"line", position_number(problem.where.line)},
                    {"column", position_number(problem.where.column)},
                    {"message", problem.message},
                    {"hint", text_or_null(problem.hint)}});
  }
  return list;
}

std::string document(const Json& json) {
  constexpr int indent = 2;
  return without_terminal_controls(json.dump(indent, ' ', false, Json::error_handler_t::replace)) +
         "\n";
}

}  // namespace pgtide::render
