// Asks a server how it is.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "adapters/pg_connection.hpp"
#include "pgtide/health_facts.hpp"
#include "pgtide/ledger_names.hpp"

namespace pgtide::adapters {

// Reads only, a short transaction a question, none of which waits long for anything. A question
// that cannot be answered is noted as unseen and the others are asked all the same.
class HealthReader {
 public:
  static constexpr std::chrono::seconds longest_answer{6};

  // `deadline`: of all questions together. Throws Error(environment) when there is no connection.
  HealthReader(const ConnectOptions& options, LedgerNames names, std::string role,
               std::chrono::steady_clock::time_point deadline =
                   std::chrono::steady_clock::time_point::max());

  // Everything but the ledger's rows and the connection's name.
  void read(HealthFacts& facts);

  // What pg_stat_activity knows about one session; nullopt when there is none.
  struct Target {
    SessionFact session;
    std::string kind;   // `client backend`
    std::string begun;  // tells the session from a later one with the same pid
    bool is_own = false;
  };
  std::optional<Target> find(int pid);
  // Whether the server took the request. Throws Error(environment), also for want of a privilege.
  bool terminate(const Target& target);

 private:
  class Answer;
  Answer ask(const std::string& sql, const std::vector<std::string>& values = {});
  template <typename Function>
  void look(HealthFacts& facts, const char* section, Function function);

  void read_server(HealthFacts& facts);
  void read_pooling(HealthFacts& facts);
  void read_privileges(HealthFacts& facts);
  void read_sessions(HealthFacts& facts);
  void read_indexes(HealthFacts& facts);
  void read_run(HealthFacts& facts);
  void read_replication(HealthFacts& facts);
  void read_slots(HealthFacts& facts);
  void read_disk(HealthFacts& facts);

  ConnectOptions options_;
  Connection connection_;
  LedgerNames names_;
  std::string role_;
  std::chrono::steady_clock::time_point deadline_;
};

}  // namespace pgtide::adapters
