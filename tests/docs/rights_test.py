"""docs/operations.md#rights: the roles as they are written there do what it says, and nothing more."""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402
from cli_server import PG_BIN  # noqa: E402

ROLES = ("shop_deploy", "shop_watch", "shop_owner", "shop_clerk")


def section():
    page = (cli.ROOT / "docs/operations.md").read_text()
    return re.search(r"\n## Rights\n(.*?)\n## ", page, re.S)[1]


def block(language):
    return re.search(rf"```{language}\n(.*?)```", section(), re.S)[1]


class Rights(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.remove_roles()
        self.addCleanup(self.remove_roles)
        self.write("pgtide.toml", block("toml"))
        self.pair(1, "people", "CREATE TABLE people (id int PRIMARY KEY, name text);\nINSERT INTO people VALUES (1, 'a');\n", "DROP TABLE people;\n")
        self.pair(2, "index", "CREATE INDEX CONCURRENTLY people_name ON people (name);\nVACUUM people;\n", "DROP INDEX CONCURRENTLY people_name;\n")
        self.pair(3, "view", "CREATE TYPE mood AS ENUM ('good');\nCREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';\n"
                  "CREATE VIEW names AS SELECT name FROM people;\n", "DROP VIEW names;\nDROP FUNCTION f();\nDROP TYPE mood;\n")

    def remove_roles(self):
        self.server.sql("DROP DATABASE IF EXISTS shop WITH (FORCE)", *[f"DROP ROLE IF EXISTS {role}" for role in ROLES],
                        "CREATE DATABASE shop", database="postgres")

    def administrator(self, text):
        self.sql(*[statement for statement in (part.strip() for part in re.sub(r"--.*", "", text).split(";")) if statement])

    def as_role(self, role, *words, code=0):
        run = self.run_pgtide(*words, "--url", self.server.url(user=role))
        self.assertEqual(run.code, code, run)
        return run

    def findings(self, doctor):
        """Whether the disk is full is the test machine's own affair."""
        return [line for line in doctor.out.splitlines() if line.startswith(("warn", "fail")) and "disk" not in line]

    def refused_in_sql(self, role, statement):
        process = self.server.psql("-U", role, "-c", statement)
        _, err = process.communicate(timeout=cli.PATIENCE)
        self.assertRegex(err, "permission denied|must be superuser|permission to create", statement)

    def test_what_pgtide_does(self):
        self.administrator(block("sql"))
        self.as_role("shop_deploy", "up", "--dry-run", "2", code=5)  # CONCURRENTLY cannot be simulated
        for words in (["up", "1", "--dry-run"], ["up"], ["up"], ["status"], ["history"], ["mark-good"], ["drift", "--recorded"], ["down", "1", "--yes"],
                      ["down", "0", "--dry-run", "--yes"], ["up"], ["resolve", "--rolled-back", "3", "--yes"], ["resolve", "--applied", "3", "--yes"]):
            self.as_role("shop_deploy", *words)
        self.assertEqual(self.sql("SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'app'::regnamespace"), ["shop_owner"])
        self.assertEqual(self.sql("SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace = 'pgtide'::regnamespace"),
                         ["shop_deploy"])
        self.assertEqual(self.tables_in_database(), [])

    def test_a_backup(self):
        self.administrator(block("sql"))
        self.as_role("shop_deploy", "up")
        self.as_role("shop_deploy", "backup", "--pg-bin", str(PG_BIN))
        self.sql("CREATE TABLE of_others ()")
        self.assertIn("permission denied for table of_others", self.as_role("shop_deploy", "backup", "--pg-bin", str(PG_BIN), code=4).err)

    def test_who_looks_on(self):
        self.administrator(block("sql"))
        self.as_role("shop_deploy", "up", "2")
        for words in (["status"], ["history"], ["drift", "--recorded"]):
            self.as_role("shop_watch", *words)
        shown = self.run_pgtide("doctor", "--url", self.server.url(user="shop_watch"))
        self.assertEqual(self.findings(shown), [])
        self.assertIn("this role only looks on", shown.out)
        for hidden in ("hidden from this role", "cannot be looked at"):
            self.assertNotIn(hidden, shown.out)
        shown = self.run_pgtide("doctor", "--url", self.server.url(user="shop_deploy"))
        self.assertEqual(self.findings(shown), [])
        self.assertIn("what other roles' sessions do is hidden from this role", shown.out)
        self.as_role("shop_watch", "up", code=4)
        for statement in ("DELETE FROM pgtide.migrations", "SELECT * FROM app.people", "CREATE TABLE app.x ()", "CREATE TABLE pgtide.x ()"):
            self.refused_in_sql("shop_watch", statement)

    def test_what_is_out_of_reach(self):
        self.administrator(block("sql"))
        self.as_role("shop_deploy", "up")
        self.sql("CREATE SCHEMA payroll", "CREATE TABLE payroll.wages ()", "REVOKE CREATE ON SCHEMA public FROM PUBLIC")
        for statement in ("SELECT * FROM payroll.wages", "CREATE TABLE public.x ()", "CREATE SCHEMA x", "CREATE ROLE x", "CREATE DATABASE x",
                          "COPY app.people TO '/tmp/x'", "SELECT pg_read_file('/etc/passwd')"):
            self.refused_in_sql("shop_deploy", statement)
        self.pair(4, "greedy", "DELETE FROM pgtide.migrations;\n")
        run = self.as_role("shop_deploy", "up", code=3)
        self.assertIn("permission denied for schema pgtide", run.err)
        self.assertEqual(self.sql("SELECT count(*) FROM pgtide.migrations WHERE success"), ["3"])

    def test_every_line_is_needed(self):
        """Without it something of the above is refused."""
        lines = [line for line in block("sql").splitlines() if line.startswith(("GRANT", "CREATE SCHEMA", "ALTER DEFAULT"))]
        self.assertEqual(len(lines), 9)
        for left_out in lines:
            with self.subTest(left_out):
                self.remove_roles()
                if left_out == "CREATE SCHEMA pgtide AUTHORIZATION shop_deploy;":
                    self.assertRaises(AssertionError, self.administrator, block("sql").replace(left_out, ""))
                    continue
                self.administrator(block("sql").replace(left_out, ""))
                self.sql("CREATE SCHEMA IF NOT EXISTS app", "CREATE SCHEMA IF NOT EXISTS pgtide")
                codes = [self.run_pgtide(*words, "--url", self.server.url(user=role)).code
                         for role, words in (("shop_deploy", ["up", "1", "--dry-run"]), ("shop_deploy", ["up"]), ("shop_watch", ["status"]))]
                doctor = self.run_pgtide("doctor", "--url", self.server.url(user="shop_watch"))
                self.assertTrue(any(codes) or "hidden from this role" in doctor.out, (codes, doctor))

    def test_what_else_is_granted(self):
        self.administrator(block("sql"))
        grants = dict(re.findall(r"^\| (.*?) \| `(.*?)` \|$", section(), re.M))
        self.sql("DROP EXTENSION plpgsql")  # a trusted one that every server has
        self.pair(4, "extension", "CREATE EXTENSION plpgsql;\nCREATE SCHEMA shelf;\n", "DROP SCHEMA shelf;\nDROP EXTENSION plpgsql;\n")
        self.assertIn("permission denied", self.as_role("shop_deploy", "up", code=3).err)
        self.administrator(grants["a script with `CREATE SCHEMA`, or with `CREATE EXTENSION` of a trusted extension"])
        self.as_role("shop_deploy", "up")
        self.as_role("shop_deploy", "down", "3", "--yes")

        self.sql("CREATE ROLE shop_clerk LOGIN", "GRANT CONNECT ON DATABASE shop TO shop_clerk")
        self.administrator(grants["the application"].replace("…", "shop_clerk"))
        self.pair(5, "later", "CREATE TABLE later (id int);\n", "DROP TABLE later;\n")
        self.as_role("shop_deploy", "up")
        process = self.server.psql("-U", "shop_clerk", "-c", "INSERT INTO app.later VALUES (1)")
        self.assertEqual(process.communicate(timeout=cli.PATIENCE)[1], "")
        self.refused_in_sql("shop_clerk", "SELECT * FROM pgtide.migrations")
        self.refused_in_sql("shop_clerk", "CREATE TABLE app.x ()")

    def test_ending_a_session_of_another_role(self):
        self.administrator(block("sql"))
        self.sql("CREATE ROLE shop_clerk LOGIN", "GRANT CONNECT ON DATABASE shop TO shop_clerk")
        other = self.server.psql("-U", "shop_clerk", "-c", "SELECT pg_sleep(600)")
        self.addCleanup(other.stdin.close)
        self.addCleanup(self.end, other)
        self.wait_for("SELECT state FROM pg_stat_activity WHERE usename = 'shop_clerk'", ["active"])
        pid = self.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'shop_clerk'")[0]
        words = ["doctor", "--terminate", pid, "--yes"]
        self.assertIn("hint: GRANT pg_read_all_stats to this role", self.as_role("shop_deploy", *words, code=2).err)
        self.administrator(dict(re.findall(r"^\| (.*?) \| `(.*?)` \|$", section(), re.M))["`doctor --terminate` for sessions of other roles"])
        self.as_role("shop_deploy", *words)
        self.assertNotEqual(other.wait(cli.PATIENCE), 0)


if __name__ == "__main__":
    cli.main()
