// Prose below a message.
#pragma once

#include <string>
#include <string_view>

#include "pgtide/render.hpp"

namespace pgtide::render {

// `  label: text`, as many words to a line as fit, further lines below the first word.
std::string paragraph(std::string_view label, const std::string& text, const Style& style);

}  // namespace pgtide::render
