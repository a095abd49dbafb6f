// Where the engine gets the text of scripts.
#pragma once

#include <memory>
#include <string>

#include "pgtide/byte_source.hpp"
#include "pgtide/plan.hpp"

namespace pgtide::ports {

class Scripts {
 public:
  virtual ~Scripts() = default;
  // The migrations directory as it is now, with the checksums of what `ledger` says is applied.
  // Throws Error(invalid_input) when there is no directory to read.
  virtual Catalog catalog(const LedgerSnapshot& ledger) = 0;
  // A catalog of no directory: scripts come from the ledger alone.
  virtual Catalog without_files() = 0;
  // The script of a step, from its file or from the ledger. Throws Error(environment) when it
  // cannot be read.
  virtual std::unique_ptr<ByteSource> open(const Step& step) = 0;
  // A file of the migrations directory.
  virtual std::unique_ptr<ByteSource> open_file(const std::string& path) = 0;
};

}  // namespace pgtide::ports
