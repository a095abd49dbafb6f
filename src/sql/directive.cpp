#include "pgtide/sql/directive.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <utility>
#include <vector>

#include "pgtide/nearest.hpp"
#include "sql/directive_line.hpp"
#include "sql/utf8.hpp"

namespace pgtide::sql {
namespace {

using Parsed = std::variant<DirectiveValue, Problem>;

constexpr std::string_view blanks = " \t\r\n";

struct Word {
  std::string_view text;
  std::size_t offset = 0;  // in the line

  // `key=value`: what stands before and after the first `=`.
  std::string_view key() const { return text.substr(0, text.find('=')); }
  bool has_value() const { return text.find('=') != std::string_view::npos; }
  std::string_view value() const { return text.substr(text.find('=') + 1); }
};

struct Words {
  std::string_view line;
  std::vector<Word> list;

  std::string rest_from(std::size_t index) const {
    if (index >= list.size()) return {};
    const std::string_view rest = line.substr(list[index].offset);
    return std::string(rest.substr(0, rest.find_last_not_of(blanks) + 1));
  }
};

Words split_words(std::string_view line, std::size_t from) {
  Words words{line, {}};
  for (;;) {
    from = line.find_first_not_of(blanks, from);
    if (from == std::string_view::npos) return words;
    const std::size_t end = std::min(line.find_first_of(blanks, from), line.size());
    words.list.push_back({line.substr(from, end - from), from});
    from = end;
  }
}

Problem problem_at(const Words& words, std::size_t offset, std::string message, std::string hint) {
  const std::size_t column = 1 + count_characters(words.line.substr(0, offset));
  return {{{}, 0, column}, std::move(message), std::move(hint), {}};
}

std::optional<std::size_t> parse_count(std::string_view text) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0) return std::nullopt;
  return value;
}

// Anything after a directive that takes no more words.
std::optional<Problem> extra_word(const Words& words, std::size_t expected, std::string_view form) {
  if (words.list.size() <= expected) return std::nullopt;
  const Word& extra = words.list[expected];
  return problem_at(words, extra.offset,
                    fmt::format("unexpected \"{}\" after the directive", extra.text),
                    fmt::format("write `{}`, one directive a line", form));
}

Parsed read_no_transaction(const Words& words) {
  constexpr std::string_view form = "-- pgtide: no-transaction";
  const Word& name = words.list.front();
  if (name.has_value()) {
    return problem_at(words, name.offset, "no-transaction takes no value",
                      fmt::format("write `{}`", form));
  }
  if (auto problem = extra_word(words, 1, form)) return *problem;
  return NoTransaction{};
}

Parsed read_irreversible(const Words& words) {
  const Word& name = words.list.front();
  std::string reason = words.rest_from(1);
  if (reason.empty() || name.has_value()) {
    return problem_at(words, name.offset, "irreversible needs a reason",
                      "write `-- pgtide: irreversible <why there is no way back>`");
  }
  return Irreversible{std::move(reason)};
}

Parsed read_allow(const Words& words) {
  const Word& name = words.list.front();
  if (words.list.size() < 2 || name.has_value()) {
    return problem_at(words, name.offset, "allow needs to know what",
                      "write `-- pgtide: allow data-loss` or `-- pgtide: allow <rule>`, "
                      "then why if you like");
  }
  return Allow{std::string(words.list[1].text), words.rest_from(2)};
}

template <typename Timeout>
Parsed read_timeout(const Words& words) {
  const Word& name = words.list.front();
  const std::string form = fmt::format("-- pgtide: {}=2s", name.key());
  const auto value = parse_duration(name.value());
  if (!name.has_value()) {
    return problem_at(words, name.offset, fmt::format("{} needs a value", name.key()),
                      fmt::format("write `{}`", form));
  }
  if (!value) {
    return problem_at(words, name.offset + name.key().size() + 1,
                      fmt::format("\"{}\" is not a duration", name.value()),
                      "write 500ms, 2s, 5min, 1h or a number of milliseconds");
  }
  if (auto problem = extra_word(words, 1, form)) return *problem;
  return Timeout{*value};
}

