#include "render/style.hpp"

#include <fmt/format.h>

namespace pgtide::render {
namespace {

int code_of(Tone tone) {
  switch (tone) {
    case Tone::bad:
      return 31;
    case Tone::attention:
      return 33;
    case Tone::good:
      return 32;
    case Tone::quiet:
      return 2;
    case Tone::plain:
      break;
  }
  return 0;
}

}  // namespace

std::string painted(std::string_view text, Tone tone, const Style& style) {
  if (style.color == Color::off || tone == Tone::plain || text.empty()) return std::string(text);
  const bool ends_line = text.back() == '\n';
  if (ends_line) text.remove_suffix(1);
  return fmt::format("\x1b[{}m{}\x1b[0m{}", code_of(tone), text, ends_line ? "\n" : "");
}

}  // namespace pgtide::render
