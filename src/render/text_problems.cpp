// What went wrong, and what was remarked on the way.
#include <fmt/format.h>

#include <algorithm>

#include "core/file_name.hpp"
#include "pgtide/redact.hpp"
#include "pgtide/render.hpp"
#include "render/place.hpp"
#include "render/safe_text.hpp"
#include "render/style.hpp"

namespace pgtide::render {
namespace {

constexpr std::size_t indent = 2;

std::string quiet(const std::string& text, const Style& style) {
  return painted(text, Tone::quiet, style);
}

// Further lines of a message stand below its first one.
std::string headline(const std::string& prefix, const std::string& label, Tone tone,
                     const std::string& message, const Style& style) {
  std::string text = printable_lines(message);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) {
    if (text[at + 1] == '\t') text.erase(at + 1, 1);  // libpq indents with them
    text.insert(at + 1, indent, ' ');
  }
  const std::string shown = label.empty() ? std::string() : painted(label + ":", tone, style) + " ";
  return prefix + shown + text;
}

std::string with_sqlstate(const std::string& sqlstate) {
  return sqlstate.empty() ? std::string() : fmt::format(" ({})", printable(sqlstate));
}

std::string problem_block(const Problem& problem, const std::string& label, Tone tone,
                          const Style& style) {
  return headline(place_prefix(problem.where), label, tone, problem.message, style) + "\n" +
         excerpt(problem.source_line, problem.where.column, style) +
         field(indent, "hint", problem.hint);
}

// A lone problem without a place says it all; only what happened is kept of the introduction
// ("this cannot be done; nothing was run").
std::string lone_problem_text(const Error& error, const Style& style) {
  const Problem& problem = error.problems().front();
  const std::string introduction = error.what();
  const std::size_t end = introduction.rfind("; ");
  const std::string what_happened =
      end == std::string::npos ? std::string() : introduction.substr(end);
  return headline({}, "error", Tone::bad, problem.message + what_happened, style) + "\n" +
         field(indent, "hint", problem.hint) + field(indent, "hint", error.hint());
}

}  // namespace

std::string problems_text(const std::vector<Problem>& problems, const Style& style) {
  std::string out;
  for (const Problem& problem : problems) {
    const bool has_place = !problem.where.file.empty();
    out += problem_block(problem, has_place ? "" : "problem", Tone::bad, style);
  }
  return out;
}

std::string remark_text(const Problem& remark, const Style& style) {
  return problem_block(remark, "note", Tone::quiet, style);
}

std::string notice_text(const ServerNotice& notice, const Style& style) {
  const std::string severity =
      notice.severity.empty() ? "notice" : printable(file_name::lower_case(notice.severity));
  const Tone tone = severity == "warning" ? Tone::attention : Tone::quiet;
  return headline(place_prefix({notice.where.file, notice.where.line, 0}), severity, tone,
                  notice.message, style) +
         "\n" + quiet(field(indent, "detail", notice.detail), style) +
         quiet(field(indent, "server hint", notice.hint), style);
}

std::string error_text(const Error& error, const Style& style) {
  if (error.problems().size() == 1 && error.problems().front().where.file.empty()) {
    return lone_problem_text(error, style);
  }
  return headline({}, "error", Tone::bad, error.what(), style) + with_sqlstate(error.sqlstate()) +
         "\n" + problems_text(error.problems(), style) +
         quiet(field(indent, "detail", error.detail()), style) +
         field(indent, "hint", error.hint());
}

std::string failure_text(const Failure& failure, const Style& style) {
  const bool interrupted = failure.kind == FailureKind::interrupted;
  return headline(place_prefix(failure.where), interrupted ? "stopped" : "error",
                  interrupted ? Tone::attention : Tone::bad, failure.message, style) +
         with_sqlstate(failure.sqlstate) + "\n" +
         excerpt(failure.source_line, failure.where.column, style) +
         quiet(field(indent, "detail", failure.detail), style) +
         quiet(field(indent, "server hint", failure.server_hint), style) +
         quiet(field(indent, "context", redact(failure.context)), style) +
         field(indent, "hint", failure.hint);
}

}  // namespace pgtide::render
