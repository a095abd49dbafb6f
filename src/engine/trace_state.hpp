// What a trace knows of the database, and what the server's answers say that a statement changed.
// Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/trace_answers.hpp"
#include "engine/trace_sql.hpp"
#include "pgtide/ledger_names.hpp"
#include "pgtide/trace.hpp"

namespace pgtide::engine {

using trace_sql::Oid;

// What readers and writers of a table did while a statement worked on it.
enum class Meanwhile { others_wait, others_go_on };

// Objects of pgtide's own are not known here, and so nothing is ever said about them.
class TraceState {
 public:
  explicit TraceState(LedgerNames names) : names_(std::move(names)) {}

  bool loaded() const { return loaded_; }
  const trace_sql::Age& age() const { return age_; }
  // Answers to everything() or created().
  void load(const AnswerRows& rows);
  // From here on what was loaded counts as there before.
  void start_step() { age_.before_step = newest_; }
  // Answers to counters().
  void note_counters(const AnswerRows& rows);
  // A new transaction has no locks.
  void start_transaction();
  // Answers to changes(): fills locks, changes and rows of `trace`.
  void apply(const AnswerRows& rows, StatementTrace& trace);
  // Answers to everything(), after a statement that ran outside a transaction.
  void apply_alone(const AnswerRows& rows, Meanwhile meanwhile, StatementTrace& trace);
  // Whether `public.users` is the name of a relation.
  bool is_name(const std::string& qualified_name) const;
  // Answers to find(): what can be counted, and what only estimated because it is large.
  std::vector<trace_sql::Counted> countable(const AnswerRows& rows);
  // Answers to count().
  void note_counts(const AnswerRows& rows);

 private:
  struct Relation {
    std::string schema;
    std::string name;
    char kind = 'r';
    std::string storage;  // changes when the file is written anew
    Oid parent = 0;       // of a partition or child
    Oid table = 0;        // of an index
    Filling filling = Filling::unknown;
    bool gone = false;
  };
  struct Column {
    std::string name;
    std::string type;
    bool required = false;
    bool dropped = false;
  };
  struct Loss {
    std::uint64_t count = 0;
    bool estimate = false;
  };
  // A change, and the table that it is of.
  struct Found {
    Change change;
    Oid table = 0;
  };

  Relation* known(Oid id);
  bool existed(Oid id) { return id <= age_.before_step && known(id) != nullptr; }
  std::string qualified(const Relation& relation) const;
  bool is_own(const std::string& schema, const std::string& name) const;
  Found& add(ChangeKind kind, Oid table, std::string part = {});
  bool has(ChangeKind kind, Oid table) const;
  Filling filling_of(Oid table);
  void note_lost(Change& change, Oid table, const std::string& column);

  void see_locks(const AnswerRows& rows, StatementTrace& trace);
  void see_gone(const AnswerRow& row);
  static RowsTrace counted_in(const AnswerRow& row);
  void see_rows(const AnswerRow& row, StatementTrace& trace);
  void see_relation(const AnswerRow& row);
  void see_column(const AnswerRow& row);
  void see_constraint(const AnswerRow& row);
  void see_storage(Oid id, Relation& relation, const std::string& storage);
  void see_new_index(const AnswerRow& row);
  bool built_now(const Relation& index) const;
  void store_relation(const AnswerRow& row);
  void note_sizes();
  void keep_found(StatementTrace& trace);
  void drop_repetitions();
  void add_unmeasured_locks(StatementTrace& trace);
  void add_unmeasured_lock(const Found& found, StatementTrace& trace);
  void see_what_is_gone(const AnswerRows& rows);

  LedgerNames names_;
  trace_sql::Age age_;
  Oid newest_ = 0;
  bool loaded_ = false;
  std::map<Oid, Relation> relations_;
  std::map<Oid, std::map<int, Column>> columns_;
  std::map<Oid, bool> constraints_;  // whether existing rows were checked
  std::set<std::pair<Oid, LockMode>> locks_;
  std::map<Oid, RowsTrace> counters_;
  std::map<Oid, Filling> sizes_;  // of the answers at hand
  std::map<std::pair<Oid, std::string>, Loss> losses_;
  std::vector<Found> found_;
};

}  // namespace pgtide::engine
