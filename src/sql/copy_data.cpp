#include "sql/copy_data.hpp"

#include "pgtide/sql/position.hpp"

namespace pgtide::sql {
namespace {

constexpr std::string_view marker = "\\.";
constexpr std::size_t none = std::string_view::npos;

// Whole lines at the front of the window; all of it when they are none.
std::size_t whole_lines(const ScriptBuffer& buffer) {
  const std::string_view window = buffer.window();
  const std::size_t last = window.rfind('\n');
  return buffer.at_end() || last == none ? window.size() : last + 1;
}

}  // namespace

void CopyData::begin() {
  active_ = true;
  at_line_start_ = true;
  handed_out_ = 0;
}

std::size_t CopyData::find_end_marker(std::string_view lines) const {
  for (std::size_t at = lines.find(marker); at != none; at = lines.find(marker, at + 1)) {
    const bool begins_line = at == 0 ? at_line_start_ : lines[at - 1] == '\n';
    const std::string_view rest = lines.substr(at + marker.size());
    const bool ends_line =
        rest.starts_with('\n') || rest.starts_with("\r\n") || rest.empty() || rest == "\r";
    if (begins_line && ends_line) return at;
  }
  return none;
}

void CopyData::end(std::string_view lines) {
  const std::size_t line_end = lines.find('\n');
  const std::size_t length = line_end == none ? lines.size() : line_end + 1;
  *cursor_ = sql::advance(*cursor_, lines.substr(0, length));
  buffer_->consume(length);
  active_ = false;
}

std::optional<std::string_view> CopyData::next() {
  if (!active_) return std::nullopt;
  buffer_->consume(handed_out_);
  handed_out_ = 0;
  if (buffer_->window().find('\n') == none) buffer_->fill();
  const std::string_view lines = buffer_->window().substr(0, whole_lines(*buffer_));
  const std::size_t marker_at = find_end_marker(lines);
  if (marker_at == 0 || lines.empty()) {
    end(lines);
    return std::nullopt;
  }
  const std::string_view piece = lines.substr(0, marker_at);
  handed_out_ = piece.size();
  at_line_start_ = piece.ends_with('\n');
  *cursor_ = sql::advance(*cursor_, piece);
  return piece;
}

}  // namespace pgtide::sql
