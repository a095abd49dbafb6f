// The databases of a proof: one that only ever goes forward, and copies of it. Where the role may
// not make copies, the one there is is worked in: it is emptied to begin anew.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/origin_state.hpp"
#include "engine/round_trip.hpp"
#include "engine/server_state.hpp"
#include "pgtide/ports/databases.hpp"

namespace pgtide::engine {

class ProofDatabases {
 public:
  ProofDatabases(ports::Databases& databases, const std::string& run_id);

  // Begins anew from the origin: an empty database with nothing but the ledger.
  void begin(const ScriptContext& context);
  ports::Session& main() { return *session_; }

  bool is_private() const { return databases_.is_private(); }
  // There are no copies: with_copy() gives main itself, which must be made again afterwards, and
  // what is kept cannot be gone back to.
  bool in_place() const { return in_place_; }
  // Makes the origin what it was, where it was worked in; what it still has that was not there, in
  // words. The proof is over then. Throws Error(environment).
  std::vector<std::string> leave_as_found();

  // What of the whole server could not be put back since the last call, in words.
  std::vector<std::string> take_refused() { return std::exchange(refused_, {}); }

  // Calls `use` with a copy of main, which is gone afterwards with all that was done to it.
  void with_copy(const std::function<void(ports::Session&)>& use);

  // Main as it is now, for later.
  struct Copy {
    std::string name;
    std::optional<ServerState> server;
  };
  Copy keep_copy(const std::string& name);
  // Main becomes the copy, which is not there any more.
  void go_back_to(const Copy& copy);
  // Main becomes a copy of it.
  void go_back_to_copy_of(const Copy& copy);
  void forget(const Copy& copy);

 private:
  void begin_in_place(const LedgerNames& names);
  std::string named(const std::string& what) const { return prefix_ + what; }
  void leave_main();
  void restore(const std::optional<ServerState>& state);
  std::optional<ServerState> server();

  ports::Databases& databases_;
  std::string prefix_;
  bool in_place_ = false;
  std::optional<OriginState> found_;  // where the origin is worked in
  std::size_t mains_ = 0;
  std::size_t copies_ = 0;
  std::string main_;
  std::shared_ptr<ports::Session> session_;
  std::optional<ServerState> first_server_;
  std::vector<std::string> refused_;
};

}  // namespace pgtide::engine
