// "did you mean": the known word that a mistyped one is closest to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgtide {

// The member of `known` with the smallest Damerau-Levenshtein distance to `word` (letter case does
// not count; the first one when several are equally close). Empty when nothing is near: more than
// about a third of the letters would have to change.
//
//   nearest("staus", {"up", "down", "status"}) == "status"
//   nearest("frobnicate", {"up", "down", "status"}) == ""
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace pgtide
