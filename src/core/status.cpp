#include "pgtide/status.hpp"

#include <algorithm>

namespace pgtide {

std::size_t StatusReport::count(State state) const {
  return static_cast<std::size_t>(
      std::count_if(entries.begin(), entries.end(),
                    [&](const StatusEntry& entry) { return entry.state == state; }));
}

bool StatusReport::clean() const {
  return clean(DatabaseAhead::error);
}

bool StatusReport::clean(DatabaseAhead policy) const {
  return problems.empty() && std::ranges::all_of(entries, [&](const StatusEntry& entry) {
           const bool is_at_work = entry.state == State::in_progress;
           return entry.state == State::applied ||
                  (entry.is_ahead && !is_at_work && policy == DatabaseAhead::warn);
         });
}

}  // namespace pgtide
