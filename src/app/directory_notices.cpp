#include "app/directory_notices.hpp"

#include "adapters/script_files.hpp"
#include "core/version_order.hpp"

namespace pgtide {

std::vector<Problem> directory_notices(const std::string& directory) {
  adapters::ScriptFiles scripts(directory, nullptr);
  return dates_out_of_order(scripts.catalog({}));
}

}  // namespace pgtide
