#include "pgtide/sql/script_scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "pgtide/sql/losses.hpp"
#include "pgtide/sql/position.hpp"
#include "pgtide/sql/script_reader.hpp"
#include "sql/beyond_rollback.hpp"
#include "sql/byte_order_marks.hpp"
#include "sql/enum_values.hpp"
#include "sql/made_tables.hpp"
#include "sql/meta_command.hpp"
#include "sql/role_change.hpp"
#include "sql/statement_words.hpp"
#include "sql/token.hpp"
#include "sql/transaction_blocks.hpp"

namespace pgtide::sql {
namespace {

// Wrong only in a script that runs without a transaction.
struct NeedsTransaction {
  std::string words;
  Position at;
  std::string source_line;
};

// What was lost and made when it was set.
struct Savepoint {
  std::vector<std::string> name;
  std::size_t losses;
  std::size_t victims;
  MadeTables made;
};

class Scanner {
 public:
  explicit Scanner(ByteSource& source) : reader_(source) {}
  ScriptScan run(const std::string& path);

 private:
  void see(Statement statement);
  void see_losses(const Statement& statement);
  void see_savepoint(const Statement& statement);
  void see_by_words(const Statement& statement);
  void see_beyond_rollback(const Statement& statement);
  void see_modes(Statement& statement);
  void see(Directive directive);
  void see(const MetaCommand& command);
  void see(const Unreadable& unreadable);
  void see(Problem problem) { scan_.problems.push_back(std::move(problem)); }

  void set(NoTransaction, const Position& at);
  void set(const Batch&, const Position& at);
  void set(const Allow& allow, const Position& at) {
    scan_.allows.push_back({{allow}, at, source_line(at)});
    if (scan_.statements == 0) return;
    scan_.allows.back().statement = at;  // until its statement comes
    allows_to_bind_.push_back(scan_.allows.size() - 1);
  }
  template <typename Value>
  void set(const Value& value, const Position& at);
  std::optional<Irreversible>& slot(const Irreversible&) { return scan_.irreversible; }
  std::optional<LockTimeout>& slot(const LockTimeout&) { return scan_.lock_timeout; }
  std::optional<StatementTimeout>& slot(const StatementTimeout&) { return scan_.statement_timeout; }

  void check_batch(const std::string& words, const Position& at);
  void see_non_transactional(Statement statement, const std::string& words);
  void run_without_transaction(std::string why);
  void judge_enum_values();
  void judge_transaction();
  void add_problem(const Position& at, std::string message, std::string hint);
  std::string source_line(const Position& at) const { return reader_.source_line(at).value_or(""); }

