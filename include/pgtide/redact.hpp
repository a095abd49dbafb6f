// Passwords in texts.
#pragma once

#include <string>

namespace pgtide {

// `text` with the password of any URL or key=value string in it, and of any SQL such as
// `ALTER ROLE app PASSWORD '…'`, replaced by ***. For everything that is printed or logged.
std::string redact(const std::string& text);

}  // namespace pgtide
