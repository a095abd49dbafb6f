#include "render/table.hpp"

#include <algorithm>

#include "render/safe_text.hpp"

namespace pgtide::render {
namespace {

constexpr std::size_t gap = 2;

}  // namespace

void Table::add(std::vector<Cell> cells) {
  for (Cell& cell : cells) cell.text = printable(cell.text);
  rows_.push_back({.cells = std::move(cells), .below = {}});
}

Table::Widths Table::widths(const Style& style) const {
  Widths widths;
  std::size_t total = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t widest = display_width(columns_[i].title);
    for (const Row& row : rows_) widest = std::max(widest, display_width(row.cells[i].text));
    widths.emplace_back(widest);
    total += widest + (i == 0 ? 0 : gap);
  }
  const auto least_of = [&](std::size_t i) {
    return columns_[i].least == 0 ? *widths[i] : std::min(columns_[i].least, *widths[i]);
  };
  std::size_t slack = 0;  // what can be had without leaving a column out
  for (std::size_t i = 0; i < columns_.size(); ++i) slack += *widths[i] - least_of(i);
  const int last = std::ranges::max(columns_, {}, &Column::gives_way).gives_way;
  for (int turn = 1; turn <= last && total > style.width + slack; ++turn) {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i].gives_way != turn) continue;
      slack -= *widths[i] - least_of(i);
      total -= *widths[i] + gap;
      widths[i].reset();
    }
  }
  for (std::size_t i = 0; i < columns_.size() && total > style.width; ++i) {
    if (!widths[i]) continue;
    const std::size_t cut = std::min(total - style.width, *widths[i] - least_of(i));
    *widths[i] -= cut;
    total -= cut;
  }
  return widths;
}

std::string Table::line(const std::vector<Cell>& cells, const Widths& widths,
                        const Style& style) const {
  std::string out;
  std::size_t blanks = 0;  // written only when something follows: no line ends in blanks
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (!widths[i]) continue;
    const std::string shown = shortened(cells[i].text, *widths[i]);
    const std::size_t rest = *widths[i] - display_width(shown);
    const bool right = columns_[i].align == Align::right;
    if (!shown.empty()) {
      out.append(blanks + (right ? rest : 0), ' ');
      out += painted(shown, cells[i].tone, style);
      blanks = right ? 0 : rest;
    } else {
      blanks += rest;
    }
    blanks += gap;
  }
  return out + "\n";
}

std::string Table::text(const Style& style) const {
  const Widths column_widths = widths(style);
  std::vector<Cell> titles;
  for (const Column& column : columns_) titles.push_back({column.title, Tone::quiet});
  std::string out = line(titles, column_widths, style);
  for (const Row& row : rows_) out += line(row.cells, column_widths, style) + row.below;
  return out;
}

}  // namespace pgtide::render
