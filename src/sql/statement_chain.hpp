// Whether the first statements of a script are still what they were.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "pgtide/byte_source.hpp"

namespace pgtide::sql {

// A checksum of statements in their order, which each one is added to; empty for none. Line ends,
// and what stands between statements, do not count; nor does the data of a COPY.
class StatementChain {
 public:
  void add(std::string_view statement);
  const std::string& sum() const { return sum_; }

 private:
  std::string sum_;
};

// Of the first `count` statements of a script; of all, when it has fewer.
std::string chain_of(ByteSource& script, std::size_t count);

}  // namespace pgtide::sql
