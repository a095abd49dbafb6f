// Checksums of many files at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pgtide/checksum.hpp"

namespace pgtide::adapters {

struct ChecksumTask {
  const std::string* path;
  std::string_view recorded;  // what the ledger holds
  // Filled in: the usual forms when they match `recorded`, else all of them.
  std::optional<Checksum> found = {};
};

// Reads the files on several processors when there are many. Throws Error(environment) for the
// first one that cannot be read.
void compute_checksums(std::vector<ChecksumTask>& tasks);

}  // namespace pgtide::adapters
