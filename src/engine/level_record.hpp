// The schema at each version that an `up` passes, kept in the log.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/run_identity.hpp"
#include "pgtide/ledger_names.hpp"
#include "pgtide/ports/interrupt.hpp"
#include "pgtide/ports/observer.hpp"
#include "pgtide/ports/session.hpp"
#include "pgtide/run_request.hpp"
#include "pgtide/schema/snapshot.hpp"

namespace pgtide::engine {

struct LevelOptions {
  LedgerNames names;
  RunIdentity run;
  std::chrono::milliseconds lock_timeout{0};
  std::function<schema::Snapshot(schema::Snapshot)> own_part;  // of a whole database
  // Whether the run's scripts make a schema one's own that is there, but not in the record.
  std::function<bool(const PreparedRun&, const schema::Snapshot& recorded)> lacks_schema;
};

// A schema that cannot be read or recorded is a remark, once, and never stops the run.
class LevelRecord {
 public:
  LevelRecord(ports::Session& session, ports::Observer& observer, const ports::Interrupt& interrupt,
              LevelOptions options)
      : session_(session),
        observer_(observer),
        interrupt_(interrupt),
        options_(std::move(options)) {}

  // Whether it costs little beside the run. Each version that is read is a pause of the pipeline,
  // so a run of many migrations must not even be asked between its steps.
  static bool is_affordable(const PreparedRun& prepared);

  // Reads the schema that the run begins with, unless the log has it. What is in a schema that was
  // others' when it was recorded would be taken for something that the way back leaves.
  void begin(const PreparedRun& prepared);
  // Once the step's migration has committed; the last one is left to whoever ends the run.
  void after(std::size_t index);

 private:
  template <typename Do>
  void politely(Do what);
  schema::Snapshot read();

  ports::Session& session_;
  ports::Observer& observer_;
  const ports::Interrupt& interrupt_;
  LevelOptions options_;
  bool active_ = false;
  std::string start_version_;
  std::optional<schema::Snapshot> start_;
  std::vector<std::string> versions_;  // of the steps
};

}  // namespace pgtide::engine
