// What verify found out about each migration's way back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pgtide/error.hpp"
#include "pgtide/finding.hpp"
#include "pgtide/plan.hpp"
#include "pgtide/report.hpp"
#include "pgtide/schema/difference.hpp"
#include "pgtide/trace.hpp"
#include "pgtide/version.hpp"

namespace pgtide {

// One for each pair; the worst of what was found.
enum class Verdict {
  proved,            // up, down and up again: every time the schema that should be there
  not_restored,      // the rollback script ran, but the schema is not as it was
  rollback_failed,   // the rollback script failed
  up_failed,         // the forward script failed on the state that the ones before it make
  second_up_failed,  // after the rollback the forward script fails, or makes another schema
  data_lost,         // the schema is as it was, rows are not
  irreversible,      // declared so
  no_rollback        // there is no rollback script
};
// `not restored`: for people.
std::string_view to_string(Verdict verdict);
// `not_restored`: for programs, in every document.
std::string identifier(Verdict verdict);
// Everything but `proved` and `irreversible`.
bool is_finding(Verdict verdict);

// The statement that made a difference.
struct MadeBy {
  ScriptPosition where;
  std::string command;  // `CREATE INDEX`

  friend bool operator==(const MadeBy&, const MadeBy&) = default;
};

// `before` and `after` of the difference: without the pair, and once it was applied and rolled
// back. `added` is something left, `removed` something missing.
struct ProofDifference {
  schema::Difference difference;
  std::optional<MadeBy> made_by = {};
};

// Rows of a table that was there before the pair, after up and down.
struct RowLoss {
  std::string table;                      // `public.users`
  std::uint64_t before = 0;               // rows
  std::uint64_t after = 0;                // rows
  std::uint64_t lost = 0;                 // gone
  std::uint64_t changed = 0;              // there, with other values
  std::vector<std::string> columns = {};  // that hold other values; empty when rows are gone only
};

// Whether the rollbacks are also run one after the other, from the newest version down.
enum class WayDown { from_the_top, pairs_only };

enum class ProofPhase {
  pair,      // from the state that the forward scripts make
  staircase  // on the way down from the newest version
};

// What the statements of one of a pair's scripts did.
struct ScriptTrace {
  Direction direction = Direction::up;
  std::string path;
  std::vector<StatementTrace> statements;  // as far as the script ran
};

struct PairProof {
  Version version{1};
  std::string version_text;
  std::string name;
  std::string forward_path;
  std::string rollback_path;  // empty when there is none
  Verdict verdict = Verdict::proved;
  ProofPhase phase = ProofPhase::pair;       // where the verdict comes from
  std::string reason;                        // of an irreversible one, as declared
  std::vector<ProofDifference> differences;  // of `not restored` and `second up failed`
  std::optional<Failure> failure;            // of a script that failed
  std::vector<RowLoss> rows;                 // of `data lost`
  std::vector<std::string> notes;            // worth knowing, no finding
  std::vector<ScriptTrace> traces = {};      // when they were asked for; the forward script first
  std::vector<rules::Finding> rule_findings = {};  // what the safety rules say, likewise
  std::int64_t duration_ms = 0;
};

// A pair that only a committed run can judge, or that a proof could not work with.
struct NotJudged {
  std::string version_text;
  std::string name;
  std::vector<Problem> reasons;  // at least one
};

struct ProofReport {
  std::string directory;
  std::string server;                      // `PostgreSQL 15.10`
  std::vector<PairProof> migrations;       // those that were judged, ascending
  std::size_t applied_only = 0;            // others that had to be applied first
  std::vector<NotJudged> not_judged = {};  // ascending
  std::vector<Problem> left_behind = {};   // see Report
  bool staircase = false;                  // the way down from the top was gone
  std::string recorded_in = {};            // the file that remembers it; empty: none was asked for
  std::int64_t duration_ms = 0;

  // Whether what the safety rules say is held against the migrations.
  rules::Weight rule_weight = rules::Weight::told;

  std::size_t count(Verdict verdict) const;
  std::size_t findings() const;  // verdicts that are one
  std::size_t rule_findings() const;
  // Whether there is anything to mend: the exit code is 1 then.
  bool has_findings() const;
};

// A rollback script that pgtide wrote, or could not write.
struct WrittenRollback {
  std::string path;                 // of the file; empty when it was not written
  std::string reason;               // why not
  std::vector<std::string> losses;  // what the script does not bring back, as its comments say
  PairProof proof;                  // of the script
};

}  // namespace pgtide
