// Directives: comments that tell pgtide how to run a script.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "pgtide/error.hpp"
#include "pgtide/sql/statement.hpp"

namespace pgtide::sql {

struct NoTransaction {};
struct Irreversible {
  std::string reason;
};
struct Batch {
  std::size_t size = 1000;
  std::chrono::milliseconds pause{0};
  std::size_t max_batches = 1'000'000;
};
struct LockTimeout {
  std::chrono::milliseconds value{0};
};
struct StatementTimeout {
  std::chrono::milliseconds value{0};
};
struct Allow {
  std::string what;  // `data-loss` or a rule's id
  std::string reason;
};
using DirectiveValue =
    std::variant<NoTransaction, Irreversible, Batch, LockTimeout, StatementTimeout, Allow>;

struct Directive {
  DirectiveValue value;
  Position at;
};

// `line` is a whole comment line, e.g. `-- pgtide: lock-timeout=2s`. nullopt when it is no
// directive at all; a Problem (with only `message`, `hint` and column set) when it is one that is
// unknown or malformed, with the nearest known one, or where the way back begins in a script of
// another tool (`-- +goose Down`, `-- migrate:down`).
std::optional<std::variant<DirectiveValue, Problem>> parse_directive(std::string_view line);

// `500ms`, `2s`, `5min`, `1h`, or a bare number of milliseconds; nullopt when it is none of these.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace pgtide::sql
