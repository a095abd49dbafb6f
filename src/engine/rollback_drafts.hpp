// Rollback scripts that pgtide writes, and what their proof said.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "pgtide/ports/scripts.hpp"
#include "pgtide/proof.hpp"
#include "pgtide/schema/undo.hpp"

namespace pgtide::engine {

// Why a forward script leaves nothing in the schema that could be undone.
enum class Silence { none, rows_only, unseen };

struct RollbackDraft {
  std::string text;                 // empty when there is no statement that undoes anything
  std::vector<std::string> losses;  // what it does not bring back
  PairProof proof;
  Silence silence = Silence::none;
};

// Every difference and every row that its proof missed is one that the draft says it leaves.
bool is_worth_writing(const RollbackDraft& draft);

// What the words of a forward script say of rows that are there already.
struct RowWords {
  std::vector<std::string> losses;  // sentences without final stop
  bool only_rows = false;           // it has no statement that is about anything else
};
RowWords read_row_words(ByteSource& forward);
// The rows that were lost in a proof.
std::vector<std::string> lost_rows(const PairProof& proof);

// The script with its losses in comments and, when `verdict` is not empty, a line that says so.
std::string draft_text(const PairProof& pair, const std::vector<std::string>& statements,
                       const std::vector<std::string>& losses, const std::string& verdict = {});
// What the head of a script says that could not be proved; empty when it says nothing.
std::string unproved_verdict(ByteSource& script);
// `not restored: column public.t.a: position 1 -> 2`; empty for a proved one.
std::string verdict_words(const PairProof& proof);

// The migrations directory, with drafts in place of rollback scripts.
class DraftScripts final : public ports::Scripts {
 public:
  enum class For { every_pair, findings };

  // `take` gets each draft as soon as its proof is done.
  DraftScripts(ports::Scripts& files, For pairs, std::function<void(RollbackDraft)> take)
      : files_(files), pairs_(pairs), take_(std::move(take)) {}

  bool wants(const PairProof& proof) const {
    return pairs_ == For::every_pair || is_finding(proof.verdict);
  }
  // Where a draft can be read from now on.
  std::string put(const PairProof& pair, std::string text);
  void finish(RollbackDraft draft) {
    if (take_) take_(std::move(draft));
  }

  Catalog catalog(const LedgerSnapshot& ledger) override { return files_.catalog(ledger); }
  Catalog without_files() override { return files_.without_files(); }
  std::unique_ptr<ByteSource> open(const Step& step) override;
  std::unique_ptr<ByteSource> open_file(const std::string& path) override;

 private:
  ports::Scripts& files_;
  For pairs_;
  std::function<void(RollbackDraft)> take_;
  std::map<std::string, std::string> texts_;  // by path
};

}  // namespace pgtide::engine
