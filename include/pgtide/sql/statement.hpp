// The statements of a script.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pgtide::sql {

// A place in a script's bytes. `line` counts from 1, `column` from 1 in characters.
struct Position {
  std::size_t offset = 0;
  std::size_t line = 1;
  std::size_t column = 1;

  friend bool operator==(const Position&, const Position&) = default;
};

// What pgtide must know about a statement to run it; everything else is `other`.
enum class StatementKind {
  other,
  begin,             // BEGIN, START TRANSACTION
  begin_with_modes,  // the same with an isolation level or another mode
  commit,            // COMMIT, END
  commit_and_chain,
  unclear_commit,  // begins as COMMIT does and goes on as no known version of it
  rollback,        // ROLLBACK, ABORT of the whole transaction
  savepoint,       // SAVEPOINT, RELEASE, ROLLBACK TO
  two_phase,       // PREPARE TRANSACTION, COMMIT PREPARED, ROLLBACK PREPARED
  copy_from_stdin,
  copy_to_stdout,
  set_constraints,
  non_transactional,  // PostgreSQL refuses it inside a transaction block
};

struct Statement {
  std::string text;  // from its first token to its last, without the final semicolon
  Position begin;    // of the first byte of `text`
  std::size_t end =
      0;  // offset just after the semicolon, or after `text` when the script ends without one
  StatementKind kind = StatementKind::other;
};

// `CREATE TABLE`, `INSERT`, `ALTER TABLE`, …: the statement's command words, for people.
// "statement" when there are none.
std::string command_words(std::string_view text);

// Parser first, keywords where it cannot parse (newer syntax). Never throws for bad SQL.
StatementKind classify(std::string_view text);

// Whether a script may have made or dropped prepared statements: `text` names PREPARE, DEALLOCATE
// or DISCARD anywhere, also in a string that a function might run. False is certain but for a name
// that is put together at run time.
bool may_touch_prepared_statements(std::string_view text);

}  // namespace pgtide::sql
