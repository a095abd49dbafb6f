// From the newest version all the way down, each rollback committed.
#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/prover.hpp"
#include "engine/schema_reader.hpp"

namespace pgtide::engine {

bool Prover::go_down() {
  for (std::size_t i = levels_.size(); i-- > 0;) {
    Level& level = levels_[i];
    if (i + 1 < levels_.size() && levels_[i + 1].before) {  // the way has passed it
      databases_.forget(*std::exchange(levels_[i + 1].before, std::nullopt));
    }
    if (!level.applied) continue;
    if (!sound_below(i + 1)) return true;
    if (level.sound()) {
      observer_.on_way_down(level.proof, i, levels_.size());
      bool is_clear = true;
      apart(level, [&] { is_clear = step_down(level, i); });
      if (level.trouble) is_clear = rebuild_below(i);
      if (!is_clear) return false;
    } else if (const Level* below = next_below(i); below != nullptr && below->sound()) {
      if (!rebuild_below(i)) return false;
      schema_ = read_schema(databases_.main(), context_.names, context_.breadth);
    }
  }
  return true;
}

// The level that is reached first below `levels_[index]`.
const Prover::Level* Prover::next_below(std::size_t index) const {
  while (index-- > 0) {
    if (levels_[index].applied) return &levels_[index];
  }
  return nullptr;
}

// Whether there is anything left to try in `levels_[0..index)`.
bool Prover::sound_below(std::size_t index) const {
  return std::any_of(levels_.begin(), levels_.begin() + static_cast<std::ptrdiff_t>(index),
                     [](const Level& level) { return level.sound(); });
}

bool Prover::step_down(Level& level, std::size_t index) {
  schema_ = undone(std::move(schema_), level.step);
  auto failure = run_script(databases_.main(), context_, *level.scripts.rollback);
  if (failure) {
    level.proof.verdict = Verdict::rollback_failed;
    level.proof.failure = std::move(failure);
  } else {
    level.proof.differences = counted_differences(
        schema_, read_schema(databases_.main(), context_.names, context_.breadth),
        options_.allowed);
    if (level.proof.differences.empty()) return true;
    level.proof.verdict = Verdict::not_restored;
  }
  level.proof.phase = ProofPhase::staircase;
  return rebuild_below(index);
}

// Makes main what the forward scripts below `index` make, from the nearest copy. False when one of
// them does not work a second time, as on a server whose roles cannot be put back.
bool Prover::rebuild_below(std::size_t index) {
  if (!sound_below(index)) return true;
  std::size_t from = index + 1;
  while (from-- > 0 && !levels_[from].before) {
  }
  const bool found = from <= index;
  if (!found) {
    begin();
    from = 0;
  } else if (from == index) {
    databases_.go_back_to(*std::exchange(levels_[from].before, std::nullopt));
  } else {
    databases_.go_back_to_copy_of(*levels_[from].before);
  }
  for (std::size_t i = from; i < index; ++i) {
    if (!levels_[i].applied) continue;
    if (run_script(databases_.main(), context_, levels_[i].scripts.forward)) return false;
    if (levels_[i].scripts.fixture) load_fixture(*levels_[i].scripts.fixture);
  }
  return true;
}

}  // namespace pgtide::engine
