#include "cli/proof_progress.hpp"

#include <fmt/format.h>

#include "core/wording.hpp"

#include "pgtide/render.hpp"

namespace pgtide::cli {
namespace {

constexpr std::chrono::milliseconds draw_every{90};

}  // namespace

void ProofProgress::show(const std::string& text) {
  const auto now = std::chrono::steady_clock::now();
  if (now - drawn_ < draw_every) return;
  drawn_ = now;
  const std::string found = findings_ == 0 ? "" : ", " + counted(findings_, "finding");
  console_.live(text + found);
}

void ProofProgress::on_pair_started(const PairProof& pair, std::size_t index, std::size_t total) {
  show(fmt::format("[{}/{}] {} up, down, up", index + 1, total, pair.version_text));
}

void ProofProgress::on_pair_judged(const PairProof& pair, std::size_t, std::size_t) {
  if (is_finding(pair.verdict)) ++findings_;
}

void ProofProgress::on_way_down(const PairProof& pair, std::size_t index, std::size_t total) {
  show(fmt::format("[{}/{}] {} all the way down", total - index, total, pair.version_text));
}

void ProofProgress::on_tick() {
  if (interrupt_.signal() == 0 || said_stopping_) return;
  said_stopping_ = true;
  console_.message("stopping: the private server is being removed; a second signal ends at once\n");
}

}  // namespace pgtide::cli
