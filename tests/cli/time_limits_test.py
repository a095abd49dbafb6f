"""A limit of time holds whatever the server does, and one that comes late is waited for."""

import json
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402
import cli_server  # noqa: E402
from cli_door import Door, message, report  # noqa: E402

STARTING = report(b"E", "FATAL", "57P03", "das Datenbanksystem startet")
LAST_PATIENCE = 5  # with a server that says nothing to a run that is to stop


class Limits(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.tables(1)

    def door(self, treat):
        door = Door(treat, self.server)
        self.addCleanup(door.close)
        return door

    def within(self, seconds, *words, **env):
        began = time.monotonic()
        run = self.run_pgtide(*words, **env)
        self.assertLess(time.monotonic() - began, seconds, run)
        return run

    def test_a_server_that_answers_no_query(self):
        url = self.door(lambda number: "mute").url()
        for words in (["up"], ["status"], ["doctor"], ["history"], ["backup"], ["up", "--dry-run"]):
            run = self.within(4, *words, "--url", url, "--connect-timeout", "500ms")
            self.assertEqual(run.code, 1 if words == ["doctor"] else 4, run)
            self.assertIn("login worked, but no query was answered", run.out + run.err)
        run = self.within(2 + LAST_PATIENCE, "up", "--url", url, "--timeout", "1s")
        self.assertEqual(run.code, 128 + signal.SIGALRM, run)

    def test_a_server_that_says_nothing_to_a_login(self):
        url = self.door(lambda number: "silent").url()
        run = self.within(4, "status", "--url", url, "--connect-timeout", "500ms")
        self.assertIn("timeout expired", run.err)
        run = self.within(2 + LAST_PATIENCE, "status", "--url", url, "--timeout", "1s")
        self.assertEqual(run.code, 128 + signal.SIGALRM, run)

    def test_another_host_has_its_own_time(self):
        silent, good = self.door(lambda number: "silent"), self.door(lambda number: None)
        url = f"postgresql://postgres@127.0.0.1:{silent.port},127.0.0.1:{good.port}/shop?sslmode=disable&gssencmode=disable"
        self.assertEqual(self.within(6, "up", "--url", url, "--connect-timeout", "500ms").code, 0)

    def test_no_server_is_told_at_once(self):
        self.assertEqual(self.within(4, "up", "--url", "postgresql://postgres@127.0.0.1:1/shop").code, 4)

    def test_a_server_that_is_starting_is_waited_for(self):
        door = self.door(lambda number: STARTING if number < 3 else None)
        self.assertEqual(self.within(9, "up", "--url", door.url()).code, 0)

    def test_a_server_that_goes_on_starting_is_not(self):
        run = self.within(5, "up", "--url", self.door(lambda number: STARTING).url(), "--connect-timeout", "1s")
        self.assertEqual(run.code, 4)
        self.assertIn("das Datenbanksystem startet (57P03)\n", run.err)
        self.assertIn("the server is starting or stopping", run.err)

    def test_what_forwards_its_port_is_there_earlier(self):
        door = self.door(lambda number: "reset" if number < 3 else None)
        self.assertEqual(self.run_pgtide("up", "--url", door.url(), "--connect-timeout", "20s").code, 0)

    def test_a_message_before_the_login_is_logged_as_all_are(self):
        logged_in = message(b"R", bytes(4))
        warning = logged_in + report(b"N", "WARNING", "01000", 'database "shop" has a collation version mismatch\x1b[31m')
        door = self.door(lambda number: warning + STARTING if number == 0 else None)
        run = self.run_pgtide("up", "--url", door.url(), "--log-format", "json")
        self.assertEqual(run.code, 0, run)
        notices = [line for line in map(json.loads, run.err.splitlines()) if line["event"] == "server_notice"]
        self.assertEqual([(line["level"], line["message"]) for line in notices],
                         [("warning", 'database "shop" has a collation version mismatch\x1b[31m')])
        self.assertNotIn("\x1b", run.err)
        door.count = 0
        run = self.run_pgtide("status", "--url", door.url())
        self.assertIn("collation version mismatch\\x1b[31m", run.err)
        for words in (["doctor"], ["history"], ["backup"]):
            door.count = 0
            run = self.run_pgtide(*words, "--url", door.url(), "--log-format", "json")
            list(map(json.loads, run.err.splitlines()))

    def test_refusals_are_known_by_their_codes(self):
        for sqlstate, hint in (("53300", "no connection is left"), ("3D000", "create the database first"),
                               ("42501", "GRANT CONNECT"), ("55000", "ALLOW_CONNECTIONS"), ("28P01", "check user and password"),
                               ("28000", "may it log in")):
            refusal = report(b"E", "FATAL", sqlstate, "Datenbank »role \"x\"« database \"y\"")
            for words in (["status"], ["doctor"]):
                run = self.run_pgtide(*words, "--url", self.door(lambda number: refusal).url())
                self.assertIn(hint, (run.out + run.err).replace("\n        ", " "))
            self.assertNotIn("LOCATION", run.out + run.err)

    def test_limits_of_the_session(self):
        self.pair(2, "slow", "SELECT pg_sleep(2);\n")
        self.sql("DROP ROLE IF EXISTS hasty", "CREATE ROLE hasty LOGIN", "GRANT ALL ON SCHEMA public TO hasty",
                 "ALTER ROLE hasty SET statement_timeout = '300ms'")
        hasty = self.server.url(user="hasty")
        limit = "?options=-c%20statement_timeout%3D300"
        for words, env in ((["--url", self.server.url().replace("?", limit + "&")], {}), ([], {"PGOPTIONS": "-c statement_timeout=300"}),
                           (["--url", hasty], {})):
            self.sql("DROP TABLE IF EXISTS migrations, migrations_log CASCADE", "DROP TABLE IF EXISTS t1")
            run = self.run_pgtide("up", *words, **env)
            self.assertEqual(run.code, 3, run)
            self.assertIn("57014", run.err)
        self.assertEqual(self.run_pgtide("up", "--url", hasty, "--statement-timeout", "0").code, 0)
        self.sql("ALTER ROLE hasty SET lock_timeout = '200ms'")
        self.pair(3, "locked", "LOCK TABLE held;\n")
        self.sql("CREATE TABLE held ()", "ALTER TABLE held OWNER TO hasty")
        holder = self.server.psql("-c", "BEGIN; LOCK TABLE held; SELECT pg_sleep(60)")
        self.addCleanup(self.end, holder)
        self.wait_for("SELECT count(*) FROM pg_locks WHERE relation = 'held'::regclass", ["1"])
        run = self.within(4, "up", "--url", hasty, "--lock-retries", "0", "--statement-timeout", "0")
        self.assertIn("55P03", run.err)

    def test_where_a_limit_came_from(self):
        def shown(*words, **env):
            rows = self.run_pgtide("config", "--format", "json", *words, **env).json()["settings"]
            return {row["key"]: (row["value"], row["origin"]) for row in rows if row["key"].endswith("_timeout")}
        url = self.server.url() + "&options=-c%20statement_timeout%3D3000%20--lock-timeout%3D1s"
        self.assertEqual(shown("--url", url)["statement_timeout"], ("3s", "the URL's options"))
        self.assertEqual(shown("--url", url)["lock_timeout"], ("1s", "the URL's options"))
        self.assertEqual(shown(PGOPTIONS="-cstatement_timeout=7s")["statement_timeout"], ("7s", "PGOPTIONS"))
        self.assertEqual(shown("--statement-timeout", "1s", "--url", url)["statement_timeout"], ("1s", "--statement-timeout"))
        self.assertEqual(shown()["lock_timeout"], ("5s", "default"))


class Stopped(cli_server.OwnServer, cli.DatabaseCase):
    """A server that does not go on: its processes are there, its sockets take what is sent."""

    def pids(self):
        return [int(pid) for pid in self.server.sql(
            "SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'pgtide%'", database="postgres")]

    def freeze(self, pids):
        for pid in (self.server.process.pid, *pids):
            os.kill(pid, signal.SIGSTOP)
            self.addCleanup(self.thaw, pid)

    @staticmethod
    def thaw(pid):
        try:
            os.kill(pid, signal.SIGCONT)
        except ProcessLookupError:
            pass

    def test_in_a_statement(self):
        self.tables(1)
        self.pair(2, "slow", "SELECT pg_sleep(600);\n")
        process = self.start("up", "--timeout", "3s")
        self.wait_for_statement("pg_sleep(600)")
        self.freeze(self.pids())
        began = time.monotonic()
        run = self.finish(process)
        self.assertLess(time.monotonic() - began, 4 + LAST_PATIENCE, run)
        self.assertEqual(run.code, 128 + signal.SIGALRM, run)
        self.assertIn("the server gave no answer any more", run.err)

    def test_before_it_is_started(self):
        self.tables(1)
        self.server.halt()
        process = self.start("up", "--connect-timeout", "30s")
        time.sleep(0.7)
        self.assertIsNone(process.poll())
        self.server.start()
        self.assertEqual(self.finish(process).code, 0)


if __name__ == "__main__":
    cli.main()
