// The scripts that generate_pair() begins.
#pragma once

#include <string>

namespace pgtide {

std::string forward_template(const std::string& version, const std::string& name,
                             const std::string& rollback_path);
std::string rollback_template(const std::string& version, const std::string& name,
                              const std::string& forward_path);
// Whether nobody has written into a rollback_template() yet.
bool is_untouched_rollback(const std::string& text);

}  // namespace pgtide
