// What tests of scripts that run statement by statement look at.
#pragma once

#include <string>

#include "support/db_project.hpp"

namespace pgtide::testing {

// `applied`, `started 0/3`, `statement_done 1/3`; a line a row of the log, oldest first.
std::string journal(Project& project);

// `t_n valid`, `t_n2 invalid`; a line an index of the table, by name.
std::string indexes(Project& project, const std::string& table = "t");

int server_version(Project& project);  // 150004

// Statements without quotes or bodies around a semicolon, each in a message of its own: what cannot
// run in a transaction may be among them.
void run_each(Project& project, const std::string& sql);

// Runs `sql` on a session of its own and kills that once it waits for a lock: what a server process
// leaves behind that dies.
void kill_while_running(Project& project, const std::string& sql, const std::string& before = "");

}  // namespace pgtide::testing
