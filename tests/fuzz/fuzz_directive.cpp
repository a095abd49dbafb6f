#include <string>
#include <variant>

#include "fuzz/fuzz_target.hpp"
#include "pgtide/sql/directive.hpp"

using namespace pgtide;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string line(reinterpret_cast<const char*>(data), size);
  const auto parsed = sql::parse_directive(line);
  if (parsed && std::holds_alternative<Problem>(*parsed)) {
    const auto& problem = std::get<Problem>(*parsed);
    require(!problem.message.empty(), "a problem says what is wrong");
    require(problem.where.column <= size + 1, "a problem is on its line");
  }
  if (const auto duration = sql::parse_duration(line)) {
    require(duration->count() >= 0, "no duration is negative");
  }
  return 0;
}
