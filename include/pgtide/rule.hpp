// A safety rule, as people read it.
#pragma once

#include <string>

namespace pgtide::rules {

struct Rule {
  std::string id;           // as `-- pgtide: allow` takes it
  std::string title;        // what a script does
  std::string explanation;  // why it hurts
  std::string safer;        // what to write instead
};

}  // namespace pgtide::rules
