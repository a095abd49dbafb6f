// Options of tables, servers, settings: `name=value`.
#pragma once

#include <string>
#include <string_view>

namespace pgtide::schema {

// The elements of an array of options, sorted and separated by `, `. The value of one that sounds
// like a secret is replaced by a part of its hash, so that a change can be seen but not what it is.
std::string options_in_words(std::string_view array);

}  // namespace pgtide::schema
