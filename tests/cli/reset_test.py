"""Everything dropped and applied anew."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402


class Reset(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.tables(2)
        self.run_pgtide("up")
        self.sql("CREATE SCHEMA \"Odd one\"", 'CREATE TABLE "Odd one".x (id int)', "CREATE TABLE stray (id int)")

    def schemas(self):
        return self.sql("SELECT nspname, pg_get_userbyid(nspowner), nspacl FROM pg_namespace WHERE nspname !~ '^pg_' "
                        "AND nspname <> 'information_schema' ORDER BY 1")

    def test_only_with_yes(self):
        self.say("reset")
        terminal = cli.Terminal(self, "reset", NO_COLOR="1")
        self.assertEqual(terminal.finish(), 2)
        self.assertIn("stray", self.tables_in_database())
        self.say("reset", "--yes")
        self.assertEqual(self.tables_in_database(), ["migrations", "migrations_log", "t1", "t2"])
        self.assertEqual(self.sql("SELECT count(*) FROM migrations_log WHERE event = 'applied'"), ["2"])
        self.check_golden()

    def test_public_is_as_it_was_made(self):
        fresh = self.server.sql("SELECT nspname, pg_get_userbyid(nspowner), nspacl FROM pg_namespace WHERE nspname = 'public'",
                                database="template1")
        self.assertEqual(self.run_pgtide("reset", "--yes").code, 0)
        owner, grants = fresh[0].split("|")[1:]
        self.assertEqual(self.schemas()[0].split("|")[1], owner)
        self.assertEqual(sorted(self.schemas()[0].split("|")[2].strip("{}").split(",")), sorted(grants.strip("{}").split(",")))

    def test_never_in_production(self):
        for env in ({"NODE_ENV": "production"}, {"PGTIDE_ENV": "prod"}, {"PGTIDE_ENV": "Production"}):
            run = self.run_pgtide("reset", "--yes", **env)
            self.assertEqual(run.code, 2, run)
            self.assertIn("the environment is production; nothing was dropped", run.err)
        self.assertIn("stray", self.tables_in_database())

    def test_not_when_the_scripts_cannot_run_then(self):
        self.pair(3, "empty", "-- nothing yet\n")
        run = self.run_pgtide("reset", "--yes")
        self.assertEqual(run.code, 2, run)
        self.assertIn("nothing was dropped", run.err)
        self.assertIn("stray", self.tables_in_database())

    def test_never_a_database_that_has_seen_production(self):
        self.tables(3)
        self.run_pgtide("up", NODE_ENV="production")
        run = self.run_pgtide("reset", "--yes")
        self.assertEqual(run.code, 2, run)
        self.assertIn("shop is a production database", run.err)
        self.assertIn("stray", self.tables_in_database())

    def test_all_or_nothing(self):
        self.sql("DROP ROLE IF EXISTS clerk", "CREATE ROLE clerk LOGIN", "GRANT SELECT ON migrations_log TO clerk",
                 'ALTER SCHEMA "Odd one" OWNER TO clerk', 'ALTER TABLE "Odd one".x OWNER TO clerk')
        run = self.run_pgtide("reset", "--yes", "--url", self.server.url(user="clerk"))
        self.assertEqual(run.code, 4, run)
        self.assertIn("nothing was dropped", run.err)
        self.assertIn("owner of the database", run.err)
        self.assertEqual(len(self.schemas()), 2)
        self.sql('DROP SCHEMA "Odd one" CASCADE', "DROP OWNED BY clerk")


if __name__ == "__main__":
    cli.main()
