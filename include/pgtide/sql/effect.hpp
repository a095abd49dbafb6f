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
  std::string object;     // the index, partition, database, …; empty for an index without a name
  std::string table;      // of an index that is built; the parent of a partition
  bool on_table = false;  // reindexed: `object` is a table, not an index
};

Effect effect_of(std::string_view statement);

// The last part of a possibly qualified name, as the server folds it: `app."Users"` -> `Users`.
std::string base_name(std::string_view name);

// `statement` with every `:batch_size` outside quotes and comments replaced by `size`.
std::string with_batch_size(std::string_view statement, std::size_t size);

}  // namespace pgtide::sql
