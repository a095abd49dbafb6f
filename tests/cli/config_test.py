"""Where settings come from, and what is said about wrong ones."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402


FILE = """\
url = "postgresql://file:s3cret@file/shop"
lock_timeout = "1s"
statement_timeout = "1min"
table = "from_file"

[policy]
database_ahead = "error"

[environments.staging]
url = "postgresql://staging:s3cret@staging/shop"
lock_timeout = "2s"
table = "from_section"

[environments.production]
lock_wait = 0
"""


class Config(cli.Case):
    def test_defaults(self):
        self.say("config")
        self.check_golden()

    def test_precedence(self):
        self.write("pgtide.toml", FILE)
        self.say("config")
        self.say("config", "--env", "staging")
        self.say("config", "--env", "staging", "--table", "from_flag", PGTIDE_LOCK_TIMEOUT="3s", PGTIDE_TABLE="from_variable")
        self.say("config", PGTIDE_ENV="staging", NODE_ENV="production", DATABASE_URL="postgresql://v:s3cret@variable/shop")
        self.say("config", "--url", "postgresql://f:s3cret@flag/shop", NODE_ENV="production",
                 PGTIDE_URL="postgresql://v:s3cret@variable/shop")
        self.assertNotIn("s3cret", "\n".join(line for line in self.transcript if not line.startswith("$")))
        self.check_golden()

    def test_every_setting_has_its_variable(self):
        values = {"environment": "staging", "url": "postgresql://h/d", "embedded": "pg", "dir": "db", "schema": "s",
                  "table": "t", "search_path": "a,b", "role": "r", "lock_timeout": "7s", "lock_retries": "3", "timeout": "12s", "dry_run_lock_timeout": "8s",
                  "statement_timeout": "9s", "lock_wait": "10s", "connect_timeout": "11s", "log_format": "json",
                  "pg_bin": "/pg", "yes": "true", "policy.database_ahead": "error", "policy.out_of_order": "allow", "policy.drift": "error",
                  "policy.findings": "error", "verify.allow": "ownership"}
        for key, value in values.items():
            name = "PGTIDE_" + ("ENV" if key == "environment" else key.upper().replace(".", "_"))
            run = self.run_pgtide("config", "--format", "json", **{name: value})
            self.assertEqual(run.code, 0, run)
            row = [row for row in run.json()["settings"] if row["key"] == key][0]
            self.assertEqual((row["value"], row["source"], row["origin"]), (value, "environment_variable", name))

    def test_wrong_settings(self):
        self.write("pgtide.toml", 'lok_timeout = "1s"\nlock_wait = "soon"\ntable = 3\n\n[policy]\ndatabase_ahead = "eror"\n'
                   '\n[environments.production]\nurll = "x"\n')
        self.say("config")
        self.say("status", "--format", "json")
        self.write("pgtide.toml", "dir = \n")
        self.say("up")
        self.write("pgtide.toml", "")
        self.say("config", PGTIDE_LOCK_TIMEOUT="soon", PGTIDE_YES="maybe")
        self.say("config", "--config", "nothing.toml")
        self.say("config", PGTIDE_CONFIG="nothing.toml")
        self.write("pgtide.toml", FILE)
        self.say("config", "--env", "prodution")
        self.say("config", "--url", "")
        self.say("config", "--embedded=pg", "--url", "postgresql://h/d")
        self.check_golden()

    def test_no_database(self):
        self.say("up")
        self.say("status", "--format", "json")
        self.check_golden()

    def test_wrong_urls(self):
        for url in ("mysql://app:s3cret@h/d", "jdbc:postgresql://h/d?password=s3cret", "shop", "postgresql://h:port/d",
                    "host=h pasword=s3cret", "postgresql://app:s3cret@h/d?sslmode=sometimes", "postgres//app:s3cret@h/d"):
            run = self.say("status", DATABASE_URL=url, PGCONNECT_TIMEOUT="2")
            self.assertNotIn("s3cret", run.out + run.err)
        self.check_golden()

    def test_a_variable_in_the_file(self):
        self.write("pgtide.toml", 'url = "postgresql://app:${SHOP_PASSWORD}@h/d"\n')
        self.say("config", SHOP_PASSWORD="s3cret")
        self.say("config")
        self.check_golden()


class Prisma(cli.DatabaseCase):
    def test_url(self):
        self.sql("CREATE SCHEMA app")
        self.tables(1)
        url = self.env["DATABASE_URL"] + "&schema=app&connection_limit=5&pool_timeout=2&pgbouncer=true"
        self.say("up", DATABASE_URL=url)
        self.say("config", DATABASE_URL=url)
        self.assertEqual(self.sql("SELECT relname FROM pg_class WHERE relnamespace = 'app'::regnamespace AND relkind = 'r' "
                                  "ORDER BY 1"), ["migrations", "migrations_log", "t1"])
        self.check_golden()


if __name__ == "__main__":
    cli.main()
