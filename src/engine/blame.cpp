#include "engine/blame.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "engine/schema_reader.hpp"
#include "engine/sequence_values.hpp"

namespace pgtide::engine {
namespace {

using schema::Change;
using schema::Difference;
using schema::Snapshot;

// Beginnings that are run for one pair; more would take long and tell little.
constexpr std::size_t most_runs = 40;

// The beginning of a script in place of the whole.
class Beginnings final : public ports::Scripts {
 public:
  explicit Beginnings(ports::Scripts& whole) : whole_(whole) {}
  void cut(const std::string& path, std::string text) { texts_[path] = std::move(text); }

  Catalog catalog(const LedgerSnapshot& ledger) override { return whole_.catalog(ledger); }
  Catalog without_files() override { return whole_.without_files(); }
  std::unique_ptr<ByteSource> open(const Step& step) override { return open_file(step.path); }
  std::unique_ptr<ByteSource> open_file(const std::string& path) override {
    const auto found = texts_.find(path);
    if (found == texts_.end()) return whole_.open_file(path);
    return std::make_unique<StringSource>(found->second);
  }

 private:
  ports::Scripts& whole_;
  std::map<std::string, std::string> texts_;
};

struct Statements {
  std::string text;
  std::vector<sql::Statement> list;
};

Statements statements_of(const PairScript& script, ports::Scripts& scripts) {
  Statements statements{.text = sql::with_lf(read_all(*scripts.open_file(script.step.path))),
                        .list = {}};
  StringSource source(statements.text);
  sql::ScriptReader reader(source);
  while (auto item = reader.next()) {
    auto* statement = std::get_if<sql::Statement>(&*item);
    if (statement == nullptr || statement->kind == sql::StatementKind::begin ||
        statement->kind == sql::StatementKind::commit) {
      continue;
    }
    statements.list.push_back(std::move(*statement));
  }
  return statements;
}

const schema::Object* find(const Snapshot& snapshot, const Difference& difference) {
  const auto key = [](const auto& one) { return std::tie(one.kind, one.identity); };
  const auto found = std::ranges::lower_bound(
      snapshot.objects, std::tie(difference.kind, difference.identity), {}, key);
  const bool there = found != snapshot.objects.end() && found->kind == difference.kind &&
                     found->identity == difference.identity;
  return there ? &*found : nullptr;
}

bool is_there(const Difference& difference, const Snapshot& before, const Snapshot& now) {
  if (difference.change == Change::added) return find(now, difference) != nullptr;
  if (difference.change == Change::removed) return find(now, difference) == nullptr;
  const std::vector<Difference> found = schema::diff(before, now);
  return find(now, difference) == nullptr ||
         std::any_of(found.begin(), found.end(), [&](const Difference& one) {
           return one.kind == difference.kind && one.identity == difference.identity &&
                  one.attribute == difference.attribute;
         });
}

// One script whose beginnings are tried, after what runs before it.
class Search {
 public:
  Search(ports::Session& session, const ScriptContext& context, const Snapshot& before,
         std::vector<PairScript> earlier, PairScript script)
      : session_(session),
        context_(context),
        beginnings_(context.scripts),
        before_(before),
        earlier_(std::move(earlier)),
        script_(std::move(script)),
        statements_(statements_of(script_, context.scripts)) {}

  std::optional<MadeBy> maker_of(const Difference& difference) {
    const std::size_t count = statements_.list.size();
    if (holds(difference, count) != true || (!earlier_.empty() && holds(difference, 0) != false)) {
      return std::nullopt;
    }
    std::size_t without = 0;
    std::size_t with = count;
    while (with - without > 1) {
      const std::size_t middle = (with + without) / 2;
      const auto there = holds(difference, middle);
      if (!there) return std::nullopt;
      (*there ? with : without) = middle;
    }
    const sql::Statement& statement = statements_.list[with - 1];
    return MadeBy{{script_.step.path, statement.begin.line, statement.begin.column},
                  sql::command_words(statement.text)};
  }

 private:
  std::optional<bool> holds(const Difference& difference, std::size_t statements) {
    const std::optional<Snapshot>& schema = after(statements);
    if (!schema) return std::nullopt;
    return is_there(difference, before_, *schema);
  }

  const std::optional<Snapshot>& after(std::size_t statements) {
    const auto known = known_.find(statements);
    if (known != known_.end()) return known->second;
    static const std::optional<Snapshot> nothing;
    if (known_.size() >= most_runs) return nothing;
    return known_[statements] = run(statements);
  }

  std::optional<Snapshot> run(std::size_t statements) {
    const std::size_t end = statements < statements_.list.size()
                                ? statements_.list[statements].begin.offset
                                : statements_.text.size();
    const std::string text = statements_.text.substr(0, end);
    beginnings_.cut(script_.step.path, text);
    PairScript beginning = script_;
    StringSource source(text);
    beginning.scan = sql::scan_script(source, script_.step.path);
    std::vector<const PairScript*> scripts;
    for (const PairScript& script : earlier_) scripts.push_back(&script);
    scripts.push_back(&beginning);
    const ScriptContext context{.scripts = beginnings_,
                                .observer = context_.observer,
                                .interrupt = context_.interrupt,
                                .settings = context_.settings,
                                .names = context_.names,
                                .shape = context_.shape,
                                .run = context_.run,
                                .breadth = context_.breadth};
    std::optional<Snapshot> found;
    run_scripts(session_, context, scripts, Finish::roll_back,
                {.after_step = [&](std::size_t index) {
                  if (index + 1 == scripts.size())
                    found = read_schema(session_, context_.names, context_.breadth);
                }});
    return found;
  }

  ports::Session& session_;
  const ScriptContext& context_;
  Beginnings beginnings_;
  const Snapshot& before_;
  std::vector<PairScript> earlier_;
  PairScript script_;
  Statements statements_;
  std::map<std::size_t, std::optional<Snapshot>> known_;
};

}  // namespace

void find_makers(ports::Session& session, const ScriptContext& context, const PairScripts& pair,
                 const schema::Snapshot& before, PairProof& proof) {
  if (proof.differences.empty() || !pair.in_transaction()) return;
  const SequenceValues sequences = read_sequences(session);
  std::vector<PairScript> up;
  if (!pair.forward.empty) {
    up.push_back(pair.forward);
    Search search(session, context, before, {}, pair.forward);
    for (ProofDifference& found : proof.differences) {
      found.made_by = search.maker_of(found.difference);
    }
  }
  const bool all = std::all_of(proof.differences.begin(), proof.differences.end(),
                               [](const ProofDifference& found) { return found.made_by; });
  if (!all && pair.rollback && !pair.rollback->empty) {
    Search search(session, context, before, std::move(up), *pair.rollback);
    for (ProofDifference& found : proof.differences) {
      if (!found.made_by) found.made_by = search.maker_of(found.difference);
    }
  }
  restore_sequences(session, sequences);
}

}  // namespace pgtide::engine
