"""Whatever happens to client, network or server at whatever instant: nothing is half done, and the next run ends where
an uninterrupted one would have. A few instants of each kind; PGTIDE_SOAK=1 tries hundreds (tools/test --soak)."""

import collections
import json
import os
import pathlib
import random
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402
from cli_contents import Contents  # noqa: E402

LONG = os.environ.get("PGTIDE_SOAK") == "1"
SEED = int(os.environ.get("PGTIDE_SOAK_SEED", random.randrange(1 << 32)))
NEWEST = 6


def times(short, long):
    return long if LONG else short


class Harm(Contents, cli.DatabaseCase):
    """Six migrations of every kind, up and down."""

    def setUp(self):
        super().setUp()
        self.random = random.Random(SEED)
        self.claims = collections.Counter()  # of all reports: outcomes
        self.addCleanup(self.report_seed)
        self.pair(1, "people", "CREATE TABLE people (id int PRIMARY KEY, name text);\n"
                  "INSERT INTO people SELECT g, 'n' || g FROM generate_series(1, 2000) g;\nSELECT pg_sleep(0.01);\n",
                  "DROP TABLE people;\n")
        self.pair(2, "column", "ALTER TABLE people ADD COLUMN email text;\nSELECT pg_sleep(0.01);\n",
                  "ALTER TABLE people DROP COLUMN email;\n")
        self.pair(3, "index", "CREATE TABLE notes (id int, person int REFERENCES people);\n"
                  "INSERT INTO notes SELECT g, g FROM generate_series(1, 500) g;\n"
                  "CREATE INDEX CONCURRENTLY people_name ON people (name);\nVACUUM notes;\n"
                  "CREATE UNIQUE INDEX CONCURRENTLY notes_id ON notes (id);\nALTER TABLE notes ADD COLUMN body text;\n",
                  "DROP INDEX CONCURRENTLY people_name;\nALTER TABLE notes DROP COLUMN body;\n"
                  "DROP INDEX CONCURRENTLY notes_id;\nDROP TABLE notes;\n")
        self.pair(4, "fill", "-- pgtide: batch size=200\nUPDATE people SET email = name || '@x' WHERE id IN "
                  "(SELECT id FROM people WHERE email IS NULL ORDER BY id LIMIT :batch_size);\n",
                  "-- pgtide: batch size=300\nUPDATE people SET email = NULL WHERE id IN "
                  "(SELECT id FROM people WHERE email IS NOT NULL ORDER BY id LIMIT :batch_size);\n")
        lines = "".join(f"{i}\tcode {i}\n" for i in range(3000))
        self.pair(5, "codes", f"CREATE TABLE codes (id int, label text);\nCOPY codes FROM stdin;\n{lines}\\.\n"
                  "SELECT pg_sleep(0.01);\n", "DROP TABLE codes;\n")
        self.pair(6, "function", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';\nSELECT pg_sleep(0.02);\n"
                  "COMMENT ON TABLE codes IS 'all';\n", "COMMENT ON TABLE codes IS NULL;\nDROP FUNCTION f();\n")
        started = time.monotonic()
        self.expect(self.run_pgtide("up", "-q"), 0)
        self.up_takes = time.monotonic() - started
        self.top = self.contents()
        self.expect(self.run_pgtide("down", "0", "--yes", "-q"), 0)
        self.bottom = self.contents()

    def report_seed(self):
        if self._outcome.result.failures or self._outcome.result.errors:
            print(f"PGTIDE_SOAK_SEED={SEED}")

    def applied(self):
        return set(map(int, self.sql("SELECT version FROM migrations WHERE success AND rolled_back_at IS NULL")))

    def go(self, direction):
        """Runs to the end, as somebody would who finds an interrupted run."""
        words = ["up"] if direction == "up" else ["down", "0", "--yes"]
        self.expect(self.run_pgtide(*words, "-q"), 0)
        self.assert_is_at_the_end(direction)

    def assert_is_at_the_end(self, direction):
        top = direction == "up"
        self.assertEqual(self.contents(), self.top if top else self.bottom)
        ledger = self.sql("SELECT version::int, name, success, rolled_back_at IS NULL, error IS NULL, checksum IS NULL "
                          "FROM migrations ORDER BY version::int")
        names = ["people", "column", "index", "fill", "codes", "function"]
        state = "t|t|t|f" if top else "t|f|t|f"
        self.assertEqual(ledger, [f"{i}|{name}|{state}" for i, name in enumerate(names, 1)])
        self.assertEqual(self.sql("SELECT count(*) FROM pg_index WHERE NOT indisvalid"), ["0"])
        self.assertEqual(self.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), ["0"])

    def start_run(self, direction, **env):
        words = ["up"] if direction == "up" else ["down", "0", "--yes"]
        return self.start(*words, "--format", "json", **env)

    def moment(self):
        return self.random.uniform(0, self.up_takes * 1.1)

    def assert_report_is_true(self, run, direction):
        """What the report says of each migration is what the ledger has."""
        report = json.loads(run.out)
        if "error" in report:  # it had not begun
            return
        applied = self.applied()
        for migration in report["migrations"]:
            self.claims[migration["outcome"]] += 1
            if migration["outcome"] == "unknown":
                continue
            is_done = (int(migration["version"]) in applied) == (direction == "up")
            self.assertEqual(migration["outcome"] == "done", is_done, run)

    def assert_claims(self):
        """The reports said something that could have been wrong."""
        self.assertGreater(self.claims.total(), 0)
        if LONG:
            self.assertGreater(self.claims["done"], 0, self.claims)
            self.assertGreater(self.claims["failed"], 0, self.claims)
            print(dict(self.claims))


