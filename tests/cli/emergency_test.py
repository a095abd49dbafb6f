"""The way back at night: marks, the last run, no files at hand."""

import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402


class Case(cli.DatabaseCase):
    def applied(self):
        return self.sql("SELECT version FROM migrations WHERE rolled_back_at IS NULL AND success ORDER BY version")


class MarkGood(Case):
    def test_versions(self):
        self.tables(3)
        self.say("mark-good")
        self.run_pgtide("up", "2")
        for words in (["9"], ["abc"], [""], ["3"]):
            self.say("mark-good", *words)
        self.say("mark-good")
        self.run_pgtide("up")
        self.say("mark-good", "1", "--format", "json")
        self.say("history", "--limit", "3")
        self.check_golden()

    def test_no_directory_is_needed(self):
        self.tables(2)
        self.run_pgtide("up")
        shutil.rmtree(self.folder / "migrations")
        self.expect(self.run_pgtide("mark-good"), 0, "0002 add_t2 marked good\n", "")

    def test_a_table_without_a_log(self):
        self.tables(1)
        self.run_pgtide("up")
        self.sql("DROP TABLE migrations_log")
        self.expect(self.run_pgtide("mark-good"), 0, "0001 add_t1 marked good\n", "")
        self.expect(self.run_pgtide("down", "--last-good"), 0)


class LastGood(Case):
    def deploy(self, *counts):
        for count in counts:
            self.tables(count)
            self.assertEqual(self.run_pgtide("up").code, 0)

    def test_a_mark(self):
        self.deploy(2, 3, 5)
        self.run_pgtide("mark-good", "2")
        self.say("down", "--last-good", "--dry-run")
        self.remark("a mark does not stand for a yes")
        self.assertEqual(self.say("down", "--last-good").code, 2)
        self.assertEqual(len(self.applied()), 5)
        self.say("down", "--last-good", "--yes")
        self.assertEqual(self.applied(), ["0001", "0002"])
        self.say("down", "--last-good")
        self.check_golden()

    def test_no_mark(self):
        self.say("down", "--last-good")
        self.deploy(2, 3, 5)
        self.say("down", "--last-good")
        self.assertEqual(len(self.applied()), 5)
        self.say("down", "--last-good", "--yes")
        self.assertEqual(self.applied(), ["0001", "0002", "0003"])
        self.say("down", "--last-good", "--yes")
        self.check_golden()

    def test_the_first_run(self):
        self.deploy(2)
        run = self.run_pgtide("down", "--last-good")
        self.assertEqual(run.code, 2)
        self.assertIn("`pgtide down 0` does it", run.err)
        self.assertEqual(self.run_pgtide("down", "--last-good", "--yes").code, 0)
        self.assertEqual(self.applied(), [])

    def test_on_a_terminal(self):
        self.deploy(2, 3)
        for answer, left in (("n\n", 3), ("y\n", 2)):
            terminal = cli.Terminal(self, "down", "--last-good", NO_COLOR="1")
            terminal.wait_for("[y/N] ")
            self.assertRegex(terminal.text, r"^no version is marked good: going back to 0002 \(add_t2\), where the last "
                                            r"successful run [0-9a-f]{8} started at 20\d\d-\d\d-\d\d \S+ UTC by postgres@\S+\r\n"
                                            r"will roll back 1 migration")
            terminal.type(answer)
            terminal.finish()
            self.assertEqual(len(self.applied()), left)

    def test_production(self):
        self.deploy(2)
        self.run_pgtide("mark-good", "1")
        run = self.run_pgtide("down", "--last-good", NODE_ENV="production")
        self.assertEqual((run.code, len(self.applied())), (2, 2))
        self.assertIn("--yes", run.err)

    def test_json(self):
        self.deploy(1, 2)
        run = self.run_pgtide("down", "--last-good", "--yes", "--format", "json")
        self.assertEqual([step["version"] for step in run.json()["migrations"]], ["0002"])


