// How a trace calls what the catalogs write as letters.
#pragma once

#include <optional>
#include <string>

#include "pgtide/trace.hpp"

namespace pgtide::engine::words {

// `AccessExclusiveLock`, as pg_locks has it.
std::optional<LockMode> lock_mode(const std::string& name);
// pg_class.relkind
std::string relation(char kind);
// pg_constraint.contype
ConstraintKind constraint(char type);
// An identifier, quoted where it must be.
std::string name_of(const std::string& name);

}  // namespace pgtide::engine::words
