// Aligned columns.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "render/style.hpp"

namespace pgtide::render {

enum class Align { left, right };

struct Column {
  std::string title;
  Align align = Align::left;
  std::size_t least = 0;  // may be made as narrow as this to fit the terminal; 0: never
  int gives_way = 0;      // left out when that is not enough, 1 first; 0: never
};

struct Cell {
  std::string text;
  Tone tone = Tone::plain;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as there are columns; their text may come from anywhere.
  void add(std::vector<Cell> cells);
  // Whole lines of their own, as they are, below the last row.
  void add_below(std::string lines) { rows_.back().below += lines; }

  std::string text(const Style& style) const;

 private:
  struct Row {
    std::vector<Cell> cells;
    std::string below;
  };
  // Of a column that is left out: nullopt.
  using Widths = std::vector<std::optional<std::size_t>>;
  Widths widths(const Style& style) const;
  std::string line(const std::vector<Cell>& cells, const Widths& widths, const Style& style) const;

  std::vector<Column> columns_;
  std::vector<Row> rows_;
};

}  // namespace pgtide::render
