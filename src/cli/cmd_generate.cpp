#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"

namespace pgtide::cli {

Command generate_command() {
  return {"generate",
          "NAME",
          "write the next pair of scripts from templates",
          "",
          "  pgtide generate add_users\n"
          "  pgtide generate 'Add users'   the same file names\n",
          [](CLI::App& app) {
            auto name = std::make_shared<std::string>();
            app.add_option("NAME", *name, "what the migration does, for its file name")->required();
            return [name](Context& context) {
              Console& console = context.console();
              const GeneratedPair pair = generate_pair(context.settings().dir, *name);
              console.result(
                  console.json()
                      ? render::generated_json(pair.version, pair.forward_path, pair.rollback_path)
                      : fmt::format("{}\n{}\n", pair.forward_path, pair.rollback_path));
              return exit_done;
            };
          }};
}

}  // namespace pgtide::cli
