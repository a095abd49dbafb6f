"""What keeps pgtide from its database."""

import json
import pathlib
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402


class NoConnection(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.tables(1)

    def refused(self, url, **env):
        run = self.say("up", "--url", url, **env)
        self.assertEqual(run.code, 4, run)
        self.assertNotIn("s3cret", run.out + run.err)

    def test_reasons(self):
        socket = self.server.folder
        self.refused(f"postgresql://guarded:s3cret@/shop?host={socket}")
        self.refused(f"postgresql://guarded@/shop?host={socket}")
        self.refused(f"postgresql://nobody:s3cret@/shop?host={socket}")
        self.refused(f"postgresql://postgres:s3cret@/shoop?host={socket}")
        self.refused("postgresql://app:s3cret@no-such-host.invalid/shop")
        self.refused("postgresql://app:s3cret@127.0.0.1:1/shop")
        self.refused("host=/nowhere dbname=shop password=s3cret")
        self.refused("postgresql://app:s3cret@127.0.0.1/shop?sslmode=verify-full&sslrootcert=/nowhere&port=1")
        self.check_golden()

    def test_the_right_password(self):
        socket = self.server.folder
        for words, env in ((["--url", f"postgresql://guarded:correct%20horse@/shop?host={socket}"], {}),
                           (["--url", f"host={socket} user=guarded dbname=shop password='correct horse'"], {}),
                           (["--url", f"postgresql://guarded@/shop?host={socket}"], {"PGPASSWORD": "correct horse"}),
                           ([], {"DATABASE_URL": f"postgresql://guarded:correct%20horse@/shop?host={socket}"})):
            run = self.run_pgtide("up", *words, **env)
            self.assertEqual(run.code, 0, run)

    def test_no_answer(self):
        started = time.monotonic()
        run = self.run_pgtide("status", "--url", "postgresql://app:s3cret@192.0.2.1/shop", "--connect-timeout", "1s")
        self.assertEqual(run.code, 4, run)
        self.assertLess(time.monotonic() - started, 15)

    def test_the_connection_breaks(self):
        self.pair(2, "slow", "SELECT pg_sleep(60);\n")
        process = self.start("up")
        self.wait_for_statement("pg_sleep")
        self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' "
                 "AND pid <> pg_backend_pid()")
        run = self.finish(process)
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
            self.say(*words)
        self.check_golden()


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


if __name__ == "__main__":
    cli.main()
