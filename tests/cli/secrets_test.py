"""A password appears nowhere, whichever way it came in."""

import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402


PASSWORD = "correct horse"
SPELLINGS = ("correct horse", "correct%20horse", "correct+horse")
RUNS = (["up", "-v"], ["status", "-v"], ["up", "99", "-v"], ["config", "-v"], ["up", "--bogus"], ["down", "0", "-v"])


class Secrets(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.tables(2)
        del self.env["DATABASE_URL"]

    def ways(self):
        """How a password reaches pgtide: words before the command, and variables."""
        socket = self.server.folder
        url = f"postgresql://guarded:correct%20horse@/shop?host={socket}"
        pairs = f"host={socket} user=guarded dbname=shop password='{PASSWORD}'"
        bare = f"postgresql://guarded@/shop?host={socket}"
        self.write("with_url.toml", f'url = "{url}"\n')
        self.write("with_variable.toml", f'url = "postgresql://guarded:${{SHOP_PASSWORD}}@/shop?host={socket}"\n')
        self.write("pgpass", f"*:*:*:*:{PASSWORD}\n").chmod(0o600)
        return {
            "a URL": (["--url", url], {}),
            "a URL with an equals sign": ([f"--url={url}"], {}),
            "a URL's parameter": (["--url", f"postgresql:///shop?host={socket}&user=guarded&password=correct%20horse"], {}),
            "key=value": (["--url", pairs], {}),
            "DATABASE_URL": ([], {"DATABASE_URL": url}),
            "DATABASE_URL with pairs": ([], {"DATABASE_URL": pairs}),
            "PGTIDE_URL": ([], {"PGTIDE_URL": url}),
            "PGPASSWORD": (["--url", bare], {"PGPASSWORD": PASSWORD}),
            "a password file": (["--url", bare], {"PGPASSFILE": str(self.folder / "pgpass")}),
            "pgtide.toml": (["--config", "with_url.toml"], {}),
            "a variable in pgtide.toml": (["--config", "with_variable.toml"], {"SHOP_PASSWORD": "correct%20horse"}),
        }

    def assert_hidden(self, text, what):
        for spelling in SPELLINGS:
            self.assertNotIn(spelling, text, what)

    def test_no_output_holds_it(self):
        for way, (words, env) in self.ways().items():
            for number, command in enumerate(RUNS):
                extra = ["--format", "json", "--log-format", "json"] if number % 2 == 0 else []
                run = self.run_pgtide(*words, *command, *extra, **env)
                self.assertIn(run.code, (0, 2), f"{way}: {run}")
                self.assert_hidden(run.out + run.err, f"{way}: {command}")

    def test_no_output_holds_a_wrong_one(self):
        for url in (f"postgresql://guarded:s3cret@/shop?host={self.server.folder}", "postgresql://app:s3cret@127.0.0.1:1/shop",
                    "postgresql://app:s3cret@no-such-host.invalid/shop", "postgresql://app:s3cret@h:port/shop",
                    "postgresql://app:s3cret@h/shop?nonsense=1&sslmode=never", "host=127.0.0.1 port=1 password=s3cret",
                    "host=127.0.0.1 port=1 password = 's3cret' nonsense", "postgresql://app:s3cret/x@h/shop",
                    "postgresql://app:s3cret@@h/shop", "mysql://app:s3cret@h/shop", "jdbc:postgresql://h/d?password=s3cret"):
            for extra in ([], ["-v"], ["-v", "--format", "json", "--log-format", "json"]):
                run = self.run_pgtide("up", "--url", url, *extra)
                self.assertIn(run.code, (2, 4), run)
                self.assertNotIn("s3cret", run.out + run.err, run)
            self.assertNotIn("s3cret", self.run_pgtide("config", "--url", url).out)

    def test_the_database_does_not_hold_it(self):
        words, env = self.ways()["DATABASE_URL"]
        self.run_pgtide(*words, "up", **env)
        self.pair(3, "broken", "SELECT 1/0;\n")
        self.run_pgtide(*words, "up", **env)
        for table in ("migrations", "migrations_log"):
            self.assert_hidden("\n".join(self.sql(f"SELECT * FROM {table}")), table)

    def test_the_list_of_processes_does_not_show_it(self):
        self.pair(3, "slow", "SELECT pg_sleep(60);\n")
        words, env = self.ways()["DATABASE_URL"]
        process = self.start(*words, "up", **env)
        self.wait_for_statement("pg_sleep")
        shown = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(process.pid)], capture_output=True, text=True).stdout
        self.assertIn("pgtide", shown)
        self.assert_hidden(shown, "ps")
        self.assert_hidden("\n".join(self.sql("SELECT application_name, query FROM pg_stat_activity")), "pg_stat_activity")


if __name__ == "__main__":
    cli.main()
