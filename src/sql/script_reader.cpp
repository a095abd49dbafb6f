#include "pgtide/sql/script_reader.hpp"

#include <deque>
#include <utility>

#include "pgtide/sql/position.hpp"
#include "sql/copy_data.hpp"
#include "sql/directive_line.hpp"
#include "sql/lead_in.hpp"
#include "sql/psql_lexer.hpp"
#include "sql/run_feeder.hpp"
#include "sql/script_buffer.hpp"
#include "sql/string_syntax.hpp"
#include "sql/unterminated.hpp"

namespace pgtide::sql {
namespace {

constexpr std::string_view blanks = " \t\n\r\f";

std::string_view without_line_end(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Unreadable too_long(const Position& at) {
  return {"a statement of more than 1 GiB, which PostgreSQL does not take", at,
          "split it into several statements"};
}

}  // namespace

bool is_harmless(const MetaCommand& command) {
  const std::string_view text = command.text;
  const std::string_view name = text.substr(0, text.find_first_of(" \t"));
  return name == "restrict" || name == "unrestrict";
}

class ScriptReader::Impl {
 public:
  Impl(ByteSource& source, StringSyntax syntax) : buffer_(source) {
    cursor_.offset = buffer_.offset();
    lexer_.set_string_syntax(syntax);
  }

  std::optional<ScriptItem> next();
  std::optional<std::string_view> next_copy_data() { return copy_data_.next(); }
  const Position& copy_position() const { return cursor_; }
  std::optional<std::string> source_line(const Position& at) const;
  Checksum checksum() { return buffer_.finish_checksum(); }

 private:
  void enter(const RunFeeder::Run& run);
  void leave_run();
  void read_on();
  void read_directive();
  void take(std::size_t to);
  std::size_t take_lead_in(std::string_view piece);
  void end_statement(std::optional<std::size_t> end);
  void meet_backslash(std::size_t offset);
  void meet_escape(std::size_t offset);
  void begin_copy();
  void finish();
  void give_up(Unreadable why);
  void add_problem(const Position& at, std::string message, std::string hint);
  void pass(std::size_t length);
  std::string_view rest_of_line(std::size_t offset) const;

  ScriptBuffer buffer_;
  RunFeeder feeder_{buffer_};
  PsqlLexer lexer_;
  LeadIn lead_in_;
  std::deque<ScriptItem> items_;
  bool done_ = false;

  std::string_view run_;    // what the lexer has; the front of the buffer's window
  std::size_t run_at_ = 0;  // first byte of it that is not in an item or in `pending_`
  bool in_run_ = false;
  Position cursor_;  // of that byte; in COPY data, of the next piece
  CopyData copy_data_{buffer_, cursor_};

