// pgtide.toml, and connection strings.
#include <string>

#include "adapters/toml_config.hpp"
#include "fuzz/fuzz_target.hpp"
#include "pgtide/conninfo.hpp"
#include "pgtide/error.hpp"

using namespace pgtide;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const adapters::TomlConfig config = adapters::parse_toml_config("pgtide.toml", text);
  for (const Problem& problem : config.problems) {
    require(!problem.message.empty() && problem.where.file == "pgtide.toml",
            "a problem says where");
  }
  redact(text);
  try {
    const ConnectionTarget target = parse_connection(text.substr(0, text.find('\n')));
    require(parse_connection(target.conninfo).conninfo == target.conninfo,
            "what was understood once is understood again");
  } catch (const Error& error) {
    require(error.kind() == ErrorKind::config, "a bad connection string is a config error");
  }
  return 0;
}
