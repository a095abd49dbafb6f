// Colour, where the reader's terminal has it.
#pragma once

#include <string>
#include <string_view>

#include "pgtide/render.hpp"

namespace pgtide::render {

enum class Tone { plain, bad, attention, good, quiet };

// `text` in the colour of `tone`, which ends before a final line end; as it is without colour.
std::string painted(std::string_view text, Tone tone, const Style& style);

}  // namespace pgtide::render
