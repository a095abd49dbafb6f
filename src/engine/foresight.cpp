#include "engine/foresight.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "engine/trace_answers.hpp"
#include "engine/trace_sql.hpp"
#include "engine/trace_words.hpp"
#include "ports/ask.hpp"

namespace pgtide::engine {
namespace {

constexpr std::uint64_t too_large_to_count = std::uint64_t{256}
                                             << 20;  // bytes; counting takes seconds there
constexpr std::chrono::milliseconds foresight_patience{2000};
constexpr const char* longest_count = "30000";  // ms

ChangeKind kind_of(const sql::Victim& victim) {
  if (!victim.column.empty()) {
    return victim.loss == sql::Loss::replaced ? ChangeKind::column_retyped
                                              : ChangeKind::column_dropped;
  }
  return victim.loss == sql::Loss::emptied ? ChangeKind::table_emptied : ChangeKind::table_dropped;
}

class Foreseer {
 public:
  Foreseer(ports::Session& session, const SessionSettings& settings) : session_(session) {
    SessionSettings own = settings;
    own.lock_timeout = foresight_patience;
    begin_ = {{"BEGIN READ ONLY"}, apply_settings(own)};
    // Names without a schema are looked up as the scripts' settings have it.
    for (Query& query : begin_own("pgtide_foresight")) begin_.push_back(std::move(query));
    begin_.push_back({std::string("SELECT pg_catalog.set_config('statement_timeout', '") +
                      longest_count + "', true)"});
  }

  std::vector<Change> losses_of(const Step& step, const sql::ScriptScan& scan,
                                std::vector<Problem>& unknown) {
    std::vector<Change> losses;
    if (scan.victims.empty()) return losses;
    std::set<std::size_t> found;
    std::vector<trace_sql::Counted> countable;
    std::map<std::pair<Oid, std::string>, std::size_t> places;
    for (const AnswerRow& row : in_transaction(trace_sql::find(scan.victims))) {
      const auto number = number_of<std::size_t>(row, 7);
      found.insert(number);
      const trace_sql::Counted counted{number_of<Oid>(row, 1), text_of(row, 2), text_of(row, 3),
                                       text_of(row, 4)};
      if (!places.emplace(std::pair(counted.id, counted.column), losses.size()).second) continue;
      losses.push_back(loss(scan.victims[number], counted));
      if (number_of(row, 5) <= too_large_to_count) {
        countable.push_back(counted);
      } else if (const auto rows = number_of<std::int64_t>(row, 6); rows > 0) {
        losses.back().lost = static_cast<std::uint64_t>(rows);
        losses.back().lost_is_estimate = true;
      }
    }
    count(countable, places, losses);
    for (std::size_t i = 0; i < scan.victims.size(); ++i) {
      if (!found.contains(i) && !scan.victims[i].may_be_missing)
        unknown.push_back(missing(step, scan.losses[i]));
    }
    return losses;
  }

 private:
  using Oid = trace_sql::Oid;

  static Change loss(const sql::Victim& victim, const trace_sql::Counted& of) {
    Change change{.kind = kind_of(victim)};
    change.table = words::name_of(of.schema) + "." + words::name_of(of.table);
    change.part = of.column;
    return change;
  }

  static Problem missing(const Step& step, const sql::Statement& statement) {
    return {.where = {step.path, statement.begin.line, statement.begin.column},
            .message = statement.text + " (not there now, or it may not be read)",
            .hint = {},
            .source_line = {}};
  }

  void count(const std::vector<trace_sql::Counted>& countable,
             const std::map<std::pair<Oid, std::string>, std::size_t>& places,
             std::vector<Change>& losses) {
    if (countable.empty()) return;
    try {
      for (const AnswerRow& row : in_transaction(trace_sql::count(countable))) {
        const auto place = places.find({number_of<Oid>(row, 1), text_of(row, 2)});
        if (place != places.end()) losses[place->second].lost = number_of(row, 3);
      }
    } catch (const ports::ConnectionLost&) {
      throw;
    } catch (const Error&) {  // somebody has a table locked, or counting takes too long
    }
  }

  AnswerRows in_transaction(const Query& query) { return ask_apart(session_, begin_, query); }

  ports::Session& session_;
  std::vector<Query> begin_;
};

}  // namespace

Foresight foresee(ports::Session& session, const SessionSettings& settings,
                  const PreparedRun& prepared) {
  Foresight foresight;
  Foreseer foreseer(session, settings);
  for (std::size_t i = 0; i < prepared.plan.steps.size() && i < prepared.scans.size(); ++i) {
    const Step& step = prepared.plan.steps[i];
    const sql::ScriptScan& scan = prepared.scans[i];
    try {
      foresight.losses.push_back(foreseer.losses_of(step, scan, foresight.unknown));
    } catch (const ports::ConnectionLost&) {
      throw;
    } catch (const Error& error) {
      foresight.losses.emplace_back();
      foresight.unknown.push_back({.where = {step.path, 0, 0},
                                   .message = std::string("what it takes: ") + error.what(),
                                   .hint = {},
                                   .source_line = {}});
    }
    for (const sql::Statement& hidden : scan.unforeseen) {
      foresight.unknown.push_back({.where = {step.path, hidden.begin.line, hidden.begin.column},
                                   .message = hidden.text,
                                   .hint = {},
                                   .source_line = {}});
    }
  }
  return foresight;
}

}  // namespace pgtide::engine
