#include "engine/kept_script.hpp"

#include <array>
#include <string_view>

namespace pgtide::engine {
namespace {

constexpr std::size_t longest_kept = 1 << 20;

}  // namespace

std::unique_ptr<ByteSource> KeptScript::open(const Checksum& expected) {
  if (text_) return std::make_unique<StringSource>(*text_);
  const auto source = find_();
  ChecksumStream sums(ChecksumForms::usual);
  std::array<char, 65536> buffer{};
  std::string text;
  bool keeps = true;
  while (const std::size_t size = source->read(buffer)) {
    const std::string_view piece(buffer.data(), size);
    sums.update(piece);
    keeps = keeps && text.size() + size <= longest_kept;
    if (keeps) text += piece;
  }
  if (!(sums.finish() == expected)) return nullptr;
  if (!keeps) return find_();
  text_ = std::move(text);
  return std::make_unique<StringSource>(*text_);
}

}  // namespace pgtide::engine
