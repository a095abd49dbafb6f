// What can be said about a script without a database.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "pgtide/byte_source.hpp"
#include "pgtide/checksum.hpp"
#include "pgtide/error.hpp"
#include "pgtide/sql/directive.hpp"
#include "pgtide/sql/losses.hpp"
#include "pgtide/sql/statement.hpp"
#include "pgtide/sql/transaction_modes.hpp"

namespace pgtide::sql {

// Before the first statement: for the whole script; else for the statement that follows.
struct ScopedAllow : Allow {
  Position at;
  std::string source_line;
  std::optional<Position> statement = {};  // unset: the whole script
};

struct ScriptScan {
  std::size_t statements = 0;  // that the server would get: absorbed BEGIN and COMMIT do not count
  bool transactional = true;   // false: by directive, or because of `non_transactional`
  std::vector<Statement> non_transactional;  // texts cut to their command words
  std::vector<Statement> batches;            // as above
  std::optional<Position> no_transaction;    // where the directive stands
  TransactionModes modes;                    // of the transaction that a transactional one runs in
  bool touches_prepared_statements = false;  // as far as its text tells
  std::optional<Irreversible> irreversible;
  std::optional<LockTimeout> lock_timeout;
  std::optional<StatementTimeout> statement_timeout;
  std::vector<Statement> losses;  // that drop or empty what the script did not make; texts cut
  std::vector<Victim> victims;    // what each of them takes
  // What a dry run cannot take back, as far as the statements name it; with its words as message.
  std::vector<Problem> beyond_rollback;
  std::vector<Statement> unforeseen;    // that may lose more than they name; texts cut
  std::vector<Statement> role_changes;  // back to the role that pgtide logged in as; texts cut
  std::vector<ScopedAllow> allows;
  std::vector<Problem> problems;  // the script must not run
  std::vector<Problem> notices;   // e.g. "BEGIN is absorbed: …"
  Checksum checksum;              // the usual forms
};

// Reads the whole script. `path` names it in problems. Lists every problem: unreadable bytes,
// unknown directives, psql meta-commands, a top-level ROLLBACK, an unbalanced or inverted
// BEGIN/COMMIT pair, two-phase commit, no statement at all (unless irreversible).
ScriptScan scan_script(ByteSource& source, const std::string& path);

}  // namespace pgtide::sql
