#include "cli/scratch_url.hpp"

namespace pgtide::cli {

std::string scratch_url(const Context& context) {
  for (const EffectiveSetting& setting : context.resolved().effective) {
    if (setting.key == "url" && setting.source == SettingSource::flag) {
      return context.settings().url;
    }
  }
  return {};
}

}  // namespace pgtide::cli
