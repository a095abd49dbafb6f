#include "engine/proof_databases.hpp"

#include <fmt/format.h>

#include <utility>

#include "engine/ledger_writer.hpp"
#include "pgtide/error.hpp"
#include "ports/ask.hpp"

namespace pgtide::engine {

ProofDatabases::ProofDatabases(ports::Databases& databases, const std::string& run_id)
    : databases_(databases), prefix_("pgtide_verify_" + run_id.substr(0, 8) + "_") {
  first_server_ = server();
  in_place_ = !databases_.can_copy();
}

void ProofDatabases::begin_in_place(const LedgerNames& names) {
  session_.reset();  // with what scripts have set
  session_ = databases_.connect(databases_.origin());
  if (found_) {
    found_->restore(*session_);
  } else {
    found_.emplace(*session_, names);
  }
}

std::vector<std::string> ProofDatabases::leave_as_found() {
  session_.reset();
  if (!found_) return {};
  return found_->restore(*databases_.connect(databases_.origin()));
}

std::optional<ServerState> ProofDatabases::server() {
  if (!databases_.is_private()) return std::nullopt;
  return read_server(databases_.server());
}

void ProofDatabases::restore(const std::optional<ServerState>& state) {
  if (!state) return;
  for (std::string& one : restore_server(databases_.server(), *state)) {
    refused_.push_back(std::move(one));
  }
}

void ProofDatabases::begin(const ScriptContext& context) {
  if (in_place_) {
    begin_in_place(context.names);
  } else {
    if (!main_.empty()) leave_main();
    restore(first_server_);
    main_ = named(fmt::format("main{}", ++mains_));
    databases_.copy(databases_.origin(), main_);
    session_ = databases_.connect(main_);
  }
  LedgerShape nothing;
  nothing.schema_exists = false;
  std::vector<Query> queries = LedgerWriter(context.names, nothing, context.run).create();
  queries.insert(queries.begin(), own_settings());
  tell(*session_, queries);
}

void ProofDatabases::with_copy(const std::function<void(ports::Session&)>& use) {
  if (in_place_) return use(*session_);
  const Copy copy = keep_copy("trial");
  const auto leave = [&] {
    forget(copy);
    restore(copy.server);
  };
  try {
    use(*databases_.connect(copy.name));
  } catch (const Error&) {
    leave();
    throw;
  }
  leave();
}

ProofDatabases::Copy ProofDatabases::keep_copy(const std::string& name) {
  Copy copy{named(fmt::format("{}_{}", name, ++copies_)), server()};
  session_.reset();
  databases_.copy(main_, copy.name);
  session_ = databases_.connect(main_);
  return copy;
}

void ProofDatabases::leave_main() {
  session_.reset();
  databases_.drop(main_);
}

void ProofDatabases::go_back_to(const Copy& copy) {
  leave_main();
  restore(copy.server);
  main_ = copy.name;
  session_ = databases_.connect(main_);
}

void ProofDatabases::go_back_to_copy_of(const Copy& copy) {
  leave_main();
  restore(copy.server);
  main_ = named(fmt::format("main{}", ++mains_));
  databases_.copy(copy.name, main_);
  session_ = databases_.connect(main_);
}

void ProofDatabases::forget(const Copy& copy) {
  databases_.drop(copy.name);
}

}  // namespace pgtide::engine