  std::string pending_;  // the statement as far as it was read
  bool started_ = false;
  std::size_t statements_ = 0;  // that ended
  Position begin_;              // of `pending_`
  Position comment_at_;         // of the comment that `lead_in_` is in
};

std::optional<ScriptItem> ScriptReader::Impl::next() {
  while (items_.empty()) {
    while (next_copy_data()) {
    }
    if (done_) return std::nullopt;
    if (in_run_) {
      read_on();
    } else if (const auto run = feeder_.next()) {
      enter(*run);
    } else {
      finish();
    }
  }
  ScriptItem item = std::move(items_.front());
  items_.pop_front();
  return item;
}

void ScriptReader::Impl::enter(const RunFeeder::Run& run) {
  if (run.too_long) {
    give_up(too_long(started_ ? begin_ : cursor_));
    return;
  }
  run_ = run.text;
  run_at_ = 0;
  in_run_ = true;
  if (run.directive_line && !lexer_.in_quote()) read_directive();
  lexer_.start(run_);
}

void ScriptReader::Impl::leave_run() {
  lexer_.finish_run();
  if (run_at_ < run_.size()) feeder_.cut_short();
  buffer_.consume(run_at_);
  in_run_ = false;
}

void ScriptReader::Impl::read_on() {
  const PsqlLexer::Result result = lexer_.next();
  if (result.escape) meet_escape(*result.escape);
  switch (result.stop) {
    case PsqlLexer::Stop::semicolon:
      take(result.offset - 1);
      pass(1);
      end_statement(cursor_.offset);
      break;
    case PsqlLexer::Stop::backslash:
      meet_backslash(result.offset);
      break;
    case PsqlLexer::Stop::end_of_run:
      take(result.offset);
      leave_run();
      break;
  }
}

void ScriptReader::Impl::read_directive() {
  const std::string_view line = without_line_end(run_);
  auto parsed = parse_directive(line);
  const bool below_sql = started_ ? lexer_.open() == PsqlLexer::Open::nothing : statements_ > 0;
  if (!parsed && below_sql && is_way_back_heading(line)) {
    parsed = foreign_way_back_problem(line);
  }
  if (!parsed) return;
  if (auto* problem = std::get_if<Problem>(&*parsed)) {
    problem->where.line = cursor_.line;
    problem->source_line = line;
    items_.emplace_back(std::move(*problem));
    return;
  }
  const Position at = sql::advance(cursor_, line.substr(0, line.find("--")));
  items_.emplace_back(Directive{std::get<DirectiveValue>(std::move(*parsed)), at});
}

void ScriptReader::Impl::pass(std::size_t length) {
  cursor_ = sql::advance(cursor_, run_.substr(run_at_, length));
  run_at_ += length;
}

// Adds the run up to `to` to the pending statement, without what stands before its first token.
void ScriptReader::Impl::take(std::size_t to) {
  std::string_view piece = run_.substr(run_at_, to - run_at_);
  if (!started_) {
    const std::size_t skipped = take_lead_in(piece);
    piece.remove_prefix(skipped);
    pass(skipped);
    begin_ = cursor_;
    started_ = !piece.empty();
  }
  pending_.append(piece);
  pass(piece.size());
  if (pending_.size() > PsqlLexer::longest_run) give_up(too_long(begin_));
}

// How much of `piece` is before the statement's first token.
std::size_t ScriptReader::Impl::take_lead_in(std::string_view piece) {
  const std::size_t first = lead_in_.skip(piece);
  if (const auto begin = lead_in_.comment_begin()) {
    comment_at_ = sql::advance(cursor_, piece.substr(0, *begin));
  }
  if (const auto begin = lead_in_.directive(); begin && !is_directive_line(run_)) {
    add_problem(sql::advance(cursor_, piece.substr(0, *begin)),
                "a directive behind other text on its line has no effect",
                "put it on a line of its own");
  }
  return first == LeadIn::none ? piece.size() : first;
}

// `end` is unset when no semicolon ends the statement.
void ScriptReader::Impl::end_statement(std::optional<std::size_t> end) {
  lexer_.reset();
  if (!started_) return;
  pending_.erase(pending_.find_last_not_of(blanks) + 1);
  const std::size_t text_end = begin_.offset + pending_.size();
  Statement statement{std::move(pending_), begin_, end.value_or(text_end)};
  pending_.clear();
  started_ = false;
  ++statements_;
  statement.kind = classify(statement.text);
  if (const auto syntax = string_syntax_after(statement.text)) lexer_.set_string_syntax(*syntax);
  const bool data_follows = end && statement.kind == StatementKind::copy_from_stdin;
  if (data_follows) begin_copy();
  items_.emplace_back(std::move(statement));
}

std::string_view ScriptReader::Impl::rest_of_line(std::size_t offset) const {
  return run_.substr(offset, run_.find('\n', offset) - offset);
}

// Ends a statement that has no semicolon yet, as \g does.
void ScriptReader::Impl::meet_backslash(std::size_t offset) {
  take(offset - 1);
  end_statement(std::nullopt);
  const std::string_view rest = rest_of_line(offset);
  items_.emplace_back(MetaCommand{std::string(without_line_end(rest)), cursor_});
  pass(1 + rest.size());
  leave_run();
}

void ScriptReader::Impl::meet_escape(std::size_t offset) {
  const Position at = sql::advance(cursor_, run_.substr(run_at_, offset - run_at_));
  const std::string_view rest = without_line_end(rest_of_line(offset + 1));
  items_.emplace_back(MetaCommand{std::string(rest), at});
}

// The data begins on the next line. psql would run what is left of this line after the data.
void ScriptReader::Impl::begin_copy() {
  const std::string_view rest = rest_of_line(run_at_);
  LeadIn after;
  const std::size_t first = after.skip(rest);
  if (first != LeadIn::none || after.in_comment()) {
    const std::size_t at = first != LeadIn::none ? first : after.comment_begin().value_or(0);
    add_problem(sql::advance(cursor_, rest.substr(0, at)),
                "COPY … FROM STDIN is followed by other text on its line",
                "begin the data on the next line, and put further statements after the line `\\.`");
  }
  pass(std::min(rest.size() + 1, run_.size() - run_at_));
  leave_run();
  copy_data_.begin();
}

void ScriptReader::Impl::finish() {
  done_ = true;
  const PsqlLexer::Open open = lexer_.open();
  if (const auto bad = buffer_.bad()) {
    give_up({bad->message, sql::advance(cursor_, buffer_.window()), bad->hint});
  } else if (lead_in_.in_comment() && !started_) {
    give_up({unterminated_message(open), comment_at_});
  } else if (open != PsqlLexer::Open::nothing) {
    const Position at = find_unterminated(open, pending_, begin_);
    const std::string_view rest = std::string_view(pending_).substr(at.offset - begin_.offset);
    give_up({unterminated_message(open), at, unterminated_hint(rest)});
  } else {
    end_statement(std::nullopt);
  }
}

void ScriptReader::Impl::give_up(Unreadable why) {
  items_.emplace_back(std::move(why));
  started_ = false;
  pending_.clear();
  done_ = true;
}

void ScriptReader::Impl::add_problem(const Position& at, std::string message, std::string hint) {
  items_.emplace_back(Problem{
      {{}, at.line, at.column}, std::move(message), std::move(hint), source_line(at).value_or("")});
}

std::optional<std::string> ScriptReader::Impl::source_line(const Position& at) const {
  const auto line = buffer_.line_around(at.offset);
  return line ? std::optional<std::string>(*line) : std::nullopt;
}

ScriptReader::ScriptReader(ByteSource& source, StringSyntax syntax)
    : impl_(std::make_unique<Impl>(source, syntax)) {}
ScriptReader::~ScriptReader() = default;
std::optional<ScriptItem> ScriptReader::next() {
  return impl_->next();
}
std::optional<std::string_view> ScriptReader::next_copy_data() {
  return impl_->next_copy_data();
}
Position ScriptReader::copy_position() const {
  return impl_->copy_position();
}
std::optional<std::string> ScriptReader::source_line(const Position& at) const {
  return impl_->source_line(at);
}
Checksum ScriptReader::checksum() {
  return impl_->checksum();
}

}  // namespace pgtide::sql
