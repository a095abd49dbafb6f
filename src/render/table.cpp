#include "render/table.hpp"

#include <algorithm>
#include <numeric>

#include "render/safe_text.hpp"

namespace pgtide::render {
namespace {

constexpr std::size_t gap = 2;

}  // namespace

void Table::add(std::vector<Cell> cells) {
  for (Cell& cell : cells) cell.text = printable(cell.text);
  rows_.push_back({.cells = std::move(cells), .below = {}});
}

std::vector<std::size_t> Table::widths(const Style& style) const {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    std::size_t widest = display_width(columns_[i].title);
    for (const Row& row : rows_) widest = std::max(widest, display_width(row.cells[i].text));
    widths.push_back(widest);
  }
  std::size_t total = std::accumulate(widths.begin(), widths.end(),
                                      gap * (std::max<std::size_t>(widths.size(), 1) - 1));
  for (std::size_t i = 0; i < columns_.size() && total > style.width; ++i) {
    const std::size_t least = columns_[i].least;
    if (least == 0 || widths[i] <= least) continue;
    const std::size_t cut = std::min(total - style.width, widths[i] - least);
    widths[i] -= cut;
    total -= cut;
  }
  return widths;
}

std::string Table::line(const std::vector<Cell>& cells, const std::vector<std::size_t>& widths,
                        const Style& style) const {
  std::string out;
  std::size_t blanks = 0;  // written only when something follows: no line ends in blanks
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string shown = shortened(cells[i].text, widths[i]);
    const std::size_t rest = widths[i] - display_width(shown);
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
  const std::vector<std::size_t> column_widths = widths(style);
  std::vector<Cell> titles;
  for (const Column& column : columns_) titles.push_back({column.title, Tone::quiet});
  std::string out = line(titles, column_widths, style);
  for (const Row& row : rows_) out += line(row.cells, column_widths, style) + row.below;
  return out;
}

}  // namespace pgtide::render