// Sets one of batch's values, or says what is wrong with it.
std::optional<Problem> read_batch_value(const Words& words, const Word& word, Batch& batch) {
  const auto value_problem = [&](std::string_view wanted) {
    return problem_at(words, word.offset + word.key().size() + 1,
                      fmt::format("\"{}\" is no value for {}", word.value(), word.key()),
                      std::string(wanted));
  };
  const std::vector<std::string> keys = {"size", "pause", "max-batches"};
  if (!word.has_value() || std::find(keys.begin(), keys.end(), word.key()) == keys.end()) {
    const std::string close = nearest(word.key(), keys);
    return problem_at(words, word.offset, fmt::format("batch does not know \"{}\"", word.text),
                      close.empty() || !word.has_value()
                          ? "write `-- pgtide: batch size=1000 pause=100ms max-batches=5000`"
                          : fmt::format("did you mean {}=…?", close));
  }
  if (word.key() == "pause") {
    const auto pause = parse_duration(word.value());
    if (!pause) return value_problem("write 500ms, 2s, 5min, 1h or a number of milliseconds");
    batch.pause = *pause;
    return std::nullopt;
  }
  const auto count = parse_count(word.value());
  if (!count) return value_problem("write a number from 1 up");
  (word.key() == "size" ? batch.size : batch.max_batches) = *count;
  return std::nullopt;
}

Parsed read_batch(const Words& words) {
  if (words.list.front().has_value()) {
    return problem_at(words, words.list.front().offset, "batch takes no value of its own",
                      "write `-- pgtide: batch size=1000 pause=100ms max-batches=5000`");
  }
  Batch batch;
  for (std::size_t i = 1; i < words.list.size(); ++i) {
    if (auto problem = read_batch_value(words, words.list[i], batch)) return *problem;
  }
  return batch;
}

struct Known {
  std::string_view name;
  Parsed (*read)(const Words&);
};
constexpr std::array known = {
    Known{"no-transaction", read_no_transaction},
    Known{"irreversible", read_irreversible},
    Known{"batch", read_batch},
    Known{"lock-timeout", read_timeout<LockTimeout>},
    Known{"statement-timeout", read_timeout<StatementTimeout>},
    Known{"allow", read_allow},
};

Problem unknown_directive(const Words& words) {
  std::vector<std::string> names;
  std::string all;
  for (const Known& directive : known) {
    names.emplace_back(directive.name);
    all += fmt::format("{}{}", all.empty() ? "" : ", ", directive.name);
  }
  const Word& word = words.list.front();
  const std::string close = nearest(word.key(), names);
  return problem_at(words, word.offset, fmt::format("unknown directive \"{}\"", word.key()),
                    close.empty() ? "known are " + all : fmt::format("did you mean {}?", close));
}

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array units = {Unit{"", 1}, Unit{"ms", 1}, Unit{"s", 1000}, Unit{"min", 60'000},
                              Unit{"h", 3'600'000}};

}  // namespace

Problem foreign_way_back_problem(std::string_view line) {
  const std::size_t words = line.find_first_not_of("-# \t");
  return problem_at({line, {}}, std::min(words, line.size()),
                    "another tool's way back begins here; pgtide would run it, too",
                    "move what follows into the rollback script, and remove this line");
}

std::optional<std::variant<DirectiveValue, Problem>> parse_directive(std::string_view line) {
  if (begins_foreign_way_back(line)) return foreign_way_back_problem(line);
  const std::size_t body = directive_body(line);
  if (body == 0) return std::nullopt;
  const Words words = split_words(line, body);
  if (words.list.empty()) {
    return problem_at(words, std::min(line.find("--"), line.size()), "a directive without a name",
                      "write for example `-- pgtide: no-transaction`, or remove the line");
  }
  for (const Known& directive : known) {
    if (directive.name == words.list.front().key()) return directive.read(words);
  }
  return unknown_directive(words);
}

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  // PostgreSQL keeps timeouts in 32 bits.
  constexpr std::int64_t longest = std::numeric_limits<std::int32_t>::max();
  for (const Unit& known_unit : units) {
    if (known_unit.name != unit) continue;
    if (number > longest / known_unit.milliseconds) return std::nullopt;
    return std::chrono::milliseconds(number * known_unit.milliseconds);
  }
  return std::nullopt;
}

}  // namespace pgtide::sql