class LastRun(Case):
    def test_exactly_that_run(self):
        self.tables(2)
        self.run_pgtide("up")
        self.tables(4)
        self.run_pgtide("up")
        self.say("down", "--last-run")
        self.say("down", "--last-run", "--dry-run")
        self.assertEqual(len(self.applied()), 4)
        self.say("down", "--last-run", "--yes")
        self.assertEqual(self.applied(), ["0001", "0002"])
        self.remark("a second time undoes nothing more")
        self.say("down", "--last-run", "--yes")
        self.check_golden()

    def test_of_a_failed_run(self):
        self.tables(1)
        self.run_pgtide("up")
        self.tables(2)
        self.pair(3, "broken", "SELECT 1/0;\n")
        self.assertEqual(self.run_pgtide("up").code, 3)
        self.assertEqual(self.run_pgtide("down", "--last-run", "--yes").code, 0)
        self.assertEqual(self.applied(), ["0001"])

    def test_of_a_run_that_applied_nothing(self):
        for count in (2, 3):
            self.tables(count)
            self.run_pgtide("up")
        self.pair(4, "broken", "SELECT 1/0;\n")
        self.assertEqual(self.run_pgtide("up").code, 3)
        self.say("down", "--last-run", "--yes")
        self.say("down", "--last-run", "--dry-run", "--format", "json")
        self.assertEqual(len(self.applied()), 3)
        self.say("down", "--last-good")
        self.pair(4, "broken", "CREATE TABLE t4 (id int);\n", "DROP TABLE t4;\n")
        self.pair(5, "worse", "SELECT 1/0;\n")
        self.assertEqual(self.run_pgtide("up").code, 3)
        self.remark("the failed run applied something")
        self.say("down", "--last-good")
        self.say("down", "--last-run", "--yes")
        self.assertEqual(len(self.applied()), 3)
        self.check_golden()

    def test_of_a_run_that_stopped_half_way(self):
        self.tables(1)
        self.run_pgtide("up")
        self.pair(2, "half", "-- pgtide: no-transaction\nCREATE TABLE half (id int);\nSELECT 1/0;\n", "DROP TABLE half;\n")
        self.assertEqual(self.run_pgtide("up").code, 3)
        self.say("down", "--last-run", "--yes")
        self.assertEqual(self.run_pgtide("resolve", "--applied", "2", "--yes").code, 0)
        self.say("down", "--last-run", "--yes")
        self.assertEqual(self.applied(), ["0001"])
        self.check_golden()

    def test_others_stand_above(self):
        self.tables(1)
        self.pair(3, "add_t3", "CREATE TABLE t3 (id int);\n", "DROP TABLE t3;\n")
        self.run_pgtide("up")
        self.tables(3)
        self.assertEqual(self.run_pgtide("up", "--allow-out-of-order").code, 0)
        self.say("down", "--last-run", "--yes")
        self.say("down", "--last-good", "--yes")
        self.assertEqual(len(self.applied()), 3)
        self.check_golden()

    def test_words_that_exclude_each_other(self):
        for words in (["--last-run", "--last-good"], ["--last-run", "3"], ["--last-good", "--steps", "1"],
                      ["--last-good", "0"], ["--last-run", "--steps", "1"]):
            run = self.run_pgtide("down", *words)
            self.assertEqual(run.code, 2, run)
            self.assertIn("exclude each other", run.err)


class FromLedger(Case):
    def setUp(self):
        super().setUp()
        self.tables(3)
        self.run_pgtide("up")

    def test_no_directory(self):
        shutil.rmtree(self.folder / "migrations")
        self.say("status")
        self.assertEqual(self.run_pgtide("status", "--check").code, 1)
        self.say("down", "2")
        self.say("down", "--last-run", "--yes")
        self.say("down", "2", "--from-ledger", "--dry-run")
        self.say("down", "2", "--from-ledger")
        self.assertEqual(self.applied(), ["0001", "0002"])
        self.say("down", "--last-run", "--from-ledger", "--yes")
        self.assertEqual([t for t in self.tables_in_database() if t[0] == "t"], [])
        self.check_golden()

    def test_a_directory_with_problems(self):
        self.write("migrations/sql/0002_again.sql", "SELECT 1;\n")
        self.say("down", "1")
        self.say("down", "1", "--from-ledger")
        self.assertEqual(self.applied(), ["0001"])
        self.check_golden()

    def test_the_files_of_an_older_deployment(self):
        for number in (2, 3):
            (self.folder / f"migrations/sql/{number:04}_add_t{number}.sql").unlink()
            (self.folder / f"migrations/rollback/{number:04}_rollback.sql").unlink()
        run = self.run_pgtide("down", "1")
        self.assertEqual(run.code, 0, run)
        self.assertIn("the script that the database stores is used", run.err)
        self.assertEqual(self.applied(), ["0001"])

    def test_stored_scripts_not_the_files(self):
        self.pair(3, "add_t3", "CREATE TABLE t3 (id int);\n", "SELECT no_such_function();\n")
        self.assertEqual(self.run_pgtide("down", "2").code, 3)
        self.assertEqual(self.run_pgtide("down", "2", "--from-ledger").code, 0)

    def test_a_file_that_became_another_one(self):
        hint = "hint: the file differs from the script that was stored when 0002 was applied: --from-ledger uses that one"
        for number in (2, 1):
            self.write(f"migrations/rollback/000{number}_rollback.sql", "DROP TABLE elsewhere;\n")
        for target in ("1", "0"):
            run = self.run_pgtide("down", target, "--yes")
            self.assertEqual(run.code, 3, run)
            self.assertIn(hint.replace("0002", "000" + str(int(target) + 1)), run.err)
            self.assertEqual(self.run_pgtide("down", target, "--yes", "--from-ledger").code, 0)

    def test_a_rollback_that_fails_as_it_was_stored(self):
        self.sql("DROP TABLE t2")
        run = self.run_pgtide("down", "1", "--yes")
        self.assertEqual(run.code, 3, run)
        self.assertNotIn("--from-ledger", run.err)

    def test_no_stored_script(self):
        self.sql("UPDATE migrations_log SET rollback_script = NULL WHERE version = '0002'")
        self.say("down", "0", "--from-ledger")
        self.say("down", "7", "--from-ledger")
        self.assertEqual(len(self.applied()), 3)
        self.check_golden()


if __name__ == "__main__":
    cli.main()
