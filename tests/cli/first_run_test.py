"""The first `up` in a database that is not empty."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402

LEDGERS = {
    "goose": "CREATE TABLE goose_db_version (id int, version_id bigint)",
    "golang-migrate": "CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean)",
    "dbmate or Rails": "CREATE TABLE schema_migrations (version varchar PRIMARY KEY)",
    "Prisma": "CREATE TABLE _prisma_migrations (id text)",
    "Flyway": "CREATE TABLE flyway_schema_history (installed_rank int)",
    "Liquibase": "CREATE TABLE databasechangelog (id text)",
    "Entity Framework": 'CREATE TABLE "__EFMigrationsHistory" (id text)',
    "sqitch": "CREATE SCHEMA sqitch CREATE TABLE changes (change_id text)",
}


class FirstRun(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.tables(2)

    def refused(self, *words):
        run = self.run_pgtide("up", *words)
        self.assertEqual(run.code, 2, run)
        self.assertIn("`pgtide baseline VERSION`", run.err)
        self.assertEqual(self.sql("SELECT to_regclass('migrations') IS NULL AND to_regclass('t1') IS NULL"), ["t"])
        return run.err

    def mentioned(self, *words):
        run = self.run_pgtide("up", "--dry-run", *words)
        self.assertEqual(run.code, 0, run)
        return run.err

    def test_tables_that_nobody_accounts_for(self):
        self.sql("CREATE TABLE users (id int)")
        self.assertIn("1 table already (public.users)", self.mentioned())
        run = self.run_pgtide("up")
        self.assertEqual(run.code, 0, run)
        self.assertIn("1 table already (public.users)", run.err)
        self.assertIn("`pgtide baseline VERSION`", run.err)
        self.assertNotIn("already", self.run_pgtide("up").err)

    def test_a_flag_and_a_setting_allow_it(self):
        self.sql("CREATE TABLE goose_db_version (id int, version_id bigint)")
        dry = self.run_pgtide("up", "--dry-run")
        self.assertEqual(dry.code, 0, dry)
        self.assertIn("without --dry-run this is refused: the database has 1 table already", dry.err)
        self.refused()
        self.assertEqual(self.run_pgtide("up", "1", "--allow-existing-tables").code, 0)
        self.sql("DROP TABLE migrations CASCADE", "DROP TABLE migrations_log, t1")
        self.write("pgtide.toml", '[policy]\nexisting_tables = "allow"\n')
        run = self.run_pgtide("up")
        self.assertEqual(run.code, 0, run)
        self.assertNotIn("already", run.err)

    def test_baseline_leads_on(self):
        self.sql("CREATE TABLE t1 (id int)", "CREATE TABLE goose_db_version (id int, version_id bigint)")
        self.assertEqual(self.run_pgtide("up").code, 2)
        self.assertEqual(self.run_pgtide("baseline", "1", "--yes").code, 0)
        self.assertEqual(self.run_pgtide("up").code, 0)
        self.assertEqual(self.sql("SELECT to_regclass('t2') IS NOT NULL"), ["t"])

    def test_other_tools_are_named(self):
        for tool, ledger in LEDGERS.items():
            with self.subTest(tool):
                self.server.sql("DROP DATABASE shop WITH (FORCE)", "CREATE DATABASE shop", database="postgres")
                self.sql(ledger)
                self.assertIn(f"says what {tool} applied", self.refused())

    def test_what_does_not_count(self):
        self.sql("CREATE SCHEMA elsewhere CREATE TABLE users (id int)", "CREATE VIEW v AS SELECT 1",
                 "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        self.assertIn("elsewhere.users", self.mentioned("--search-path", "elsewhere"))
        self.assertIn("elsewhere.users", self.mentioned("--schema", "elsewhere"))
        self.assertNotIn("already", self.mentioned())
        self.assertEqual(self.run_pgtide("up").code, 0)
        self.assertEqual(self.run_pgtide("reset", "--yes").code, 0)

    def test_the_schemas_of_the_role_count(self):
        self.sql("CREATE SCHEMA app CREATE TABLE users (id int)", "ALTER DATABASE shop SET search_path = app")
        self.assertIn("app.users", self.mentioned())


if __name__ == "__main__":
    cli.main()
