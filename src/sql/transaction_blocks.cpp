#include "sql/transaction_blocks.hpp"

#include <fmt/format.h>

#include <utility>

namespace pgtide::sql {
namespace {

Problem problem_at(const Position& at, const std::string& source_line, std::string message,
                   std::string hint) {
  return {{{}, at.line, at.column}, std::move(message), std::move(hint), source_line};
}

}  // namespace

void TransactionBlocks::begin(const Statement& statement, const std::string& source_line) {
  const std::string words = command_words(statement.text);
  if (open_) {
    ++surplus_;
    problems_.push_back(problem_at(
        statement.begin, source_line,
        fmt::format("{} inside the transaction that began on line {}", words, open_->at.line),
        "remove it, or write COMMIT before it"));
    return;
  }
  if (statement.kind == StatementKind::begin_with_modes) {
    lose_modes(words, statement.begin, source_line);
  }
  ++blocks_;
  open_ = Open{statement.begin, words, source_line};
}

void TransactionBlocks::lose_modes(const std::string& words, const Position& at,
                                   const std::string& source_line) {
  problems_when_absorbed_.push_back(problem_at(
      at, source_line,
      fmt::format("the modes of {} would be lost: the migration is one transaction, which began "
                  "before",
                  words),
      "write them at the beginning of the script, for all of it, or add `-- pgtide: "
      "no-transaction` to run it with its own transactions"));
}

void TransactionBlocks::commit(const Statement& statement, const std::string& source_line) {
  const std::string words = command_words(statement.text);
  if (surplus_ > 0) {
    --surplus_;
    return;
  }
  if (!open_) {
    problems_.push_back(
        problem_at(statement.begin, source_line, fmt::format("{} without BEGIN", words),
                   "remove it: the migration is committed together with its row in the ledger"));
    return;
  }
  notices_when_absorbed_.push_back(problem_at(
      open_->at, open_->source_line,
      fmt::format("{} and the {} on line {} are absorbed: the migration and its row in the ledger "
                  "are one transaction",
                  open_->words, words, statement.begin.line),
      ""));
  open_.reset();
}

bool TransactionBlocks::controls(const Statement& statement) {
  switch (statement.kind) {
    case StatementKind::begin:
    case StatementKind::begin_with_modes:
    case StatementKind::commit:
    case StatementKind::commit_and_chain:
    case StatementKind::unclear_commit:
    case StatementKind::rollback:
    case StatementKind::two_phase:
      return true;
    default:
      return false;
  }
}

void TransactionBlocks::add(const Statement& statement, const std::string& source_line) {
  const auto refuse = [&](std::string_view why, std::string hint) {
    problems_.push_back(problem_at(statement.begin, source_line,
                                   fmt::format("{} {}", command_words(statement.text), why),
                                   std::move(hint)));
  };
  switch (statement.kind) {
    case StatementKind::begin:
    case StatementKind::begin_with_modes:
      begin(statement, source_line);
      break;
    case StatementKind::commit:
      commit(statement, source_line);
      break;
    case StatementKind::commit_and_chain:
      refuse("would commit half of the migration", "write COMMIT; and, where needed, BEGIN;");
      break;
    case StatementKind::unclear_commit:
      refuse("is followed by what does not belong to it", "write it alone, with a semicolon");
      surplus_ = 0;
      open_.reset();
      break;
    case StatementKind::rollback:
      refuse("would undo the migration",
             "remove it: pgtide rolls back when a statement fails; to undo a part use SAVEPOINT "
             "and ROLLBACK TO");
      surplus_ = 0;
      open_.reset();
      break;
    case StatementKind::two_phase:
      refuse("is two-phase commit, which cannot be part of a migration",
             "use BEGIN and COMMIT, or neither");
      break;
    default:
      return;
  }
  ++statements_;
}

void TransactionBlocks::finish() {
  if (!open_) return;
  problems_.push_back(problem_at(open_->at, open_->source_line,
                                 fmt::format("{} is never committed", open_->words),
                                 "write COMMIT; after the last statement, or remove it"));
  open_.reset();
}

}  // namespace pgtide::sql
