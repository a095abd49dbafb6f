#include <fmt/format.h>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/given_text.hpp"
#include "pgtide/nearest.hpp"
#include "pgtide/rules.hpp"

namespace pgtide::cli {
namespace {

rules::Rule chosen(const std::string& id) {
  if (const rules::Rule* rule = rules::find(id)) return *rule;
  std::vector<std::string> ids;
  for (const rules::Rule& rule : rules::all()) ids.push_back(rule.id);
  const std::string close = nearest(id, ids);
  throw Error(ErrorKind::usage, fmt::format("there is no rule `{}`", id),
              close.empty() ? std::string("`pgtide rules` lists them")
                            : fmt::format("did you mean {}?", close));
}

}  // namespace

Command rules_command() {
  return {"rules",
          "[RULE]",
          "list the safety rules, or explain one",
          "A dry run measures what each statement does, and these rules say what is\n"
          "dangerous about it on a database that is in use.\n",
          "  pgtide rules\n"
          "  pgtide rules index-not-concurrent\n",
          [](CLI::App& app) {
            auto id = std::make_shared<std::string>();
            CLI::Option* given = app.add_option("RULE", *id, "the rule to explain");
            return [id, given](Context& context) {
              Console& console = context.console();
              const auto wanted = given_text(*given, "rule", "`pgtide rules` lists them");
              const std::vector<rules::Rule> list =
                  wanted ? std::vector<rules::Rule>{chosen(*wanted)} : rules::all();
              if (console.json()) {
                console.result(render::rules_json(list));
              } else if (wanted) {
                console.result(render::rule_text(list.front(), console.result_style()));
              } else {
                console.result(render::rules_text(list, console.result_style()));
              }
              return exit_done;
            };
          },
          DryRun::harmless};
}

}  // namespace pgtide::cli
