// Times as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace pgtide::render {

// `2026-01-15T10:22:33.120Z` -> `2026-01-15 10:22:33`
std::string utc_text(const std::string& iso);
// `12.4 s`, `2 min 05 s`: for a clock that ticks.
std::string elapsed_text(std::int64_t milliseconds);

}  // namespace pgtide::render
