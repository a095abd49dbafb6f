// Pieces that several documents share. A key is always present; what is unknown is null.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "pgtide/error.hpp"

namespace pgtide::render {

using Json = nlohmann::ordered_json;  // keys stay in the order of the documentation

Json text_or_null(const std::string& text);
// Of a script or a session, which may set a password.
Json sql_or_null(const std::string& sql);
Json position_number(std::size_t number);  // 0 is unknown
Json problem_list(const std::vector<Problem>& problems);

template <typename Number>
Json number_or_null(const std::optional<Number>& number) {
  return number ? Json(*number) : Json(nullptr);
}

// The document as text with a line end. Bytes that are no UTF-8 become U+FFFD; control characters
// are escaped.
std::string document(const Json& json);

}  // namespace pgtide::render
