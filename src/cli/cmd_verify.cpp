#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>
#include <tuple>

#include "cli/commands.hpp"
#include "cli/exit_codes.hpp"
#include "cli/given_text.hpp"
#include "cli/npm_dry_run.hpp"
#include "cli/proof_progress.hpp"
#include "cli/scratch_url.hpp"
#include "pgtide/proof_documents.hpp"
#include "pgtide/rollback_writer.hpp"

namespace pgtide::cli {
namespace {

struct Options {
  std::string range;
  std::string changed_since;
  std::string format;
  CLI::Option* range_given = nullptr;
  CLI::Option* revision_given = nullptr;
  bool pair_only = false;
  bool staircase = false;
  bool fix = false;
  bool trace = false;
  bool record = false;
};

using Renderer = std::string (*)(const ProofReport&);
constexpr std::array<std::pair<std::string_view, Renderer>, 4> documents = {{
    {"json", render::proof_json},
    {"junit", render::proof_junit},
    {"markdown", render::proof_markdown},
    {"github", render::proof_github},
}};

int run(Context& context, const Options& options) {
  const auto range = given_text(*options.range_given, "version",
                                "leave it out to verify every pair, or write it like 0007 or 3..9");
  const auto revision =
      given_text(*options.revision_given, "revision", "write it like --changed-since origin/main");
  if (options.fix) refuse_npm_dry_run("verify --fix");
  if (options.record) refuse_npm_dry_run("verify --record");
  Console& console = context.console();
  std::string format = options.format;
  if (format.empty()) format = console.json() ? "json" : "text";
  if (format != "text") console.keep_output_for_document();
  ProofProgress progress(console, context.interrupt());
  context.interrupt().arm(context.settings().timeout);
  const VerifyRequest request{
      .range = range.value_or(std::string()),
      .changed_since = revision.value_or(std::string()),
      .way_down = options.pair_only ? WayDown::pairs_only : WayDown::from_the_top,
      .scratch_url = scratch_url(context),
      .trace = options.trace ? Trace::statements : Trace::off,
      .recording = options.record ? Recording::on : Recording::off};
  const VerifyHooks hooks{.observer = &progress,
                          .interrupt = &context.interrupt(),
                          .log = [&](const std::string& text) { console.detail(text + "\n"); },
                          .warn = [&](const std::string& text) { note(context, text); }};
  ProofReport report;
  std::vector<WrittenRollback> proposed;
  if (options.fix) {
    std::tie(report, proposed) = verify_and_propose(context.settings(), request, hooks);
  } else {
    report = verify(context.settings(), request, hooks);
  }
  const auto* const chosen =
      std::find_if(documents.begin(), documents.end(),
                   [&](const auto& document) { return document.first == format; });
  console.result(chosen == documents.end() ? render::proof_text(report, console.result_style())
                                           : chosen->second(report));
  if (!proposed.empty()) {
    console.remark("proposed:\n" + render::written_text(proposed, console.message_style()));
  }
  for (const PairProof& pair : report.migrations) {
    if (!is_finding(pair.verdict)) continue;
    context.log().write({.level = "error",
                         .event = LogEvent::finding,
                         .message = std::string(to_string(pair.verdict)),
                         .version = pair.version_text});
  }
  if (report.has_findings()) return exit_findings;
  return report.not_judged.empty() ? exit_done : exit_not_simulable;
}

}  // namespace

Command verify_command() {
  return {"verify",
          "[VERSION|FROM..TO]",
          "prove on a private PostgreSQL that every rollback works",
          "Runs every pair up, down and up again and compares the schema before and\n"
          "after, then rolls everything back from the newest version to the first. It\n"
          "starts a private server for that; a database is used only when --url is given\n"
          "with the command, and it must be an empty one. Rows for the proof come from\n"
          "fixtures/NNNN.sql, loaded once that version is up.\n",
          "  pgtide verify                             every pair\n"
          "  pgtide verify 7                           pair 0007 alone\n"
          "  pgtide verify 3..9                        pairs 0003 to 0009\n"
          "  pgtide verify --changed-since origin/main pairs that this branch changes\n"
          "  pgtide verify --trace                     and what each statement locks\n"
          "  pgtide verify --record                    note it in migrations/proofs.json\n"
          "  pgtide verify --format github             annotations for a pull request\n",
          [](CLI::App& app) {
            auto options = std::make_shared<Options>();
            options->range_given = app.add_option("VERSION", options->range,
                                                  "the pairs to judge: 7, 3..9, 3.. or ..9");
            options->revision_given =
                app.add_option("--changed-since", options->changed_since,
                               "judge the pairs that differ from this git revision")
                    ->type_name("REV")
                    ->excludes(options->range_given);
            CLI::Option* pairs = app.add_flag("--pair-only", options->pair_only,
                                              "leave out the way down from the newest version");
            app.add_flag("--staircase", options->staircase,
                         "go all the way down from the newest version (the default)")
                ->excludes(pairs);
            app.add_flag("--fix", options->fix,
                         "propose a corrected script beside each broken rollback");
            app.add_flag("--trace", options->trace,
                         "show what each statement locks, rewrites and changes, and what the rules "
                         "say of it");
            app.add_flag("--record", options->record,
                         "note what was proved in a file, for rules.require_proof");
            app.add_option("--format", options->format,
                           "what is printed: text, json, junit, markdown or github")
                ->type_name("FORMAT")
                ->check(CLI::IsMember({"text", "json", "junit", "markdown", "github"}));
            return [options](Context& context) { return run(context, *options); };
          },
          DryRun::harmless};
}

}  // namespace pgtide::cli
