#include "engine/script_judge.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "pgtide/rules.hpp"
#include "pgtide/sql/string_escapes.hpp"
#include "sql/statement_chain.hpp"

namespace pgtide::engine {
namespace {

// What only makes sense with the rules at hand.
sql::ScriptScan checked(sql::ScriptScan scan, const std::string& path) {
  auto unknown = rules::unknown_allows(scan, path);
  std::move(unknown.begin(), unknown.end(), std::back_inserter(scan.problems));
  return scan;
}

sql::ScriptScan scan_file(const std::string& path, ports::Scripts& scripts) {
  const auto source = scripts.open_file(path);
  return checked(sql::scan_script(*source, path), path);
}

void append(std::vector<Problem>& all, const std::vector<Problem>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

Problem missing_rollback(const std::string& forward_path, const std::string& version_text) {
  return {.where = {forward_path, 0, 0},
          .message = "it has no rollback script",
          .hint = fmt::format("`pgtide generate --rollback {}` writes it; or declare `-- pgtide: "
                              "irreversible <reason>` in the forward script",
                              version_text),
          .source_line = {}};
}

bool is_empty(const sql::ScriptScan& scan) {
  return scan.statements == 0 && scan.problems.empty();
}

void judge_emptiness(const std::string& forward_path, const sql::ScriptScan& forward,
                     std::vector<Problem>& problems) {
  if (!forward.irreversible || !is_empty(forward)) return;
  problems.push_back({.where = {forward_path, 0, 0},
                      .message = "the script has no statement",
                      .hint = "write the SQL; `irreversible` speaks of the way back only",
                      .source_line = {}});
}

void advise_empty_rollback(sql::ScriptScan& rollback) {
  if (rollback.statements > 0 || rollback.irreversible) return;
  for (Problem& problem : rollback.problems) {
    if (problem.where.line > 0) continue;
    problem.hint += "; where there is no way back, write `-- pgtide: irreversible <why>`";
  }
}

// The scan of the way back, if there is a file for it.
std::optional<sql::ScriptScan> judge_pair(const std::string& forward_path,
                                          const sql::ScriptScan& forward,
                                          const std::string& rollback_path,
                                          const std::string& version_text, ports::Scripts& scripts,
                                          std::vector<Problem>& problems) {
  append(problems, forward.problems);
  judge_emptiness(forward_path, forward, problems);
  if (rollback_path.empty()) {
    if (!forward.irreversible) problems.push_back(missing_rollback(forward_path, version_text));
    return std::nullopt;
  }
  sql::ScriptScan rollback = scan_file(rollback_path, scripts);
  advise_empty_rollback(rollback);
  append(problems, rollback.problems);
  return rollback;
}

void refuse_non_transactional(const Step& step, const sql::ScriptScan& scan, Finish finish,
                              std::vector<Problem>& problems) {
  if (scan.transactional || finish != Finish::commit_all) return;
  problems.push_back(
      {.where = {step.path, 0, 0},
       .message = "it cannot run inside a transaction, so not with --single-transaction",
       .hint = "run without --single-transaction",
       .source_line = {}});
}

// What is done must be what it was, and what was begun and never answered for: only that statement
// knows what it may have left. The rest of a script may be mended.
bool may_go_on(const Step& step, const sql::ScriptScan& scan, ports::Scripts& scripts) {
  const Progress& progress = *step.resume;
  if (scan.checksum.matches(progress.checksum)) return true;
  const bool is_unanswered = progress.started && !progress.refused;
  const std::size_t kept = progress.done + (is_unanswered ? 1 : 0);
  if (kept == 0) return true;
  const std::string& sum = is_unanswered ? progress.begun_sum : progress.done_sum;
  if (sum.empty()) return false;  // an older pgtide kept none
  const auto source = scripts.open(step);
  return sql::chain_of(*source, kept) == sum;
}

void refuse_changed(const Step& step, const sql::ScriptScan& scan, ports::Scripts& scripts,
                    std::vector<Problem>& problems) {
  if (!step.resume || may_go_on(step, scan, scripts)) return;
  const bool is_begun = step.resume->done == 0;
  const char* undone = step.direction == Direction::up ? "rolled-back" : "applied";
  const char* finished = step.direction == Direction::up ? "applied" : "rolled-back";
  problems.push_back(
      {.where = {step.path, 0, 0},
       .message = fmt::format("it changed after statement {} of {} was {}",
                              is_begun ? 1 : step.resume->done, step.resume->of,
                              is_begun ? "begun" : "done"),
       .hint = fmt::format("restore that part of the script and run again; or bring the database "
                           "into order by hand, then `pgtide "
                           "resolve --{0} {2}` (finished) or `pgtide resolve --{1} {2}` (undone)",
                           finished, undone, step.version_text),
       .source_line = {}});
}

}  // namespace

JudgedStep judge_step(const Step& step, Finish finish, ports::Scripts& scripts) {
  JudgedStep judged;
  const auto source = scripts.open(step);
  judged.scan = sql::scan_script(*source, step.path);
  // A rollback must not fail for a directive that some other version of pgtide understood.
  if (step.direction == Direction::up) judged.scan = checked(std::move(judged.scan), step.path);
  if (step.direction == Direction::up) {
    judge_pair(step.path, judged.scan, step.rollback_path, step.version_text, scripts,
               judged.problems);
  } else {
    append(judged.problems, judged.scan.problems);
    if (judged.scan.irreversible) {
      judged.problems.push_back(
          {.where = {step.path, 0, 0},
           .message = fmt::format("{} ({}) is irreversible: {}", step.version_text, step.name,
                                  judged.scan.irreversible->reason),
           .hint = "restore a backup, or write a new migration that leads on",
           .source_line = {}});
    }
  }
  // Some of it is committed already.
  if (step.resume && step.resume->done > 0) judged.scan.transactional = false;
  refuse_non_transactional(step, judged.scan, finish, judged.problems);
  refuse_changed(step, judged.scan, scripts, judged.problems);
  return judged;
}

void refuse_other_reading(const Step& step, ports::Scripts& scripts,
                          std::vector<Problem>& problems) {
  const auto script = scripts.open(step);
  const auto again = scripts.open(step);
  const auto at = sql::where_escapes_matter(*script, *again);
  if (!at) return;
  problems = {{.where = {step.path, at->line, at->column},
               .message =
                   "standard_conforming_strings is off in this database, so the backslashes in "
                   "strings from here on make other statements of the script",
               .hint = "write E'…' where a backslash escapes, or begin the script with `SET "
                       "standard_conforming_strings = off;`, so that it says the same everywhere",
               .source_line = {}}};
}

std::vector<Problem> judge_catalog(const Catalog& catalog, ports::Scripts& scripts) {
  std::vector<Problem> problems;
  for (const Migration& migration : catalog.migrations) {
    const sql::ScriptScan forward = scan_file(migration.forward_path, scripts);
    judge_pair(migration.forward_path, forward, migration.rollback_path, migration.version_text,
               scripts, problems);
  }
  return problems;
}

std::map<Version, std::string> declared_irreversible(const Catalog& catalog,
                                                     ports::Scripts& scripts) {
  std::map<Version, std::string> declared;
  for (const Migration& migration : catalog.migrations) {
    if (!migration.rollback_path.empty()) continue;
    const sql::ScriptScan scan = scan_file(migration.forward_path, scripts);
    if (scan.irreversible) declared.emplace(migration.version, scan.irreversible->reason);
  }
  return declared;
}

std::vector<Version> irreversible_versions(const Catalog& catalog, ports::Scripts& scripts) {
  std::vector<Version> versions;
  for (const Migration& migration : catalog.migrations) {
    const bool declared = (!migration.rollback_path.empty() &&
                           scan_file(migration.rollback_path, scripts).irreversible) ||
                          (migration.rollback_path.empty() &&
                           scan_file(migration.forward_path, scripts).irreversible);
    if (declared) versions.push_back(migration.version);
  }
  return versions;
}

}  // namespace pgtide::engine
