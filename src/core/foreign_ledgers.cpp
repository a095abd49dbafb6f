#include "foreign_ledgers.hpp"

#include <algorithm>
#include <sstream>

namespace pgtide {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return text;
}

bool has_all(std::string_view wanted, const std::string& columns) {
  std::istringstream words{std::string(wanted)};
  const std::string all = " " + columns + " ";
  for (std::string word; words >> word;) {
    if (all.find(" " + word + " ") == std::string::npos) return false;
  }
  return true;
}

}  // namespace

const std::vector<ForeignLedger>& foreign_ledgers() {
  static const std::vector<ForeignLedger> all = {
      {"_prisma_migrations", "", "", "Prisma"},
      {"goose_db_version", "", "", "goose"},
      {"flyway_schema_history", "", "", "Flyway"},
      {"schema_version", "", "installed_rank", "Flyway"},
      {"schema_version", "", "version", "tern"},
      {"databasechangelog", "", "", "Liquibase"},
      {"schema_migrations", "supabase_migrations", "", "Supabase"},
      {"schema_migrations", "", "version dirty", "golang-migrate"},
      {"schema_migrations", "", "version inserted_at", "Ecto"},
      {"schema_migrations", "", "filename", "Sequel"},
      {"schema_migrations", "", "version", "dbmate or Rails"},
      {"changes", "sqitch", "", "sqitch"},
      {"gorp_migrations", "", "", "sql-migrate"},
      {"pgmigrations", "", "", "node-pg-migrate"},
      {"__diesel_schema_migrations", "", "", "diesel"},
      {"_sqlx_migrations", "", "", "sqlx"},
      {"refinery_schema_history", "", "", "refinery"},
      {"migrations", "graphile_migrate", "", "graphile-migrate"},
      {"atlas_schema_revisions", "atlas_schema_revisions", "", "Atlas"},
      {"atlas_schema_revisions", "", "", "Atlas"},
      {"_yoyo_migration", "", "", "yoyo"},
      {"knex_migrations", "", "", "Knex"},
      {"sequelizemeta", "", "", "Sequelize"},
      {"migrations", "", "timestamp name", "TypeORM"},
      {"migrations", "", "migration batch", "Laravel"},
      {"__drizzle_migrations", "drizzle", "", "Drizzle"},
      {"__drizzle_migrations", "", "", "Drizzle"},
      {"mikro_orm_migrations", "", "", "MikroORM"},
      {"kysely_migration", "", "", "Kysely"},
      {"alembic_version", "", "", "Alembic"},
      {"django_migrations", "", "", "Django"},
      {"__efmigrationshistory", "", "", "Entity Framework"},
      {"doctrine_migration_versions", "", "", "Doctrine"},
      {"phinxlog", "", "", "Phinx"},
      {"play_evolutions", "", "", "Play"},
      {"migrations", "pgroll", "", "pgroll"},
  };
  return all;
}

const ForeignLedger* find_foreign_ledger(const std::string& schema, const std::string& table,
                                         const std::string& columns) {
  const auto& all = foreign_ledgers();
  const auto found = std::ranges::find_if(all, [&](const ForeignLedger& ledger) {
    return ledger.table == lower(table) && (ledger.schema.empty() || ledger.schema == schema) &&
           has_all(ledger.columns, columns);
  });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace pgtide
