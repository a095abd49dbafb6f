#include <fmt/format.h>

#include <algorithm>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/given_text.hpp"
#include "cli/proof_progress.hpp"
#include "cli/scratch_url.hpp"
#include "pgtide/proof_documents.hpp"
#include "pgtide/rollback_writer.hpp"

namespace pgtide::cli {
namespace {

struct Options {
  std::string name;
  std::string version;
  bool every_missing = false;
  CLI::Option* name_given = nullptr;
  CLI::Option* version_given = nullptr;
};

int write_pair(Context& context, const std::string& name) {
  Console& console = context.console();
  const GeneratedPair pair = generate_pair(context.settings().dir, name);
  console.result(console.json()
                     ? render::generated_json(pair.version, pair.forward_path, pair.rollback_path)
                     : fmt::format("{}\n{}\n", pair.forward_path, pair.rollback_path));
  return exit_done;
}

int write_missing(Context& context, const Options& options) {
  Console& console = context.console();
  ProofProgress progress(console, context.interrupt());
  context.interrupt().arm(context.settings().timeout);
  const std::vector<WrittenRollback> rollbacks = write_rollbacks(
      context.settings(), {.version = options.version, .scratch_url = scratch_url(context)},
      {.observer = &progress,
       .interrupt = &context.interrupt(),
       .log = [&](const std::string& text) { console.detail(text + "\n"); }},
      [&](const WrittenRollback& one) {
        const render::Style style =
            console.json() ? console.message_style() : console.result_style();
        if (!console.json()) return console.result(render::written_text({one}, style));
        console.remark(render::written_text({one}, style));
      });
  if (rollbacks.empty() && !console.json()) {
    console.result("every migration has a rollback script\n");
    return exit_done;
  }
  if (console.json()) console.result(render::written_json(rollbacks));
  const bool whole = std::ranges::all_of(rollbacks, [](const WrittenRollback& one) {
    return !one.path.empty() && one.proof.verdict == Verdict::proved;
  });
  return whole ? exit_done : exit_findings;
}

// `--rollback --all` reads naturally: every rollback.
Options understood(Options options) {
  if (options.version != "--all") return options;
  options.version.clear();
  options.every_missing = true;
  return options;
}

int run(Context& context, const Options& given) {
  const Options options = understood(given);
  const bool one = options.version_given->count() > 0 && !options.every_missing;
  const int ways =
      (options.name_given->count() > 0 ? 1 : 0) + (one ? 1 : 0) + (options.every_missing ? 1 : 0);
  if (ways != 1) {
    throw Error(ErrorKind::usage,
                ways == 0 ? "there is nothing to generate"
                          : "a name, --rollback and --all exclude each other",
                "give a name for a new pair, --rollback VERSION or --all");
  }
  if (options.name_given->count() > 0) return write_pair(context, options.name);
  given_text(*options.version_given, "version", "write it like --rollback 0007");
  return write_missing(context, options);
}

}  // namespace

Command generate_command() {
  return {"generate",
          "NAME | --rollback VERSION | --all",
          "write the next pair of scripts, or a rollback script that is missing",
          "With a name, both files are templates. A missing rollback script is worked out from "
          "what the\n"
          "forward script does on a private PostgreSQL, and tried there before it is written; "
          "what it\n"
          "cannot bring back stands in it as a comment, as does any verdict but proved.\n",
          "  pgtide generate add_users\n"
          "  pgtide generate 'Add users'        the same file names\n"
          "  pgtide generate --rollback 0007    the way back of 0007, proved\n"
          "  pgtide generate --all              every rollback script that is missing\n",
          [](CLI::App& app) {
            auto options = std::make_shared<Options>();
            options->name_given =
                app.add_option("NAME", options->name, "what the migration does, for its file name");
            options->version_given = app.add_option("--rollback", options->version,
                                                    "write the rollback of this migration")
                                         ->type_name("VERSION");
            app.add_flag("--all", options->every_missing, "write every rollback that is missing");
            return [options](Context& context) { return run(context, *options); };
          }};
}

}  // namespace pgtide::cli
