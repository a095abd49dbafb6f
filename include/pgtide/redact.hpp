// Passwords in texts.
#pragma once

#include <string>

namespace pgtide {

// `text` with the password of any URL or key=value string in it, and of any SQL such as
// `ALTER ROLE app PASSWORD '…'`, replaced by ***. For everything that is printed or logged.
std::string redact(const std::string& text);

// The same for what a person wrote into a setting, where a URL may lack its scheme or be cut by a
// blank. It hides too much rather than too little, so it is not for SQL.
std::string redact_broken_url(const std::string& text);

}  // namespace pgtide
