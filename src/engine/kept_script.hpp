// A script that may be read several times, and is the same each time.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "pgtide/byte_source.hpp"
#include "pgtide/checksum.hpp"

namespace pgtide::engine {

// Memory: the script, when it is not longer than a megabyte. A longer one is read from its place
// again, after a look at all of it.
class KeptScript {
 public:
  explicit KeptScript(std::function<std::unique_ptr<ByteSource>()> find) : find_(std::move(find)) {}

  // The script from its start; nullptr when it is not the one with the checksum `expected` (its
  // usual forms). Throws Error(environment) when it cannot be read.
  std::unique_ptr<ByteSource> open(const Checksum& expected);

 private:
  std::function<std::unique_ptr<ByteSource>()> find_;
  std::optional<std::string> text_;
};

}  // namespace pgtide::engine
