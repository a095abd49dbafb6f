"""A password appears nowhere, whichever way it came in.

The password holds everything that needs quoting somewhere, and begins and ends with a word that is the same in every spelling.
"""

import json
import os
import pathlib
import subprocess
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402
from cli_receiver import start_receiver  # noqa: E402
from cli_server import client  # noqa: E402

WORDS = ("K3rn1", "K3rn2")
PASSWORD = WORDS[0] + " @/:?#%&=+,'\"\\$`{}ü " + WORDS[1]
IN_URL = urllib.parse.quote(PASSWORD, safe="")
IN_PAIRS = "'" + PASSWORD.replace("\\", "\\\\").replace("'", "\\'") + "'"
INPUTS = ("pgpass", "services", "with_url.toml", "with_pairs.toml")

# In this order: most of them leave something that the later ones show.
COMMANDS = (["up", "--dry-run"], ["up", "--backup"], ["status"], ["history"], ["validate"], ["drift", "--recorded"], ["doctor"], ["mark-good"],
            ["config"], ["restore"], ["down", "1", "--yes"], ["resolve", "2", "--applied", "--yes"], ["repair", "--yes"],
            ["up", "--broken"], ["up", "99"], ["up", "--bogus"], ["down", "--last-good"], ["reset", "--yes"], ["baseline", "2", "--yes"])
# The other ways are read by the same code, or by libpq as PGPASSWORD is; these commands show or pass on where a setting came from.
FULL = ("a URL", "key=value", "PGPASSWORD")
SHORT = (["up", "--backup"], ["doctor"], ["config"], ["up", "--broken"])


