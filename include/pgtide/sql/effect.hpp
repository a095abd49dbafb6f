// What a statement that runs outside transactions leaves behind, so that it can be found again
// after a crash.
#pragma once

#include <string>
#include <string_view>

namespace pgtide::sql {

enum class EffectKind {
  repeatable,  // running it again does no harm: VACUUM, ALTER SYSTEM, …
  index_built,
  index_dropped,
  reindexed,
  partition_detached,
  database_created,
  database_dropped,
  tablespace_created,
  tablespace_dropped,
  subscription_created,
  subscription_dropped
};

// Names are SQL text as it stands in the statement, quotes and schema included, so that
// to_regclass() reads them as the statement does.
struct Effect {
  EffectKind kind = EffectKind::repeatable;
  std::string object;      // the index, partition, database, …; empty for an index without a name
  std::string table;       // of an index that is built; the parent of a partition
  bool on_table = false;   // reindexed: `object` is a table, not an index
  std::string shape = {};  // of an index without a name: what tells it from others on its table
};

Effect effect_of(std::string_view statement);

// What a CREATE INDEX makes, apart from names: whether it is unique, its method, columns and
// condition. Equal for a statement and for the definition that the server shows of its index,
// unless the server writes an expression in other words.
std::string index_shape(std::string_view statement);

// Whether the statement waits until transactions of others have ended: CONCURRENTLY, FINALIZE.
bool waits_for_transactions(std::string_view statement);

// Whether all it does is to change what holds for the rest of the session, so that a new session
// must run it again: SET, RESET, DISCARD ALL, SELECT set_config(…, false).
bool only_sets_session(std::string_view statement);
// What else a statement makes that ends with its session, as far as its text tells: `a temporary
// table`, `a prepared statement`, …; empty when it makes nothing of the kind.
std::string made_for_session(std::string_view statement);
// DISCARD ALL, RESET ALL: also takes back what pgtide has set.
bool resets_session(std::string_view statement);

// The last part of a possibly qualified name, as the server folds and cuts it:
// `app."Users"` -> `Users`.
std::string base_name(std::string_view name);

// `statement` with every `:batch_size` outside quotes and comments replaced by `size`. Blanks fill
// the gap, so that places in the text stay where they were.
std::string with_batch_size(std::string_view statement, std::size_t size);

}  // namespace pgtide::sql