  ScriptReader reader_;
  ScriptScan scan_;
  TransactionBlocks blocks_;
  LeadingModes modes_;
  EnumValues enum_values_;
  MadeTables made_;
  std::vector<Savepoint> savepoints_;  // of the transaction
  std::vector<NeedsTransaction> needs_transaction_;
  std::string why_not_transactional_;
  std::vector<std::size_t> allows_to_bind_;  // whose statement is still to come
  std::optional<Position> batch_;            // a batch directive whose statement is still to come
  bool readable_ = true;
  bool semicolon_missing_ = false;  // after the last statement
};

void Scanner::add_problem(const Position& at, std::string message, std::string hint) {
  scan_.problems.push_back(
      {{{}, at.line, at.column}, std::move(message), std::move(hint), source_line(at)});
}

void Scanner::run_without_transaction(std::string why) {
  if (scan_.transactional) why_not_transactional_ = std::move(why);
  scan_.transactional = false;
}

void Scanner::set(NoTransaction, const Position& at) {
  scan_.no_transaction = at;
  run_without_transaction(fmt::format("its directive on line {}", at.line));
}

void Scanner::set(const Batch&, const Position& at) {
  if (batch_) {
    add_problem(at, "a second batch directive for one statement", "keep one of them");
  }
  batch_ = at;
  run_without_transaction(fmt::format("its directive on line {}", at.line));
}

template <typename Value>
void Scanner::set(const Value& value, const Position& at) {
  auto& chosen = slot(value);
  if (chosen) add_problem(at, "this directive is given twice", "keep one of them");
  chosen = value;
}

void Scanner::see(Directive directive) {
  std::visit([&](const auto& value) { set(value, directive.at); }, directive.value);
}

void Scanner::see(const MetaCommand& command) {
  if (!is_harmless(command)) {
    add_problem(command.at, meta_command_message(command), meta_command_hint(command));
  } else if (semicolon_missing_) {
    add_problem(command.at, "the statement before this line has no semicolon",
                "end it with a semicolon");
  }
}

void Scanner::see(const Unreadable& unreadable) {
  add_problem(unreadable.at, unreadable.message, unreadable.hint);
  readable_ = false;
}

void Scanner::check_batch(const std::string& words, const Position& at) {
  if (!batch_) return;
  const bool counts_rows = words == "INSERT" || words == "UPDATE" || words == "DELETE" ||
                           words == "MERGE" || words == "WITH";
  if (!counts_rows) {
    add_problem(*batch_, fmt::format("batch cannot repeat {} on line {}", words, at.line),
                "put it before an INSERT, UPDATE, DELETE or MERGE");
  } else if (blocks_.inside()) {
    add_problem(*batch_, "batch cannot repeat a statement between BEGIN and COMMIT",
                "remove BEGIN and COMMIT: each batch is a transaction of its own");
  } else {
    scan_.batches.push_back({.text = words, .begin = at});
  }
  batch_.reset();
}

void Scanner::see_non_transactional(Statement statement, const std::string& words) {
  if (blocks_.inside()) {
    add_problem(statement.begin, fmt::format("{} cannot run between BEGIN and COMMIT", words),
                "move it before BEGIN or after COMMIT");
  }
  run_without_transaction(fmt::format("{} on line {}", words, statement.begin.line));
  statement.text = words;
  scan_.non_transactional.push_back(std::move(statement));
}

// A table that the script itself made holds nothing that was there before.
void Scanner::see_losses(const Statement& statement) {
  for (const Victim& victim : losses_of(statement.text)) {
    if (made_.has(victim)) continue;
    std::string what = victim.schema;
    if (!victim.table.empty()) what += (what.empty() ? "" : ".") + victim.table;
    if (!victim.column.empty()) {
      what += (victim.loss == Loss::replaced ? " ALTER COLUMN " : " DROP COLUMN ") + victim.column;
      if (victim.loss == Loss::replaced) what += " TYPE … USING";
    }
    std::string words = command_words(statement.text);
    if (words == "DELETE") words += " FROM";
    if (words == "WITH" || words == "INSERT") words += " … DELETE FROM";
    scan_.victims.push_back(victim);
    scan_.losses.push_back({.text = fmt::format("{} {}", words, what),
                            .begin = statement.begin,
                            .end = statement.end,
                            .kind = statement.kind});
  }
  made_.see(statement.text);
}

// What is rolled back to a savepoint loses nothing, and makes nothing.
void Scanner::see_savepoint(const Statement& statement) {
  StatementWords words(statement.text);
  const bool sets = words.take("SAVEPOINT");
  const bool releases = !sets && words.take("RELEASE");
  if (!sets && !releases) {
    words.skip();  // ROLLBACK, ABORT
    if (!words.take("WORK")) words.take("TRANSACTION");
    words.take("TO");
  }
  if (!sets) words.take("SAVEPOINT");
  const std::vector<std::string> name = words.name();
  if (sets) {
    savepoints_.push_back({name, scan_.losses.size(), scan_.victims.size(), made_});
    return;
  }
  const auto found = std::find_if(savepoints_.rbegin(), savepoints_.rend(),
                                  [&](const Savepoint& one) { return one.name == name; });
  if (found == savepoints_.rend()) return;
  const auto point = std::prev(found.base());
  if (!releases) {
    scan_.losses.resize(point->losses);
    scan_.victims.resize(point->victims);
    made_ = point->made;
  }
  savepoints_.erase(releases ? point : std::next(point), savepoints_.end());
}

// Statements that are told of by their first words.
void Scanner::see_by_words(const Statement& statement) {
  const auto cut = [&](std::string words) {
    return Statement{.text = std::move(words),
                     .begin = statement.begin,
                     .end = statement.end,
                     .kind = statement.kind};
  };
  if (may_lose_more(statement.text)) {
    scan_.unforeseen.push_back(cut(command_words(statement.text)));
  }
  if (auto words = leaves_role(statement.text); !words.empty()) {
    scan_.role_changes.push_back(cut(std::move(words)));
  }
}

void Scanner::see_beyond_rollback(const Statement& statement) {
  const Position& at = statement.begin;
  if (std::string what = beyond_rollback(statement.text); !what.empty()) {
    scan_.beyond_rollback.push_back(
        {{{}, at.line, at.column}, std::move(what), {}, source_line(at)});
  }
}

// What is said of the transaction: with BEGIN, or right behind it.
void Scanner::see_modes(Statement& statement) {
  const bool sets = sets_transaction(statement);
  const bool is_taken = modes_.take(statement).has_value();
  if (is_taken && statement.kind == StatementKind::begin_with_modes) {
    statement.kind = StatementKind::begin;  // nothing of it is lost
  }
  if (!sets) return;
  if (!blocks_.inside()) {
    needs_transaction_.push_back(
        {"SET TRANSACTION", statement.begin, source_line(statement.begin)});
  } else if (!is_taken && blocks_.number() > 1) {
    blocks_.lose_modes("SET TRANSACTION", statement.begin, source_line(statement.begin));
  }
}

void Scanner::see(Statement statement) {
  semicolon_missing_ = statement.end == statement.begin.offset + statement.text.size();
  see_modes(statement);
  if (const auto offset = misplaced_byte_order_mark(statement.text)) {
    add_problem(
        sql::advance(statement.begin, statement.text.substr(0, *offset)),
        "a byte-order mark, which cannot be seen, in the middle of the script",
        "remove it: save the file as UTF-8 without one, or delete this line and type it again");
  }
  if (TransactionBlocks::controls(statement)) {
    savepoints_.clear();
    blocks_.add(statement, source_line(statement.begin));
    check_batch(command_words(statement.text), statement.begin);
    return;
  }
  ++scan_.statements;
  if (may_touch_prepared_statements(statement.text)) scan_.touches_prepared_statements = true;
  see_losses(statement);
  if (statement.kind == StatementKind::savepoint) see_savepoint(statement);
  see_by_words(statement);
  see_beyond_rollback(statement);
  for (const std::size_t index : allows_to_bind_) scan_.allows[index].statement = statement.begin;
  allows_to_bind_.clear();
  if (statement.kind == StatementKind::copy_to_stdout) {
    add_problem(statement.begin, "COPY TO STDOUT has nowhere to write to in a migration",
                "remove it; rows are shown with psql");
  }
  const std::size_t block = blocks_.inside() ? blocks_.number() : 0;
  enum_values_.see(statement, block);
  const bool locks = TokenCursor(statement.text).next().is("LOCK");
  const bool needs_block = locks || statement.kind == StatementKind::savepoint;
  const bool refuses_block = statement.kind == StatementKind::non_transactional;
  if (!batch_ && !needs_block && !refuses_block) return;
  const std::string words = locks ? "LOCK TABLE" : command_words(statement.text);
  check_batch(words, statement.begin);
  if (needs_block && block == 0) {
    needs_transaction_.push_back({words, statement.begin, source_line(statement.begin)});
  }
  if (refuses_block) see_non_transactional(std::move(statement), words);
}

// A value that is used after its block ended, or where there is none, can be used once its ALTER
// TYPE is committed.
void Scanner::judge_enum_values() {
  for (const EnumValues::Use& use : enum_values_.uses()) {
    const Position& at = use.added.begin;
    if (use.block != 0) {
      scan_.problems.push_back(
          {{{}, at.line, at.column},
           fmt::format("the new value '{}' cannot be used on line {}, in the same transaction",
                       use.value, use.at.line),
           "end the transaction before the value is used, or use it in the next migration",
           line_at(use.added.text, at, at)});
      continue;
    }
    Statement added = use.added;
    added.text = command_words(added.text);
    added.kind = StatementKind::non_transactional;
    run_without_transaction(fmt::format("{} on line {}", added.text, at.line));
    scan_.non_transactional.push_back(std::move(added));
  }
  std::stable_sort(
      scan_.non_transactional.begin(), scan_.non_transactional.end(),
      [](const Statement& a, const Statement& b) { return a.begin.offset < b.begin.offset; });
}

void Scanner::judge_transaction() {
  const auto append = [](std::vector<Problem>& to, const std::vector<Problem>& from) {
    std::copy(from.begin(), from.end(), std::back_inserter(to));
  };
  append(scan_.problems, blocks_.problems());
  if (scan_.transactional) {
    append(scan_.problems, blocks_.problems_when_absorbed());
    append(scan_.notices, blocks_.notices_when_absorbed());
    return;
  }
  scan_.statements += blocks_.statements();
  for (const NeedsTransaction& statement : needs_transaction_) {
    scan_.problems.push_back(
        {{{}, statement.at.line, statement.at.column},
         fmt::format("{} needs a transaction, and this script runs without one because of {}",
                     statement.words, why_not_transactional_),
         "put what belongs together between BEGIN and COMMIT, or in a migration of its own",
         statement.source_line});
  }
}

ScriptScan Scanner::run(const std::string& path) {
  while (auto item = reader_.next()) {
    std::visit([this](auto&& value) { see(std::move(value)); }, std::move(*item));
  }
  scan_.checksum = reader_.checksum();
  scan_.modes = modes_.modes();
  if (batch_ && readable_) {
    add_problem(*batch_, "batch is not followed by a statement", "put it before its statement");
  }
  if (readable_) blocks_.finish();
  judge_enum_values();
  judge_transaction();
  if (scan_.statements == 0 && !scan_.irreversible && readable_) {
    scan_.problems.push_back({{}, "the script has no statement", "write the SQL", {}});
  }
  for (auto* list : {&scan_.problems, &scan_.notices, &scan_.beyond_rollback}) {
    for (Problem& problem : *list) problem.where.file = path;
    std::stable_sort(list->begin(), list->end(), [](const Problem& a, const Problem& b) {
      return std::pair(a.where.line, a.where.column) < std::pair(b.where.line, b.where.column);
    });
  }
  return std::move(scan_);
}

}  // namespace

ScriptScan scan_script(ByteSource& source, const std::string& path) {
  return Scanner(source).run(path);
}

}  // namespace pgtide::sql
