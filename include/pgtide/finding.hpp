// What a safety rule says about a statement.
#pragma once

#include <string>

#include "pgtide/error.hpp"

namespace pgtide::rules {

enum class Severity {
  notice,  // harmless on this database, where the table is empty; not where it has rows
  warning
};

enum class Weight {
  told,    // findings are told
  counted  // and make a command fail
};

struct Finding {
  std::string rule;  // `index-not-concurrent`
  Severity severity = Severity::warning;
  ScriptPosition where;
  std::string source_line;
  std::string message;      // what happened here, and to what
  std::string explanation;  // why it hurts
  std::string safer;        // what to write instead
};

}  // namespace pgtide::rules
