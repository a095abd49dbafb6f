"""Several runs at once, and locks that somebody else holds."""

import concurrent.futures
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402


class AtOnce(cli.DatabaseCase):
    def all(self, count, *words):
        runs = [self.start(*words) for _ in range(count)]
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            return list(pool.map(self.finish, runs))

    def applied(self):
        return self.sql("SELECT version, count(*) FROM migrations_log WHERE event = 'applied' GROUP BY 1 ORDER BY 1")

    def test_two(self):
        self.tables(10)
        runs = self.all(2, "up")
        self.assertEqual([run.code for run in runs], [0, 0], runs)
        self.assertEqual(self.applied(), [f"{n:04}|1" for n in range(1, 11)])
        self.assertEqual(sum(run.out.count("applied      ") for run in runs), 10)

    def test_twenty(self):
        self.tables(5)
        runs = self.all(20, "up", "--format", "json")
        self.assertEqual([run.code for run in runs], [0] * 20, [run for run in runs if run.code])
        self.assertEqual(self.applied(), [f"{n:04}|1" for n in range(1, 6)])
        self.assertEqual(sum(len(run.json()["migrations"]) for run in runs), 5)

    def test_up_and_down(self):
        self.tables(4)
        self.run_pgtide("up", "2")
        up, down = self.start("up"), self.start("down", "0")
        codes = {self.finish(up).code, self.finish(down).code}
        # `down` may find that what it announced is no longer what it would do.
        self.assertLessEqual(codes, {0, 4})
        present = self.sql("SELECT version FROM migrations WHERE rolled_back_at IS NULL ORDER BY 1")
        self.assertEqual([t for t in self.tables_in_database() if t[0] == "t"], [f"t{int(v)}" for v in present])


class LockHeld(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.tables(1)
        self.pair(2, "slow", "SELECT pg_sleep(600);\n")
        self.start("up", PGAPPNAME="deploy of app-7")
        self.wait_for("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND state = 'active' "
                      "AND pid <> pg_backend_pid()", ["1"])

    def test_another_run(self):
        # By then the holder has asked with its lock's session who blocks it, which must not hide what it runs.
        self.wait_for("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_blocking_pids%' AND pid <> pg_backend_pid()", ["1"])
        holder = self.sql("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted")[0]
        run = self.run_pgtide("up", "--lock-wait", "1s")
        self.assertEqual(run.code, 4)
        run_id = self.sql("SELECT query FROM pg_stat_activity WHERE pid = " + holder)[0].split()[3]
        self.assertIn(f"pid {holder}, deploy of app-7, run {run_id[:8]}, user postgres", run.err)
        self.assertRegex(run_id, "^[0-9a-f]{8}-")
        self.tell(run)
        self.say("up", "--lock-wait", "0")
        self.say("down", "0", "--lock-wait", "0", "--yes")
        self.say("baseline", "2", "--lock-wait", "0")
        self.remark("what only reads needs no lock")
        self.say("status")
        self.check_golden()

    def test_json(self):
        run = self.run_pgtide("up", "--lock-wait", "1s", "--format", "json", "--log-format", "json")
        self.assertEqual((run.code, run.json()["exit_code"], run.json()["error"]["kind"]), (4, 4, "environment"))
        self.assertEqual([line["event"] for line in run.log_lines()], ["waiting_for_lock", "error"])


class TableLocked(cli.DatabaseCase):
    def locked(self):
        session = self.server.psql("-c", "BEGIN", "-c", "LOCK TABLE t1", "-c", "SELECT pg_sleep(600)")
        self.addCleanup(session.stdin.close)
        self.addCleanup(self.end, session)
        self.wait_for("SELECT count(*) FROM pg_locks WHERE relation = 't1'::regclass AND mode = 'AccessExclusiveLock'", ["1"])
        return session

    def test_lock_timeout(self):
        self.tables(1)
        self.run_pgtide("up")
        self.pair(2, "alter", "ALTER TABLE t1 ADD COLUMN x int;\n", "ALTER TABLE t1 DROP COLUMN x;\n")
        self.locked()
        run = self.say("up", "--lock-timeout", "500ms", "--lock-retries", "1")
        self.assertEqual(run.code, 4)
        run = self.say("up", "--dry-run", "--dry-run-lock-timeout", "1s")
        self.assertEqual(run.code, 4)
        self.check_golden()

    def test_statement_timeout(self):
        self.pair(1, "slow", "SELECT pg_sleep(600);\n")
        self.assertEqual(self.say("up", "--statement-timeout", "200ms").code, 3)
        self.check_golden()


if __name__ == "__main__":
    cli.main()