class Secrets(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.tables(2)
        del self.env["DATABASE_URL"]
        self.server.sql("ALTER ROLE guarded PASSWORD '" + PASSWORD.replace("'", "''") + "'", "ALTER ROLE guarded SET log_statement = 'all'",
                        database="postgres")

    def ways(self):
        """How a password reaches pgtide: words before the command, and variables."""
        socket = self.server.folder
        url = f"postgresql://guarded:{IN_URL}@/shop?host={socket}"
        pairs = f"host={socket} user=guarded dbname=shop password={IN_PAIRS}"
        bare = f"postgresql://guarded@/shop?host={socket}"
        self.write("with_url.toml", f"url = '{url}'\n" + self.hooks())
        self.write("with_variable.toml", f'url = "postgresql://guarded:${{SHOP_PASSWORD}}@/shop?host={socket}"\n' + self.hooks())
        self.write("with_pairs.toml", f"url = {json.dumps(pairs)}\n" + self.hooks())
        self.write("pgtide.toml", self.hooks())
        self.write("services", f"[shop]\nhost={socket}\nuser=guarded\ndbname=shop\npassword={PASSWORD}\n")
        line = PASSWORD.replace("\\", "\\\\").replace(":", "\\:")
        self.write("pgpass", f"*:*:*:*:{line}\n").chmod(0o600)
        return {
            "a URL": (["--url", url], {}),
            "a URL with an equals sign": ([f"--url={url}"], {}),
            "a URL's parameter": (["--url", f"postgresql:///shop?host={socket}&user=guarded&password={IN_URL}"], {}),
            "key=value": (["--url", pairs], {}),
            "DATABASE_URL": ([], {"DATABASE_URL": url}),
            "DATABASE_URL with pairs": ([], {"DATABASE_URL": pairs}),
            "PGTIDE_URL": ([], {"PGTIDE_URL": url}),
            "PGPASSWORD": (["--url", bare], {"PGPASSWORD": PASSWORD}),
            "a password file": (["--url", bare], {"PGPASSFILE": str(self.folder / "pgpass")}),
            "a service": (["--url", "service=shop"], {"PGSERVICEFILE": str(self.folder / "services")}),
            "pgtide.toml": (["--config", "with_url.toml"], {}),
            "pairs in pgtide.toml": (["--config", "with_pairs.toml"], {}),
            "a variable in pgtide.toml": (["--config", "with_variable.toml"], {"SHOP_PASSWORD": IN_URL}),
        }

    # What pgtide starts tells what it sees: its input, arguments and variables, and the arguments of pgtide.

    def hooks(self):
        hooks = "\n".join(f'{name} = ["./watch", "{name}"]' for name in ("before", "after", "on_failure", "on_slow"))
        return f"[hooks]\n{hooks}\nslow_after = \"1ms\"\n"

    def watcher(self, name, rest):
        self.write(name, f"""#!/bin/sh
cat /proc/$$/cmdline /proc/$PPID/cmdline >> {self.folder}/seen_processes
cat /proc/$$/environ >> {self.folder}/environ_of_{pathlib.Path(name).name}
{rest}
""").chmod(0o755)

    def prepare(self):
        version = self.sql("SHOW server_version_num")[0][:-4]
        self.watcher("watch", f"cat >> {self.folder}/seen_input")
        self.watcher("bin/pg_dump", f"""case "$1" in --version) echo "pg_dump (PostgreSQL) {version}.0"; exit;; esac
printf '%s\\n' "$@" >> {self.folder}/seen_dump
for word; do case "$word" in --dbname=*) connection="${{word#--dbname=}}";; esac; done
exec psql -X -w -d "$connection" -c "SELECT 1" """)
        self.watcher("bin/pg_restore", "exit 0")
        self.env["PATH"] = f"{self.folder / 'bin'}:{pathlib.Path(client('psql')).parent}:{self.env['PATH']}"
        self.receiver = start_receiver(self)
        self.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = self.receiver.endpoint

    def assert_hidden(self, text, what):
        for word in WORDS:
            self.assertNotIn(word, text, what)

    def run_all(self, way, words, env):
        for number, command in enumerate(COMMANDS if way in FULL else SHORT):
            extra = ["-v", "--metrics", "run.prom"]
            if number % 2 == len(way) % 2:
                extra += ["--format", "json", "--log-format", "json"]
            if command == ["up", "--broken"]:
                self.pair(3, "broken", "SELECT 'K3rn' || 1/0;\n")
                command = ["up"]
            run = self.run_pgtide(*words, *command, *extra, **env)
            self.assertIn(run.code, (0, 1, 2, 3), f"{way}: {run}")
            self.assert_hidden(run.out + run.err, f"{way}: {command}")

    def clean_up(self):
        for version in ("sql/0003_broken", "rollback/0003_rollback"):
            (self.folder / f"migrations/{version}.sql").unlink()
        self.sql("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")

    def test_nothing_of_a_broken_url_is_shown(self):
        urls = ("guarded:K3rn1@h/shop", "my_user:K3rn1@h/shop?sslmode=require", "//guarded:a=K3rn1@h/shop", "postgresql://guarded:a K3rn1@h/shop",
                "postgresql://guarded:1/K3rn1@h", "host=h password=a K3rn1", "host=h password='a K3rn1", "K3rn1=@h", '"guarded:K3rn1@h')
        for url in urls:
            ways = [(["--url", url], {}), ([], {"DATABASE_URL": url})]
            if "@" in url:  # else nothing says that a word of it is of a password
                ways += [(["--url", *url.split(" ")], {}), (["--lock-timeout", url], {})]
            for words, env in ways:
                for command in ("status", "config"):
                    for extra in ([], ["--format", "json", "--log-format", "json", "-v"]):
                        run = self.run_pgtide(*words, command, *extra, **env)
                        self.assert_hidden(run.out + run.err, f"{words} {env} {command}")
            self.write("pgtide.toml", f'url = "{url}\n')
            run = self.run_pgtide("status")
            self.assertEqual(run.code, 2, run)
            self.assert_hidden(run.out + run.err, f"pgtide.toml: {url}")
            (self.folder / "pgtide.toml").unlink()

    def test_nothing_holds_it(self):
        self.prepare()
        for way, (words, env) in self.ways().items():
            self.run_all(way, words, env)
            self.assert_database_holds_nothing(way)
            self.assert_files_hold_nothing(way)
            self.assert_children_got_nothing(way, words, env)
            self.clean_up()
        self.assertGreater(len(self.receiver.seen), 10)
        self.assert_hidden(json.dumps(self.receiver.seen), "traces")
        self.server.log.flush()
        log = pathlib.Path(self.server.folder, "log").read_text()
        self.assertIn("INSERT INTO", log)
        self.assert_hidden(log, "the server's log")

    def assert_database_holds_nothing(self, way):
        tables = self.sql("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')")
        self.assertIn("migrations_log", tables)
        for table in tables:
            self.assert_hidden("\n".join(self.sql(f"SELECT t::text FROM {table} t")), f"{way}: table {table}")
        self.assert_hidden("\n".join(self.sql("SELECT t::text FROM pg_stat_activity t")), f"{way}: pg_stat_activity")

    def assert_files_hold_nothing(self, way):
        names = []
        for folder, _, files in os.walk(self.folder):
            names += [os.path.join(folder, file) for file in files]
        self.assert_hidden("\n".join(names), f"{way}: names of files")
        for name in names:
            file = pathlib.Path(name).name
            if file not in INPUTS and not file.startswith("environ_of"):
                self.assert_hidden(pathlib.Path(name).read_bytes().decode(errors="replace"), f"{way}: {file}")
        for wanted in ("run.prom", "seen_input", "seen_processes", "seen_dump"):
            self.assertGreater((self.folder / wanted).stat().st_size, 0, wanted)

    def assert_children_got_nothing(self, way, words, env):
        """Only pg_dump needs the password, and gets it where only the same user can read it. A hook has pgtide's own variables."""
        for name in ("watch", "pg_dump", "pg_restore"):
            file = self.folder / f"environ_of_{name}"
            found = [variable for variable in file.read_bytes().decode().split("\0") if any(word in variable for word in WORDS)]
            given = {f"{key}={value}" for key, value in env.items()}
            if name == "pg_dump":
                given.add(f"PGPASSWORD={PASSWORD}")
            if name == "pg_restore":
                given = set()
            self.assertLessEqual(set(found), given, f"{way}: {name}")
            file.unlink()

    def test_the_list_of_processes_does_not_show_it(self):
        self.prepare()
        self.pair(3, "slow", "SELECT pg_sleep(600);\n")
        for way, (words, env) in self.ways().items():
            if "--url" not in " ".join(words) and way != "DATABASE_URL":
                continue
            process = self.start(*words, "up", **env)
            self.wait_for_statement("pg_sleep")
            shown = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(process.pid)], capture_output=True, text=True).stdout
            self.assertIn("pgtide", shown)
            self.assertIn("up", shown.split())
            self.assert_hidden(shown, f"{way}: ps")
            self.assert_hidden(pathlib.Path(f"/proc/{process.pid}/cmdline").read_text(), way)
            process.terminate()
            self.finish(process)

    def test_no_message_holds_a_wrong_one(self):
        wrong, socket = f"{WORDS[0]}%40x%2F%3A%20{WORDS[1]}", self.server.folder
        raw = f"{WORDS[0]}@x/:?{WORDS[1]}"
        for url in (f"postgresql://guarded:{wrong}@/shop?host={socket}", f"postgresql://app:{wrong}@127.0.0.1:1/shop",
                    f"postgresql://app:{wrong}@no-such-host.invalid/shop", f"postgresql://app:{wrong}@h:port/shop",
                    f"postgresql://app:{wrong}@h/shop?nonsense=1&sslmode=never", f"postgresql://app:{raw}@h/shop",
                    f"postgresql://app:{WORDS[0]}%4@h/shop", f"postgresql://app:{WORDS[0]}%00@h/shop",
                    f"postgresql://app:{WORDS[0]}/x@h/shop", f"postgresql://app:{WORDS[0]}@@h/shop", f"postgresql://app:{WORDS[0]} x@h/shop",
                    f"postgresql://app:{WORDS[0]}[x@h/shop", f"mysql://app:{wrong}@h/shop", f"jdbc:postgresql://h/d?password={wrong}",
                    f"app:{wrong}@h/shop", f"host={socket} user=guarded dbname=shop password={WORDS[0]}",
                    f"host=127.0.0.1 port=1 password='{raw}'", f"host=127.0.0.1 port=1 password = '{raw}' nonsense",
                    f"host=127.0.0.1 port=1 password='{raw}", f"host=127.0.0.1 port=x password={raw}",
                    f"host=127.0.0.1 password={WORDS[0]} {WORDS[1]} port=1", f"password={WORDS[0]}\\"):
            for extra in (["-v"], ["-v", "--format", "json", "--log-format", "json", "--metrics", "run.prom"]):
                run = self.run_pgtide("up", "--url", url, *extra)
                self.assertIn(run.code, (2, 4), run)
                self.assert_hidden(run.out + run.err, run)
            run = self.run_pgtide("config", "-v", "--url", url)
            self.assert_hidden(run.out + run.err, run)
            self.write("wrong.toml", f"url = {json.dumps(url)}\nnonsense = 1\n")
            run = self.run_pgtide("up", "--config", "wrong.toml")
            self.assertEqual(run.code, 2)
            self.assert_hidden(run.out + run.err, run)
        self.assert_hidden((self.folder / "run.prom").read_text(), "metrics")

    def test_no_message_holds_one_from_elsewhere(self):
        socket = self.server.folder
        bare = f"postgresql://guarded@/shop?host={socket}"
        self.write("pgpass", f"*:*:*:*:{WORDS[0]}\n").chmod(0o600)
        self.write("services", f"[shop]\nhost={socket}\nuser=guarded\ndbname=shop\npassword={WORDS[0]}\nnonsense={WORDS[1]}\n")
        for words, env in ((["--url", bare], {"PGPASSWORD": WORDS[0]}), (["--url", bare], {"PGPASSFILE": str(self.folder / "pgpass")}),
                           (["--url", "service=shop"], {"PGSERVICEFILE": str(self.folder / "services")}),
                           (["--url", "service=none"], {"PGSERVICEFILE": str(self.folder / "services")})):
            for command in (["up", "-v"], ["doctor"], ["config"], ["backup"], ["up", "--format", "json", "--log-format", "json", "-v"]):
                run = self.run_pgtide(*words, *command, **env)
                self.assert_hidden(run.out + run.err, run)
                self.assertIn(run.code, (0, 1, 4) if command[0] in ("doctor", "config") else (4,), run)

    def shows_masked(self, code, *words):
        for extra in ([], ["--format", "json"], ["--log-format", "json"]):
            run = self.run_pgtide(*words, *extra)
            self.assertEqual(run.code, code, run)
            self.assert_hidden(run.out + run.err, run)
            if extra != ["--log-format", "json"]:
                self.assertIn("PASSWORD '***'", run.out + run.err, run)

    def test_sql_that_sets_one(self):
        self.env["DATABASE_URL"] = self.server.url()
        setting = "PASSWORD '" + PASSWORD.replace("'", "''") + "'"
        self.run_pgtide("up")
        session = self.server.psql()
        self.addCleanup(self.end, session)
        session.stdin.write(f"BEGIN;\nLOCK TABLE t1;\nALTER ROLE guarded {setting};\n")
        session.stdin.flush()
        self.wait_for("SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'ALTER ROLE%' AND state = 'idle in transaction'", ["1"])
        self.pair(3, "blocked", "DROP TABLE t1;\n")
        self.shows_masked(4, "up", "--lock-timeout", "1s", "--lock-retries", "0")
        process = self.start("up", "--lock-timeout", "0")
        self.wait_for_statement("DROP TABLE")
        self.shows_masked(1, "doctor")
        process.terminate()
        self.finish(process)
        session.communicate("ROLLBACK;\n", timeout=cli.PATIENCE)

        self.pair(3, "blocked", f"SELECT 1;\n  ALTER ROLE nobody_of_that_name {setting} NOLOGIN;\n")
        self.shows_masked(3, "up")
        self.pair(3, "blocked", f"SELECT pg_sleep(600) /* {setting} */;\n")
        process = self.start("up")
        self.wait_for_statement("pg_sleep")
        self.shows_masked(4, "up", "--lock-wait", "300ms")
        process.terminate()
        self.finish(process)


if __name__ == "__main__":
    cli.main()
