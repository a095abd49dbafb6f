#include "sql/statement_chain.hpp"

#include <variant>

#include "pgtide/checksum.hpp"
#include "pgtide/sql/script_reader.hpp"

namespace pgtide::sql {

void StatementChain::add(std::string_view statement) {
  std::string text = sum_ + "\n";
  for (const char c : statement) {
    if (c != '\r') text += c;
  }
  sum_ = sha256_hex(text);
}

std::string chain_of(ByteSource& script, std::size_t count) {
  StatementChain chain;
  ScriptReader reader(script);
  for (std::size_t number = 0; number < count;) {
    const auto item = reader.next();
    if (!item) break;
    if (const auto* statement = std::get_if<Statement>(&*item)) {
      chain.add(statement->text);
      ++number;
    }
  }
  return chain.sum();
}

}  // namespace pgtide::sql
