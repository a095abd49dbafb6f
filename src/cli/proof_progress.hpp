// The live line of a proof.
#pragma once

#include <chrono>
#include <string>

#include "cli/console.hpp"
#include "pgtide/ports/proof_observer.hpp"
#include "pgtide/ports/session.hpp"

namespace pgtide::cli {

class ProofProgress final : public ports::ProofObserver {
 public:
  ProofProgress(Console& console, const ports::Interrupt& interrupt)
      : console_(console), interrupt_(interrupt) {}

  void on_pair_started(const PairProof& pair, std::size_t index, std::size_t total) override;
  void on_pair_judged(const PairProof& pair, std::size_t index, std::size_t total) override;
  void on_way_down(const PairProof& pair, std::size_t index, std::size_t total) override;
  void on_tick() override;

 private:
  void show(const std::string& text);

  Console& console_;
  const ports::Interrupt& interrupt_;
  std::chrono::steady_clock::time_point drawn_;
  std::size_t findings_ = 0;
  bool said_stopping_ = false;
};

}  // namespace pgtide::cli
