#include "pgtide/status.hpp"

#include <algorithm>

namespace pgtide {

std::size_t StatusReport::count(State state) const {
  return static_cast<std::size_t>(
      std::count_if(entries.begin(), entries.end(),
                    [&](const StatusEntry& entry) { return entry.state == state; }));
}

bool StatusReport::clean() const {
  return problems.empty() && count(State::applied) == entries.size();
}

}  // namespace pgtide
