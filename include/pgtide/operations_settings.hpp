// Settings of what surrounds a run: rules of an environment, backups, hooks, telemetry.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace pgtide {

// How many of the days, weeks and months that have a backup keep their newest one.
struct Retention {
  std::size_t days = 7;
  std::size_t weeks = 4;
  std::size_t months = 6;
};

struct BackupSettings {
  bool enabled = false;
  std::string directory = "backups";
  Retention keep;
};

enum class Permission { allow, refuse };

// What nobody has decided is decided by whether the environment is production.
struct RuleSettings {
  std::optional<bool> confirm;             // `up` asks first, where somebody can be asked
  std::optional<Permission> down_to_zero;  // `down 0`
  std::optional<Permission> data_loss;     // forward scripts that lose data without saying so
  bool forbid_out_of_order = false;        // also with --allow-out-of-order
  bool require_backup = false;             // a run without one does not start
  bool require_proof = false;              // of every pair that a run is about
};

// Programs with their arguments, never a shell; empty: none.
struct HookSettings {
  std::vector<std::string> before;  // its failure stops the run before anything happens
  std::vector<std::string> after;   // after every run, also a failed one
  std::vector<std::string> on_failure;
  std::vector<std::string> on_slow;  // while a migration takes longer than `slow_after`
  std::chrono::milliseconds timeout{30'000};
  std::chrono::milliseconds slow_after{60'000};
};

struct TelemetrySettings {
  std::string endpoint;  // OTLP over HTTP, without /v1/traces; empty: none
  std::string service_name = "pgtide";
};

}  // namespace pgtide
