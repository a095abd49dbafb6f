// Words for what a run did, the same in every text and document about it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pgtide/report.hpp"
#include "pgtide/version.hpp"

namespace pgtide::render {

// With the digits of the step that carries it, else as wide as the others.
std::string version_text(Version version, const std::vector<Step>& steps);
std::string version_text(Version version, const Report& report);

// `0004 add_users`, printable.
std::string labelled(const Step& step);

// `done`, `not_run`: what every document calls an outcome.
std::string_view outcome_word(StepOutcome outcome);

// `applied`, `would roll back`: what a finished step of such a run is called.
std::string_view done_verb(Direction direction, Finish finish);

// Whether the rows that such a statement touches say something.
bool counts_rows(const Tally& tally);

enum class Result { ok, failed, interrupted, not_simulable, nothing_to_do };
Result result_of(const Report& report);

}  // namespace pgtide::render
