#include "pgtide/ledger_names.hpp"

#include <string>

#include "pgtide/checksum.hpp"

namespace pgtide {

std::vector<std::string> LedgerNames::flush_statements() const {
  // A script may have locked the ledger's table as a whole.
  return {"SET LOCAL lock_timeout = 100",
          "SELECT FROM " + qualified(table) + " LIMIT 1 FOR KEY SHARE SKIP LOCKED"};
}

std::int64_t LedgerNames::lock_key(const std::string& database) const {
  const std::string separator(1, '\0');
  const std::string digest =
      sha256_hex("pgtide" + separator + database + separator + schema + separator + table);
  return static_cast<std::int64_t>(std::stoull(digest.substr(0, 16), nullptr, 16));
}

}  // namespace pgtide
