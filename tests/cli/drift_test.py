"""drift: whether the schema is what the migrations make, from a replay and from what the last run noted."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402
from cli_server import PG_BIN  # noqa: E402


class Drift(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.pair(1, "users", "CREATE TABLE users (id int PRIMARY KEY, email text);\n", "DROP TABLE users;\n")
        self.pair(2, "index", "CREATE INDEX users_email ON users (email);\n", "DROP INDEX users_email;\n")
        self.write("pgtide.toml", f'pg_bin = "{PG_BIN}"\n')

    def test_none(self):
        self.run_pgtide("up")
        for words in (["drift"], ["drift", "--recorded"], ["drift", "--recorded", "--format", "json"]):
            self.assertEqual(self.say(*words).code, 0)
        self.check_golden()

    def test_by_hand(self):
        self.run_pgtide("up")
        self.sql("DROP INDEX users_email", "ALTER TABLE users ALTER COLUMN email TYPE varchar(255)", "CREATE TABLE stray ()")
        before = self.sql("SELECT count(*), max(id) FROM migrations_log"), self.tables_in_database()
        for words in (["drift"], ["drift", "--recorded"], ["drift", "--format", "json"], ["drift", "--recorded", "--format", "json"]):
            self.assertEqual(self.say(*words).code, 1)
        self.assertEqual((self.sql("SELECT count(*), max(id) FROM migrations_log"), self.tables_in_database()), before)
        self.check_golden()

    def test_nothing_is_noted(self):
        self.run_pgtide("up", PGTIDE_POLICY_DRIFT="off")
        for words in (["drift", "--recorded"], ["drift", "--recorded", "--format", "json"]):
            self.assertEqual(self.say(*words).code, 0)
        self.check_golden()

    def test_a_script_that_stopped_half_way_is_no_drift(self):
        self.run_pgtide("up")
        self.pair(3, "half", "CREATE INDEX CONCURRENTLY half ON users (email);\nCREATE INDEX CONCURRENTLY x ON nosuch (x);\n")
        self.assertEqual(self.run_pgtide("up").code, 3)
        run = self.run_pgtide("up")
        self.assertEqual(run.code, 3, run)
        self.assertNotIn("the schema is not what", run.err)
        self.sql("DROP INDEX users_email")
        self.pair(3, "half", "CREATE TABLE whole ();\n")
        self.sql("DELETE FROM migrations WHERE version::int = 3", "DELETE FROM migrations_log WHERE version::int = 3", "DROP INDEX half")
        self.assertIn("the schema is not what", self.run_pgtide("up").err)

    def test_without_a_ledger(self):
        self.sql("CREATE TABLE stray ()")
        self.assertEqual(self.say("drift", "--recorded").code, 0)
        self.assertEqual(self.say("drift").code, 1)
        self.check_golden()

    def test_a_version_that_has_no_file(self):
        self.run_pgtide("up")
        (self.folder / "migrations/sql/0002_index.sql").unlink()
        (self.folder / "migrations/rollback/0002_rollback.sql").unlink()
        self.assertEqual(self.say("drift").code, 2)
        self.assertEqual(self.say("drift", "--recorded").code, 0)
        self.check_golden()


if __name__ == "__main__":
    cli.main()
