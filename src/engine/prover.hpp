// Proves the way back of every migration, before anybody needs it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/proof_databases.hpp"
#include "engine/proof_judge.hpp"
#include "engine/schema_levels.hpp"
#include "pgtide/ports/proof_observer.hpp"
#include "pgtide/schema/undo.hpp"

namespace pgtide::engine {

class DraftScripts;

struct ProofOptions {
  std::set<Version> judged;  // the others are only applied, as far as one of these needs them
  WayDown way_down = WayDown::from_the_top;
  AllowedDifferences allowed;
  std::string schema = "public";            // that the project keeps its own ledger in
  std::string first_fixture;                // path of what is there before the first migration
  std::map<Version, std::string> fixtures;  // paths
  DraftScripts* drafts = nullptr;  // the context's scripts, when rollbacks are to be written
};

// Every pair is judged from the state that the forward scripts before it make, so that a broken one
// never spoils the verdict of the next. Tried in one transaction first, which costs least; what
// that does not prove is done again in a copy of the database with real commits, and only what
// happened there is held against a pair.
class Prover {
 public:
  Prover(ports::Databases& databases, ScriptContext context, ports::ProofObserver& observer,
         ProofOptions options);

  // The catalog must have no problems. Throws Error(environment), Error(interrupted), and
  // Error(invalid_input) for a fixture that fails.
  ProofReport prove(const Catalog& catalog);
  // After prove(), whatever became of it: a scratch database that was worked in is made what it
  // was. What could not be, in words. Throws Error(environment).
  std::vector<std::string> leave_as_found() { return databases_.leave_as_found(); }

 private:
  // A migration on the way.
  struct Level {
    PairScripts scripts;
    PairProof proof;
    bool judged = false;
    bool applied = false;
    std::optional<Problem> trouble = {};         // why the proof could not work with it
    SchemaStep step = {};                        // what the forward script of a sound one changed
    std::optional<schema::Snapshot> after = {};  // foretold by a trial
    std::optional<ProofDatabases::Copy> before = {};  // where the way down goes on below it
    bool passable() const { return judged && !trouble && proof.verdict == Verdict::proved; }
    bool sound() const { return applied && passable(); }
  };

  void load(const Catalog& catalog);
  void begin();
  void go_up();
  void go_up_to(Level& level, std::size_t index);
  void apart(Level& level, const std::function<void()>& work);
  void judge_pair(Level& level);
  void judge_round_trip(Level& level);
  struct Around {
    schema::LiveSnapshot before;
    std::optional<schema::LiveSnapshot> after;
  };
  Around look_around(const std::vector<const PairScript*>& scripts);
  std::optional<schema::Undo> work_out(const Level& level);
  PairProof prove_draft(const Level& level, const std::string& text);
  void draft_rollback(const Level& level);
  void judge_with_commits(Level& level);
  static void refuse_shortage(const Level& level, const RoundTrip& trip);
  void in_a_copy(const std::function<void(ports::Session&)>& use);
  void make_main_again();
  void correct_schema();
  void keep_for_way_down(std::size_t index);
  void forget_some_copies();
  void apply(Level& level);
  std::optional<Failure> apply_or_go_back(Level& level);
  std::optional<Failure> run_forward(Level& level);
  void load_fixture(const PairScript& fixture);
  [[noreturn]] static void refuse_fixture(const Failure& failure);
  bool go_down();
  bool step_down(Level& level, std::size_t index);
  bool sound_below(std::size_t index) const;
  const Level* next_below(std::size_t index) const;
  bool rebuild_below(std::size_t index);
  void say_what_failed_before(Level& level, std::size_t index) const;
  void say_what_was_not_judged(Level& level);

  ScriptContext context_;
  ports::ProofObserver& observer_;
  ProofOptions options_;
  ProofDatabases databases_;
  std::vector<Level> levels_;
  std::optional<PairScript> first_fixture_;
  schema::Snapshot schema_;  // of main, after the forward scripts so far
  bool schema_known_ = false;
  bool levels_known_ = true;  // each level's schema is what a trial foretold
};

}  // namespace pgtide::engine
