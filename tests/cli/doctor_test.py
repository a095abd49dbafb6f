"""One page for the person on call."""

import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402
import cli_standby  # noqa: E402


class Doctor(cli.DatabaseCase):
    def doctor(self, *words, **env):
        """The findings that are not ok, by section."""
        run = self.run_pgtide("doctor", "--format", "json", *words, **env)
        self.assertIn(run.code, (0, 1), run)
        document = run.json()
        self.assertEqual(run.code == 0, document["severity"] == "ok", run)
        self.sections = {section["name"]: section for section in document["sections"]}
        # Whether the disk is full is the test machine's own affair.
        return {name: [f for f in section["findings"] if f["severity"] != "ok"]
                for name, section in self.sections.items() if section["severity"] != "ok" and name != "disk"}

    def session(self, *statements):
        """A session that runs `statements` and keeps its transaction open."""
        process = self.server.psql()
        self.addCleanup(self.leave, process)
        for statement in statements:
            process.stdin.write(statement + ";\n")
        process.stdin.flush()
        return process

    @staticmethod
    def leave(process):
        process.kill()
        process.communicate()

    def pid_of(self, application):
        self.wait_for(f"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{application}'", ["1"])
        return int(self.sql(f"SELECT pid FROM pg_stat_activity WHERE application_name = '{application}'")[0])


class Healthy(Doctor):
    def test_before_the_first_run(self):
        self.tables(1)
        self.assertEqual(self.doctor(), {})
        self.assertEqual(self.sections["versions"]["findings"][0]["message"], "no ledger yet; `pgtide up` makes it")
        self.assertEqual(self.tables_in_database(), [])

    def test_the_page(self):
        self.tables(2)
        self.run_pgtide("up", "1")
        run = self.run_pgtide("doctor")
        self.assertEqual(run.err, "")
        self.assertRegex(run.out, r"(?m)^ok    connection +database shop as postgres, through a Unix socket$")
        self.assertRegex(run.out, r"(?m)^ok    versions +at 0001$")
        self.assertRegex(run.out, r"(?m)^ +hint: `pgtide up` applies what is pending$")
        self.assertLess(len(run.out.splitlines()), 40)
        for line in run.out.splitlines():
            self.assertLessEqual(len(line), 130, line)

    def test_every_section_is_there(self):
        self.tables(1)
        self.run_pgtide("up")
        self.doctor()
        self.assertEqual(list(self.sections), ["connection", "server", "privileges", "run", "versions", "lock_waits",
                                               "long_statements", "idle_transactions", "indexes", "replication", "disk"])


