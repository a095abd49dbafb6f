// SOCI's exceptions as pgtide's.
#pragma once

#include <soci/soci.h>

#include <string>

#include "pgtide/ledger_names.hpp"

namespace pgtide::adapters {

// Whose ledger it is: its names, and the role that asks for it.
struct LedgerUse {
  const LedgerNames& names;
  std::string role;
};

// Throws Error(environment): what was being done, what the server said, and for a missing privilege
// the statements that grant it.
[[noreturn]] void throw_ledger_error(const std::string& doing, const LedgerUse& use,
                                     const soci::soci_error& error);

template <typename Function>
auto translating_errors(const char* doing, const LedgerUse& use, Function function) {
  try {
    return function();
  } catch (const soci::soci_error& error) {
    throw_ledger_error(doing, use, error);
  }
}

}  // namespace pgtide::adapters
