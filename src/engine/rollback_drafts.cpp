#include "engine/rollback_drafts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <string_view>
#include <utility>
#include <variant>

#include "core/wording.hpp"
#include "pgtide/sql/script_reader.hpp"
#include "sql/row_changes.hpp"

namespace pgtide::engine {
namespace {

constexpr std::string_view not_proved = "-- NOT PROVED: ";

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

RowWords read_row_words(ByteSource& forward) {
  RowWords words;
  bool rows = false;
  bool others = false;
  sql::ScriptReader reader(forward);
  while (const auto item = reader.next()) {
    const auto* statement = std::get_if<sql::Statement>(&*item);
    if (statement == nullptr) continue;
    rows = rows || sql::is_about_rows(statement->text);
    others = others || !sql::is_about_rows(statement->text);
    for (const sql::RowChange& change : sql::row_changes_of(statement->text)) {
      const bool deleted = change.kind == sql::RowChangeKind::deleted;
      words.losses.push_back(fmt::format("rows that line {} of the forward script {} {} {}",
                                         statement->begin.line,
                                         deleted ? "deletes from" : "updates in", change.table,
                                         deleted ? "do not come back" : "keep their new values"));
    }
  }
  words.only_rows = rows && !others;
  return words;
}

std::vector<std::string> lost_rows(const PairProof& proof) {
  std::vector<std::string> losses;
  for (const RowLoss& loss : proof.rows) {
    std::string columns;
    for (const std::string& column : loss.columns)
      columns += (columns.empty() ? "" : ", ") + column;
    if (!columns.empty()) columns = " (" + columns + ")";
    if (loss.lost > 0) {
      losses.push_back(fmt::format("{} of {} of {} did not come back in the proof", loss.lost,
                                   counted(loss.before, "row"), loss.table));
    }
    if (loss.changed > 0) {
      losses.push_back(fmt::format("{} of {} of {} had other values in the proof{}", loss.changed,
                                   counted(loss.before, "row"), loss.table, columns));
    }
  }
  return losses;
}

std::string verdict_words(const PairProof& proof) {
  if (proof.verdict == Verdict::proved) return {};
  std::string words(to_string(proof.verdict));
  std::vector<std::string> what = lost_rows(proof);
  for (const ProofDifference& one : proof.differences) what.push_back(describe(one.difference));
  if (!what.empty()) words += ": " + what.front();
  if (what.size() > 1) words += fmt::format(", and {} more", what.size() - 1);
  return words;
}

// A name may hold a line end; a comment may not.
std::string in_one_line(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return text;
}

std::string draft_text(const PairProof& pair, const std::vector<std::string>& statements,
                       const std::vector<std::string>& losses, const std::string& verdict) {
  if (statements.empty()) return {};
  std::string text = "-- Rollback for: " + pair.name + "\n-- Version: " + pair.version_text +
                     "\n--\n-- Written by pgtide from what the forward script changed.\n";
  if (!verdict.empty()) text += std::string(not_proved) + in_one_line(verdict) + ".\n";
  for (const std::string& loss : losses) text += "-- NOTE: " + in_one_line(loss) + ".\n";
  for (const std::string& statement : statements) text += "\n" + statement + ";\n";
  return text;
}

std::string unproved_verdict(ByteSource& script) {
  std::istringstream lines(read_all(script));
  for (std::string line; std::getline(lines, line) && line.starts_with("--");) {
    while (line.ends_with('\r') || line.ends_with('.')) line.pop_back();
    if (line.starts_with(not_proved)) return line.substr(not_proved.size());
  }
  return {};
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
