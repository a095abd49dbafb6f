"""verify: forms of its result, exit codes, what it judges, and what it leaves behind."""

import json
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402

INDEX_LEFT = "index public.b is left behind"


class Pairs:
    def broken(self):
        self.pair(1, "a", "CREATE TABLE a (id integer);\n", "DROP TABLE a;\n")
        self.pair(2, "b", "CREATE INDEX b ON a (id);\n", "SELECT 1;\n")


class Scratch(Pairs, cli.DatabaseCase):
    """In an empty database, which takes less time than a server of its own."""

    def verify(self, *words):
        return self.run_pgtide("verify", "--url", self.server.url(), *words)

    def test_every_form_tells_the_same(self):
        self.broken()
        text = self.verify("--pair-only")
        self.assertEqual(text.code, 1, text)
        self.assertIn(INDEX_LEFT + " (by CREATE INDEX at migrations/sql/0002_b.sql:1)", text.out)
        self.assertIn("1 of 2 pairs proved, 1 not restored", text.out)
        said = self.verify("--format", "json").json()
        self.assertEqual([(m["version"], m["verdict"]) for m in said["migrations"]],
                         [("0001", "proved"), ("0002", "not_restored")])
        self.assertEqual(said["migrations"][1]["differences"][0]["made_by"],
                         {"file": "migrations/sql/0002_b.sql", "line": 1, "command": "CREATE INDEX"})
        suite = xml.etree.ElementTree.fromstring(self.verify("2", "--format", "junit").out.encode()).find("testsuite")
        self.assertEqual((suite.get("tests"), suite.get("failures")), ("1", "1"))
        self.assertIn(INDEX_LEFT, suite.find("testcase/failure").text)
        markdown = self.verify("2", "--format", "markdown")
        self.assertIn("| 0002 b | not restored | `migrations/rollback/0002_rollback.sql:1` |", markdown.out)
        github = self.verify("2", "--format", "github")
        self.assertTrue(github.out.startswith("::error file=migrations/rollback/0002_rollback.sql,line=1,col=1,"), github)
        self.assertIn("%0A" + INDEX_LEFT, github.out)
        self.assertEqual((markdown.code, github.code), (1, 1))
        self.assertEqual(self.tables_in_database(), [])

    def test_every_form_tells_what_the_rules_say(self):
        self.pair(1, "a", "CREATE TABLE a (id integer);\n", "DROP TABLE a;\n")
        self.pair(2, "b", "CREATE INDEX b ON a (id);\n", "-- pgtide: allow drop-index-not-concurrent\nDROP INDEX b;\n")
        self.write("migrations/fixtures/0001.sql", "INSERT INTO a VALUES (1);\n")
        text = self.verify("--trace")
        self.assertEqual(text.code, 0, text)
        self.assertIn("migrations/sql/0002_b.sql:1:1: warning: builds index b while nobody can write to public.a "
                      "[index-not-concurrent]\n", text.out)
        self.assertIn("\ntrace of migrations/sql/0002_b.sql:\n  1:1  CREATE INDEX  ", text.out)
        self.assertIn("\n      SHARE on table public.a: blocks writes, DDL\n", text.out)
        self.assertNotIn("trace of", self.verify().out)
        said = self.verify("2", "--trace", "--format", "json").json()
        self.assertEqual((said["result"], said["summary"]["rule_findings"]), ("ok", 1))
        self.assertEqual([(f["rule"], f["line"]) for f in said["migrations"][0]["findings"]], [("index-not-concurrent", 1)])
        self.assertEqual([(t["direction"], [s["command"] for s in t["statements"]]) for t in said["migrations"][0]["trace"]],
                         [("up", ["CREATE INDEX"]), ("down", ["DROP INDEX"])])
        self.assertEqual(said["migrations"][0]["trace"][0]["statements"][0]["locks"][0]["mode"], "share")
        github = self.verify("2", "--trace", "--format", "github").out
        self.assertIn("::warning file=migrations/sql/0002_b.sql,line=1,col=1,title=index-not-concurrent::builds index", github)
        markdown = self.verify("2", "--trace", "--format", "markdown").out
        self.assertIn("| `migrations/sql/0002_b.sql:1` | index-not-concurrent | warning | builds index b ", markdown)
        for policy, code, failures, element in (("warn", 0, "0", "system-out"), ("error", 1, "1", "failure")):
            run = self.verify("2", "--trace", "--format", "junit", "--findings", policy)
            self.assertEqual(run.code, code, run)
            suite = xml.etree.ElementTree.fromstring(run.out.encode()).find("testsuite")
            self.assertEqual((suite.get("tests"), suite.get("failures")), ("2", failures))
            told = suite.find(f"testcase[@classname='pgtide.rules']/{element}").text
            self.assertIn("migrations/sql/0002_b.sql:1:1: builds index b", told)
        self.assertIn("::error file=migrations/sql/0002_b.sql",
                      self.verify("2", "--trace", "--format", "github", "--findings", "error").out)

    def test_what_the_scripts_expect_to_be_there(self):
        self.pair(1, "a", "CREATE TABLE a (id integer);\n", "DROP TABLE a;\n")
        self.write("pgtide.toml", 'search_path = "app"\n')
        run = self.verify()
        self.assertEqual(run.code, 1, run)
        self.assertIn("such as a schema or a role, is made in fixtures/0000.sql", run.out)
        self.write("migrations/fixtures/0000.sql", "CREATE SCHEMA app;\n")
        self.assertEqual(self.verify().code, 0)

    def test_what_a_branch_changed(self):
        def git(*words):
            subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *words], cwd=self.folder,
                           check=True, capture_output=True)

        self.broken()
        git("init", "-q")
        git("add", ".")
        git("commit", "-qm", "one")
        none = self.verify("--changed-since", "HEAD")
        self.assertEqual((none.code, none.out), (0, "there is no pair to verify\n"), none)
        self.pair(3, "c", "CREATE TABLE c (id integer);\n", "DROP TABLE c;\n")
        said = self.verify("--changed-since", "HEAD", "--format", "json").json()
        self.assertEqual([(m["version"], m["verdict"]) for m in said["migrations"]], [("0003", "proved")])
        self.assertEqual(said["applied_before"], 2)
        self.write("migrations/rollback/0002_rollback.sql", "DROP INDEX b;\n")
        run = self.verify("--changed-since", "HEAD")
        self.assertEqual(run.code, 0, run)
        self.assertIn("2 of 2 pairs proved", run.out)
        unknown = self.verify("--changed-since", "nosuch")
        self.assertEqual(unknown.code, 2)
        self.assertIn("git knows no revision `nosuch`", unknown.err)
        # A warning of git is no path, and hides none.
        self.write(".gitattributes", "*.sql text eol=crlf\n")
        self.write("migrations/rollback/0001_rollback.sql", "SELECT 1;\n")
        run = self.verify("--changed-since", "HEAD")
        self.assertEqual(run.code, 1, run)
        self.assertIn("0001", run.out)
        (self.folder / "migrations/elsewhere.sql").write_text("DROP TABLE a;\n")
        (self.folder / "migrations/rollback/0001_rollback.sql").unlink()
        (self.folder / "migrations/rollback/0001_rollback.sql").symlink_to("../elsewhere.sql")
        linked = self.verify("--changed-since", "HEAD")
        self.assertEqual(linked.code, 2, linked)
        self.assertIn("cannot see what changes behind the link", linked.err)

    def test_wrong_words(self):
        self.broken()
        for words, said in ((["9"], "there is no migration 9"), (["2..1"], "neither a version nor a range"),
                            ([""], "the version is empty"), (["--format", "yaml"], "--format")):
            run = self.verify(*words)
            self.assertEqual(run.code, 2, run)
            self.assertIn(said, run.err)


