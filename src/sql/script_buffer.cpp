#include "sql/script_buffer.hpp"

#include <algorithm>

#include "pgtide/sql/script_reader.hpp"

namespace pgtide::sql {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::size_t longest_shown_line = 4096;

}  // namespace

std::string with_lf(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at, 2) != "\r\n") out += text[at];
  }
  return out;
}

ScriptBuffer::ScriptBuffer(ByteSource& source) : source_(&source) {
  fill();
  if (window().starts_with(byte_order_mark)) consume(byte_order_mark.size());
  utf16_ = bytes_.starts_with("\xFF\xFE") || bytes_.starts_with("\xFE\xFF");
}

std::string_view ScriptBuffer::window() const {
  return std::string_view(bytes_).substr(head_, valid_ - head_);
}

void ScriptBuffer::drop_consumed() {
  bytes_.erase(0, head_);
  base_ += head_;
  valid_ -= head_;
  head_ = 0;
}

// A source may hand out a byte at a time; where runs are cut must not depend on that.
std::size_t ScriptBuffer::read_into(std::size_t from) {
  // Most scripts are short: a whole chunk would be cleared in vain for each of them.
  const std::size_t wanted = base_ + from == 0 ? first_chunk : chunk;
  bytes_.resize(from + wanted);
  std::size_t filled = 0;
  while (filled < wanted && !exhausted_) {
    const std::size_t n =
        source_->read(std::span<char>(bytes_).subspan(from + filled, wanted - filled));
    exhausted_ = n == 0;
    filled += n;
  }
  bytes_.resize(from + filled);
  return filled;
}

void ScriptBuffer::fill() {
  if (at_end_) return;
  drop_consumed();
  const std::size_t from = bytes_.size();
  const std::size_t filled = read_into(from);
  const std::string_view fresh = std::string_view(bytes_).substr(from, filled);
  checksum_.update(fresh);
  const std::size_t good = validator_.feed(fresh);
  if (exhausted_) validator_.finish();
  at_end_ = exhausted_ || validator_.verdict() != Utf8Validator::Verdict::good;
  valid_ = from + good - validator_.unfinished();
  turn_line_ends(from);
}

// A CR at the very end waits for what follows it.
void ScriptBuffer::turn_line_ends(std::size_t from) {
  if (from > head_ && bytes_[from - 1] == '\r') --from;
  std::size_t to = bytes_.find("\r\n", from);
  const std::size_t valid = valid_;
  for (std::size_t at = to; at < bytes_.size(); ++at) {
    if (at == valid) valid_ = to;
    if (bytes_[at] != '\r' || at + 1 == bytes_.size() || bytes_[at + 1] != '\n') {
      bytes_[to++] = bytes_[at];
    }
  }
  if (to != std::string::npos) {
    if (valid == bytes_.size()) valid_ = to;
    bytes_.resize(to);
  }
  if (!at_end_ && valid_ > head_ && bytes_[valid_ - 1] == '\r') --valid_;
}

std::optional<ScriptBuffer::Bad> ScriptBuffer::bad() const {
  switch (validator_.verdict()) {
    case Utf8Validator::Verdict::good:
      return std::nullopt;
    case Utf8Validator::Verdict::nul:
      return Bad{"a NUL byte, which PostgreSQL does not take in a script",
                 "remove it; is this a text file, in UTF-8?"};
    case Utf8Validator::Verdict::invalid:
      break;
  }
  return Bad{utf16_ ? "not UTF-8: the file is UTF-16" : "invalid UTF-8", "save the file as UTF-8"};
}

std::optional<std::string_view> ScriptBuffer::line_around(std::size_t offset) const {
  if (offset < base_ || offset > base_ + valid_) return std::nullopt;
  const std::string_view known = std::string_view(bytes_).substr(0, valid_);
  const std::size_t at = offset - base_;
  const std::size_t before = at == 0 ? std::string_view::npos : known.rfind('\n', at - 1);
  std::size_t begin = before == std::string_view::npos ? 0 : before + 1;
  std::size_t end = std::min(known.find('\n', at), known.size());
  if (end - begin > longest_shown_line) return std::nullopt;
  if (base_ + begin == 0 && known.starts_with(byte_order_mark)) begin += byte_order_mark.size();
  if (end > begin && known[end - 1] == '\r') --end;  // the last of the file
  return known.substr(begin, end - begin);
}

Checksum ScriptBuffer::finish_checksum() {
  std::string rest(exhausted_ ? 0 : chunk, '\0');  // `bytes_` stays: its lines may be asked for
  while (!exhausted_) {
    const std::size_t n = source_->read(rest);
    checksum_.update({rest.data(), n});
    exhausted_ = n == 0;
  }
  return checksum_.finish();
}

}  // namespace pgtide::sql
