"""Backups: alone, before a run, and the way they are restored."""


import pathlib
import re
import shlex
import stat
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402
from cli_server import PG_BIN  # noqa: E402


class Backup(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.env["PATH"] = f"{PG_BIN}:{self.env['PATH']}"

    def backups(self):
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.glob("backups/*"))

    def test_alone(self):
        self.sql("CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (42)")
        run = self.run_pgtide("backup", "--format", "json")
        self.assertEqual(run.code, 0, run)
        document = run.json()
        self.assertEqual(self.backups(), [document["path"]])
        file = self.folder / document["path"]
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(file.parent.stat().st_mode), 0o700)
        self.assertEqual((document["database"], document["bytes"]), ("shop", file.stat().st_size))
        self.assertEqual([entry.name for entry in file.parent.iterdir()], [file.name])

    def test_it_takes_the_place_of_no_other(self):
        now = time.time()
        taken = [self.write(time.strftime("backups/shop-%Y%m%dT%H%M%SZ.dump", time.gmtime(now + second)), "taken")
                 for second in range(30)]
        run = self.run_pgtide("backup")
        self.assertEqual(run.code, 0, run)
        self.assertEqual({file.read_text() for file in taken}, {"taken"})
        self.assertEqual(len(self.backups()), 31)

    def test_the_printed_commands_restore_it(self):
        self.sql("CREATE TABLE kept (id int)", "INSERT INTO kept VALUES (42)", "ALTER DATABASE shop SET search_path = shop, public")
        self.server.sql("DROP DATABASE IF EXISTS shop_restored", "DROP DATABASE IF EXISTS shop_replaced", database="postgres")
        self.assertEqual(self.run_pgtide("backup").code, 0)
        self.sql("DROP TABLE kept", "CREATE TABLE later (id int)")
        commands = self.run_pgtide("restore", "--format", "json").json()
        for command in commands["beside"]:
            self.shell(command)
        self.assertEqual(self.server.sql("SELECT id FROM kept", database="shop_restored"), ["42"])
        self.assertEqual(self.tables_in_database(), ["later"])
        session = self.server.psql()  # of somebody who is still there
        self.addCleanup(self.end, session)
        for command in commands["over"]:
            self.shell(command)
        self.assertEqual(self.tables_in_database(), ["kept"])
        self.assertEqual(self.sql("SHOW search_path"), ["shop, public"])
        self.assertEqual(commands["replaced"], "shop_replaced")
        self.server.sql("ALTER DATABASE shop_replaced ALLOW_CONNECTIONS true", database="postgres")
        self.assertEqual(self.server.sql("SELECT relname FROM pg_class WHERE relname IN ('kept', 'later')", database="shop_replaced"), ["later"])
        page = self.run_pgtide("restore").out
        for command in (*commands["beside"], *commands["over"]):
            self.assertIn(f"\n{command}\n", page)
        self.server.sql("DROP DATABASE shop_restored", "DROP DATABASE shop_replaced", database="postgres")

    def test_what_is_no_backup_of_this_database(self):
        self.assertEqual(self.run_pgtide("backup").code, 0)
        taken = self.folder / self.backups()[0]
        self.server.sql("CREATE DATABASE other", database="postgres")
        run = self.run_pgtide("restore", str(taken), "--url", self.server.url(database="other"))
        self.assertEqual(run.code, 2, run)
        self.assertIn("is a backup of shop, and the connection leads to other", run.err)
        self.server.sql("DROP DATABASE other", database="postgres")
        run = self.run_pgtide("restore", str(self.write("pgtide.toml", "")))
        self.assertEqual(run.code, 2, run)
        self.assertIn("is no backup in pg_dump's custom format", run.err)

    def shell(self, command):
        subprocess.run(shlex.split(command), cwd=self.folder, env=self.env, check=True, capture_output=True, timeout=60)

    def test_before_a_run(self):
        self.tables(1)
        run = self.run_pgtide("up", "--backup")
        self.assertEqual(run.code, 0, run)
        self.assertRegex(run.out, r"^backed up shop to backups/shop-\d+T\d+Z\.dump, [\d.]+ k?B \([^)]+\)\napplied ")
        self.assertEqual(len(self.backups()), 1)
        for words in (["up"], ["up", "--dry-run"], ["down", "0", "--dry-run"], ["status"]):
            self.assertEqual(self.run_pgtide(*words, "--backup").code, 0)
        self.assertEqual(len(self.backups()), 1)
        self.write("pgtide.toml", "[backup]\nenabled = true\ndirectory = \"elsewhere\"\n")
        self.assertEqual(self.run_pgtide("down", "0").code, 0)
        self.assertEqual(len(list(self.folder.glob("elsewhere/*.dump"))), 1)

    def test_no_run_without_it(self):
        self.tables(1)
        self.write("blocked", "a file, no folder")
        for words, env, says in ((["--backup-dir", "blocked/x"], {}, "cannot make the folder"),
                                 (["--pg-bin", str(self.folder)], {}, "there is no pg_dump in")):
            run = self.run_pgtide("up", "--backup", *words, **env)
            self.assertEqual(run.code, 4, run)
            self.assertIn(says, run.err)
        self.assertEqual((self.tables_in_database(), self.backups()), ([], []))

    def fake(self, name, text):
        file = self.write(f"fake/{name}", f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)

    def test_a_dump_that_fails_leaves_nothing(self):
        self.tables(1)
        self.fake("pg_dump", 'case "$1" in --version) echo "pg_dump (PostgreSQL) 99.1";; *) echo "out of luck" >&2; exit 7;; esac')
        self.fake("pg_restore", "exit 0")
        run = self.run_pgtide("up", "--backup", "--pg-bin", str(self.folder / "fake"))
        self.assertEqual(run.code, 4, run)
        self.assertIn("the backup failed: out of luck", run.err)
        self.assertEqual(list((self.folder / "backups").iterdir()), [])
        self.assertEqual(self.tables_in_database(), [])

    def test_the_documented_rule_and_the_night_without_a_backup(self):
        page = (cli.ROOT / "docs/configuration.md").read_text()
        snippet = re.search(r"```\n(\[environments.production.rules\]\n.*?)```", page, re.DOTALL).group(1)
        self.write("pgtide.toml", snippet)
        self.tables(2)
        production = ["--env", "production", "--allow-unproved"]
        self.assertEqual(self.run_pgtide("up", *production).code, 0)
        self.assertEqual(len(self.backups()), 1)
        self.fake("pg_dump", "exit 7")
        down = ["down", "1", "--yes", *production, "--pg-bin", str(self.folder / "fake")]
        self.assertEqual(self.run_pgtide(*down).code, 4)
        for words in (["--allow-no-backup"], ["--allow-no-backup", "--backup"]):
            self.assertEqual(self.run_pgtide("up", *production, "--allow-no-backup").code, 0)
            run = self.run_pgtide(*down, *words)
            self.assertEqual((run.code, self.tables_in_database()), (0, ["migrations", "migrations_log", "t1"]), run)
        self.assertEqual(len(self.backups()), 1)

    def test_a_dump_that_cannot_be_read_leaves_nothing(self):
        self.fake("pg_dump", 'case "$1" in --version) echo "pg_dump (PostgreSQL) 99.1";; esac')
        (self.folder / "fake/pg_restore").symlink_to(PG_BIN / "pg_restore")
        run = self.run_pgtide("backup", "--pg-bin", str(self.folder / "fake"))
        self.assertEqual(run.code, 4, run)
        self.assertIn("the backup failed: pg_restore: error:", run.err)
        self.assertEqual(list((self.folder / "backups").iterdir()), [])

    def test_an_older_pg_dump(self):
        self.fake("pg_dump", 'echo "pg_dump (PostgreSQL) 9.6.24"')
        self.fake("pg_restore", "exit 0")
        run = self.run_pgtide("backup", "--pg-bin", str(self.folder / "fake"))
        self.assertEqual(run.code, 4)
        self.assertRegex(run.err, r"pg_dump in \S+ is of version 9, the server of version \d+\n  hint: install postgresql-client-")

    def test_the_password_is_in_no_list_of_processes(self):
        self.fake("pg_dump", f'echo "$*" >> {self.folder}/seen; [ "$1" = --version ] || echo "$PGPASSWORD" > {self.folder}/password; '
                             f'exec {PG_BIN}/pg_dump "$@"')
        (self.folder / "fake/pg_restore").symlink_to(PG_BIN / "pg_restore")
        url = f"postgresql://guarded:correct%20horse@/shop?host={self.server.folder}"
        run = self.run_pgtide("backup", "--url", url, "--pg-bin", str(self.folder / "fake"), "-v")
        self.assertEqual(run.code, 0, run)
        self.assertNotIn("horse", (self.folder / "seen").read_text() + run.out + run.err)
        self.assertEqual((self.folder / "password").read_text(), "correct horse\n")
        self.assertNotIn("horse", self.run_pgtide("restore", "--url", url).out)

    def test_retention(self):
        for day in range(1, 29):
            self.write(f"backups/shop-202001{day:02}T030000Z.dump", "")
        self.write("backups/notes.txt", "")
        self.write("backups/shop2-20200101T030000Z.dump", "")
        self.write("pgtide.toml", "[backup]\nkeep_days = 3\nkeep_weeks = 0\nkeep_months = 0\n")
        run = self.run_pgtide("backup")
        self.assertEqual(run.out.count("\nremoved "), 26, run)
        self.assertEqual([name for name in self.backups() if "2020" in name],
                         ["backups/shop-20200127T030000Z.dump", "backups/shop-20200128T030000Z.dump",
                          "backups/shop2-20200101T030000Z.dump"])
        self.assertIn("backups/notes.txt", self.backups())

    def test_restore_without_a_backup(self):
        run = self.run_pgtide("restore", "--url", "postgresql://app:s3cret@db.invalid/shop")
        self.assertEqual(run.code, 2)
        self.assertIn("there is no backup of shop in backups", run.err)
        self.assertEqual(self.run_pgtide("restore", "gone.dump").code, 2)

    def test_a_signal_stops_it(self):
        self.tables(1)
        self.fake("pg_dump", 'case "$1" in --version) echo "pg_dump (PostgreSQL) 99.1";; *) echo begun; exec sleep 30;; esac')
        self.fake("pg_restore", "exit 0")
        process = self.start("up", "--backup", "--pg-bin", str(self.folder / "fake"))
        self.wait_until(lambda: list(self.folder.glob("backups/.*")))
        process.terminate()
        run = self.finish(process, timeout=10)
        self.assertEqual(run.code, 143, run)
        self.assertIn("stopped during the backup; nothing was run", run.err)
        self.assertEqual(list((self.folder / "backups").iterdir()), [])

    def wait_until(self, happens):
        for _ in range(200):
            if happens():
                return
            time.sleep(0.05)
        self.fail("it does not happen")


if __name__ == "__main__":
    cli.main()
