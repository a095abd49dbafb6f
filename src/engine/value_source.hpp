// How the server comes to the values of a column that nobody gives it. Pure.
#pragma once

#include <string>

namespace pgtide::engine {

struct ValueSource {
  enum class By { nobody, anything, time, sequence, user, chance };
  By by = By::nobody;
  std::string type;      // of times: its name
  std::string offset;    // of times: the interval that a default adds to now
  std::string sequence;  // its oid and the last value that it gave out, when it is known
};

// `t` time, `s` sequence, `u` user, `c` chance, `a` anything; else nobody.
ValueSource::By source_of(char letter);

// SQL that tells whether the server can have made `value`, a column, since it was looked at first.
std::string is_made_sql(const ValueSource& now, const ValueSource& before, const std::string& value,
                        const std::string& since);

}  // namespace pgtide::engine
