// What became of rows between two looks at them.
#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "engine/table_rows.hpp"

namespace pgtide::engine {
namespace {

// A table that grew or shrank between two looks may have been looked at differently.
Looked less_closely(const TableRows& a, const TableRows& b) {
  return std::max(a.looked, b.looked);
}

// Rows of one look that the other has not.
struct Unmatched {
  std::vector<std::pair<RowValues, std::size_t>> rows;
  std::size_t count() const {
    std::size_t sum = 0;
    for (const auto& [row, times] : rows) sum += times;
    return sum;
  }
};

Unmatched without(const TableRows& rows, const TableRows& others) {
  Unmatched unmatched;
  for (const auto& [row, times] : rows.rows) {
    const auto found = others.rows.find(row);
    const std::size_t have = found == others.rows.end() ? 0 : found->second;
    if (times > have) unmatched.rows.emplace_back(row, times - have);
  }
  return unmatched;
}

// What a row of before must share with one of which `made` tells what the server filled in.
std::pair<std::string, std::vector<std::string>> shared(const RowValues& row,
                                                        const std::string& made) {
  std::pair<std::string, std::vector<std::string>> values{row.fixed, {}};
  for (std::size_t i = 0; i < row.filled.size(); ++i) {
    const bool is_made = i < made.size() && made[i] == '1';
    if (!is_made) values.second.push_back(row.filled[i]);
  }
  return values;
}

// Takes out what came back with other values only where the server filled them in, beginning with
// rows that leave the least open.
void match(Unmatched& before, Unmatched& after) {
  std::ranges::sort(after.rows, {}, [](const auto& one) {
    return std::pair(std::ranges::count(one.first.made, '1'), one.first.made);
  });
  std::map<std::pair<std::string, std::vector<std::string>>, std::vector<std::size_t>> places;
  const std::string* made = nullptr;
  for (auto& [row, times] : after.rows) {
    if (made == nullptr || row.made != *made) {
      made = &row.made;
      places.clear();
      for (std::size_t i = 0; i < before.rows.size(); ++i) {
        if (before.rows[i].second > 0) places[shared(before.rows[i].first, *made)].push_back(i);
      }
    }
    for (const std::size_t place : places[shared(row, *made)]) {
      const std::size_t taken = std::min(times, before.rows[place].second);
      times -= taken;
      before.rows[place].second -= taken;
    }
  }
}

// Columns that hold what somebody wrote where else the server fills in.
std::vector<bool> overwritten(const TableRows& table, const Unmatched& after) {
  std::vector<bool> found(table.columns.size(), false);
  std::vector<std::size_t> filled;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (table.filled_in[i]) filled.push_back(i);
  }
  for (const auto& [row, times] : after.rows) {
    for (std::size_t i = 0; times > 0 && i < std::min(filled.size(), row.made.size()); ++i) {
      if (row.made[i] == '0') found[filled[i]] = true;
    }
  }
  return found;
}

RowLoss loss_of(const std::string& name, const TableRows& before, const TableRows& after) {
  RowLoss loss{.table = name, .before = before.count, .after = after.count};
  std::vector<bool> by_hand(before.columns.size(), false);
  if (before.each_row && after.each_row) {
    Unmatched missing = without(before, after);
    Unmatched more = without(after, before);
    match(missing, more);
    loss.changed = std::min(missing.count(), more.count());
    loss.lost = missing.count() - loss.changed;
    by_hand = overwritten(after, more);
  } else {
    loss.lost = before.count - std::min(before.count, after.count);
    const bool compared = less_closely(before, after) == Looked::closely;
    loss.changed = compared && after.count >= before.count ? before.count : 0;
  }
  if (before.count != after.count) return loss;
  for (std::size_t i = 0; i < std::min(before.column_sums.size(), after.column_sums.size()); ++i) {
    const bool is_told = !before.filled_in[i] || by_hand[i];
    if (is_told && before.column_sums[i] != after.column_sums[i]) {
      loss.columns.push_back(before.columns[i]);
    }
  }
  return loss;
}

const char* why_not_compared(Looked looked) {
  return looked == Looked::counted ? " is large: its rows were counted, not compared"
                                   : " is too large to look at its rows";
}

}  // namespace

RowChanges compare_rows(const DatabaseRows& before, const DatabaseRows& after) {
  RowChanges changes;
  for (const auto& [name, was] : before) {
    const auto found = after.find(name);
    // A table that was made again holds nothing, and is not listed.
    const TableRows none{.columns = was.columns, .filled_in = was.filled_in, .each_row = true};
    const TableRows& is = found == after.end() ? none : found->second;
    const Looked looked = less_closely(was, is);
    if (looked != Looked::closely) changes.notes.push_back(name + why_not_compared(looked));
    if (looked == Looked::not_at_all || was.columns != is.columns) continue;
    const bool same_sum = looked == Looked::counted || was.sum == is.sum;
    if (was.count == is.count && same_sum) continue;
    const RowLoss loss = loss_of(name, was, is);
    const bool lost = loss.lost > 0 || loss.changed > 0;
    if (lost) changes.losses.push_back(loss);
    if (is.count > was.count) {
      const std::uint64_t left = is.count - was.count;
      changes.notes.push_back(fmt::format("{} row{} stay{} in {} that {} not there before", left,
                                          left == 1 ? "" : "s", left == 1 ? "s" : "", name,
                                          left == 1 ? "was" : "were"));
    } else if (!lost) {
      changes.notes.push_back(fmt::format(
          "{} has its rows again, with new values in columns that the server fills in", name));
    }
  }
  for (const auto& [name, is] : after) {
    if (before.contains(name) || is.count == 0) continue;
    changes.notes.push_back(fmt::format("{} row{} stay{} in {}, which was empty before", is.count,
                                        is.count == 1 ? "" : "s", is.count == 1 ? "s" : "", name));
  }
  return changes;
}

}  // namespace pgtide::engine
