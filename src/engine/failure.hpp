// From what the server said to what a person reads.
#pragma once

#include <string>
#include <vector>

#include "pgtide/ledger_names.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/report.hpp"
#include "pgtide/sql/script_scan.hpp"
#include "pgtide/sql/statement.hpp"

namespace pgtide::engine {

// An error of a script's statement: where it is in the file, with the source line.
Failure script_failure(const std::string& path, const sql::Position& begin, const std::string& text,
                       const ports::ServerMessage& error);

// The same for the data of a COPY that begins at `data_begin`; the server names the data's line in
// the error's context.
Failure copy_failure(const std::string& path, const sql::Position& data_begin,
                     const ports::ServerMessage& error);

// An error that no place in the script caused.
Failure plain_failure(const std::string& path, const ports::ServerMessage& error);

// One line for the ledger's `error` column.
std::string one_line(const Failure& failure);

// What to do about an SQLSTATE that a runner meets often; empty when there is nothing to add.
std::string advice_for(const std::string& sqlstate);

// Which GRANT would let pgtide write its tables; empty for other errors.
std::string ledger_advice(const std::string& sqlstate, const LedgerNames& names);

// Why a dry run skips a script that cannot run in a transaction: its statements.
std::vector<Problem> why_not_simulable(const sql::ScriptScan& scan, const std::string& path);

// The place of a notice of a script's statement.
ServerNotice script_notice(const std::string& path, const sql::Position& begin,
                           const std::string& text, const ports::ServerMessage& message);

}  // namespace pgtide::engine
