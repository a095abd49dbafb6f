// A snapshot with what is true of one database only, as long as it lives.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "pgtide/schema/snapshot.hpp"

namespace pgtide::schema {

struct LiveObject : Object {
  std::uint64_t id = 0;           // the same in two snapshots: the same object; 0 when not known
  std::string owner = {};         // also the usual one, which is no attribute
  std::string usual_grants = {};  // those of an object that has no attribute `grants`
};

struct LiveSnapshot {
  std::vector<LiveObject> objects;  // as those of a Snapshot
};

// What is true of any database with that schema.
inline Snapshot plain(LiveSnapshot live) {
  Snapshot snapshot;
  snapshot.objects.reserve(live.objects.size());
  for (Object& object : live.objects) snapshot.objects.push_back(std::move(object));
  return snapshot;
}

}  // namespace pgtide::schema