class Connection(Doctor):
    def test_no_connection(self):
        for url, says in (("postgresql://app:s3cret@127.0.0.1:1/shop", "Connection refused"),
                          (f"postgresql://guarded:s3cret@/shop?host={self.server.folder}", "password"),
                          (f"postgresql://postgres@/shoop?host={self.server.folder}", "does not exist")):
            run = self.run_pgtide("doctor", "--url", url)
            self.assertEqual((run.code, run.err), (1, ""), run)
            self.assertIn(says, run.out)
            self.assertIn("hint: ", run.out)
            self.assertNotIn("s3cret", run.out)
        run = self.run_pgtide("doctor", "--url", "postgresql://app:s3cret@127.0.0.1:1/shop", "--format", "json")
        self.assertEqual([s["name"] for s in run.json()["sections"]], ["connection"])

    def test_no_database_named(self):
        self.assertEqual(self.run_pgtide("doctor", DATABASE_URL="").code, 2)

    def test_a_read_only_database(self):
        self.tables(1)
        self.sql("ALTER DATABASE shop SET default_transaction_read_only = on")
        found = self.doctor()
        self.assertIn("default_transaction_read_only", found["server"][0]["hint"])

    def test_least_privilege(self):
        self.tables(1)
        self.run_pgtide("up")
        self.sql("DROP ROLE IF EXISTS clerk", "CREATE ROLE clerk LOGIN", "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        found = self.doctor("--url", self.server.url(user="clerk"))
        self.assertEqual([f["message"] for f in found["privileges"]],
                         ["this role cannot read the ledger"])
        self.assertEqual(self.sections["privileges"]["findings"][1]["message"], "what other roles' sessions do is hidden from this role")
        self.assertIn("permission denied", found["versions"][0]["message"])
        self.sql("GRANT SELECT ON migrations, migrations_log TO clerk", "GRANT pg_read_all_stats TO clerk")
        found = self.doctor("--url", self.server.url(user="clerk"))
        self.assertEqual(found, {})
        self.assertEqual([f["message"] for f in self.sections["privileges"]["findings"]],
                         ["this role only looks on: it cannot write the ledger, so it cannot migrate"])


class Versions(Doctor):
    def test_failed_changed_and_missing(self):
        self.tables(3)
        self.run_pgtide("up")
        self.pair(1, "add_t1", "CREATE TABLE t1 (id bigint);\n")
        (self.folder / "migrations/sql/0003_add_t3.sql").unlink()
        (self.folder / "migrations/rollback/0003_rollback.sql").unlink()
        found = self.doctor()["versions"]
        self.assertEqual([f["details"] for f in found], [["0001 (add_t1)"], ["0003 (add_t3)"]])
        self.tables(3)
        self.pair(4, "broken", "SELECT 1/0;\n")
        self.run_pgtide("up")
        found = self.doctor()["versions"]
        self.assertIn("0004 (broken): migrations/sql/0004_broken.sql:1:1: division by zero", found[0]["details"][0])

    def test_no_directory(self):
        self.tables(1)
        self.run_pgtide("up")
        shutil.rmtree(self.folder / "migrations")
        found = self.doctor()["versions"]
        self.assertEqual(len(found), 1)
        self.assertIn("--from-ledger", found[0]["hint"])

    def test_a_run_that_died_and_its_invalid_index(self):
        self.pair(1, "add_t1", "CREATE TABLE t1 (id int);\nINSERT INTO t1 VALUES (1), (1);\n", "DROP TABLE t1;\n")
        self.pair(2, "index_t1", "CREATE UNIQUE INDEX CONCURRENTLY t1_id ON t1 (id);\n", "DROP INDEX t1_id;\n")
        self.run_pgtide("up", "1")
        blocker = self.session("SET application_name = 'writer'", "BEGIN", "INSERT INTO t1 VALUES (2)")
        self.pid_of("writer")
        process = self.start("up")
        self.wait_for("SELECT count(*) FROM pg_index WHERE NOT indisvalid", ["1"])
        self.doctor()
        self.assertIn("a run is in progress", self.sections["run"]["findings"][0]["message"])
        self.assertIn("0002 (index_t1) at statement 0 of 1", self.sections["run"]["findings"][1]["message"])
        process.kill()
        process.wait()
        self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE UNIQUE%'")
        self.wait_for("SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'pgtide%'", ["0"])
        found = self.doctor()
        self.assertIn("a run died: 0002 (index_t1)", found["run"][0]["message"])
        self.assertIn("pgtide up 0002", found["run"][0]["hint"])
        self.assertIn("public.t1_id on public.t1 is invalid", found["indexes"][0]["message"])
        self.assertTrue(found["indexes"][0]["hint"].startswith("0002 stopped half way: "), found["indexes"])
        status = self.run_pgtide("status").out
        self.assertIn("0002 in progress: statement 0 of 1\n", status)
        self.assertNotIn("failed", status)
        self.pair(2, "index_t1", "CREATE INDEX CONCURRENTLY t1_id ON t1 (id);\n", "DROP INDEX t1_id;\n")
        self.assertIn("its script has changed since: `pgtide up 0002` goes on when", self.doctor()["run"][0]["hint"])
        self.assertIn("it changed after statement 1 of 1 was begun", self.run_pgtide("up").err)
        for file in ("sql/0002_index_t1.sql", "rollback/0002_rollback.sql"):
            (self.folder / "migrations" / file).unlink()
        self.assertIn("its file is not here", self.doctor()["run"][0]["hint"])
        self.leave(blocker)

    def test_a_directory_in_disorder(self):
        self.tables(2)
        self.run_pgtide("up")
        (self.folder / "migrations/sql/0002_add_t2.sql").unlink()
        self.assertEqual([f["severity"] for f in self.doctor()["versions"]], ["fail", "warn"])
        self.assertEqual(self.sections["versions"]["findings"][0]["message"], "at 0002")


class Blockers(Doctor):
    def block(self):
        """`first` blocks `second`, which blocks `third`."""
        self.sql("CREATE TABLE busy (id int)")
        self.first = self.session("SET application_name = 'first'", "BEGIN", "SELECT count(*) FROM busy")
        self.pid_of("first")
        self.wait_for("SELECT count(*) FROM pg_locks WHERE relation = 'busy'::regclass", ["1"])
        self.second = self.session("SET application_name = 'second'", "ALTER TABLE busy ADD COLUMN note text")
        self.wait_for("SELECT count(*) FROM pg_locks WHERE NOT granted", ["1"])
        self.third = self.session("SET application_name = 'third'", "SELECT * FROM busy")
        self.wait_for("SELECT count(*) FROM pg_locks WHERE NOT granted", ["2"])

    def test_the_tree_and_its_end(self):
        self.block()
        pid = self.pid_of("first")
        finding = self.doctor()["lock_waits"][0]
        self.assertEqual(finding["message"], "one session keeps 2 others waiting")
        self.assertEqual([re.match(r" *", line).end() for line in finding["details"]], [0, 2, 4])
        for line, name in zip(finding["details"], ("first", "second", "third")):
            self.assertIn(f"({name})", line)
        self.assertIn(f"--terminate {pid}`", finding["hint"])

        refused = self.run_pgtide("doctor", "--terminate", str(pid))
        self.assertEqual(refused.code, 2)
        self.assertIn(f"pgtide doctor --terminate {pid} --yes", refused.err)
        terminal = cli.Terminal(self, "doctor", "--terminate", str(pid), NO_COLOR="1")
        terminal.wait_for("[y/N] ")
        self.assertIn("(first) idle in transaction", terminal.text)
        terminal.type("n\n")
        self.assertEqual(terminal.finish(), 2)
        self.assertEqual(self.pid_of("first"), pid)

        done = self.run_pgtide("doctor", "--terminate", str(pid), "--yes", "--format", "json")
        self.assertEqual((done.code, done.json()["outcome"]), (0, "ended"))
        self.wait_for("SELECT count(*) FROM pg_locks WHERE NOT granted", ["0"])
        self.assertEqual(self.sql("SELECT count(*) FROM information_schema.columns WHERE table_name = 'busy'"), ["2"])

    def test_an_idle_transaction(self):
        self.session("SET application_name = 'forgetful'", "BEGIN", "SELECT 1")
        pid = self.pid_of("forgetful")
        time.sleep(5.2)
        found = self.doctor()["idle_transactions"]
        self.assertRegex(found[0]["message"], rf"^pid {pid}, postgres \(forgetful\) idle in transaction for [\d.]+ s; last: SELECT 1")

    def test_wrong_pids(self):
        for pid, code in (("0", 2), ("x", 2), ("-1", 2), ("99999999999", 2), ("1", 2)):
            run = self.run_pgtide("doctor", f"--terminate={pid}", "--yes")
            self.assertEqual(run.code, code, run)
        background = self.sql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'")[0]
        run = self.run_pgtide("doctor", "--terminate", background, "--yes")
        self.assertEqual(run.code, 2)
        self.assertIn("the server's own (checkpointer)", run.err)

    def test_a_role_that_may_not_end_sessions(self):
        self.sql("DROP ROLE IF EXISTS clerk", "CREATE ROLE clerk LOGIN", "GRANT pg_read_all_stats TO clerk")
        self.session("SET application_name = 'strong'", "SELECT 1")
        pid = self.pid_of("strong")
        run = self.run_pgtide("doctor", "--terminate", str(pid), "--yes", "--url", self.server.url(user="clerk"))
        self.assertEqual(run.code, 4, run)
        self.assertIn("pg_signal_backend", run.err)
        self.assertEqual(self.pid_of("strong"), pid)


class Standby(Doctor):
    def test_both_sides(self):
        self.tables(1)
        self.run_pgtide("up")
        standby = cli_standby.Standby(self.server)
        self.addCleanup(standby.stop)
        self.wait_for("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'", ["1"])
        standby.wait_until(lambda: self.run_pgtide("status", "--url", standby.url()).code == 0)
        found = self.doctor("--url", standby.url())
        self.assertEqual([(name, f["message"]) for name, fs in found.items() for f in fs],
                         [("server", "a standby takes no changes")])
        self.assertEqual(self.sections["versions"]["findings"][0]["message"], "at 0001")
        self.assertEqual(self.doctor(), {})
        self.assertRegex(self.sections["replication"]["findings"][0]["message"], "^walreceiver: streaming")


if __name__ == "__main__":
    cli.main()
