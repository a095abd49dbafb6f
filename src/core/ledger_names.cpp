#include "pgtide/ledger_names.hpp"

#include <string>

#include "pgtide/checksum.hpp"

namespace pgtide {

std::int64_t LedgerNames::lock_key(const std::string& database) const {
  const std::string separator(1, '\0');
  const std::string digest =
      sha256_hex("pgtide" + separator + database + separator + schema + separator + table);
  return static_cast<std::int64_t>(std::stoull(digest.substr(0, 16), nullptr, 16));
}

}  // namespace pgtide
