#include "engine/foresight.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
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
constexpr std::size_t counted_at_once = 200;
constexpr std::size_t number_column = 7;        // of what trace_sql::find answers
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

  // Of all steps at once: two round trips, however many they are.
  void look(const PreparedRun& prepared, Foresight& foresight) {
    std::vector<sql::Victim> victims;
    std::vector<Named> named;
    for (std::size_t i = 0; i < foresight.losses.size(); ++i) {
      const sql::ScriptScan& scan = prepared.scans[i];
      for (std::size_t j = 0; j < scan.victims.size(); ++j) {
        victims.push_back(scan.victims[j]);
        named.push_back({i, j});
      }
    }
    if (victims.empty()) return;
    std::set<std::size_t> found;
    for (const AnswerRow& row : in_order(in_transaction(trace_sql::find(victims)))) {
      const auto number = number_of<std::size_t>(row, number_column);
      found.insert(number);
      note(row, named[number].step, victims[number], foresight);
    }
    count(foresight);
    for (std::size_t i = 0; i < victims.size(); ++i) {
      if (found.contains(i) || victims[i].may_be_missing) continue;
      const auto [step, number] = named[i];
      foresight.unknown.push_back(
          missing(prepared.plan.steps[step], prepared.scans[step].losses[number]));
    }
  }

 private:
  using Oid = trace_sql::Oid;
  struct Named {
    std::size_t step;
    std::size_t number;  // of the victim in its script
  };
  struct Place {
    std::size_t step;
    std::size_t index;  // of the loss
  };

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

  // As the scripts name them.
  static AnswerRows in_order(AnswerRows rows) {
    std::ranges::stable_sort(rows, {}, [](const AnswerRow& row) {
      return std::tuple(number_of<std::size_t>(row, number_column), text_of(row, 2),
                        text_of(row, 3));
    });
    return rows;
  }

  void note(const AnswerRow& row, std::size_t step, const sql::Victim& victim,
            Foresight& foresight) {
    const trace_sql::Counted counted{number_of<Oid>(row, 1), text_of(row, 2), text_of(row, 3),
                                     text_of(row, 4)};
    std::vector<Change>& losses = foresight.losses[step];
    std::vector<Place>& places = places_[{counted.id, counted.column}];
    if (std::ranges::find(places, step, &Place::step) != places.end()) return;
    if (number_of(row, 5) <= too_large_to_count && places.empty()) countable_.push_back(counted);
    places.push_back({step, losses.size()});
    losses.push_back(loss(victim, counted));
    if (number_of(row, 5) <= too_large_to_count) return;
    if (const auto rows = number_of<std::int64_t>(row, 6); rows > 0) {
      losses.back().lost = static_cast<std::uint64_t>(rows);
      losses.back().lost_is_estimate = true;
    }
  }

  void count(Foresight& foresight) {
    for (std::size_t i = 0; i < countable_.size(); i += counted_at_once) {
      const auto begin = countable_.begin() + static_cast<std::ptrdiff_t>(i);
      const std::size_t many = std::min(counted_at_once, countable_.size() - i);
      const std::vector<trace_sql::Counted> some(begin, begin + static_cast<std::ptrdiff_t>(many));
      if (count(some, foresight) || many == 1) continue;
      for (const trace_sql::Counted& one : some) count({one}, foresight);
    }
  }

  // False when somebody has a table locked, or when counting takes too long.
  bool count(const std::vector<trace_sql::Counted>& countable, Foresight& foresight) {
    try {
      for (const AnswerRow& row : in_transaction(trace_sql::count(countable))) {
        for (const Place& place : places_[{number_of<Oid>(row, 1), text_of(row, 2)}]) {
          foresight.losses[place.step][place.index].lost = number_of(row, 3);
        }
      }
      return true;
    } catch (const ports::ConnectionLost&) {
      throw;
    } catch (const Error&) {
      return false;
    }
  }

  AnswerRows in_transaction(const Query& query) { return ask_apart(session_, begin_, query); }

  ports::Session& session_;
  std::vector<Query> begin_;
  std::vector<trace_sql::Counted> countable_;
  std::map<std::pair<Oid, std::string>, std::vector<Place>> places_;
};

}  // namespace

Foresight foresee(ports::Session& session, const SessionSettings& settings,
                  const PreparedRun& prepared) {
  Foresight foresight;
  foresight.losses.resize(std::min(prepared.plan.steps.size(), prepared.scans.size()));
  try {
    Foreseer(session, settings).look(prepared, foresight);
  } catch (const ports::ConnectionLost&) {
    throw;
  } catch (const Error& error) {
    foresight.unknown.push_back({.where = {},
                                 .message = std::string("what it takes: ") + error.what(),
                                 .hint = {},
                                 .source_line = {}});
  }
  for (std::size_t i = 0; i < foresight.losses.size(); ++i) {
    const Step& step = prepared.plan.steps[i];
    const sql::ScriptScan& scan = prepared.scans[i];
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
