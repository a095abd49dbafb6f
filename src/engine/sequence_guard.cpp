#include "engine/sequence_guard.hpp"

#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "ports/ask.hpp"

namespace pgtide::engine {
namespace {

constexpr std::size_t at_once = 500;  // each one is locked until its answer has come

std::string lowered(std::string_view text) {
  std::string all(text);
  for (char& c : all) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return all;
}

}  // namespace

SequenceGuard::SequenceGuard(ports::Session& session, const SessionSettings& settings,
                             LedgerNames own)
    : session_(session), own_(std::move(own)) {
  begin_ = {{"BEGIN"}, apply_settings(settings), own_settings()};
}

// setval() stays when its transaction is rolled back.
ports::RowValues SequenceGuard::ask_briefly(const Query& query) {
  return ask_apart(session_, begin_, query);
}

void SequenceGuard::begin() {
  try {
    before_ = read();
  } catch (const ports::ConnectionLost&) {
    throw;
  } catch (const Error& error) {
    unknown_ = error.what();
  }
}

SequenceGuard::Sequences SequenceGuard::read() {
  Sequences sequences;
  const ports::RowValues rows = ask_briefly(
      {"SELECT c.oid::pg_catalog.text, pg_catalog.format('%I.%I', n.nspname, c.relname),\n"
       "  c.relfilenode::pg_catalog.text, (s.seqincrement < 0::pg_catalog.int8)::pg_catalog.text,\n"
       "  s.seqcycle::pg_catalog.text, pg_catalog.has_sequence_privilege(s.seqrelid, 'UPDATE')::"
       "pg_catalog.text,\n"
       "  EXISTS (SELECT FROM pg_catalog.pg_depend d\n"
       "    JOIN pg_catalog.pg_class t ON t.oid = d.refobjid\n"
       "    JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace\n"
       "    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.objid = c.oid\n"
       "      AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass\n"
       "      AND d.deptype IN ('a'::pg_catalog.\"char\", 'i'::pg_catalog.\"char\")\n"
       "      AND tn.nspname = $1::pg_catalog.name\n"
       "      AND t.relname IN ($2::pg_catalog.name, $3::pg_catalog.name))::pg_catalog.text\n"
       "FROM pg_catalog.pg_sequence s JOIN pg_catalog.pg_class c ON c.oid = s.seqrelid\n"
       "  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace\n"
       "WHERE c.relpersistence <> 't'::pg_catalog.\"char\"\n"
       "  AND pg_catalog.has_sequence_privilege(s.seqrelid, 'SELECT')\n"
       "  AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')",
       {own_.schema, own_.table, own_.log()}});
  for (const auto& row : rows) {
    sequences[row.at(0).value()] = {.name = row.at(1).value(),
                                    .file = row.at(2).value(),
                                    .at = {},
                                    .descends = row.at(3) == "true",
                                    .cycles = row.at(4) == "true",
                                    .can_be_set = row.at(5) == "true",
                                    .is_own = row.at(6) == "true"};
  }
  read_positions(sequences);
  return sequences;
}

void SequenceGuard::read_positions(Sequences& sequences) {
  for (auto next = sequences.begin(); next != sequences.end();) {
    std::string sql;
    for (std::size_t i = 0; i < at_once && next != sequences.end(); ++i, ++next) {
      sql += fmt::format(
          "{}SELECT '{}'::pg_catalog.text, last_value::pg_catalog.text, "
          "is_called::pg_catalog.text FROM {}",
          sql.empty() ? "" : "\nUNION ALL ", next->first, next->second.name);
    }
    for (const auto& row : ask_briefly({sql})) {
      sequences[row.at(0).value()].at = {row.at(1).value(), row.at(2) == "true"};
    }
  }
}

bool SequenceGuard::may_set(const sql::Statement& statement) {
  return lowered(statement.text).find("setval") != std::string::npos;
}

// One that the transaction has given a new file goes back with it.
Query SequenceGuard::positions_in(const sql::Statement& statement) const {
  return {
      "SELECT c.oid::pg_catalog.text, c.relfilenode::pg_catalog.text, CASE WHEN "
      "pg_catalog.has_sequence_privilege(c.oid, 'SELECT, USAGE') THEN "
      "pg_catalog.pg_sequence_last_value(c.oid)::pg_catalog.text END\n"
      "FROM pg_catalog.pg_class c WHERE c.relkind OPERATOR(pg_catalog.=) 'S'::pg_catalog.\"char\"\n"
      "  AND c.relpersistence OPERATOR(pg_catalog.<>) 't'::pg_catalog.\"char\"\n"
      "  AND (pg_catalog.strpos($1, pg_catalog.lower(c.relname::pg_catalog.text)) "
      "OPERATOR(pg_catalog.>) 0\n"
      "    OR pg_catalog.strpos($1, 'pg_get_serial_sequence') OPERATOR(pg_catalog.>) 0)",
      {lowered(statement.text)}};
}

void SequenceGuard::note(const std::vector<std::vector<Param>>& rows) {
  for (const auto& row : rows) {
    const auto known = before_.find(row.at(0).value_or(""));
    if (known == before_.end() || !row.at(2) || known->second.file != row.at(1)) continue;
    const Position now{*row.at(2), true};
    if (is_further(known->second, known->second.at, now)) known->second.at = now;
  }
}

bool SequenceGuard::is_further(const Sequence& of, const Position& a, const Position& b) {
  const long long from = std::stoll(a.last);
  const long long to = std::stoll(b.last);
  if (from == to) return !a.was_given && b.was_given;
  return of.descends ? to < from : to > from;
}

std::vector<Problem> SequenceGuard::finish() {
  std::vector<Problem> found;
  try {
    if (unknown_.empty()) {
      for (const auto& [oid, now] : read()) {
        const auto was = before_.find(oid);
        if (was == before_.end() ||
            (was->second.at.last == now.at.last && was->second.at.was_given == now.at.was_given) ||
            (was->second.is_own && is_further(was->second, was->second.at, now.at))) {
          continue;
        }
        found.push_back(settle(oid, was->second, now));
      }
    }
  } catch (const ports::ConnectionLost&) {
    throw;
  } catch (const Error& error) {
    unknown_ = error.what();
  }
  if (!unknown_.empty()) {
    found.push_back({.where = {},
                     .message = "whether sequences were moved is not known: " + unknown_,
                     .hint = {},
                     .source_line = {}});
  }
  return found;
}

Problem SequenceGuard::settle(const std::string& oid, const Sequence& was, const Sequence& now) {
  Problem told{.where = {}, .message = {}, .hint = {}, .source_line = {}};
  if (is_further(was, was.at, now.at)) {
    told.message = fmt::format(
        "the sequence {} went on from {} to {}, here or for others: numbers between are left out",
        was.name, was.at.last, now.at.last);
    return told;
  }
  if (was.cycles || !was.can_be_set || !put_back(oid, was)) {
    told.message =
        fmt::format("the sequence {} is at {}, and was at {}", was.name, now.at.last, was.at.last);
    told.hint = fmt::format("SELECT setval('{}', {}, {}) puts it back{}", was.name, was.at.last,
                            was.at.was_given ? "true" : "false",
                            was.cycles ? ", unless it has come round for others" : "");
    return told;
  }
  told.message = fmt::format("the sequence {} was set to {} and is put back to {}", was.name,
                             now.at.last, was.at.last);
  return told;
}

// Looks again in the same statement: others may have gone on since.
bool SequenceGuard::put_back(const std::string& oid, const Sequence& was) {
  const char* less = was.descends ? ">" : "<";
  try {
    ask_briefly({fmt::format("SELECT pg_catalog.setval($1::pg_catalog.oid::pg_catalog.regclass, "
                             "$2::pg_catalog.int8, $3::pg_catalog.bool) FROM {} s "
                             "WHERE s.last_value {} $2::pg_catalog.int8 "
                             "OR s.last_value = $2::pg_catalog.int8 AND NOT s.is_called",
                             was.name, less),
                 {oid, was.at.last, was.at.was_given ? "true" : "false"}});
    return true;
  } catch (const ports::ConnectionLost&) {
    throw;
  } catch (const Error&) {
    return false;
  }
}

}  // namespace pgtide::engine
