#include "pgtide/lock_holder.hpp"

namespace pgtide {

std::string describe(const LockHolder& holder) {
  std::string text = "pid " + std::to_string(holder.pid);
  const auto add = [&](const char* label, const std::string& value) {
    if (!value.empty()) text += std::string(", ") + label + value;
  };
  add("", holder.application);
  add("run ", holder.run_id.substr(0, 8));
  add("user ", holder.user);
  add("from ", holder.client);
  add("for ", holder.age);
  add("", holder.state);
  return text;
}

}  // namespace pgtide
