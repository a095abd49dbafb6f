#include "sql/psql_lexer.hpp"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

// PostgreSQL's headers redefine names of the C library, so they come after every C++ header.
extern "C" {
#include "postgres_fe.h"
// after postgres_fe.h
#include "common/logging.h"
#include "fe_utils/psqlscan.h"
#include "fe_utils/psqlscan_int.h"
#include "mb/pg_wchar.h"

char* psql_yyget_text(void* scanner);
int psql_yyget_leng(void* scanner);
}
#undef vfprintf

// What the lexer wants of libpgcommon and libpgport. Linked from there, it would bring palloc() and
// its like into the program's symbol table, and libpg_query would call those instead of its own.
// Here nobody else sees them; in this file, because an archive gives out whole object files only.
#define PSQL_LEXER_NEEDS __attribute__((weak, visibility("hidden")))
namespace {
constexpr unsigned char lower(unsigned char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<unsigned char>(c + 32) : c;
}
}  // namespace
extern "C" {
PSQL_LEXER_NEEDS void* pg_malloc(size_t size) {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();  // no exception may pass through the lexer
  return memory;
}

PSQL_LEXER_NEEDS void* pg_malloc0(size_t size) {
  return std::memset(pg_malloc(size), 0, size);
}

PSQL_LEXER_NEEDS char* pg_strdup(const char* from) {
  const size_t size = std::strlen(from) + 1;
  return static_cast<char*>(std::memcpy(pg_malloc(size), from, size));
}

PSQL_LEXER_NEEDS unsigned char pg_tolower(unsigned char c) {
  return lower(c);
}

PSQL_LEXER_NEEDS unsigned char pg_toupper(unsigned char c) {
  return c >= 'a' && c <= 'z' ? static_cast<unsigned char>(c - 32) : c;
}

// The lexer compares every word of a script with several of its own.
PSQL_LEXER_NEEDS int pg_strcasecmp(const char* a, const char* b) {
  for (;; ++a, ++b) {
    const int first = lower(static_cast<unsigned char>(*a));
    const int second = lower(static_cast<unsigned char>(*b));
    if (first != second || first == 0) return first - second;
  }
}

// Before it gives up: out of memory.
PSQL_LEXER_NEEDS int pg_fprintf(FILE* stream, const char* format, ...) {
  std::va_list arguments;
  va_start(arguments, format);
  const int written = std::vfprintf(stream, format, arguments);
  va_end(arguments);
  return written;
}

// It warns of variables that expand to themselves; here there are no variables.
PSQL_LEXER_NEEDS void pg_log_generic(enum pg_log_level, enum pg_log_part, const char*, ...) {}
}

namespace pgtide::sql {
namespace {

constexpr PsqlScanCallbacks no_variables = {nullptr};

}  // namespace

struct PsqlLexer::State {
  PsqlScanState scan = psql_scan_create(&no_variables);
  PQExpBuffer output = createPQExpBuffer();
  promptStatus_t prompt = PROMPT_READY;
  std::string_view run;
  std::size_t offset = 0;
  bool running = false;
  bool standard_strings = true;

  std::optional<std::size_t> find_escape(std::size_t from, std::size_t to) const;
};

// The lexer passes `\;` on as `;`, so its output is one byte shorter there than what it read. The
// first byte of the output is not the script's; see next().
std::optional<std::size_t> PsqlLexer::State::find_escape(std::size_t from, std::size_t to) const {
  const std::string_view read = run.substr(from, to - from);
  std::size_t candidate = read.find('\\');
  while (candidate != std::string_view::npos) {
    const char after = candidate + 1 < read.size() ? read[candidate + 1] : '\0';
    if (after == ';' || after == ':') break;
    candidate = read.find('\\', candidate + 1);
  }
  if (candidate == std::string_view::npos) return std::nullopt;
  const std::string_view written(output->data + 1, output->len - 1);
  for (std::size_t i = 0; i < read.size(); ++i) {
    if (i < written.size() && read[i] == written[i]) continue;
    const bool escaped = read[i] == '\\' && i + 1 < read.size();
    return escaped ? std::optional(from + i) : std::nullopt;
  }
  return std::nullopt;
}

PsqlLexer::PsqlLexer() : state_(std::make_unique<State>()) {}

PsqlLexer::~PsqlLexer() {
  psql_scan_destroy(state_->scan);
  destroyPQExpBuffer(state_->output);
}

void PsqlLexer::start(std::string_view run) {
  finish_run();
  if (run.size() > longest_run) throw std::length_error("run too long for psql's lexer");
  state_->run = run;
  state_->offset = 0;
  state_->running = true;
  psql_scan_setup(state_->scan, run.data(), static_cast<int>(run.size()), PG_UTF8,
                  state_->standard_strings);
}

PsqlLexer::Result PsqlLexer::next() {
  State& s = *state_;
  // Blanks at the front of an empty buffer are left out of it: a first byte keeps input and output
  // in step.
  resetPQExpBuffer(s.output);
  appendPQExpBufferChar(s.output, ' ');
  const PsqlScanResult result = psql_scan(s.scan, s.output, &s.prompt);
  if (PQExpBufferBroken(s.output)) throw std::bad_alloc();
  const std::size_t from = s.offset;
  if (result == PSCAN_SEMICOLON || result == PSCAN_BACKSLASH) {
    const char* end = psql_yyget_text(s.scan->scanner) + psql_yyget_leng(s.scan->scanner);
    s.offset = static_cast<std::size_t>(end - s.scan->scanbuf);
    return {result == PSCAN_SEMICOLON ? Stop::semicolon : Stop::backslash, s.offset,
            s.find_escape(from, s.offset)};
  }
  const Result at_end{Stop::end_of_run, s.run.size(), s.find_escape(from, s.run.size())};
  finish_run();
  return at_end;
}

void PsqlLexer::finish_run() {
  if (!state_->running) return;
  psql_scan_finish(state_->scan);
  state_->running = false;
}

void PsqlLexer::reset() {
  psql_scan_reset(state_->scan);
}

void PsqlLexer::set_string_syntax(StringSyntax syntax) {
  state_->standard_strings = syntax == StringSyntax::standard;
  state_->scan->std_strings = state_->standard_strings;
}

PsqlLexer::Open PsqlLexer::open() const {
  switch (state_->prompt) {
    case PROMPT_COMMENT:
      return Open::comment;
    case PROMPT_SINGLEQUOTE:
      return Open::single_quote;
    case PROMPT_DOUBLEQUOTE:
      return Open::double_quote;
    case PROMPT_DOLLARQUOTE:
      return Open::dollar_quote;
    case PROMPT_PAREN:
      return Open::parenthesis;
    case PROMPT_CONTINUE:
      return state_->scan->begin_depth > 0 ? Open::begin_atomic : Open::nothing;
    default:
      return Open::nothing;
  }
}

bool PsqlLexer::in_quote() const {
  return psql_scan_in_quote(state_->scan);
}

}  // namespace pgtide::sql
