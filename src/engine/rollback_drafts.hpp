// Rollback scripts that pgtide writes, and what their proof said.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pgtide/ports/scripts.hpp"
#include "pgtide/proof.hpp"
#include "pgtide/schema/undo.hpp"

namespace pgtide::engine {

struct RollbackDraft {
  std::string text;                 // empty when the forward script changes nothing but rows
  std::vector<std::string> losses;  // what it does not bring back
  PairProof proof;
};

// Every difference that its proof found is one that the draft says it leaves.
bool is_worth_writing(const RollbackDraft& draft);

// The script, with the losses in comments.
std::string draft_text(const PairProof& pair, const schema::Undo& undo);

// The migrations directory, with drafts in place of rollback scripts.
class DraftScripts final : public ports::Scripts {
 public:
  enum class For { every_pair, findings };

  DraftScripts(ports::Scripts& files, For pairs) : files_(files), pairs_(pairs) {}

  bool wants(const PairProof& proof) const {
    return pairs_ == For::every_pair || is_finding(proof.verdict);
  }
  // Where a draft can be read from now on.
  std::string put(const PairProof& pair, std::string text);
  std::vector<RollbackDraft> drafts;

  Catalog catalog(const LedgerSnapshot& ledger) override { return files_.catalog(ledger); }
  Catalog without_files() override { return files_.without_files(); }
  std::unique_ptr<ByteSource> open(const Step& step) override;
  std::unique_ptr<ByteSource> open_file(const std::string& path) override;

 private:
  ports::Scripts& files_;
  For pairs_;
  std::map<std::string, std::string> texts_;  // by path
};

}  // namespace pgtide::engine
