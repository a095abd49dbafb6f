// Whether the scripts of a step are fit to run, before anything runs.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pgtide/catalog.hpp"
#include "pgtide/ports/scripts.hpp"
#include "pgtide/report.hpp"
#include "pgtide/sql/script_scan.hpp"

namespace pgtide::engine {

struct JudgedStep {
  sql::ScriptScan scan;  // of the script that the step runs
  std::vector<Problem> problems;
};

// Reads the step's script; of an `up` also the rollback script that will be stored with it.
JudgedStep judge_step(const Step& step, Finish finish, ports::Scripts& scripts);

// For a server whose standard_conforming_strings is off: a script that says something else there is
// refused, and told in place of `problems` why.
void refuse_other_reading(const Step& step, ports::Scripts& scripts,
                          std::vector<Problem>& problems);

// Every problem of every script of the directory: what `validate` reports beside the catalog's own
// problems.
std::vector<Problem> judge_catalog(const Catalog& catalog, ports::Scripts& scripts);

// Versions without a rollback script whose forward scripts declare that there is no way back, and
// why.
std::map<Version, std::string> declared_irreversible(const Catalog& catalog,
                                                     ports::Scripts& scripts);

// Versions whose scripts declare that there is no way back.
std::vector<Version> irreversible_versions(const Catalog& catalog, ports::Scripts& scripts);

}  // namespace pgtide::engine
