// SOCI's exceptions as pgtide's.
#pragma once

#include <soci/soci.h>

#include <string>

#include "pgtide/ledger_names.hpp"

namespace pgtide::adapters {

// Throws Error(environment): what was being done, what the server said, and for a missing privilege
// the GRANT that helps.
[[noreturn]] void throw_ledger_error(const std::string& doing, const LedgerNames& names,
                                     const soci::soci_error& error);

template <typename Function>
auto translating_errors(const char* doing, const LedgerNames& names, Function function) {
  try {
    return function();
  } catch (const soci::soci_error& error) {
    throw_ledger_error(doing, names, error);
  }
}

}  // namespace pgtide::adapters
