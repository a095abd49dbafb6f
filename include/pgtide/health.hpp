// What `doctor` found.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace pgtide {

enum class Condition { ok, warn, fail };
std::string_view to_string(Condition condition);

struct HealthFinding {
  Condition severity = Condition::ok;
  std::string message;               // one line, lower case, no final stop
  std::vector<std::string> details;  // lines below it; leading blanks show who depends on whom
  std::string hint;                  // what to type next; empty when nothing has to be done
};

// One line of thought. Never empty.
struct HealthSection {
  std::string name;  // `lock_waits`
  std::vector<HealthFinding> findings;

  Condition severity() const;  // of its worst finding
};

struct HealthReport {
  std::vector<HealthSection> sections;  // in the order in which somebody in a hurry reads them

  Condition severity() const;
};

}  // namespace pgtide
