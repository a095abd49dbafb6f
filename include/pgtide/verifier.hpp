// Proves migrations on a throw-away database.
#pragma once

#include <functional>
#include <string>

#include "pgtide/effective_settings.hpp"
#include "pgtide/ports/proof_observer.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/proof.hpp"
#include "pgtide/run_request.hpp"

namespace pgtide {

// Whether what is proved is written down for `rules.require_proof`.
enum class Recording { off, on };

struct VerifyRequest {
  std::string range;          // `0007`, `0003..0009`, `..9`, `3..`; empty: every version
  std::string changed_since;  // a revision of git; empty: not asked for
  WayDown way_down = WayDown::from_the_top;
  std::string scratch_url;   // of an empty database to use; empty: a private server
  Trace trace = Trace::off;  // of the judged pairs
  Recording recording = Recording::off;
};

// None is owned; all must outlive the call.
struct VerifyHooks {
  ports::ProofObserver* observer = nullptr;
  const ports::Interrupt* interrupt = nullptr;
  std::function<void(const std::string&)> log = {};   // what is worth telling people with -v
  std::function<void(const std::string&)> warn = {};  // what they must be told
};

// On a private server that is made for it and removed, or in copies of a scratch database, which
// must be empty and stays so. A role that may not create databases works in the scratch database
// itself, which is emptied afterwards. `settings.url` is never connected to. Throws
// Error(invalid_input) for a directory that is not valid, Error(usage) for a range or a revision
// that does not exist and for a database that is not empty, Error(environment),
// Error(interrupted).
ProofReport verify(const Settings& settings, const VerifyRequest& request,
                   const VerifyHooks& hooks = {});

}  // namespace pgtide
