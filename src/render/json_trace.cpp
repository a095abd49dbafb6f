#include "render/json_trace.hpp"

#include "render/trace_words.hpp"

namespace pgtide::render {
namespace {

Json filling_value(Filling filling) {
  if (filling == Filling::unknown) return nullptr;
  return filling == Filling::filled;
}

Json lock_object(const LockTrace& lock) {
  Json blocks = Json::array();
  if (blocks_reads(lock.mode)) blocks.push_back("reads");
  if (blocks_writes(lock.mode)) blocks.push_back("writes");
  blocks.push_back("ddl");
  return {{"mode", name_of(lock.mode)},
          {"object", lock.object},
          {"kind", lock.kind},
          {"blocks", std::move(blocks)},
          {"measured", lock.measured}};
}

Json change_object(const Change& change) {
  const bool is_constraint = change.kind == ChangeKind::constraint_added ||
                             change.kind == ChangeKind::constraint_validated;
  return {{"kind", name_of(change.kind)},
          {"table", change.table},
          {"name", text_or_null(change.part)},
          {"before", text_or_null(change.before)},
          {"after", text_or_null(change.after)},
          {"constraint", is_constraint ? Json(name_of(change.constraint)) : Json(nullptr)},
          {"checked", is_constraint ? Json(change.checked) : Json(nullptr)},
          {"concurrently", change.online},
          {"has_rows", filling_value(change.filling)}};
}

Json rows_list(const std::vector<RowsTrace>& all) {
  Json list = Json::array();
  for (const RowsTrace& rows : all) {
    list.push_back({{"table", rows.table},
                    {"inserted", rows.inserted},
                    {"updated", rows.updated},
                    {"deleted", rows.deleted}});
  }
  return list;
}

}  // namespace

Json trace_list(const std::vector<StatementTrace>& statements) {
  Json list = Json::array();
  for (const StatementTrace& statement : statements) {
    Json locks = Json::array();
    for (const LockTrace& lock : statement.locks) locks.push_back(lock_object(lock));
    Json changes = Json::array();
    for (const Change& change : statement.changes) changes.push_back(change_object(change));
    list.push_back({{"line", position_number(statement.where.line)},
                    {"column", position_number(statement.where.column)},
                    {"command", statement.command},
                    {"duration_us", statement.duration_us},
                    {"wal_bytes", statement.wal_bytes},
                    {"times", statement.times},
                    {"locks", std::move(locks)},
                    {"changes", std::move(changes)},
                    {"rows", rows_list(statement.rows)}});
  }
  return list;
}

Json loss_list(const std::vector<Change>& losses) {
  Json list = Json::array();
  for (const Change& change : losses) {
    list.push_back({{"kind", name_of(change.kind)},
                    {"table", change.table},
                    {"column", text_or_null(change.part)},
                    {"count", number_or_null(change.lost)},
                    {"estimated", change.lost_is_estimate}});
  }
  return list;
}

Json finding_list(const std::vector<rules::Finding>& findings) {
  Json list = Json::array();
  for (const rules::Finding& finding : findings) {
    list.push_back(
        {{"rule", finding.rule},
         {"severity", finding.severity == rules::Severity::warning ? "warning" : "notice"},
         {"file", text_or_null(finding.where.file)},
         {"line", position_number(finding.where.line)},
         {"column", position_number(finding.where.column)},
         {"source_line", sql_or_null(finding.source_line)},
         {"message", finding.message},
         {"explanation", finding.explanation},
         {"safer", finding.safer}});
  }
  return list;
}

}  // namespace pgtide::render
