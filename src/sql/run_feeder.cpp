#include "sql/run_feeder.hpp"

#include <algorithm>

#include "sql/directive_line.hpp"
#include "sql/psql_lexer.hpp"

namespace pgtide::sql {
namespace {

constexpr std::string_view blanks = " \t\r\n\f";
constexpr std::size_t none = std::string_view::npos;

// A literal may go on in the next line ('a' and 'b' with only blanks, comments and a line break
// between them), and in E'…' the escapes go on with it. The lexer sees that only inside one run.
bool may_cut_between(std::string_view before, std::string_view after) {
  const std::size_t first = after.find_first_not_of(blanks);
  if (first != none && after[first] != '\'' && after[first] != '-') return true;
  const std::size_t last = before.find_last_not_of(blanks);
  return last != none && before[last] != '\'' && before.find("--") == none;
}

// The last line start in `window` behind `floor` where a run may end; 0 when there is none.
std::size_t last_cut(std::string_view window, std::size_t floor) {
  std::size_t after_end = window.size();
  for (;;) {
    const std::size_t line_end = window.substr(floor, after_end - floor - 1).rfind('\n');
    if (line_end == none) return 0;
    const std::size_t cut = floor + line_end + 1;
    const std::size_t previous = window.substr(0, cut - 1).rfind('\n');
    const std::size_t before = previous == none ? 0 : previous + 1;
    if (may_cut_between(window.substr(before, cut - before), window.substr(cut, after_end - cut))) {
      return cut;
    }
    after_end = cut;
  }
}

std::size_t line_length(std::string_view text, std::size_t from) {
  const std::size_t end = text.find('\n', from);
  return end == none ? text.size() - from : end + 1 - from;
}

}  // namespace

RunFeeder::Run RunFeeder::first_run(std::string_view lines) {
  std::size_t at = 0;
  std::string_view before;
  while (at < lines.size()) {
    const std::string_view line = lines.substr(at, line_length(lines, at));
    const bool directive = is_directive_line(line) || is_way_back_heading(line);
    if (directive && at == 0) return {line, true};
    if (directive || (at >= limit_ && may_cut_between(before, line))) return {lines.substr(0, at)};
    before = line;
    at += line.size();
  }
  return {lines};
}

std::optional<RunFeeder::Run> RunFeeder::next() {
  std::size_t searched = 0;
  for (;;) {
    const std::string_view window = buffer_->window();
    if (window.size() > PsqlLexer::longest_run) return Run{{}, false, true};
    if (buffer_->at_end() && window.empty()) return std::nullopt;
    const std::size_t cut = buffer_->at_end() ? window.size() : last_cut(window, searched);
    if (cut > 0) {
      const Run run = first_run(window.substr(0, cut));
      limit_ = std::min(2 * limit_, ScriptBuffer::chunk);
      return run;
    }
    searched = window.empty() ? 0 : window.size() - 1;
    buffer_->fill();
  }
}

}  // namespace pgtide::sql
