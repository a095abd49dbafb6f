#include "pgtide/ledger_names.hpp"

#include <string>

#include "pgtide/checksum.hpp"

namespace pgtide {

std::vector<std::string> LedgerNames::flush_statements() const {
  // A script may have locked the ledger's table as a whole.
  return {"SET LOCAL lock_timeout = 100",
          "SELECT FROM " + qualified(table) + " LIMIT 1 FOR KEY SHARE SKIP LOCKED"};
}

// The server's English: its code is that of any missing privilege.
std::string LedgerNames::row_security_hint(const std::string& message) const {
  if (message.find("row-level security policy") == std::string::npos) return {};
  return "row level security hides rows of pgtide's tables from this role; nothing can be said "
         "without them: run as the tables' owner or a role with BYPASSRLS, or ALTER TABLE " +
         qualified(table) + " DISABLE ROW LEVEL SECURITY, and the same for " + qualified(log());
}

namespace {

std::int64_t key_of(const char* what, const std::string& database, const LedgerNames& names) {
  const std::string separator(1, '\0');
  const std::string digest =
      sha256_hex(what + separator + database + separator + names.schema + separator + names.table);
  return static_cast<std::int64_t>(std::stoull(digest.substr(0, 16), nullptr, 16));
}

}  // namespace

std::int64_t LedgerNames::lock_key(const std::string& database) const {
  return key_of("pgtide", database, *this);
}

std::int64_t LedgerNames::transaction_key(const std::string& database) const {
  return key_of("pgtide transaction", database, *this);
}

}  // namespace pgtide
