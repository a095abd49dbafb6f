#include "engine/rollback_drafts.hpp"

#include <algorithm>
#include <utility>

namespace pgtide::engine {
namespace {

bool is_told(const schema::Difference& difference, const std::vector<std::string>& losses) {
  return std::ranges::any_of(losses, [&](const std::string& loss) {
    if (difference.aspect == schema::Aspect::column_order) {
      return loss.ends_with("comes back as the last one");
    }
    return loss.find(" " + difference.identity + " ") != loss.npos;
  });
}

}  // namespace

bool is_worth_writing(const RollbackDraft& draft) {
  if (draft.text.empty()) return false;
  const Verdict verdict = draft.proof.verdict;
  if (verdict == Verdict::proved || verdict == Verdict::data_lost) return true;
  return verdict == Verdict::not_restored &&
         std::ranges::all_of(draft.proof.differences, [&](const ProofDifference& one) {
           return is_told(one.difference, draft.losses);
         });
}

std::string draft_text(const PairProof& pair, const schema::Undo& undo) {
  if (undo.statements.empty()) return {};
  std::string text = "-- Rollback for: " + pair.name + "\n-- Version: " + pair.version_text +
                     "\n--\n-- Written by pgtide from what the forward script changed.\n";
  for (std::string loss : undo.losses) {
    // A name may hold a line end; a comment may not.
    std::ranges::replace_if(
        loss, [](char c) { return c == '\n' || c == '\r'; }, ' ');
    text += "-- NOTE: " + loss + ".\n";
  }
  for (const std::string& statement : undo.statements) text += "\n" + statement + ";\n";
  return text;
}

std::string DraftScripts::put(const PairProof& pair, std::string text) {
  std::string path = "draft of the rollback of " + pair.version_text;
  texts_[path] = std::move(text);
  return path;
}

std::unique_ptr<ByteSource> DraftScripts::open(const Step& step) {
  const auto draft = texts_.find(step.path);
  if (draft != texts_.end()) return std::make_unique<StringSource>(draft->second);
  return files_.open(step);
}

std::unique_ptr<ByteSource> DraftScripts::open_file(const std::string& path) {
  const auto draft = texts_.find(path);
  if (draft != texts_.end()) return std::make_unique<StringSource>(draft->second);
  return files_.open_file(path);
}

}  // namespace pgtide::engine
