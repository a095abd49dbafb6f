// A connection string taken apart.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "pgtide/error.hpp"

namespace pgtide::adapters {

struct ConnectionOption {
  std::string keyword;
  std::string value;
};

struct ConnectionParts {
  std::vector<ConnectionOption> options;  // in order, each keyword once
  std::string schema;
  std::vector<std::string> left_out;  // keywords that libpq does not know
  std::string shown;

  // A later value of a keyword replaces the earlier one, as in libpq.
  void set(const std::string& keyword, std::string value);
};

// What to do with a keyword of a connection string.
enum class KeywordUse { libpq, schema, leave_out };
KeywordUse use_of(const std::string& keyword);
bool holds_password(const std::string& keyword);

// `rest` is what follows `scheme` + `://`. Throws Error(config).
ConnectionParts parse_connection_url(std::string_view scheme, std::string_view rest);
// `host=… dbname=…`. Throws Error(config).
ConnectionParts parse_connection_pairs(std::string_view text);

// The pairs as libpq reads them.
std::string to_conninfo(const std::vector<ConnectionOption>& options);

}  // namespace pgtide::adapters