class Killed(Harm):
    def test_kill_9(self):
        for attempt in range(times(10, 500)):
            direction = ("up", "down")[attempt % 2]
            process = self.start_run(direction)
            time.sleep(self.moment())
            process.kill()
            process.wait(cli.PATIENCE)
            self.end(process)
            self.go(direction)

    def test_the_statement_of_a_killed_client_ends(self):
        if int(self.sql("SHOW server_version_num")[0]) < 140000:
            self.skipTest("PostgreSQL 13 does not look whether the client is still there")
        self.pair(7, "sleep", "SELECT pg_sleep(600);\n")
        process = self.start("up")
        self.wait_for_statement("pg_sleep(600)")
        self.end(process)
        self.wait_for("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgtide%'", ["0"])


class CuttingProxy:
    """Passes bytes on until `budget` of them went through, then closes every connection once."""

    def __init__(self, target, folder):
        self.target, self.budget, self.passed = target, None, 0
        self.lock = threading.Lock()
        self.open = []
        self.everything = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(f"{folder}/.s.PGSQL.5432")
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self.target)
            except OSError:
                client.close()
                continue
            with self.lock:
                self.open += [client, server]
                self.everything += [client, server]
            for ends in ((client, server), (server, client)):
                threading.Thread(target=self.pump, args=ends, daemon=True).start()

    def pump(self, source, sink):
        try:
            while data := source.recv(1 << 14):
                sink.sendall(self.take(data))
        except OSError:  # cut
            pass
        for end in (source, sink):
            self.shut(end)

    @staticmethod
    def shut(end):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:  # it is shut already
            pass

    def take(self, data):
        """What of `data` still goes through; cuts when it is not all."""
        with self.lock:
            self.passed += len(data)
            if self.budget is None or self.passed <= self.budget:
                return data
            keep = len(data) - (self.passed - self.budget)
            self.budget = None
            cut, self.open = self.open, []
        for end in cut:
            self.shut(end)
        return data[:keep]

    def close(self):
        for end in (self.listener, *self.everything):
            self.shut(end)
            end.close()


class Cut(Harm):
    def test_the_connection_is_cut(self):
        folder = self.folder / "p"
        folder.mkdir()
        proxy = CuttingProxy(f"{self.server.folder}/.s.PGSQL.5432", folder)
        self.addCleanup(proxy.close)
        url = f"postgresql://postgres@/shop?host={folder}"
        lengths = {}
        for direction in ("up", "down"):
            proxy.passed = 0
            self.expect(self.finish(self.start_run(direction, DATABASE_URL=url)), 0)
            lengths[direction] = proxy.passed
        for attempt in range(times(8, 300)):
            direction = ("up", "down")[attempt % 2]
            proxy.passed, proxy.budget = 0, self.random.randrange(lengths[direction])
            run = self.finish(self.start_run(direction, DATABASE_URL=url))
            proxy.budget = None
            self.assertIn(run.code, (0, 4), run)
            self.assert_report_is_true(run, direction)
            self.go(direction)
        self.assert_claims()


