// Versions that are dates, written in several widths.
#pragma once

#include <vector>

#include "pgtide/catalog.hpp"

namespace pgtide {

// 20250625 among versions of 14 digits: as a number it comes before all of them, as the date that
// it is behind some. One problem for each such migration.
std::vector<Problem> dates_out_of_order(const Catalog& catalog);

}  // namespace pgtide
