// What was measured and found, as pieces of a document.
#pragma once

#include <vector>

#include "pgtide/finding.hpp"
#include "pgtide/trace.hpp"
#include "render/json_values.hpp"

namespace pgtide::render {

Json trace_list(const std::vector<StatementTrace>& statements);
Json loss_list(const std::vector<Change>& losses);
Json finding_list(const std::vector<rules::Finding>& findings);

}  // namespace pgtide::render
