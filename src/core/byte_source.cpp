#include "pgtide/byte_source.hpp"

#include <array>

namespace pgtide {

std::string read_all(ByteSource& source) {
  std::string text;
  std::array<char, 1 << 14> buffer{};
  while (const std::size_t n = source.read(buffer)) text.append(buffer.data(), n);
  return text;
}

}  // namespace pgtide
