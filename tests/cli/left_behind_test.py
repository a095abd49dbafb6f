"""A run is killed while the server still works for it: what it leaves behind is waited for, and runs once."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402

MISSING = "ALTER SYSTEM SET synchronous_standby_names = 'nobody'"
WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' AND wait_event = 'SyncRep'"
# Of a statement in the middle of a script that runs outside transactions: nothing else of it waits for the standby.
WAITING_INSERT = "INSERT INTO t SELECT 'once' FROM set_config('synchronous_commit', 'on', true);\n"


class LeftBehind(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.addCleanup(self.standby_is_back)
        self.pair(1, "table", "CREATE TABLE t (v text);\n", "DROP TABLE t;\n")
        self.expect(self.run_pgtide("up"), 0)

    def standby_is_away(self):
        self.server.sql(MISSING, "SELECT pg_reload_conf()", database="postgres")
        self.wait_for("SHOW synchronous_standby_names", ["nobody"])

    def standby_is_back(self):
        self.server.sql("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()", database="postgres")

    def sql(self, *statements):
        return self.server.sql("SET synchronous_commit = local", *statements)

    def kill_in_commit(self, *words):
        """Starts, kills it while its COMMIT waits, and starts the same again; how that one ended."""
        self.standby_is_away()
        first = self.start(*words)
        self.wait_for(WAITS, ["1"])
        first.kill()
        first.wait(cli.PATIENCE)
        second = self.start(*words, "--lock-wait", "30s")
        self.wait_for("SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' AND application_name = 'pgtide lock'", ["1"])
        self.standby_is_back()
        return self.finish(second)

    def events(self, version, event):
        return self.sql(f"SELECT count(*) FROM migrations_log WHERE version = '{version}' AND event = '{event}'")

    def check_once(self, run, rows, version, event, code=0, times="1"):
        self.assertEqual(run.code, code, run)
        self.assertEqual(self.sql("SELECT count(*) FROM t"), [rows], run)
        self.assertEqual(self.events(version, event), [times], run)

    def test_up(self):
        self.pair(2, "row", "INSERT INTO t VALUES ('once');\n", "DELETE FROM t;\n")
        run = self.kill_in_commit("up")
        self.check_once(run, "1", "0002", "applied")
        self.assertIn("left behind by a run that was stopped", run.err)
        self.assertIn("waits for SyncRep", run.err)

    def test_up_in_one_transaction(self):
        self.pair(2, "row", "INSERT INTO t VALUES ('once');\n", "DELETE FROM t;\n")
        self.pair(3, "row", "INSERT INTO t VALUES ('twice');\n", "DELETE FROM t;\n")
        self.check_once(self.kill_in_commit("up", "--single-transaction"), "2", "0003", "applied")

    def test_down(self):
        self.pair(2, "row", "SELECT 1;\n", "INSERT INTO t VALUES ('undone');\n")
        self.expect(self.run_pgtide("up"), 0)
        # Somebody confirmed other steps than are left now.
        self.check_once(self.kill_in_commit("down", "1", "--yes"), "1", "0002", "rolled_back", code=4)

    def test_a_statement_outside_transactions(self):
        self.sql("ALTER DATABASE shop SET synchronous_commit = local")
        self.pair(2, "rows", f"-- pgtide: no-transaction\nSELECT 1;\n{WAITING_INSERT}SELECT 2;\n", "DELETE FROM t;\n")
        self.check_once(self.kill_in_commit("up"), "1", "0002", "applied")

    def test_a_rollback_outside_transactions(self):
        self.expect(self.run_pgtide("down", "0", "--yes"), 0)
        self.sql("ALTER DATABASE shop SET synchronous_commit = local")
        self.pair(2, "rows", "SELECT 1;\n", f"-- pgtide: no-transaction\nSELECT 1;\n{WAITING_INSERT}SELECT 2;\n")
        self.expect(self.run_pgtide("up"), 0)
        self.check_once(self.kill_in_commit("down", "1", "--yes"), "1", "0002", "rolled_back")

    def test_a_batch(self):
        self.sql("ALTER DATABASE shop SET synchronous_commit = local", "INSERT INTO t VALUES ('1'), ('2'), ('3')")
        self.pair(2, "batch", "-- pgtide: batch size=2\nWITH c AS MATERIALIZED (SELECT set_config('synchronous_commit', 'on', true) AS c)\n"
                  "UPDATE t SET v = v || '!' FROM c WHERE t.ctid IN (SELECT ctid FROM t WHERE v NOT LIKE '%!' LIMIT :batch_size) AND c.c = 'on';\n",
                  "SELECT 1;\n")
        run = self.kill_in_commit("up")
        self.check_once(run, "3", "0002", "applied")
        self.assertEqual(self.sql("SELECT v FROM t ORDER BY v"), ["1!", "2!", "3!"], run)

    def test_what_operators_record(self):
        self.pair(2, "row", "INSERT INTO t VALUES ('once');\n", "DELETE FROM t;\n")
        self.standby_is_away()
        first = self.start("baseline", "2", "--yes")
        self.wait_for(WAITS, ["1"])
        first.kill()
        first.wait(cli.PATIENCE)
        second = self.start("up", "--lock-wait", "30s")
        self.wait_for("SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' AND application_name = 'pgtide lock'", ["1"])
        self.standby_is_back()
        run = self.finish(second)
        self.assertEqual(run.code, 0, run)
        self.assertEqual(self.sql("SELECT count(*) FROM t"), ["0"], run)
        self.assertEqual(self.events("0002", "applied"), ["0"], run)


class RowsThatAreKeptAway(cli.DatabaseCase):
    """A trigger drops or changes what pgtide writes: then nothing is applied or rolled back."""

    def setUp(self):
        super().setUp()
        self.tables(2)
        self.sql("CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
                 "CREATE FUNCTION another() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.version := ''0009''; RETURN NEW; END'")
        self.expect(self.run_pgtide("up", "1"), 0)

    def test_every_write(self):
        for table in ("migrations", "migrations_log"):
            for function in ("nothing", "another"):
                for words in (["up"], ["down", "0", "--yes"], ["mark-good"], ["resolve", "--rolled-back", "1", "--yes"],
                              ["baseline", "2", "--yes"]):
                    with self.subTest(table=table, function=function, words=words):
                        if words == ["mark-good"] and table == "migrations":
                            continue  # it writes to the log alone
                        self.sql(f"CREATE TRIGGER away BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {function}()")
                        run = self.run_pgtide(*words)
                        self.sql(f"DROP TRIGGER away ON {table}")
                        self.assertEqual(run.code, 4, run)
                        self.assertIn("as meant", run.err)
                        self.assertEqual(self.sql("SELECT version FROM migrations WHERE success AND rolled_back_at IS NULL"), ["0001"])
                        self.assertEqual(self.sql("SELECT to_regclass('t1') IS NOT NULL AND to_regclass('t2') IS NULL"), ["t"])
                        self.assertEqual(self.sql("SELECT event FROM migrations_log WHERE event <> 'schema_recorded'"), ["applied"])


if __name__ == "__main__":
    cli.main()
