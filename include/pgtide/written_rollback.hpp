// A rollback script that pgtide wrote, or could not write.
#pragma once

#include <string>
#include <vector>

#include "pgtide/proof.hpp"

namespace pgtide {

struct WrittenRollback {
  std::string path;                 // of the file; empty when it was not written
  std::string reason;               // why not
  std::vector<std::string> losses;  // what the script does not bring back, as its comments say
  PairProof proof;                  // of the script
};

}  // namespace pgtide
