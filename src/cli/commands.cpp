#include "cli/commands.hpp"

namespace pgtide::cli {

std::vector<Command> all_commands() {
  return {up_command(),       down_command(),    status_command(), generate_command(),
          validate_command(), verify_command(),  drift_command(),  history_command(),
          baseline_command(), resolve_command(), repair_command(), mark_good_command(),
          doctor_command(),   rules_command(),   backup_command(), restore_command(),
          reset_command(),    config_command()};
}

}  // namespace pgtide::cli
