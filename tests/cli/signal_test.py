"""Signals: a run stops in order, and says what happened."""

import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402


RUNNING = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' AND query LIKE '%pg_sleep(600)%' AND state = 'active' " \
          "AND pid <> pg_backend_pid()"
SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' AND application_name LIKE 'pgtide%'"


class Stopped(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.tables(1)
        self.pair(2, "slow", "CREATE TABLE half ();\nSELECT pg_sleep(600);\n")
        self.tables(1)
        self.pair(3, "add_t3", "CREATE TABLE t3 ();\n", "DROP TABLE t3;\n")

    def stopped(self, number, *words):
        process = self.start(*words)
        self.wait_for(RUNNING, ["1"])
        process.send_signal(number)
        run = self.finish(process)
        self.assertEqual(run.code, 128 + number, run)
        self.wait_for(SESSIONS, ["0"])
        return run

    def test_during_a_statement(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            run = self.stopped(number, "up")
            self.remark(f"{signal.Signals(number).name} during pg_sleep")
            self.tell(run)
        self.assertEqual(self.tables_in_database(), ["migrations", "migrations_log", "t1"])
        self.say("status")
        self.say("history", "--limit", "2")
        self.remark("the script is mended")
        self.pair(2, "slow", "SELECT 1;\n")
        self.say("up")
        self.check_golden()

    def test_json(self):
        run = self.stopped(signal.SIGINT, "up", "--format", "json", "--log-format", "json")
        document = run.json()
        self.assertEqual(document["result"], "interrupted")
        self.assertEqual([m["outcome"] for m in document["migrations"]], ["done", "failed", "not_run"])
        self.assertEqual((document["failure"]["version"], document["failure"]["signal"]), ("0002", 2))
        self.assertIn("stopping", [line["event"] for line in run.log_lines()])

    def test_dry_run(self):
        run = self.stopped(signal.SIGTERM, "up", "--dry-run")
        self.tell(run)
        self.assertEqual(self.tables_in_database(), [])
        self.check_golden()

    def test_single_transaction(self):
        run = self.stopped(signal.SIGINT, "up", "--single-transaction")
        self.tell(run)
        self.assertNotIn("t1", self.tables_in_database())
        self.check_golden()

    def test_a_rollback(self):
        self.pair(2, "slow", "SELECT 1;\n", "SELECT pg_sleep(600);\n")
        self.run_pgtide("up")
        run = self.stopped(signal.SIGINT, "down", "0")
        self.tell(run)
        self.assertEqual(self.sql("SELECT version FROM migrations WHERE rolled_back_at IS NULL ORDER BY 1"), ["0001", "0002"])
        self.check_golden()

    def test_nohup(self):
        self.sql("CREATE TABLE go_on ()")
        self.pair(2, "slow", "DO $$ BEGIN\n  WHILE NOT EXISTS (SELECT FROM go_on) LOOP\n    PERFORM pg_sleep(0.01);\n  END LOOP;\n"
                  "END $$;\n")
        previous = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        try:
            process = self.start("up")
        finally:
            signal.signal(signal.SIGHUP, previous)
        self.wait_for_statement("FROM go_on")
        process.send_signal(signal.SIGHUP)
        self.sql("INSERT INTO go_on DEFAULT VALUES")
        self.assertEqual(self.finish(process).code, 0)

    def test_a_second_signal_ends_at_once(self):
        process = self.start("up")
        self.wait_for(RUNNING, ["1"])
        backend = int(self.sql(RUNNING.replace("count(*)", "pid"))[0])
        os.kill(backend, signal.SIGSTOP)  # as good as a network that hangs
        try:
            process.send_signal(signal.SIGINT)
            self.assertIn("stopping:", process.stderr.readline().decode())
            time.sleep(0.25)  # what comes earlier is taken for an echo of the first
            self.assertIsNone(process.poll())
            process.send_signal(signal.SIGINT)
            self.assertEqual(self.finish(process).code, 130)
        finally:
            os.kill(backend, signal.SIGCONT)
        self.wait_for(SESSIONS, ["0"])
        self.assertNotIn("half", self.tables_in_database())

    def test_one_request_that_arrives_twice(self):
        process = self.start("up")
        self.wait_for(RUNNING, ["1"])
        process.send_signal(signal.SIGSTOP)  # so that both are there when it goes on, and the second comes right after the first
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)  # of two with one number the kernel would make one
        process.send_signal(signal.SIGCONT)
        run = self.finish(process)
        self.assertEqual(run.code, 130, run)
        self.assertIn("stopped by SIGINT", run.out + run.err)

    def test_a_statement_that_catches_the_cancellation(self):
        self.pair(2, "slow", "DO $$ BEGIN\n  PERFORM pg_sleep(600);\nEXCEPTION WHEN query_canceled THEN PERFORM pg_sleep(600);\n"
                  "END $$;\n")
        self.assertEqual(self.stopped(signal.SIGINT, "up").code, 130)


class Waiting(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.tables(1)
        self.pair(2, "slow", "SELECT pg_sleep(600);\n")
        self.first = self.start("up")
        self.wait_for(RUNNING, ["1"])

    def test_while_waiting_for_the_lock(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            waiting = self.start("up")
            self.assertIn("waiting for another run", waiting.stderr.readline().decode())
            waiting.send_signal(number)
            run = self.finish(waiting)
            self.assertEqual(run.code, 128 + number, run)
            self.assertIn("nothing was run", run.err)
            self.wait_for("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pgtide lock' AND datname = 'shop'",
                          ["1"])
        self.assertIsNone(self.first.poll())


if __name__ == "__main__":
    cli.main()
