"""What is applied, and what was done: status and history."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402


class Status(cli.DatabaseCase):
    def test_every_state(self):
        self.tables(7)
        self.remark("before the ledger exists")
        self.say("status")
        self.say("status", "--check")
        self.run_pgtide("up", "5")
        self.run_pgtide("down", "4")
        self.pair(2, "add_t2", "CREATE TABLE t2 (id bigint);\n", "DROP TABLE t2;\n")
        (self.folder / "migrations/sql/0003_add_t3.sql").unlink()
        (self.folder / "migrations/rollback/0003_rollback.sql").unlink()
        self.sql("UPDATE migrations SET rolled_back_at = NULL, success = false, error = 'by hand' WHERE version = '0005'",
                 "DELETE FROM migrations WHERE version = '0001'")
        self.remark("one of each")
        self.say("status")
        self.say("status", "--format", "json")
        self.say("status", "--check", "-q")
        self.check_golden()

    def test_in_progress(self):
        self.pair(1, "index", "CREATE TABLE t (id int);\nINSERT INTO t VALUES (1), (1);\n"
                  "CREATE UNIQUE INDEX CONCURRENTLY t_id ON t (id);\nSELECT 1;\n", "DROP TABLE t;\n")
        self.say("up")
        self.say("status")
        self.assertEqual(self.run_pgtide("status", "--check").code, 1)
        forward = self.folder / "migrations/sql/0001_index.sql"
        forward.write_text(forward.read_text().replace("SELECT 1", "SELECT 2"))
        self.remark("the script is changed")
        self.say("status")
        way_on = self.run_pgtide("status", "--format", "json").json()["migrations"][0]["way_on"]
        self.assertIn("its script has changed since: `pgtide up 0001` goes on when", way_on)
        self.check_golden()

    def test_in_progress_without_its_file(self):
        self.tables(1)
        self.pair(2, "half", "-- pgtide: no-transaction\nCREATE TABLE half (id int);\nSELECT 1/0;\n", "DROP TABLE half;\n")
        self.assertEqual(self.run_pgtide("up").code, 3)
        for file in ("sql/0002_half.sql", "rollback/0002_rollback.sql"):
            (self.folder / "migrations" / file).unlink()
        self.say("up")
        self.assertEqual(self.run_pgtide("status", "--check").code, 1)
        self.write("pgtide.toml", '[policy]\ndatabase_ahead = "error"\n')
        self.say("up")
        self.check_golden()

    def test_an_older_release(self):
        self.tables(2)
        self.run_pgtide("up")
        for file in ("sql/0002_add_t2.sql", "rollback/0002_rollback.sql"):
            (self.folder / "migrations" / file).unlink()
        self.assertEqual(self.run_pgtide("status", "--check").code, 0)
        self.assertEqual(self.run_pgtide("status", "--check", "--database-ahead", "error").code, 1)
        self.sql("UPDATE migrations SET success = false, error = 'no' WHERE version = '0002'")
        self.assertEqual(self.run_pgtide("status", "--check").code, 0)
        self.pair(1, "add_t1", "CREATE TABLE t1 (id bigint);\n")
        self.assertEqual(self.run_pgtide("status", "--check").code, 1)
        for file in ("sql/0001_add_t1.sql", "rollback/0001_rollback.sql"):
            (self.folder / "migrations" / file).unlink()
        self.assertEqual(self.run_pgtide("status", "--check").code, 1, "an empty folder is no release")

    def test_a_journal_row_that_somebody_edited(self):
        self.pair(1, "a", "CREATE TABLE a (id int);\n", "DROP TABLE a;\n")
        self.assertEqual(self.run_pgtide("up").code, 0)
        self.pair(2, "b", "SELECT 1;\n")
        for direction, detail in (("'up'", "{}"), ("'up'", "[]"), ("'up'", '"x"'), ("'up'", "null"), ("NULL", '{"statement": 1, "of": 2}'),
                                  ("'up'", '{"statement": -1, "of": 2}'), ("'up'", '{"statement": 3, "of": 2}'),
                                  ("'up'", '{"statement": 1e99, "of": "many"}')):
            with self.subTest(direction + detail):
                self.sql("DELETE FROM migrations_log WHERE version = '0002'", "DELETE FROM migrations WHERE version = '0002'",
                         "INSERT INTO migrations_log (run_id, version, event, direction, detail) "
                         f"VALUES (gen_random_uuid(), '0002', 'started', {direction}, '{detail}')",
                         "INSERT INTO migrations (id, version, name, success) VALUES (gen_random_uuid(), '0002', 'b', false)")
                status = self.run_pgtide("status")
                self.assertEqual(status.code, 0, status)
                self.assertIn("pgtide resolve --applied 0002", status.out)
                for words, code in ((["up"], 2), (["up", "--dry-run"], 2), (["doctor"], 1), (["history"], 0), (["up", "1"], 0),
                                    (["down", "0", "--from-ledger", "--dry-run"], 2)):
                    run = self.run_pgtide(*words)
                    self.assertEqual(run.code, code, run)
                self.assertIn("pgtide resolve --rolled-back 0002", self.run_pgtide("up").err)
                self.assertEqual(self.run_pgtide("resolve", "--rolled-back", "0002", "--yes").code, 0)
                self.assertEqual(self.run_pgtide("up").code, 0)

    def test_nothing_is_written(self):
        self.tables(1)
        self.run_pgtide("status")
        self.run_pgtide("history")
        self.assertEqual(self.tables_in_database(), [])

    def test_a_directory_with_problems(self):
        self.tables(1)
        self.write("migrations/sql/nonsense.sql", "")
        self.say("status")
        self.say("status", "--check")
        self.check_golden()

    def test_up_to_date(self):
        self.tables(1)
        self.run_pgtide("up")
        self.assertEqual(self.run_pgtide("status", "--check").code, 0)


class History(cli.DatabaseCase):
    def test_newest_first(self):
        self.remark("before the ledger exists")
        self.say("history")
        self.tables(11)
        self.run_pgtide("up")
        self.run_pgtide("down", "9")
        self.say("history")
        self.say("history", "--limit", "2", "--format", "json")
        self.assertEqual(len(self.run_pgtide("history", "--limit", "0", "--format", "json").json()["events"]), 13)
        self.check_golden()

    def test_the_same_run_has_one_id(self):
        self.tables(3)
        self.run_pgtide("up", "2")
        self.run_pgtide("up")
        runs = [event["run_id"] for event in self.run_pgtide("history", "--format", "json").json()["events"]]
        self.assertEqual([runs.count(run) for run in runs], [1, 2, 2])


if __name__ == "__main__":
    cli.main()
