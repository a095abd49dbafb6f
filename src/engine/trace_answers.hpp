// The server's answers to the questions of a trace, column by column. Pure.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "pgtide/query.hpp"
#include "pgtide/trace.hpp"

namespace pgtide::engine {

using AnswerRow = std::vector<Param>;
using AnswerRows = std::vector<AnswerRow>;

// An absent column and NULL are empty.
inline const std::string& text_of(const AnswerRow& row, std::size_t column) {
  static const std::string nothing;
  return column < row.size() && row[column] ? *row[column] : nothing;
}

template <typename Number = std::uint64_t>
Number number_of(const AnswerRow& row, std::size_t column) {
  const std::string& text = text_of(row, column);
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

inline bool flag_of(const AnswerRow& row, std::size_t column) {
  return text_of(row, column) == "true";
}

inline Filling filling_in(const AnswerRow& row, std::size_t column) {
  if (column >= row.size() || !row[column]) return Filling::unknown;
  return flag_of(row, column) ? Filling::filled : Filling::empty;
}

}  // namespace pgtide::engine
