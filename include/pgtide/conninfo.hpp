// Connection strings.
#pragma once

#include <string>
#include <vector>

#include "pgtide/redact.hpp"

namespace pgtide {

// A connection string that libpq accepts, made from what people put into DATABASE_URL.
struct ConnectionTarget {
  std::string conninfo;  // key=value pairs for libpq, also when a URL was given, so that more pairs
                         // can be appended; holds the password
  std::string shown;     // for people: password replaced by ***, never more than that
  std::string schema;    // Prisma's `?schema=…`; empty when absent
  std::vector<std::string>
      notices;  // parameters that were left out because libpq does not know them
};

// `url` is a postgres:// or postgresql:// URL, or a key=value string. Parameters unknown to libpq
// (connection_limit, pgbouncer, …) are left out with a notice. Throws Error(config) when it is
// neither; the message never repeats the string.
ConnectionTarget parse_connection(const std::string& url);

}  // namespace pgtide
