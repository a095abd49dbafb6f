// What the statements of a script have made so far.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "pgtide/sql/losses.hpp"

namespace pgtide::sql {

class StatementWords;

// Goes by the words of the script: a name with its schema and one without are never taken for the
// same table, and one without is forgotten where the search path may change. What is known to be
// made here holds nothing that was there before.
class MadeTables {
 public:
  // In the order of the script, behind the question about the statement's own losses.
  void see(std::string_view statement);
  bool has(const Victim& victim) const;

 private:
  void see_create(StatementWords& words);
  void see_alter(StatementWords& words);
  void see_column(const Victim& table, StatementWords& words);
  void move(const Victim& from, const Victim& to);
  void forget(const Victim& table);
  void forget_names_without_schema();

  struct Order {
    bool operator()(const Victim& a, const Victim& b) const;
  };
  std::set<Victim, Order> made_;  // tables, and columns of tables that were there
  std::set<std::string> schemas_;
};

}  // namespace pgtide::sql
