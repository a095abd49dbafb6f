#include "adapters/soci_errors.hpp"

#include <fmt/format.h>
#include <soci/postgresql/soci-postgresql.h>

#include <algorithm>
#include <string_view>

#include "pgtide/conninfo.hpp"
#include "pgtide/error.hpp"

namespace pgtide::adapters {
namespace {

// `Cannot execute query. Fatal error. ERROR:  permission denied for …` -> what the server said.
std::string server_text(std::string text) {
  constexpr std::string_view mark = "ERROR:  ";
  if (const auto at = text.find(mark); at != std::string::npos) text.erase(0, at + mark.size());
  text.erase(std::min(text.find('\n'), text.size()));
  return redact(text);
}

std::string sqlstate_of(const soci::soci_error& error) {
  const auto* answer = dynamic_cast<const soci::postgresql_soci_error*>(&error);
  // SOCI pads what it does not know with blanks.
  if (answer == nullptr || answer->sqlstate().find(' ') != std::string::npos) return {};
  return answer->sqlstate();
}

}  // namespace

void throw_ledger_error(const std::string& doing, const LedgerUse& use,
                        const soci::soci_error& error) {
  const std::string sqlstate = sqlstate_of(error);
  const LedgerNames& names = use.names;
  std::string hint;
  const std::string text = server_text(error.get_error_message());
  if (const std::string rows = names.row_security_hint(text); !rows.empty()) {
    hint = rows;
  } else if (sqlstate == "42501") {
    const std::string role = quote_identifier(use.role);
    hint = fmt::format("GRANT USAGE ON SCHEMA {} TO {}; GRANT SELECT ON {}, {} TO {};",
                       quote_identifier(names.schema), role, names.qualified(names.table),
                       names.qualified(names.log()), role);
  } else if (sqlstate == "55P03") {
    hint = fmt::format("somebody else holds a lock on {}; run again later, or raise lock_timeout",
                       names.qualified(names.table));
  }
  throw Error(ErrorKind::environment, fmt::format("{}: {}", doing, text), hint)
      .with_sqlstate(sqlstate);
}

}  // namespace pgtide::adapters
