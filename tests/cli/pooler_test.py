"""Through PgBouncer: everything in session mode, transactional migrations in transaction mode, and nothing left behind."""

import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402
from cli_pooler import Pooler  # noqa: E402
from cli_server import client  # noqa: E402

ADVISORY = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"
OPEN = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' AND xact_start IS NOT NULL AND pid <> pg_backend_pid()"
APPLIED = "SELECT count(*) FROM migrations WHERE success AND rolled_back_at IS NULL"
TWICE = "SELECT count(*) - count(DISTINCT version) FROM migrations_log WHERE event = 'applied'"
# What somebody finds who gets a session of the pool. PgBouncer sets the first five itself.
LEFT = """SELECT (SELECT string_agg(name, ',') FROM pg_prepared_statements), (SELECT string_agg(c, ',') FROM
  pg_listening_channels() c), (SELECT count(*) FROM pg_cursors WHERE is_holdable),
  (SELECT string_agg(name || '=' || setting, ',') FROM pg_settings WHERE source = 'session' AND setting IS DISTINCT FROM reset_val AND
    name NOT IN ('client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings', 'application_name')),
  current_user, session_user, (SELECT count(*) FROM pg_class WHERE relnamespace = pg_my_temp_schema()),
  current_setting('shop.tenant', true)"""
# A script that leaves all that a session can keep.
LEAVING = """SET search_path = pg_catalog; SET lock_timeout = '7min'; SET shop.tenant = '4711'; SET client_encoding = 'LATIN1';
SET ROLE pg_monitor; RESET ROLE; CREATE TEMP TABLE t (id int); PREPARE p AS SELECT 1; LISTEN news;
SELECT pg_advisory_lock(42); DECLARE c CURSOR WITH HOLD FOR SELECT 1;
"""


class Pooled(cli.DatabaseCase):
    def through(self, mode, pool_size=4, **settings):
        self.pooler = Pooler(self.server, mode, pool_size, **settings)
        self.addCleanup(self.pooler.stop)
        self.pool_size = pool_size
        self.folders.insert(0, (self.pooler.folder, "<pooler>"))
        self.direct = self.env["DATABASE_URL"]
        self.env["DATABASE_URL"] = self.pooler.url()

    def assert_nothing_left(self):
        """Looks at every session of the pool: each of these transactions gets one of its own."""
        self.wait_for(ADVISORY, ["0"])
        self.wait_for(OPEN, ["0"])
        found = []
        looks = [threading.Thread(target=lambda: found.append(
            self.pooler.ask("BEGIN", LEFT, "SELECT pg_sleep(0.2)", "COMMIT")[0])) for _ in range(self.pool_size)]
        for look in looks:
            look.start()
        for look in looks:
            look.join()
        self.assertEqual(len(found), self.pool_size)
        self.assertEqual(set(found), {"||0||postgres|postgres|0|"})

    def assert_once(self, count):
        self.assertEqual((self.sql(APPLIED), self.sql(TWICE)), ([str(count)], ["0"]))
        self.wait_for(ADVISORY, ["0"])

    def run_together(self, count, *words):
        return [self.finish(process) for process in [self.start(*words) for _ in range(count)]]


