"""Rules of an environment."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402


class Rules(cli.DatabaseCase):
    PRODUCTION = {"NODE_ENV": "production"}

    def applied(self):
        return int(self.sql("SELECT count(*) FROM migrations WHERE rolled_back_at IS NULL AND success")[0])

    def test_data_loss(self):
        self.tables(2)
        self.pair(3, "drop_t1", "CREATE TEMP TABLE scratch (id int);\nDROP TABLE scratch;\nALTER TABLE t2 DROP COLUMN id;\n"
                                "TRUNCATE t2;\nDROP TABLE t1;\n")
        self.say("up", **self.PRODUCTION)
        self.assertEqual(self.tables_in_database(), [])
        self.say("up", "--dry-run", **self.PRODUCTION)
        self.say("up", "2", **self.PRODUCTION)
        self.say("up", "--allow-data-loss", **self.PRODUCTION)
        self.check_golden()

    def test_data_loss_that_the_script_allows(self):
        self.tables(1)
        self.pair(2, "drop_t1", "-- pgtide: allow data-loss nobody reads it\nDROP TABLE t1;\n", "CREATE TABLE t1 (id int);\n")
        self.assertEqual(self.run_pgtide("up", **self.PRODUCTION).code, 0)

    def test_data_loss_that_another_statement_is_allowed(self):
        self.tables(3)
        self.pair(4, "drop", "COMMENT ON TABLE t3 IS 'x';\n-- pgtide: allow data-loss nobody reads it\nDROP TABLE t1;\n"
                             "DELETE FROM t2;\nDROP TABLE t3;\n")
        run = self.run_pgtide("up", **self.PRODUCTION)
        self.assertEqual(run.code, 2, run)
        self.assertNotIn("DROP TABLE t1 loses data", run.err)
        self.assertIn("0004_drop.sql:4:1: DELETE FROM t2 loses data", run.err)
        self.assertIn("0004_drop.sql:5:1: DROP TABLE t3 loses data", run.err)

    def test_data_loss_that_no_word_tells(self):
        self.tables(2)
        self.run_pgtide("up")
        self.sql("CREATE TYPE mood AS ENUM ('ok'); ALTER TABLE t1 ADD m mood; INSERT INTO t2 VALUES (1)")
        self.pair(3, "quiet", "CREATE TABLE quiet ();\nDROP TYPE mood CASCADE;\nDO 'BEGIN DROP TABLE t2; END';\n")
        run = self.run_pgtide("up", **self.PRODUCTION)
        self.assertEqual(run.code, 3, run)
        self.assertIn("this loses data: 1 column(s) of public.t1, table public.t2", run.err)
        self.assertIn("hint: when that is meant, write `-- pgtide: allow data-loss <why>`", run.err)
        self.assertEqual(self.tables_in_database(), ["migrations", "migrations_log", "t1", "t2"])
        self.assertEqual(self.run_pgtide("up", "--allow-data-loss", **self.PRODUCTION).code, 0)

    def test_a_rollback_says_first_what_it_takes(self):
        self.pair(1, "a", "CREATE TABLE a (id int);\n", "DROP TABLE a;\n")
        self.pair(2, "b", "ALTER TABLE a ADD b text;\n", "ALTER TABLE a DROP COLUMN b;\n")
        self.pair(3, "c", "SELECT 1;\n", "DO 'BEGIN NULL; END';\nDROP TABLE IF EXISTS elsewhere;\n")
        self.run_pgtide("up")
        self.sql("INSERT INTO a VALUES (1, 'x'), (2, NULL)")
        terminal = cli.Terminal(self, "down", "0", NO_COLOR="1")
        terminal.wait_for("roll back? [y/N] ")
        self.assertIn("will lose:\r\n  0002 column public.a.b (1 value)\r\n  0001 table public.a (2 rows)\r\n", terminal.text)
        self.assertIn("cannot be foreseen (--dry-run shows it):\r\n"
                      "  migrations/rollback/0003_rollback.sql:1:1: DO\r\n", terminal.text)
        terminal.type("n\n")
        terminal.finish()
        said = self.run_pgtide("down", "1", "--yes", "--format", "json").json()
        self.assertEqual([m["losses"] for m in said["migrations"]],
                         [[], [{"kind": "column_dropped", "table": "public.a", "column": "b", "count": 1, "estimated": False}]])
        self.assertEqual([u["line"] for u in said["unforeseen"]], [1])
        self.assertIn("  0001 table public.a (2 rows)\n", self.run_pgtide("down", "0", "--yes").out)

    def test_rollbacks_may_drop(self):
        self.tables(2)
        self.run_pgtide("up")
        self.assertEqual(self.run_pgtide("down", "1", "--yes", **self.PRODUCTION).code, 0)

    def test_no_rules_elsewhere(self):
        self.tables(1)
        self.pair(2, "drop_t1", "DROP TABLE t1;\n", "CREATE TABLE t1 (id int);\n")
        for env in ({}, {"NODE_ENV": "staging"}):
            self.assertEqual(self.run_pgtide("up", **env).code, 0)
            self.assertEqual(self.run_pgtide("down", "0", **env).code, 0)

    def test_down_to_zero(self):
        self.tables(2)
        self.run_pgtide("up")
        for words in (["0"], ["--steps", "2"], ["--last-run"]):
            run = self.run_pgtide("down", *words, "--yes", **self.PRODUCTION)
            self.assertEqual((run.code, self.applied()), (2, 2), run)
            self.assertIn("--allow-down-to-zero", run.err)
        self.assertEqual(self.run_pgtide("down", "0", "--dry-run", **self.PRODUCTION).code, 0)
        self.assertEqual(self.run_pgtide("down", "0", "--yes", "--allow-down-to-zero", **self.PRODUCTION).code, 0)
        self.assertEqual(self.applied(), 0)

    def test_rules_of_a_file(self):
        self.write("pgtide.toml", "[environments.staging.rules]\ndown_to_zero = \"refuse\"\nforbid_out_of_order = true\n"
                                  "require_backup = true\n[environments.production.rules]\ndata_loss = \"allow\"\n")
        self.tables(1)
        self.say("up", "--env", "staging", "--allow-out-of-order")
        self.run_pgtide("up")
        self.say("down", "0", "--env", "staging")
        self.pair(2, "drop_t1", "DROP TABLE t1;\n")
        self.assertEqual(self.run_pgtide("up", **self.PRODUCTION).code, 0)
        self.check_golden()

    def test_production_without_a_terminal_is_not_asked(self):
        self.tables(1)
        self.assertEqual(self.run_pgtide("up", **self.PRODUCTION).code, 0)

    def test_up_asks_in_production(self):
        self.tables(1)
        for answer, code, count in (("n\n", 2, 0), ("y\n", 0, 1)):
            terminal = cli.Terminal(self, "up", NO_COLOR="1", **self.PRODUCTION)
            terminal.wait_for("apply? [y/N] ")
            self.assertIn("0001 add_t1", terminal.text)
            terminal.type(answer)
            self.assertEqual(terminal.finish(), code, terminal.text)
            self.assertEqual(len([t for t in self.tables_in_database() if t == "t1"]), count)
        for words, env in ((["up"], {}), (["up", "--yes"], self.PRODUCTION), (["up"], self.PRODUCTION)):
            terminal = cli.Terminal(self, *words, **env)
            self.assertEqual(terminal.finish(), 0)
            self.assertNotIn("[y/N]", terminal.text)

    def test_the_log_tells_the_environment(self):
        self.tables(2)
        self.run_pgtide("up", "1")
        self.run_pgtide("up", **self.PRODUCTION)
        self.assertEqual(self.sql("SELECT version, detail FROM migrations_log WHERE event = 'applied' ORDER BY id"),
                         ["0001|", '0002|{"environment": "production"}'])


if __name__ == "__main__":
    cli.main()
