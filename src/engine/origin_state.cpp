#include "engine/origin_state.hpp"

#include <set>
#include <utility>

#include "engine/live_schema.hpp"
#include "engine/schema_reader.hpp"
#include "pgtide/error.hpp"
#include "pgtide/schema/difference.hpp"
#include "pgtide/schema/undo.hpp"
#include "ports/ask.hpp"

namespace pgtide::engine {

namespace {

std::vector<std::string> read_settings(ports::Session& session) {
  std::vector<std::string> settings;
  for (const auto& row :
       ask(session, {"SELECT pg_catalog.unnest(s.setconfig) FROM pg_catalog.pg_db_role_setting s "
                     "JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase "
                     "WHERE d.datname = pg_catalog.current_database() AND s.setrole = 0"})) {
    settings.push_back(row.at(0).value_or(""));
  }
  return settings;
}

// Lists are kept as SQL: to quote them again would make one name of them.
std::string assignment(const std::string& setting) {
  static const std::set<std::string> lists = {"search_path", "session_preload_libraries",
                                              "local_preload_libraries", "temp_tablespaces"};
  const std::size_t end = setting.find('=');
  const std::string name = setting.substr(0, end);
  const std::string value = setting.substr(end + 1);
  return name + " = " + (lists.contains(name) ? value : quote_literal(value));
}

void restore_settings(ports::Session& session, const std::vector<std::string>& settings) {
  if (read_settings(session) == settings) return;
  const std::string database =
      ask(session, {"SELECT pg_catalog.current_database()"}).at(0).at(0).value_or("");
  const std::string alter = "ALTER DATABASE " + quote_identifier(database) + " ";
  std::vector<Query> queries = {{alter + "RESET ALL"}};
  for (const std::string& setting : settings) {
    queries.push_back({alter + "SET " + assignment(setting)});
  }
  tell(session, queries);
}

// As far as they run: what is not brought back is told afterwards.
void run_each(ports::Session& session, const std::vector<std::string>& statements) {
  for (const std::string& statement : statements) {
    try {
      tell(session, {{statement}});
    } catch (const ports::ConnectionLost&) {
      throw;
    } catch (const Error&) {
    }
  }
}

}  // namespace

OriginState::OriginState(ports::Session& session, LedgerNames own)
    : own_(std::move(own)),
      schema_(read_live_schema(session, own_)),
      settings_(read_settings(session)) {}

std::vector<std::string> OriginState::restore(ports::Session& session) const {
  session.set_on_interrupt(ports::Session::OnInterrupt::carry_on);
  tell(session, {{"DROP OWNED BY CURRENT_USER CASCADE"}});
  restore_settings(session, settings_);
  run_each(session, schema::undo_renames(schema_, read_live_schema(session, own_)));
  run_each(session, schema::undo(schema_, read_live_schema(session, own_)).statements);
  std::vector<std::string> left;
  for (const schema::Difference& difference :
       schema::diff(plain(schema_), read_schema(session, own_))) {
    left.push_back(schema::describe(difference));
  }
  session.set_on_interrupt(ports::Session::OnInterrupt::cancel_statement);
  return left;
}

}  // namespace pgtide::engine