class Transaction(Pooled):
    def test_up_and_down(self):
        self.through("transaction", pool_size=1)
        self.tables(3)
        self.pair(4, "leaving", LEAVING, LEAVING)
        self.say("up", "2")
        self.say("up", "--dry-run")
        self.assert_nothing_left()
        self.say("up", "--dry-run", "--round-trip")
        self.assert_nothing_left()
        self.say("up", "--single-transaction")
        self.assert_nothing_left()
        for words in (["status"], ["validate"], ["history"], ["mark-good"], ["drift", "--recorded"]):
            self.assertEqual(self.run_pgtide(*words).code, 0, words)
        self.assert_nothing_left()
        self.say("down", "1", "--dry-run")
        self.say("down", "3")
        self.assert_nothing_left()
        self.say("down", "0")
        self.say("up", "2", "-q")
        self.say("baseline", "4")
        self.assertEqual(self.sql(APPLIED), ["4"])
        self.assert_nothing_left()
        self.check_golden()

    def test_a_failure(self):
        self.through("transaction", pool_size=1)
        self.tables(1)
        self.pair(2, "broken", LEAVING + "SELECT 1/0;\n")
        self.say("up")
        self.assert_nothing_left()
        self.say("up", "--single-transaction")
        self.assert_nothing_left()
        self.say("up", "--dry-run")
        self.assert_nothing_left()
        self.say("status")
        self.sql("DROP TABLE migrations CASCADE", "DROP TABLE migrations_log, t1")
        self.remark("a database without ledger")
        self.say("up", "--single-transaction")
        self.assert_nothing_left()
        self.check_golden()

    def test_another_run_records_something(self):
        """What changes nothing in the plan does not stop it, and the hook is called once."""
        self.through("transaction")
        self.tables(3)
        self.assertEqual(self.run_pgtide("up", "1").code, 0)
        self.write("pgtide.toml", f'[hooks]\nbefore = ["{cli.BINARY}", "mark-good", "--config", "/dev/null"]\n')
        for words in (["up"], ["down", "1"]):
            run = self.run_pgtide(*words, "--lock-wait", "5s")
            self.assertEqual(run.code, 0, run)
        self.assertEqual(self.sql("SELECT count(*) FROM migrations_log WHERE event = 'marked_good'"), ["2"])

    def test_what_the_pooler_set_stays(self):
        self.through("transaction", pool_size=1, connect_query="SET work_mem = ''5MB''; PREPARE theirs AS SELECT 1")
        self.env["DATABASE_URL"] = self.pooler.url("alias")
        self.pair(1, "leaving", LEAVING + "RESET ALL;\n")
        self.pair(2, "encoded", "CREATE TABLE words AS SELECT 'señal'::text AS w;\n")
        self.assertEqual(self.run_pgtide("up").code, 0)
        left = self.pooler.ask("SELECT current_setting('work_mem'), (SELECT string_agg(name, ',') FROM pg_prepared_statements)",
                               database="alias")
        self.assertEqual(left, ["5MB|theirs"])
        self.assertEqual(self.sql("SELECT w FROM words"), ["señal"])

    def test_what_needs_a_session_is_refused(self):
        self.through("transaction")
        self.tables(1)
        self.pair(2, "concurrent", "CREATE INDEX CONCURRENTLY ON t1 (id);\n")
        self.pair(3, "filled", "-- pgtide: batch\nDELETE FROM t1 WHERE id IN (SELECT id FROM t1 LIMIT :batch_size);\n")
        self.say("up")
        self.assertEqual(self.tables_in_database(), [])
        self.say("up", "1")
        self.remark("with the server's own URL")
        self.assertEqual(self.run_pgtide("up", "-q", "--url", self.direct).code, 0)
        self.assert_once(3)
        self.check_golden()

    def test_other_commands_that_need_a_session(self):
        self.through("transaction")
        self.tables(2)
        self.say("up", "--backup")
        self.assertEqual(self.tables_in_database(), [])
        self.say("verify", "--url", self.pooler.url())
        self.say("reset", "--yes")
        self.assert_nothing_left()
        self.say("up", "--env", "production", "--yes", "-q")
        self.say("resolve", "--rolled-back", "2")
        self.say("repair", "--yes")
        self.assert_nothing_left()
        self.check_golden()

    def test_runners_at_the_same_time(self):
        self.through("transaction", pool_size=20)
        self.tables(6)
        for run in self.run_together(10, "up"):
            self.assertEqual(run.code, 0, run)
            # Whoever waits is shown what the other one runs, which may be the view with a state called failed.
            self.assertNotRegex(run.out + run.err, "(?m)^(failed|.*error:)")
        self.assert_once(6)

    def test_runners_that_share_few_sessions_in_turn(self):
        self.through("transaction", pool_size=3, server_round_robin=1)
        self.tables(6)
        runs = self.run_together(12, "up", "--format", "json")
        self.assertEqual([run.code for run in runs], [0] * 12, [run for run in runs if run.code])
        self.assertEqual(sum(len(run.json()["migrations"]) for run in runs), 6)
        self.assert_once(6)

    def test_a_runner_without_pooler_holds_the_lock(self):
        self.through("transaction")
        self.env["DATABASE_URL"] = self.pooler.url("alias")
        self.tables(1)
        self.pair(2, "slow", "SELECT pg_sleep(600);\n")
        first = self.start("up", DATABASE_URL=self.direct)
        self.wait_for_statement("pg_sleep")
        run = self.run_pgtide("up", "--lock-wait", "300ms")
        self.assertEqual(run.code, 4, run)
        self.assertIn("another run holds the lock (pid ", run.err)
        self.assertIn("pg_sleep(600)", run.err)
        self.end(first)

    def test_found_out_while_others_use_the_pool(self):
        self.through("transaction", pool_size=3)
        self.tables(2)
        self.pair(3, "concurrent", "CREATE INDEX CONCURRENTLY ON t1 (id);\n")
        ended = threading.Event()

        def traffic():
            while not ended.is_set():
                self.pooler.ask("SELECT 1", "BEGIN; SELECT 2; COMMIT", "SELECT pg_sleep(0.01)")

        others = [threading.Thread(target=traffic) for _ in range(4)]
        for thread in others:
            thread.start()
        try:
            for _ in range(4):
                self.assertEqual(self.run_pgtide("up").code, 4)
            self.assertEqual(self.run_pgtide("up", "2").code, 0)
            self.assertEqual(self.run_pgtide("down", "0").code, 0)
        finally:
            ended.set()
            for thread in others:
                thread.join()
        self.assertEqual(self.sql(ADVISORY), ["0"])

    def slow(self):
        self.pair(1, "slow", "CREATE TABLE half ();\nPREPARE p AS SELECT 1;\nSELECT pg_advisory_lock(42);\nSELECT pg_sleep(600);\n")
        process = self.start("up")
        self.wait_for("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'", ["1"])
        return process

    def test_interrupted(self):
        self.through("transaction", pool_size=1)
        process = self.slow()
        process.send_signal(signal.SIGINT)
        run = self.finish(process)
        self.assertEqual(run.code, 130, run)
        self.assertNotIn("half", self.tables_in_database())
        self.assert_nothing_left()
        run = self.run_pgtide("up", "--timeout", "1s")
        self.assertEqual((run.code, self.tables_in_database()), (142, ["migrations", "migrations_log"]), run)
        self.assert_nothing_left()

    def test_killed(self):
        self.through("transaction", pool_size=1)
        process = self.slow()
        process.kill()
        process.wait()
        if int(self.sql("SHOW server_version_num")[0]) < 140000:
            # It does not look whether anybody waits for a statement, so that goes on to its end.
            self.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'")
        self.assert_nothing_left()
        self.assertNotIn("half", self.tables_in_database())

    def test_connection_lost(self):
        """The pooler dies: what the server still does is ended, and the ledger says what is true."""
        self.through("transaction", pool_size=1)
        process = self.slow()
        self.pooler.process.kill()
        self.pooler.process.wait()
        self.pooler.start()
        run = self.finish(process)
        self.assertEqual(run.code, 4, run)
        self.assertIn("nothing of 0001 is committed", run.err)
        self.assertEqual(self.sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"), ["0"])

    def test_blocked(self):
        self.through("transaction", pool_size=2)
        self.tables(1)
        self.pair(2, "alter", "ALTER TABLE t1 ADD COLUMN c int;\n")
        self.assertEqual(self.run_pgtide("up", "1").code, 0)
        holder = self.server.psql()
        self.addCleanup(self.end, holder)
        holder.stdin.write("BEGIN; LOCK TABLE t1;\n")
        holder.stdin.flush()
        self.wait_for("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 't1'::regclass", ["1"])
        process = self.start("up", "--lock-timeout", "300ms")
        told = ""
        for line in process.stderr:
            told += line.decode()
            if "tried again" in told:
                break
        holder.stdin.write("COMMIT;\n")
        holder.stdin.flush()
        run = self.finish(process)
        self.assertEqual(run.code, 0, run)
        self.assertIn("tried again", told)
        self.assertIn("query: LOCK TABLE t1", told)
        self.assert_nothing_left()

    def test_another_run_comes_between_and_the_rest_cannot_follow(self):
        """What was done is told, and the new plan is judged as the first one was."""
        self.through("transaction")
        self.tables(2)
        self.pair(3, "alter", "ALTER TABLE t1 ADD COLUMN c int;\n")
        shutil.copytree(self.folder / "migrations", self.folder / "newer")
        self.write("newer/sql/0005_t5.sql", "CREATE TABLE t5 ();\n")
        self.write("newer/rollback/0005_rollback.sql", "DROP TABLE t5;\n")
        (self.folder / "newer/sql/0003_alter.sql").unlink()
        (self.folder / "newer/rollback/0003_rollback.sql").unlink()
        self.assertEqual(self.run_pgtide("up", "1").code, 0)
        holder = self.server.psql()
        self.addCleanup(self.end, holder)
        holder.stdin.write("BEGIN; LOCK TABLE t1;\n")
        holder.stdin.flush()
        self.wait_for("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND relation = 't1'::regclass", ["1"])
        process = self.start("up", "--lock-timeout", "300ms", "--format", "json")
        for line in process.stderr:
            if b"tried again" in line:
                break
        between = self.run_pgtide("up", "--dir", "newer", "--lock-wait", "30s", "--url", self.direct)
        self.assertEqual(between.code, 0, between)
        holder.stdin.write("COMMIT;\n")
        holder.stdin.flush()
        run = self.finish(process)
        self.assertEqual(run.code, 4, run)
        self.assertEqual([(step["version"], step["outcome"]) for step in run.json()["migrations"]],
                         [("0002", "done"), ("0003", "not_run")])
        self.assertEqual(run.json()["failure"]["message"],
                         "this cannot be done: 0003 (alter) is pending, but the newer 0005 (t5) is applied")
        self.assertIn("out-of-order", run.json()["failure"]["hint"])
        self.assertNotIn("nothing was run", run.out + run.err)


class Session(Pooled):
    def test_everything_runs(self):
        self.through("session", server_reset_query="")
        self.samples()
        self.assertEqual(self.run_pgtide("up").code, 0)
        self.assertEqual(self.run_pgtide("down", "0").code, 0)
        self.assertEqual(self.run_pgtide("up", "15", "--single-transaction").code, 0)
        self.assertEqual(self.run_pgtide("up", "--dry-run").code, 5)
        self.assert_nothing_left()

    def test_runners_at_the_same_time(self):
        self.through("session", pool_size=30)
        self.samples()
        for run in self.run_together(6, "up"):
            self.assertEqual(run.code, 0, run)
        self.assert_once(17)

    def test_no_second_session(self):
        self.through("session", pool_size=1)
        self.tables(1)
        run = self.run_pgtide("up", "--connect-timeout", "2s")
        self.assertEqual(run.code, 4, run)
        self.assertIn("no session of the server free", run.err)
        self.assertEqual(self.tables_in_database(), [])

    def test_killed(self):
        """Even where the pooler does not clean its sessions."""
        self.through("session", server_reset_query="")
        self.tables(1)
        self.pair(2, "slow", "-- pgtide: no-transaction\nSELECT pg_sleep(600);\n")
        process = self.start("up")
        self.wait_for_statement("pg_sleep")
        self.assertEqual(self.sql(ADVISORY), ["2"])
        process.kill()
        process.wait()
        self.wait_for(ADVISORY, ["0"])


class Doctor(Pooled):
    def pooler_line(self):
        run = self.run_pgtide("doctor")
        return [line.strip() for line in run.out.splitlines() if "pooler" in line]

    def test_kinds(self):
        self.assertEqual(self.pooler_line(), [])
        self.through("transaction", pool_size=3)
        self.assertIn("a pooler in transaction mode", self.pooler_line()[0])
        self.assert_nothing_left()
        self.pooler.stop()
        self.env["DATABASE_URL"] = self.direct
        self.through("session")
        self.assertIn("a pooler in session mode", self.pooler_line()[0])


if __name__ == "__main__":
    cli.main()