class PrivateServer(Pairs, cli.Case):
    def setUp(self):
        super().setUp()
        self.temporary = tempfile.TemporaryDirectory(dir="/tmp")
        self.addCleanup(self.temporary.cleanup)
        pathlib.Path(self.temporary.name).chmod(0o755)

    def verify(self, *words, **env):
        return self.run_pgtide("verify", *words, TMPDIR=self.temporary.name, **env)

    def left(self):
        return [path.name for path in pathlib.Path(self.temporary.name).iterdir()]

    def test_nothing_found_is_success(self):
        self.pair(1, "a", "CREATE TABLE a (id integer);\n", "DROP TABLE a;\n")
        run = self.verify()
        self.assertEqual((run.code, run.err), (0, ""), run)
        self.assertIn("1 of 1 pair proved", run.out)
        self.assertEqual(self.left(), [])

    def test_findings_leave_nothing_behind_either(self):
        self.broken()
        run = self.verify()
        self.assertEqual(run.code, 1, run)
        self.assertIn(INDEX_LEFT, run.out)
        self.assertEqual(self.left(), [])

    def test_the_url_of_the_environment_is_never_connected_to(self):
        self.pair(1, "a", "CREATE TABLE a (id integer);\n", "DROP TABLE a;\n")
        run = self.verify(DATABASE_URL="postgresql://app:secret@nowhere.invalid/app")
        self.assertEqual(run.code, 0, run)

    def test_a_signal_leaves_nothing_behind(self):
        with tempfile.TemporaryDirectory(dir="/tmp") as told:
            pathlib.Path(told).chmod(0o777)  # the private server is another user's
            begun = pathlib.Path(told, "begun")
            self.pair(1, "slow", f"COPY (SELECT 1) TO '{begun}';\nSELECT pg_sleep(600);\n", "SELECT 1;\n")
            process = self.start("verify", TMPDIR=self.temporary.name)
            deadline = time.monotonic() + cli.PATIENCE
            while not begun.exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.02)
            self.assertTrue(begun.exists())
            process.send_signal(signal.SIGINT)
            self.assertEqual(self.finish(process).code, 128 + signal.SIGINT)
        self.assertEqual(self.left(), [])


if __name__ == "__main__":
    cli.main()
