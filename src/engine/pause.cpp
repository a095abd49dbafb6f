#include "engine/pause.hpp"

#include <algorithm>
#include <thread>

namespace pgtide::engine {

void pause(std::chrono::milliseconds length, const ports::Interrupt& interrupt,
           ports::Observer& observer) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::milliseconds slice{50};
  const auto end = Clock::now() + length;
  while (Clock::now() < end && interrupt.signal() == 0) {
    std::this_thread::sleep_for(std::min<Clock::duration>(slice, end - Clock::now()));
    observer.on_tick();
  }
}

}  // namespace pgtide::engine
