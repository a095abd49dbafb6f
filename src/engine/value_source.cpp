#include "engine/value_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pgtide/query.hpp"

namespace pgtide::engine {
namespace {

// Around the time between two looks, as far as clocks and rounding may differ.
std::string is_recent(const ValueSource& filling, const std::string& value,
                      const std::string& since) {
  const std::string begin = quote_literal(since) + "::timestamptz";
  const std::string end = "pg_catalog.clock_timestamp()";
  // What has no zone may be of any, and a day begins before its times.
  const char* margin = filling.type == "timestamp with time zone" ? "1 second"
                       : filling.type == "date"                   ? "39 hours"
                                                                  : "15 hours";
  return fmt::format(
      "({}::timestamptz - {}::interval BETWEEN {} - INTERVAL '{}' AND {} + INTERVAL '{}')", value,
      quote_literal(filling.offset.empty() ? "0" : filling.offset), begin, margin, end, margin);
}

// Whether the sequence can have given it out between two looks. One that was made again or set back
// may have given out anything up to where it is.
std::string is_given_out(const ValueSource& now, const ValueSource& before,
                         const std::string& value) {
  const auto parts = [](const std::string& text) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    return std::pair(text.substr(0, colon), text.substr(std::min(colon + 1, text.size())));
  };
  const auto [id, last] = parts(now.sequence);
  const auto [known_id, known_last] = parts(before.sequence);
  if (id.empty()) return "true";
  if (last.empty()) return "false";
  const std::string up_to = fmt::format("{} <= {}", value, last);
  const bool is_new = id != known_id || known_last.empty();
  if (is_new) return last.starts_with('-') ? "true" : up_to;
  if (std::stoll(last) < std::stoll(known_last)) return "true";
  return fmt::format("({} AND {} > {})", up_to, value, known_last);
}

}  // namespace

ValueSource::By source_of(char letter) {
  switch (letter) {
    case 't':
      return ValueSource::By::time;
    case 's':
      return ValueSource::By::sequence;
    case 'u':
      return ValueSource::By::user;
    case 'c':
      return ValueSource::By::chance;
    case 'a':
      return ValueSource::By::anything;
    default:
      return ValueSource::By::nobody;
  }
}

std::string is_made_sql(const ValueSource& now, const ValueSource& before, const std::string& value,
                        const std::string& since) {
  switch (now.by) {
    case ValueSource::By::time:
      return is_recent(now, value, since);
    case ValueSource::By::sequence:
      return is_given_out(now, before, value);
    case ValueSource::By::user:
      return fmt::format("({}::text IN (current_user, session_user))", value);
    case ValueSource::By::chance: {
      const char* alone = "pg_catalog.count(*) OVER (PARTITION BY {0}::text) = 1";
      const char* random_uuid = " AND pg_catalog.substr({0}::text, 15, 1) BETWEEN '1' AND '8'";
      return "(" + fmt::format(fmt::runtime(alone), value) +
             (now.type == "uuid" ? fmt::format(fmt::runtime(random_uuid), value) : "") + ")";
    }
    case ValueSource::By::nobody:
    case ValueSource::By::anything:
      return "true";
  }
  return "true";
}

}  // namespace pgtide::engine
