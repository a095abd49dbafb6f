// Puts a snapshot together from what the catalog queries give.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "pgtide/ledger_names.hpp"
#include "pgtide/schema/live_snapshot.hpp"
#include "schema/catalog_query.hpp"

namespace pgtide::schema {

class SnapshotBuilder {
 public:
  // `own` names the ledger, which is left out.
  SnapshotBuilder(ServerTraits server, const LedgerNames& own);
  // Once for every query, in their order.
  void add(const CatalogQuery& query, const Rows& rows);
  Snapshot finish() { return plain(finish_live()); }
  LiveSnapshot finish_live();

 private:
  using Key = std::uint64_t;  // catalog, id and sub-id of an object

  struct Entry {
    LiveObject object;
    std::vector<Key> parents;
    Key schema = 0;  // the one it is in, 0 when it is in none
  };

  void add_members(const Rows& rows);
  void add_initial_grants(const Rows& rows);
  void add_objects(const CatalogQuery& query, const Rows& rows);
  void add_object(const CatalogQuery& query, const Row& row);
  void add_details(const CatalogQuery& query, const Rows& rows);
  void add_remarks(const Rows& rows);

  bool is_own(const Object& object) const;
  std::string usual_grants(const Row& row, Key key) const;
  std::optional<std::string> grants(const CatalogQuery& query, const Row& row,
                                    const std::string& unchanged) const;
  void add_owner(const CatalogQuery& query, const Row& row, Key key, Entry& entry) const;
  void add_attributes(const CatalogQuery& query, const Row& row, std::size_t first, Entry& entry);
  std::string position(const Row& row);
  void set_parents(Entry& entry);
  void join_sequence(Entry& entry);
  bool is_left_out(const Entry& entry) const;
  void hide_own_schema();

  ServerTraits server_;
  LedgerNames own_;
  std::vector<Entry> entries_;
  std::unordered_map<Key, std::size_t> places_;  // in entries_
  std::unordered_set<Key> schemas_;              // whose objects are part of the snapshot
  std::unordered_set<Key> members_;              // of extensions
  std::unordered_set<Key> hidden_;               // pgtide's own
  std::unordered_map<Key, std::string> initial_grants_;
  std::string counted_relation_;  // whose columns are being counted
  int counted_ = 0;
};

}  // namespace pgtide::schema
