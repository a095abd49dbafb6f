"""`up`, `down` and their dry runs."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402

FAILING = """\
-- Every course gets a teacher.
ALTER TABLE t1 ADD COLUMN label text;

INSERT INTO t1 VALUES (1, 'één'), (1, 'two');
"""


class Up(cli.DatabaseCase):
    def test_targets(self):
        self.tables(12)
        self.say("up", "5")
        self.say("up", "--steps", "2")
        self.say("up", "0008")
        self.say("up", "9", "--format", "text")
        self.say("up")
        self.say("up")
        self.say("up", "3")
        self.say("up", "12")
        self.check_golden()

    def test_wrong_targets(self):
        self.tables(3)
        for target in ("99", "0", "abc", "", "-1", "1.5", "0x1", "1 ", "1234567890123456789", "down"):
            self.say("up", "--", target)
        self.assertEqual(self.tables_in_database(), [])
        self.check_golden()

    def test_samples(self):
        self.samples()
        self.say("up", "--dry-run")
        self.assertEqual(self.tables_in_database(), [])
        self.say("up")
        self.say("status")
        self.say("down", "0", "--dry-run")
        self.say("down", "0")
        self.say("status")
        self.say("up", "-q")
        self.check_golden()

    def test_single_transaction(self):
        self.tables(2)
        self.say("up", "--single-transaction")
        self.pair(3, "add_t3", "CREATE TABLE t3 (id int);\n", "DROP TABLE t3;\n")
        self.pair(4, "broken", "SELECT 1/0;\n")
        self.pair(5, "add_t5", "CREATE TABLE t5 (id int);\n", "DROP TABLE t5;\n")
        self.say("up", "--single-transaction")
        self.assertNotIn("t3", self.tables_in_database())
        self.check_golden()

    def test_dry_run_and_single_transaction(self):
        self.tables(1)
        self.say("up", "--single-transaction", "--dry-run")
        self.assertEqual(self.tables_in_database(), [])
        self.check_golden()

    def test_quiet_and_verbose(self):
        self.tables(2)
        self.say("-q", "up", "1")
        self.say("up", "-v")
        self.say("-v", "status")
        self.check_golden()

    def test_a_failing_migration(self):
        self.tables(3)
        self.pair(4, "add_labels", FAILING)
        self.write("migrations/sql/0004_add_labels.sql", FAILING.replace("t1 VALUES", "t1 (id, label) VALUES")
                   + "CREATE UNIQUE INDEX t1_id ON t1 (id);\n")
        self.pair(5, "add_t5", "CREATE TABLE t5 ();\n")
        self.pair(6, "add_t6", "CREATE TABLE t6 ();\n")
        run = self.say("up")
        self.assertEqual(run.code, 3)
        self.assertIn("applied 3, failed 0004, 2 not run", run.out)
        self.assertIn("migrations/sql/0004_add_labels.sql:5:1: error: ", run.err)
        self.say("status")
        self.say("history", "--limit", "1")
        self.say("up", "--dry-run")
        self.remark("the script is mended")
        self.pair(4, "add_labels", "ALTER TABLE t1 ADD COLUMN label text;\n")
        self.say("up")
        self.say("status")
        self.check_golden()

    def test_every_place_of_an_error(self):
        for name, script in (
            ("a word", "SELECT 1;\nCREAT TABLE x ();\n"),
            ("behind wide letters", "SELECT '表', nothing;\n"),
            ("in a function body", "DO $$\nBEGIN\n  PERFORM 1;\n  PERFORM nothing;\nEND $$;\n"),
            ("the end", "SELECT 1;\nSELECT (1"),
            ("server hint", "SELECT lenght('x');\n"),
            ("long line", "SELECT " + "1 + " * 60 + "nothing" + " + 1" * 60 + ";\n"),
            ("several lines of message", "DO $$ BEGIN RAISE 'one\ntwo' USING HINT = 'three\nfour', DETAIL = 'five'; END $$;\n"),
            ("a lock", "CREATE TABLE x (id int); LOCK TABLE nothing;\n"),
            ("terminal codes", "DO $$ BEGIN RAISE E'\\x1b[31mred'; END $$;\n"),
        ):
            self.pair(1, "x", script)
            self.remark(name)
            self.say("up")
            self.say("up", "--dry-run")
        self.assertEqual(self.sql("SELECT count(*) FROM migrations WHERE success"), ["0"])
        self.check_golden()

    def test_notices(self):
        self.pair(1, "noisy", "DROP TABLE IF EXISTS nothing;\nDO $$ BEGIN\n  RAISE WARNING 'careful' USING HINT = 'slowly';\n"
                  "  RAISE NOTICE 'two\nlines';\nEND $$;\n")
        self.say("up")
        self.say("down", "0")
        self.say("-q", "up")
        self.check_golden()

    def test_begin_and_commit_are_absorbed(self):
        self.pair(1, "users", "BEGIN;\nCREATE TABLE users (id int);\nCOMMIT;\n", "BEGIN;\nDROP TABLE users;\nCOMMIT;\n")
        self.say("up")
        self.say("down", "0", "--dry-run")
        self.say("down", "0")
        self.check_golden()

    def test_changed_and_out_of_order(self):
        self.tables(4)
        for number in (2, 3):
            self.write(f"aside/{number}", (self.folder / f"migrations/sql/000{number}_add_t{number}.sql").read_text())
        (self.folder / "migrations/sql/0002_add_t2.sql").unlink()
        (self.folder / "migrations/rollback/0002_rollback.sql").unlink()
        self.say("up")
        self.remark("0002 arrives late")
        self.pair(2, "add_t2", "CREATE TABLE t2 (id int);\n", "DROP TABLE t2;\n")
        self.say("up")
        self.say("up", "--allow-out-of-order")
        self.remark("0001 and 0003 are edited")
        for number in (1, 3):
            self.pair(number, f"add_t{number}", f"CREATE TABLE t{number} (id bigint);\n", f"DROP TABLE t{number};\n")
        self.pair(5, "add_t5", "CREATE TABLE t5 ();\n", "DROP TABLE t5;\n")
        self.say("up")
        self.say("status", "--check")
        self.assertNotIn("t5", self.tables_in_database())
        self.check_golden()

    def test_a_database_ahead(self):
        self.tables(4)
        self.say("up")
        self.remark("an older deployment has 0001 and 0002 only")
        for number in (3, 4):
            (self.folder / f"migrations/sql/000{number}_add_t{number}.sql").unlink()
            (self.folder / f"migrations/rollback/000{number}_rollback.sql").unlink()
        self.say("up")
        self.say("up", "--database-ahead", "error")
        self.say("status")
        self.say("down", "2")
        self.check_golden()

    def test_a_missing_file(self):
        self.tables(3)
        self.run_pgtide("up")
        (self.folder / "migrations/sql/0002_add_t2.sql").unlink()
        (self.folder / "migrations/rollback/0002_rollback.sql").unlink()
        self.say("up")
        self.say("status")
        self.check_golden()


class Down(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.tables(4)

    def test_targets(self):
        self.run_pgtide("up")
        self.say("down", "3")
        self.say("down", "0003")
        self.say("down", "--steps", "1")
        self.say("down", "1", "--dry-run")
        self.say("down", "0", "--dry-run")
        self.say("down", "0")
        self.say("down", "0")
        self.assertEqual(self.tables_in_database(), ["migrations", "migrations_log"])
        self.check_golden()

    def test_wrong_targets(self):
        self.run_pgtide("up", "3")
        for words in ([], [""], ["99"], ["4"], ["abc"], ["--steps", "9", "--dry-run"]):
            self.say("down", *words)
        self.assertEqual(self.sql("SELECT count(*) FROM migrations WHERE rolled_back_at IS NULL"), ["3"])
        self.check_golden()

    def test_before_the_ledger_exists(self):
        self.say("down", "0")
        self.say("down", "1")
        self.say("down", "--steps", "1")
        self.check_golden()

    def test_production_asks(self):
        self.run_pgtide("up")
        self.say("down", "3", NODE_ENV="production")
        self.say("down", "3", "--env", "prod")
        self.assertEqual(len(self.tables_in_database()), 6)
        self.say("down", "3", "--dry-run", NODE_ENV="production")
        self.say("down", "3", "--yes", NODE_ENV="production")
        self.say("down", "2", NODE_ENV="production", PGTIDE_YES="true")
        self.say("down", "1", NODE_ENV="production", npm_config_yes="true")
        self.say("down", "1", NODE_ENV="production")
        self.say("up", NODE_ENV="production")
        self.check_golden()

    def test_a_failing_rollback(self):
        self.pair(3, "add_t3", "CREATE TABLE t3 (id int);\n", "DROP TABLE t3;\nDROP TABLE nothing;\n")
        self.run_pgtide("up")
        run = self.say("down", "0")
        self.assertEqual(run.code, 3)
        self.assertIn("t3", self.tables_in_database())
        self.say("status")
        self.say("history", "--limit", "2")
        self.check_golden()

    def test_the_seeds_safe_rollback(self):
        self.pair(5, "prefs", "CREATE TABLE user_preferences (id int);\n",
                  "BEGIN;\nCREATE TABLE user_preferences_backup AS SELECT * FROM user_preferences;\n"
                  "DROP TABLE user_preferences CASCADE;\nCOMMIT;\n")
        self.run_pgtide("up")
        self.say("down", "4")
        self.assertIn("user_preferences_backup", self.tables_in_database())
        self.check_golden()

    def test_irreversible(self):
        self.pair(5, "purge", "DELETE FROM t1;\n", "-- pgtide: irreversible the rows are gone\n")
        self.say("up")
        self.say("status")
        self.say("down", "4")
        self.check_golden()

    def test_stored_script(self):
        self.run_pgtide("up")
        (self.folder / "migrations/rollback/0004_rollback.sql").unlink()
        self.say("down", "3", "--dry-run")
        self.say("down", "3")
        self.check_golden()


class DryRun(cli.DatabaseCase):
    def test_npm_swallowed_the_flag_of_a_command_without_a_dry_run(self):
        self.tables(2)
        self.run_pgtide("up")
        before = self.tables_in_database(), self.sql("SELECT count(*) FROM migrations_log"), sorted(self.folder.rglob("*"))
        for words in (["reset", "--yes"], ["repair", "--yes"], ["baseline", "2"], ["resolve", "--applied", "2"], ["mark-good"],
                      ["generate", "more"], ["generate", "--all"], ["backup"], ["doctor", "--terminate", "1", "--yes"],
                      ["verify", "--record"], ["verify", "--fix"]):
            run = self.say(*words, npm_config_dry_run="true")
            self.assertEqual(run.code, 2, run)
        after = self.tables_in_database(), self.sql("SELECT count(*) FROM migrations_log"), sorted(self.folder.rglob("*"))
        self.assertEqual(before, after)
        for words in (["status"], ["history"], ["validate"], ["doctor"], ["rules"], ["config"]):
            self.assertIn(self.run_pgtide(*words, npm_config_dry_run="true").code, (0, 1), words)
        self.check_golden()

    def test_npm_swallowed_the_flag(self):
        self.tables(2)
        self.say("up", npm_config_dry_run="true")
        self.assertEqual(self.tables_in_database(), [])
        self.run_pgtide("up")
        self.say("down", "0", npm_config_dry_run="true")
        self.assertEqual(self.tables_in_database(), ["migrations", "migrations_log", "t1", "t2"])
        self.remark("npm sets it to an empty string for --no-dry-run")
        self.say("down", "1", npm_config_dry_run="")
        self.check_golden()

    def test_rows_are_counted(self):
        self.pair(1, "items", "CREATE TABLE items (id int);\nINSERT INTO items SELECT generate_series(1, 1000);\n"
                  "UPDATE items SET id = id + 1 WHERE id > 990;\nDELETE FROM items;\nINSERT INTO items VALUES (1);\n"
                  "COPY items FROM STDIN;\n1\n2\n\\.\n", "DROP TABLE items;\n")
        self.say("up", "--dry-run")
        self.assertEqual(self.tables_in_database(), [])
        self.check_golden()

    def test_not_simulable(self):
        self.tables(1)
        self.pair(2, "index", "CREATE INDEX CONCURRENTLY t1_id ON t1 (id);\n", "DROP INDEX CONCURRENTLY t1_id;\n")
        self.tables(1)
        run = self.say("up", "--dry-run")
        self.assertEqual(run.code, 5)
        self.assertEqual(self.tables_in_database(), [])
        self.check_golden()

    def test_a_commit_hidden_in_a_procedure(self):
        self.pair(1, "p", "CREATE PROCEDURE p() LANGUAGE plpgsql AS 'BEGIN COMMIT; END';\nCALL p();\n",
                  "DROP PROCEDURE p;\n")
        self.assertNotEqual(self.say("up", "--dry-run").code, 0)
        self.assertEqual(self.sql("SELECT count(*) FROM pg_proc WHERE proname = 'p'"), ["0"])
        self.check_golden()


class StandardOutput(cli.DatabaseCase):
    def test_closed_early(self):
        import subprocess
        self.tables(30)
        process = subprocess.run(f"'{cli.BINARY}' up | head -1", shell=True, cwd=self.folder, env=self.env,
                                 capture_output=True, text=True, timeout=60)
        self.assertRegex(process.stdout, r"^applied      0001 add_t1 \(\d+ ms\)\n$")
        self.assertEqual(process.stderr, "")
        self.assertEqual(self.sql("SELECT count(*) FROM migrations WHERE success"), ["30"])

    def test_closed_before_the_start(self):
        import subprocess
        self.tables(2)
        done = subprocess.run([cli.BINARY, "up"], cwd=self.folder, env=self.env, timeout=60,
                              preexec_fn=lambda: __import__("os").close(1))
        self.assertEqual(done.returncode, 0)
        self.assertEqual(self.sql("SELECT count(*) FROM migrations WHERE success"), ["2"])

    def test_output_that_cannot_be_written(self):
        import subprocess
        self.tables(2)
        says = ("error: the output cannot be written: No space left on device; the command itself was carried out\n"
                "  hint: `pgtide status` shows what is applied\n")
        for words, code, err in ((["up"], 4, says), (["status", "--format", "json"], 4, says), (["--help"], 4, says),
                                 (["up", "99", "--format", "json"], 2, "error: there is no migration 0099")):
            with open("/dev/full", "w") as full:
                done = subprocess.run([cli.BINARY, *words], cwd=self.folder, env=self.env, timeout=60, stdout=full,
                                      stderr=subprocess.PIPE, text=True)
            self.assertEqual(done.returncode, code, words)
            self.assertTrue(done.stderr.startswith(err), done.stderr)
            self.assertIn("the output cannot be written: No space left on device", done.stderr)
        self.assertEqual(self.sql("SELECT count(*) FROM migrations WHERE success"), ["2"])

    def test_no_terminal_codes_in_a_pipe(self):
        self.tables(3)
        self.pair(4, "slow", "SELECT pg_sleep(0.5);\n")
        for words in (["up"], ["status"], ["down", "2"], ["history"]):
            run = self.run_pgtide(*words)
            self.assertFalse(re.search(r"[\x00-\x08\x0b-\x1f]", run.out + run.err), run)


if __name__ == "__main__":
    cli.main()
