// From what the server said to what a person reads.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "pgtide/byte_source.hpp"
#include "pgtide/ledger_names.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/report.hpp"
#include "pgtide/sql/script_scan.hpp"
#include "pgtide/sql/statement.hpp"

namespace pgtide::engine {

// An error of a script's statement: where it is in the file, with the source line.
Failure script_failure(const std::string& path, const sql::Position& begin, const std::string& text,
                       const ports::ServerMessage& error);

// A COPY … FROM STDIN of a script.
struct CopyPlace {
  sql::Position begin;                                // of the statement
  std::string text;                                   // of the statement
  sql::Position data_begin;                           // of its data
  std::function<std::string(std::size_t)> line = {};  // reads a line of the script
};

// The same for a COPY: at the line of data that the server names in the error's context, or at the
// statement.
Failure copy_failure(const std::string& path, const CopyPlace& place,
                     const ports::ServerMessage& error);

// A line of a script, from 1, without its end, cut when it is very long; empty when there is none.
std::string read_line(ByteSource& source, std::size_t number);

// An error that no place in the script caused.
Failure plain_failure(const std::string& path, const ports::ServerMessage& error);

// The fence found that the run lock is not held any more.
Failure lock_lost(Failure failure);
// Why one of pgtide's own statements failed that wrote down what had happened.
std::string why_not_recorded(const ports::ServerMessage& error);
// The same of a lock that each transaction takes anew.
Failure overtaken(Failure failure);
// pgtide's own tables refused a row.
Failure ledger_failure(Failure failure, const LedgerNames& names);

// The same behind a script's statements, which may have dropped them.
Failure ledger_failure_after(Failure failure, const LedgerNames& names);
// The row went in once the script was rolled back: only an edit of the script helps.
void blame_script_for_ledger(Failure& failure, const LedgerNames& names);

// One line for the ledger's `error` column.
std::string one_line(const Failure& failure);
// The same for the ledger, which must tell an interruption from a failure.
std::string recorded_error(const Failure& failure);

// What to do about an SQLSTATE that a runner meets often; empty when there is nothing to add.
std::string advice_for(const std::string& sqlstate);

// The same for a new database, where nothing is that the scripts did not make.
std::string advice_for_replay(const std::string& sqlstate);

// What would let pgtide write its tables, such as a GRANT; empty for other errors.
std::string ledger_advice(const std::string& sqlstate, const std::string& message,
                          const LedgerNames& names);
// A ledger write that LedgerWriter found to have written something else than it should.
std::string row_not_written(const LedgerNames& names);
std::string row_not_written_hint(const LedgerNames& names);

// Why a dry run skips a script that cannot run in a transaction: its statements.
std::vector<Problem> why_not_simulable(const sql::ScriptScan& scan, const std::string& path);

// The place of a notice of a script's statement.
ServerNotice script_notice(const std::string& path, const sql::Position& begin,
                           const std::string& text, const ports::ServerMessage& message);

}  // namespace pgtide::engine
