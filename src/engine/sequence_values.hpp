// What no rollback takes back: the positions of sequences.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "pgtide/ports/session.hpp"

namespace pgtide::engine {

struct SequenceValue {
  std::string name;                  // qualified and quoted
  std::optional<std::string> value;  // the last one given out; nullopt: none yet
  std::string next;                  // of one that gave out none yet: its first value
};
using SequenceValues = std::map<std::string, SequenceValue>;  // by oid

SequenceValues read_sequences(ports::Session& session);

// Sets those that have moved since `before` back. In a transaction of its own.
void restore_sequences(ports::Session& session, const SequenceValues& before);

}  // namespace pgtide::engine
