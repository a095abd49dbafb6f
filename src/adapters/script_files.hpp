// The migrations directory on disk.
#pragma once

#include <map>
#include <string>

#include "pgtide/ports/ledger_reader.hpp"
#include "pgtide/ports/scripts.hpp"

namespace pgtide::adapters {

class ScriptFiles final : public ports::Scripts {
 public:
  // `ledger` gives stored scripts; null when there is no database (validate).
  ScriptFiles(std::string directory, ports::LedgerReader* ledger)
      : directory_(std::move(directory)), ledger_(ledger) {}

  Catalog catalog(const LedgerSnapshot& ledger) override;
  Catalog without_files() override;
  std::unique_ptr<ByteSource> open(const Step& step) override;
  std::unique_ptr<ByteSource> open_file(const std::string& path) override;

 private:
  std::string directory_;
  ports::LedgerReader* ledger_;
  // Read once, before the run: while it is under way the connection belongs to the pipeline.
  std::map<Version, std::string> stored_;
};

// Writes a new file; throws Error(usage) when it exists already, Error(environment) when it cannot
// be written. What was begun and could not be finished is removed.
void write_new_file(const std::string& path, const std::string& text);

}  // namespace pgtide::adapters
