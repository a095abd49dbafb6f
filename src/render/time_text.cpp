#include "render/time_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "pgtide/render.hpp"

namespace pgtide::render {
namespace {

constexpr std::int64_t second = 1000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;

std::string long_text(std::int64_t milliseconds) {
  if (milliseconds < hour) {
    return fmt::format("{} min {:02} s", milliseconds / minute, milliseconds % minute / second);
  }
  return fmt::format("{} h {:02} min", milliseconds / hour, milliseconds % hour / minute);
}

}  // namespace

std::string duration_text(std::int64_t milliseconds) {
  milliseconds = std::max<std::int64_t>(milliseconds, 0);
  if (milliseconds < second) return fmt::format("{} ms", milliseconds);
  if (milliseconds >= minute) return long_text(milliseconds);
  // Cut, not rounded: 59,999 ms are not 60.00 s.
  return fmt::format("{}.{:02} s", milliseconds / second, milliseconds % second / 10);
}

std::string elapsed_text(std::int64_t milliseconds) {
  milliseconds = std::max<std::int64_t>(milliseconds, 0);
  if (milliseconds >= minute) return long_text(milliseconds);
  return fmt::format("{}.{} s", milliseconds / second, milliseconds % second / 100);
}

std::string utc_text(const std::string& iso) {
  std::string out = iso.substr(0, iso.find_first_of(".Z"));
  std::replace(out.begin(), out.end(), 'T', ' ');
  return out;
}

}  // namespace pgtide::render
