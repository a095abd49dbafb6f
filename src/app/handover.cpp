#include "app/handover.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <filesystem>
#include <memory>
#include <string_view>

#include "adapters/program.hpp"

namespace pgtide {
namespace {

struct OptionsDeleter {
  void operator()(PQconninfoOption* options) const { PQconninfoFree(options); }
};
using Options = std::unique_ptr<PQconninfoOption, OptionsDeleter>;

}  // namespace

std::string Handover::conninfo(const std::string& database) const {
  std::map<std::string, std::string> all = parts;
  all["dbname"] = database;
  std::string text;
  for (const auto& [key, value] : all) {
    std::string quoted;
    for (const char c : value) quoted += (c == '\'' || c == '\\' ? "\\" : "") + std::string(1, c);
    const bool is_plain = !value.empty() && value.find_first_of(" '\\\t\n") == std::string::npos;
    const std::string_view mark = is_plain ? "" : "'";
    text += fmt::format("{}{}={}{}{}", text.empty() ? "" : " ", key, mark, quoted, mark);
  }
  return text;
}

std::vector<std::string> Handover::environment() const {
  std::vector<std::string> env = password.empty()
                                     ? adapters::own_environment()
                                     : adapters::own_environment({"PGPASSWORD", "PGPASSFILE"});
  if (!password.empty()) env.push_back("PGPASSWORD=" + password);
  return env;
}

Handover handover_of(const ConnectionTarget& target) {
  const Options options(PQconninfoParse(target.conninfo.c_str(), nullptr));
  Handover handover;
  for (const PQconninfoOption* at = options.get(); at != nullptr && at->keyword != nullptr; ++at) {
    if (at->val == nullptr || *at->val == '\0') continue;
    const std::string key = at->keyword;
    if (key == "password") {
      handover.password = at->val;
    } else if (key != "sslpassword") {
      handover.parts[key] = at->val;
    }
  }
  return handover;
}

std::string database_of(const Handover& handover) {
  if (const auto named = handover.parts.find("dbname"); named != handover.parts.end())
    return named->second;
  const Options defaults(PQconndefaults());
  std::string user;
  for (const PQconninfoOption* at = defaults.get(); at != nullptr && at->keyword != nullptr; ++at) {
    const std::string key = at->keyword;
    if (key == "dbname" && at->val != nullptr) return at->val;
    if (key == "user" && at->val != nullptr) user = at->val;
  }
  const auto login = handover.parts.find("user");
  return login != handover.parts.end() ? login->second : user;
}

}  // namespace pgtide
