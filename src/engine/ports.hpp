// Everything that the engine reaches the world through.
#pragma once

#include "pgtide/ports/ledger_reader.hpp"
#include "pgtide/ports/observer.hpp"
#include "pgtide/ports/run_lock.hpp"
#include "pgtide/ports/scripts.hpp"
#include "pgtide/ports/session.hpp"

namespace pgtide::engine {

struct Ports {
  ports::Session& session;
  ports::LedgerReader& ledger;
  ports::Scripts& scripts;
  ports::RunLock& lock;
  ports::Observer& observer;
  const ports::Interrupt& interrupt;
};

}  // namespace pgtide::engine