class ServerGone(cli.OwnServer, Harm):
    def test_the_server_stops_at_once(self):
        for attempt in range(times(4, 50)):
            direction = ("up", "down")[attempt % 2]
            process = self.start_run(direction)
            time.sleep(self.moment())
            self.server.crash()
            run = self.finish(process)
            self.assertIn(run.code, (0, 4), run)
            self.assert_report_is_true(run, direction)
            self.go(direction)
        self.assert_claims()

    def test_the_server_restarts_while_a_run_waits_for_the_lock(self):
        holder = self.server.psql()
        self.addCleanup(self.end, holder)
        key = self.hold_the_lock(holder)
        self.assertTrue(key)
        waiting = self.start("up", "--lock-wait", "60s")
        line = waiting.stderr.readline().decode()
        self.assertIn("waiting for another run", line)
        self.server.crash()  # and with it the holder
        run = self.finish(waiting)
        self.assertEqual(run.code, 0, run)
        self.assertIn("connecting again", run.err)
        self.assert_is_at_the_end("up")

    def test_the_server_goes_while_a_run_waits_for_the_lock(self):
        holder = self.server.psql()
        self.addCleanup(self.end, holder)
        self.hold_the_lock(holder)
        waiting = self.start("up", "--lock-wait", "3s")
        self.assertIn("waiting for another run", waiting.stderr.readline().decode())
        self.server.halt()
        run = self.finish(waiting)
        self.server.start()
        self.assertEqual(run.code, 4, run)
        self.assertIn("lost before anything was run", run.err)
        self.go("up")

    def hold_the_lock(self, holder):
        """As a run does that was begun elsewhere: its key is read off one that runs."""
        self.pair(7, "sleep", "SELECT pg_sleep(30);\n")
        other = self.start("up")
        self.wait_for_statement("pg_sleep(30)")
        key = self.sql("SELECT (classid::bigint << 32) + objid::bigint FROM pg_locks WHERE locktype = 'advisory' "
                       "AND objsubid = 1 ORDER BY granted")
        self.end(other)
        self.wait_for("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'", ["0"])
        (self.folder / "migrations/sql/0007_sleep.sql").unlink()
        (self.folder / "migrations/rollback/0007_rollback.sql").unlink()
        self.sql("DELETE FROM migrations WHERE version::int = 7")
        self.expect(self.run_pgtide("down", "0", "--yes", "-q"), 0)
        for number in key:
            holder.stdin.write(f"SELECT pg_advisory_lock({number});\n")
        holder.stdin.flush()
        self.wait_for("SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory'", ["t"])
        return key


class Together(Harm):
    def test_many_runs_start_at_once(self):
        for _ in range(times(1, 20)):
            runs = [self.start("up", "--lock-wait", "120s") for _ in range(times(8, 20))]
            for run in [self.finish(process, timeout=180) for process in runs]:
                self.assertEqual(run.code, 0, run)
            self.assert_is_at_the_end("up")
            since = "(SELECT coalesce(max(id), 0) FROM migrations_log WHERE event = 'rolled_back')"
            counts = self.sql(f"SELECT version::int, count(*) FROM migrations_log WHERE event = 'applied' AND id > {since} "
                              "GROUP BY 1 ORDER BY 1")
            self.assertEqual(counts, [f"{i}|1" for i in range(1, NEWEST + 1)])
            self.go("down")


class Signals(Harm):
    def test_it_stops_within_two_seconds(self):
        """On a machine that does nothing else; on others the test shows that it stops."""
        self.pair(7, "long", "SELECT pg_sleep(0.2);\nSELECT count(*) FROM generate_series(1, 2000000000);\n")
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start_run("up")
            self.wait_for_statement("2000000000")
            began = time.monotonic()
            process.send_signal(number)
            run = self.finish(process)
            if LONG:
                self.assertLess(time.monotonic() - began, 2, run)
            self.assertEqual(run.code, 128 + number, run)
            self.assertEqual(self.sql("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%2000000000%' AND pid <> "
                                      "pg_backend_pid()"), ["0"])
        run = self.run_pgtide("up", "--timeout", "500ms")
        self.assertEqual(run.code, 128 + signal.SIGALRM, run)
        self.assertIn("--timeout", run.out + run.err)


if __name__ == "__main__":
    cli.main()
