// Values as text for people and as JSON for programs. Pure: nothing here prints.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pgtide/effective_settings.hpp"
#include "pgtide/error.hpp"
#include "pgtide/finding.hpp"
#include "pgtide/health.hpp"
#include "pgtide/ledger.hpp"
#include "pgtide/lock_holder.hpp"
#include "pgtide/plan.hpp"
#include "pgtide/report.hpp"
#include "pgtide/rule.hpp"
#include "pgtide/status.hpp"
#include "pgtide/way_back.hpp"

namespace pgtide::render {

enum class Color { off, on };
struct Style {
  Color color = Color::off;
  std::size_t width = 100;  // of the terminal
};

// Every text ends with a line end unless it is empty. Nothing is cut off but names in tables, and
// source lines around their caret, that the width cannot hold. Control characters and bytes that
// are no UTF-8 are shown as \xNN: what a server, a file name or a script holds cannot drive the
// terminal.
std::string status_text(const StatusReport& report, const Style& style);
std::string history_text(const std::vector<LogEntry>& entries, const Style& style);
std::string config_text(const std::vector<EffectiveSetting>& settings, const Style& style);
// `file:line:column: message`, the source line with a caret, `hint: …`; one block a problem.
std::string problems_text(const std::vector<Problem>& problems, const Style& style);
std::string remark_text(const Problem& remark, const Style& style);
std::string notice_text(const ServerNotice& notice, const Style& style);
// An Error with its problems, DETAIL and hint.
std::string error_text(const Error& error, const Style& style);
// What a run is about to do, or would do when it is a dry run.
std::string plan_text(const Plan& plan, const Style& style, Finish finish = Finish::commit_each);
// One page: a line a finding, what it is about below it, what to type.
std::string health_text(const HealthReport& report, const Style& style);
// One line about a session of the server.
std::string session_text(const std::string& session);
// Where a rollback leads that pgtide chose, and why there.
std::string way_back_text(const WayBack& way, const Style& style);
// One finished step: `applied      0004 add_users (12 ms)`.
std::string step_text(const StepReport& step, Finish finish, const Style& style);
// The live line: `[3/12] 0004 add_users 2.4 s`, no line end, at most `style.width` wide: the name
// gives way to how far a statement in batches has come. `index` counts from 0.
std::string live_text(const Step& step, std::size_t index, std::size_t total,
                      std::int64_t elapsed_ms, const Style& style,
                      const std::optional<BatchProgress>& batches = std::nullopt);

std::string rate_text(const BatchProgress& batches);  // `900 rows a second`
std::string failure_text(const Failure& failure, const Style& style);
// The last lines of a run: what happened ("applied 3, failed 0004, 2 not run"), where the database
// is now.
std::string summary_text(const Report& report, const Style& style);
// What a run will take away, before it runs; empty when nothing is known of.
std::string foresight_text(const Plan& plan, const Foresight& foresight, const Style& style);
// What the rollback of a dry run did not take back; empty when that is nothing.
std::string left_behind_text(const std::vector<Problem>& left, const Style& style);
// `0004 add_users repaired`, or `2 migrations repaired:` and a list. `verb` is a past participle.
std::string recorded_text(const std::vector<Step>& steps, const std::string& verb,
                          const Style& style);
// What a dry run found out beside its steps; empty when there is nothing to say.
// `would lose:` and the tables and columns that would be gone with what is in them.
std::string losses_text(const Report& report, const Style& style);
// Statement by statement: locks, changes, rows, time.
std::string traces_text(const Report& report, const Style& style);
// One block a finding, as problems_text, and how many there are.
std::string findings_text(const std::vector<rules::Finding>& findings, const Style& style);
std::string rules_text(const std::vector<rules::Rule>& list, const Style& style);
std::string rule_text(const rules::Rule& rule, const Style& style);
std::string lock_text(const LockHolder& holder, std::int64_t waited_ms, std::int64_t limit_ms,
                      const Style& style);
// A statement waits for the lock that `blockers` hold.
std::string blocked_text(const Step& step, const std::vector<LockHolder>& blockers,
                         const Style& style);
std::string lock_retry_text(const Step& step, const LockRetry& retry, const Style& style);

// One JSON document each, ending with a line end. Shapes: docs/json.md.
std::string status_json(const StatusReport& report);
std::string history_json(const std::vector<LogEntry>& entries);
std::string config_json(const ResolvedSettings& settings);
std::string report_json(const Report& report);
std::string problems_json(const std::vector<Problem>& problems);  // validate
std::string error_json(const Error& error, int exit_code);
std::string health_json(const HealthReport& report);
std::string terminated_json(int pid, const std::string& session, const std::string& outcome);
std::string recorded_json(const std::vector<Step>& steps, const std::string& verb);
std::string rules_json(const std::vector<rules::Rule>& list);
std::string generated_json(const std::string& version, const std::string& forward_path,
                           const std::string& rollback_path);

// `12 ms`, `1.24 s`, `2 min 05 s`
std::string duration_text(std::int64_t milliseconds);

}  // namespace pgtide::render
