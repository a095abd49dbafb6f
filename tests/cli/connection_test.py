"""What keeps pgtide from its database."""

import pathlib
import re
import signal
import socket
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402
import cli_standby  # noqa: E402


class NoConnection(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.tables(1)

    def refused(self, url, **env):
        run = self.say("up", "--url", url, **env)
        self.assertEqual(run.code, 4, run)
        self.assertNotIn("s3cret", run.out + run.err)

    def test_reasons(self):
        folder = self.server.folder
        self.refused(f"postgresql://guarded:s3cret@/shop?host={folder}")
        self.refused(f"postgresql://guarded@/shop?host={folder}")
        self.refused(f"postgresql://nobody:s3cret@/shop?host={folder}")
        self.refused(f"postgresql://postgres:s3cret@/shoop?host={folder}")
        self.refused("postgresql://app:s3cret@no-such-host.invalid/shop")
        self.refused("postgresql://app:s3cret@127.0.0.1:1/shop")
        self.refused("host=/nowhere dbname=shop password=s3cret")
        self.refused("postgresql://app:s3cret@127.0.0.1/shop?sslmode=verify-full&sslrootcert=/nowhere&port=1")
        self.check_golden()

    def test_the_right_password(self):
        folder = self.server.folder
        for words, env in ((["--url", f"postgresql://guarded:correct%20horse@/shop?host={folder}"], {}),
                           (["--url", f"host={folder} user=guarded dbname=shop password='correct horse'"], {}),
                           (["--url", f"postgresql://guarded@/shop?host={folder}"], {"PGPASSWORD": "correct horse"}),
                           ([], {"DATABASE_URL": f"postgresql://guarded:correct%20horse@/shop?host={folder}"})):
            run = self.run_pgtide("up", *words, **env)
            self.assertEqual(run.code, 0, run)

    def test_no_answer(self):
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(f"{self.folder}/.s.PGSQL.5432")
            listener.listen()  # and never accepts
            run = self.run_pgtide("status", "--url", f"postgresql://app:s3cret@/shop?host={self.folder}", "--connect-timeout", "1s")
        self.assertEqual(run.code, 4, run)
        self.assertIn("timeout expired", run.err)
        self.assertIn("hint: is the host right, and reachable from here? connect_timeout sets how long to try", run.err)

    def test_the_connection_breaks(self):
        self.pair(2, "slow", "SELECT pg_sleep(600);\n")
        process = self.start("up")
        self.wait_for_statement("pg_sleep")
        self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' "
                 "AND pid <> pg_backend_pid()")
        run = self.finish(process)
        # libpq tells more or less of it, as it comes to see it.
        run.err = re.sub(r"(the connection to the server was lost: ).+?\n(?=  hint)", r"\1<why>\n", run.err, flags=re.S)
        self.tell(run)
        self.assertEqual(run.code, 4, run)
        self.say("status")
        self.check_golden()


class Rights(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.sql("DROP ROLE IF EXISTS clerk", "CREATE ROLE clerk LOGIN", "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        self.tables(1)
        self.env["DATABASE_URL"] = self.server.url(user="clerk")

    def test_no_right_to_make_the_ledger(self):
        for words in (["up"], ["status"], ["up", "--dry-run"]):
            self.say(*words)
        self.check_golden()

    def test_no_right_to_write_the_ledger(self):
        self.run_pgtide("up", "--url", self.server.url())
        self.tables(2)
        for words in (["up"], ["status"], ["history"]):
            run = self.say(*words)
        self.check_golden()
        self.sql(run.err.split("hint: ")[1])
        self.assertEqual(self.run_pgtide("status").code, 0)


class Standby(cli.DatabaseCase):
    def test_read_only_server(self):
        self.tables(1)
        self.sql("ALTER DATABASE shop SET default_transaction_read_only = on")
        self.say("up")
        self.say("status")
        self.check_golden()


class Ledger(cli.DatabaseCase):
    def test_a_table_with_other_columns(self):
        self.tables(1)
        self.sql("CREATE TABLE migrations (id serial PRIMARY KEY, name text, batch int)")
        for words in (["up"], ["status"], ["up", "--table", "pgtide_migrations"]):
            self.say(*words)
        self.check_golden()

    def test_one_version_in_two_spellings(self):
        self.tables(1)
        self.run_pgtide("up")
        self.sql("INSERT INTO migrations (id, version, name, success) VALUES (gen_random_uuid(), '1', 'again', true)")
        for words in (["up"], ["status"]):
            self.say(*words)
        self.check_golden()


class Failover(cli.OwnServer, cli.DatabaseCase):
    def test_a_standby_is_not_asked_what_is_committed(self):
        """It may lag behind; so pgtide waits until it is the primary."""
        self.tables(1)
        self.pair(2, "slow", "CREATE TABLE t2 ();\nSELECT pg_sleep(600);\n")
        standby = cli_standby.Standby(self.server)
        self.addCleanup(standby.stop)
        process = self.start("up", "--url", f"postgresql://postgres@/shop?host={self.server.folder},{standby.folder}")
        self.wait_for_statement("pg_sleep(600)")
        self.wait_for("SELECT count(*) FROM pg_stat_replication WHERE replay_lsn >= pg_current_wal_lsn()", ["1"])
        self.server.halt()
        standby.wait_until(lambda: standby.visits() >= 2)
        self.assertIsNone(process.poll())
        (standby.folder / "data" / "promote").touch()
        standby.process.send_signal(signal.SIGUSR1)
        run = self.finish(process)
        self.assertEqual(run.code, 4, run)
        self.assertIn("nothing of 0002 is committed", run.err)
        status = self.run_pgtide("status", "--url", standby.url()).out
        self.assertRegex(status, "0001 .*applied")
        self.assertRegex(status, "0002 .*pending")


if __name__ == "__main__":
    cli.main()
