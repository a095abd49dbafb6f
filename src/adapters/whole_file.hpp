// Whole files.
#pragma once

#include <sys/types.h>

#include <string>

namespace pgtide::adapters {

// Empty when there is none, it cannot be read, or it is a device, a pipe or a folder.
std::string text_of_file(const std::string& path);

// Writes a new file beside `path` and puts it in its place, so that a reader sees the old text or
// the new one; never in place of a device. Why it could not, empty when it could.
std::string replace_file(const std::string& path, const std::string& text, mode_t mode);

}  // namespace pgtide::adapters
