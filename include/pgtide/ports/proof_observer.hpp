// Who is told what a proof is at.
#pragma once

#include <cstddef>
#include <string>

#include "pgtide/proof.hpp"

namespace pgtide::ports {

// Called from the thread that proves; must not throw. Every function does nothing unless
// overridden. `index` counts from 0.
class ProofObserver {
 public:
  virtual ~ProofObserver() = default;
  virtual void on_pair_started(const PairProof&, std::size_t /*index*/, std::size_t /*total*/) {}
  // It may become worse on the way down.
  virtual void on_pair_judged(const PairProof&, std::size_t /*index*/, std::size_t /*total*/) {}
  virtual void on_way_down(const PairProof&, std::size_t /*index*/, std::size_t /*total*/) {}
  // About ten times a second while a script runs.
  virtual void on_tick() {}
};

}  // namespace pgtide::ports
