"""A disk that is full: what fits stays, what does not is undone and told, and the next run goes on."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402
import cli_server  # noqa: E402
from cli_contents import Contents  # noqa: E402
from cli_disk import SmallDisk  # noqa: E402

ROOM = 512  # kilobytes


class FullDisk(Contents, cli.DatabaseCase):
    @classmethod
    def setUpClass(cls):
        cls.disk = SmallDisk()
        cls.addClassCleanup(cls.disk.stop)
        cli_server._server = cls.disk.server

    def setUp(self):
        super().setUp()
        self.disk.make_room()
        self.pair(1, "people", "CREATE TABLE people (id int PRIMARY KEY, name text);\nINSERT INTO people VALUES (1, 'a');\n",
                  "DROP TABLE people;\n")
        self.pair(2, "notes", "CREATE TABLE notes (id int) TABLESPACE small;\nINSERT INTO notes VALUES (1);\n", "DROP TABLE notes;\n")
        self.pair(4, "last", "COMMENT ON TABLE notes IS 'all';\n", "COMMENT ON TABLE notes IS NULL;\n")

    def undisturbed(self, *targets):
        """What the database holds after each target of an `up` with room, in order; the database is empty again then."""
        found = []
        for target in targets:
            self.expect(self.run_pgtide("up", target, "-q"), 0)
            found.append(self.contents())
        self.server.sql("DROP DATABASE shop WITH (FORCE)", "CREATE DATABASE shop", database="postgres")
        return found

    def ledger(self):
        return self.sql("SELECT version, success, rolled_back_at IS NULL, coalesce(error, '') FROM migrations ORDER BY version")

    def assert_third_failed(self, run, *, recorded=True):
        self.assertEqual(run.code, 4, run)
        self.assertIn("No space left on device", run.err)
        self.assertIn("hint: make room on the server's disk", run.err)
        self.assertRegex(run.out, "failed 0003, 1 not run")
        self.assertIn(f"the failure of 0003 {'is' if recorded else 'is not'} recorded in the ledger", run.out)

    def assert_all_applied(self):
        self.assertEqual(self.ledger(), [f"000{i}|t|t|" for i in (1, 2, 3, 4)])
        self.assertEqual(self.sql("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), ["0"])

    def goes_on(self, expected):
        """As long as there is no room nothing changes; with it the run ends where an undisturbed one would have."""
        before = self.contents()
        self.assert_third_failed(self.run_pgtide("up"))
        self.assertEqual(self.contents(), before)
        self.disk.make_room()
        self.expect(self.run_pgtide("up", "-q"), 0)
        self.assertEqual(self.contents(), expected)
        self.assert_all_applied()

    def test_a_transaction(self):
        self.pair(3, "big", "CREATE TABLE big (id int, t text) TABLESPACE small;\n"
                  "INSERT INTO big SELECT g, repeat('x', 500) FROM generate_series(1, 8000) g;\n", "DROP TABLE big;\n")
        second, last = self.undisturbed("2", "4")
        self.disk.fill(ROOM)
        run = self.run_pgtide("up")
        self.assert_third_failed(run)
        self.assertEqual(self.contents(), second)
        first, second_row, third = self.ledger()
        self.assertEqual([first, second_row], ["0001|t|t|", "0002|t|t|"])
        self.assertRegex(third, r"^0003\|f\|t\|.*0003_big\.sql:2:1: .*No space left on device \(53100\)$")
        self.goes_on(last)

    def test_the_way_back(self):
        """A rollback script that writes a table anew needs room, too."""
        self.pair(3, "big", "CREATE TABLE big (id int) TABLESPACE small;\nINSERT INTO big SELECT generate_series(1, 40000);\n"
                  "ALTER TABLE notes ADD COLUMN body text;\n", "ALTER TABLE big ALTER COLUMN id TYPE bigint;\n"
                  "DROP TABLE big;\nALTER TABLE notes DROP COLUMN body;\n")
        second, third = self.undisturbed("2", "3")
        self.expect(self.run_pgtide("up", "3", "-q"), 0)
        self.disk.fill(ROOM)
        run = self.run_pgtide("down", "2", "--yes")
        self.assertEqual(run.code, 4, run)
        self.assertIn("No space left on device", run.err)
        self.assertIn("failed 0003; the database is at 0003", run.out)
        self.assertEqual(self.contents(), third)
        self.disk.make_room()
        self.expect(self.run_pgtide("down", "2", "--yes", "-q"), 0)
        self.assertEqual(self.contents(), second)

    def test_statement_by_statement(self):
        """An index that did not fit is left invalid; it is cleared away and built again."""
        self.pair(3, "index", "INSERT INTO notes SELECT generate_series(2, 60000);\nCREATE INDEX CONCURRENTLY notes_id ON notes (id) "
                  "TABLESPACE small;\nALTER TABLE notes ADD COLUMN body text;\n",
                  "ALTER TABLE notes DROP COLUMN body;\nDROP INDEX CONCURRENTLY notes_id;\nDELETE FROM notes WHERE id > 1;\n")
        last = self.undisturbed("4")[0]
        self.expect(self.run_pgtide("up", "2", "-q"), 0)
        self.disk.fill(3072)
        self.assert_third_failed(self.run_pgtide("up"))
        self.assertEqual(self.sql("SELECT count(*) FROM notes"), ["60000"])
        self.assertEqual(self.sql("SELECT relname FROM pg_index JOIN pg_class ON oid = indexrelid WHERE NOT indisvalid"), ["notes_id"])
        self.goes_on(last)
        self.assertEqual(self.sql("SELECT count(*) FROM notes"), ["60000"])

    def test_batches(self):
        """Those that fitted stay, and none is done twice."""
        self.sql("CREATE TABLE source AS SELECT g AS id, repeat('x', 500) AS t FROM generate_series(1, 6000) g")
        self.pair(3, "copies", "CREATE TABLE copies (id int, t text) TABLESPACE small;\n-- pgtide: batch size=200\n"
                  "WITH moved AS (DELETE FROM source WHERE id IN (SELECT id FROM source ORDER BY id LIMIT :batch_size) RETURNING *) "
                  "INSERT INTO copies SELECT * FROM moved;\n", "DROP TABLE copies;\n")
        self.expect(self.run_pgtide("up", "2", "-q"), 0)
        self.disk.fill(ROOM)
        self.assert_third_failed(self.run_pgtide("up"))
        moved = int(self.sql("SELECT count(*) FROM copies")[0])
        self.assertTrue(0 < moved < 6000 and moved % 200 == 0, moved)
        self.assertEqual(self.sql("SELECT count(*) FROM source"), [str(6000 - moved)])
        self.disk.make_room()
        self.expect(self.run_pgtide("up", "-q"), 0)
        self.assert_all_applied()
        self.assertEqual(self.sql("SELECT count(*), count(DISTINCT id), max(id) FROM copies"), ["6000|6000|6000"])

    # The ledger itself lies on the full disk, so that not even a failure can be recorded.

    def fill_the_ledger(self):
        self.expect(self.run_pgtide("up", "2", "-q"), 0)
        self.sql("ALTER TABLE migrations_log SET TABLESPACE small")
        self.disk.fill(0)
        # The last page, too: with rows that are smaller than any of pgtide's.
        self.sql("DO $$ BEGIN LOOP BEGIN INSERT INTO migrations_log (run_id, version, event) SELECT run_id, version, 'marked_good' "
                 "FROM migrations_log LIMIT 1; EXCEPTION WHEN disk_full THEN EXIT; END; END LOOP; END $$")
        self.before = self.contents()

    def empty_the_ledger(self):
        self.disk.make_room()
        self.sql("DELETE FROM migrations_log WHERE event = 'marked_good'")

    def assert_nothing_happened(self, run, code):
        self.assertEqual(run.code, code, run)
        self.assertRegex(run.out, r"the failure of 0003 is not recorded in the ledger: could not extend file .*No space left on device\n")
        self.assertIn("failed 0003, 1 not run; the database is at 0002", run.out)
        self.assertEqual(self.contents(), self.before)
        self.assertEqual(self.ledger(), ["0001|t|t|", "0002|t|t|"])

    def test_the_ledger_cannot_take_what_was_done(self):
        self.pair(3, "table", "CREATE TABLE t3 (id int);\n", "DROP TABLE t3;\n")
        last = self.undisturbed("4")[0]
        self.fill_the_ledger()
        run = self.run_pgtide("up")
        self.assertIn("cannot write the ledger: could not extend file", run.err)
        self.assert_nothing_happened(run, 4)
        self.empty_the_ledger()
        self.expect(self.run_pgtide("up", "-q"), 0)
        self.assertEqual(self.contents(), last)
        self.assert_all_applied()

    def test_the_ledger_cannot_take_a_failure(self):
        self.pair(3, "broken", "CREATE TABLE t3 (id int);\nSELECT 1/0;\n")
        self.fill_the_ledger()
        run = self.run_pgtide("up", "--format", "json")
        failure = run.json()["failure"]
        self.assertEqual((failure["sqlstate"], failure["recorded"]), ("22012", False))
        self.assertIn("No space left on device", failure["record_error"])
        run = self.run_pgtide("up")
        self.assertIn("division by zero", run.err)
        self.assert_nothing_happened(run, 3)

    def test_the_ledger_cannot_take_a_step(self):
        """Where each statement is journalled before it runs, none runs."""
        self.pair(3, "index", "CREATE INDEX CONCURRENTLY people_name ON people (name);\nVACUUM people;\n",
                  "DROP INDEX CONCURRENTLY people_name;\n")
        last = self.undisturbed("4")[0]
        self.fill_the_ledger()
        self.assert_nothing_happened(self.run_pgtide("up"), 4)
        self.empty_the_ledger()
        self.expect(self.run_pgtide("up", "-q"), 0)
        self.assertEqual(self.contents(), last)
        self.assert_all_applied()


if __name__ == "__main__":
    cli.main()
