// Waiting that an interrupt ends.
#pragma once

#include <chrono>

#include "pgtide/ports/observer.hpp"
#include "pgtide/ports/session.hpp"

namespace pgtide::engine {

void pause(std::chrono::milliseconds length, const ports::Interrupt& interrupt,
           ports::Observer& observer);

}  // namespace pgtide::engine
