// What the statements that change an object are made from.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

#include "schema/undo_parts.hpp"

namespace pgtide::schema {

// One object on its way from what it is to what it was.
struct Way {
  const LiveObject& from;
  const LiveObject& to;
  const SnapshotIndex& in;  // where it was
  Statements& out;
  std::vector<std::string>& losses;

  const std::string& was(std::string_view attribute) const { return value_of(to, attribute); }
  const std::string& is(std::string_view attribute) const { return value_of(from, attribute); }
  bool differs(std::string_view attribute) const { return was(attribute) != is(attribute); }
  void lose(const std::string& attribute) const {
    losses.push_back(fmt::format("{} {} cannot get its {} back: it is {}, and was {}", to.kind,
                                 to.identity, attribute,
                                 is(attribute).empty() ? "none" : is(attribute),
                                 was(attribute).empty() ? "none" : was(attribute)));
  }
};

// SET and RESET of options; `prefix` is `toast.` for those of the TOAST table.
void alter_options(const Way& way, const std::string& alter, std::string_view attribute,
                   const std::string& prefix = "");
void alter_default(const Way& way, const std::string& alter);
void alter_column(const Way& way);
// Columns keep their values, by the labels' names.
void remake_enum(const Way& way);
void alter_domain(const Way& way);

}  // namespace pgtide::schema
