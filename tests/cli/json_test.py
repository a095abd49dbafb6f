"""--format json: one document on stdout, whatever happens. --log-format json: one object a line on stderr."""

import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402
from help_test import COMMANDS  # noqa: E402


class Documents(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.tables(2)

    def document(self, *words, code, **env):
        """The document, the same however it was asked for, and the same exit code as without it."""
        run = self.run_pgtide(*words, "--format", "json", **env)
        self.assertEqual(run.code, code, run)
        self.assertEqual(run.out[-2:], "}\n", run)
        return run.json()

    def test_every_command(self):
        # pg_dump refuses a newer server, and what it does is tested elsewhere.
        version = self.sql("SHOW server_version_num")[0][:-4]
        self.write("fake/pg_dump", f'#!/bin/sh\n[ "$1" != --version ] || {{ echo "pg_dump (PostgreSQL) {version}.0"; exit; }}\n'
                   'for word; do case "$word" in --file=*) printf PGDMP > "${word#--file=}";; esac; done\n').chmod(0o755)
        self.write("fake/pg_restore", "#!/bin/sh\n").chmod(0o755)
        self.server.sql("DROP DATABASE IF EXISTS scratch", "CREATE DATABASE scratch", database="postgres")
        tools = ["--pg-bin", str(self.folder / "fake")]
        words_of_all = (
            ["status"], ["history"], ["validate"], ["config"], ["rules"], ["rules", "index-not-concurrent"],
            ["verify", "--url", self.server.url(database="scratch")], ["up", "--dry-run"], ["up", "1"], ["up"], ["up"], ["status"],
            ["history"], ["doctor"], ["drift", "--recorded"], ["mark-good"], ["backup", *tools], ["restore", *tools],
            ["down", "1", "--dry-run"], ["down", "1"], ["down", "1"], ["resolve", "--applied", "2"], ["baseline", "2"], ["repair"],
            ["reset", "--yes"], ["generate", "add_x"])
        self.assertEqual({words[0] for words in words_of_all}, set(COMMANDS))
        for words in words_of_all:
            with self.subTest(words):
                self.assertIsInstance(self.document(*words, code=0), dict)

    def test_errors(self):
        self.write("broken/sql/x.sql", "")
        self.write("broken.toml", "x")
        for words, code in ((["up", "99"], 2), (["down"], 2), (["bogus"], 2), (["up", "--bogus"], 2), ([], 2), (["generate"], 2),
                            (["up", "--steps", "x"], 2), (["up", "--dir", "broken"], 2), (["up", "--dir", "nothing"], 2),
                            (["validate", "--dir", "nothing"], 2), (["generate", "///"], 2), (["resolve"], 2),
                            (["-v", "-q", "up"], 2), (["up", "--config", "broken.toml"], 2), (["up", "--lock-wait", "x"], 2),
                            (["up", "--url", "postgresql://127.0.0.1:1/x"], 4), (["up", "--url", "nonsense"], 2)):
            with self.subTest(words):
                document = self.document(*words, code=code)
                self.assertEqual(set(document), {"error", "exit_code"})
                self.assertEqual(document["exit_code"], code)
                self.assertTrue(document["error"]["message"])

    def test_asked_for_in_every_way(self):
        self.write("pgtide.toml", 'format = "json"\n')
        for words, env in ((["up", "99"], {}), (["up", "99", "--format=json"], {}), (["--format", "json", "up", "99"], {}),
                           (["up", "99"], {"PGTIDE_FORMAT": "json"}), (["bogus"], {"PGTIDE_FORMAT": "json"}),
                           (["bogus", "--format=json"], {})):
            with self.subTest(words):
                run = self.run_pgtide(*words, **env)
                self.assertEqual((run.code, run.json()["exit_code"]), (2, 2))
        self.assertEqual(self.run_pgtide("up", "99", "--format", "text").out, "")
        self.assertEqual(self.run_pgtide("bogus", "--format", "text", PGTIDE_FORMAT="json").out, "")

    def test_a_failure(self):
        self.pair(2, "add_t2", "CREATE TABLE t2 ();\nSELECT 1/0;\n")
        self.pair(3, "add_t3", "CREATE TABLE t3 ();\n")
        run = self.say("up", "--format", "json")
        self.assertEqual(run.json()["failure"]["line"], 2)
        self.check_golden()

    def test_a_dry_run(self):
        run = self.say("up", "--dry-run", "--format", "json")
        self.assertTrue(run.json()["dry_run"])
        self.check_golden()

    def test_refusals_and_questions(self):
        self.run_pgtide("up")
        self.document("down", "1", code=2, NODE_ENV="production")
        self.pair(1, "add_t1", "CREATE TABLE t1 (id bigint);\n")
        self.document("repair", code=2)
        self.document("up", code=2)
        self.document("status", "--check", code=1)
        self.document("repair", "--yes", code=0)

    def test_progress_is_on_stderr(self):
        run = self.run_pgtide("up", "--format", "json")
        self.assertEqual(cli.normalised(run.err, []), "applied      0001 add_t1 (<t>)\napplied      0002 add_t2 (<t>)\n")


class Log(cli.DatabaseCase):
    KEYS = {"time", "level", "run_id", "event", "dry_run", "version", "section", "duration_ms", "file", "line", "column", "message", "hint"}

    def setUp(self):
        super().setUp()
        self.pair(1, "noisy", "BEGIN;\nDROP TABLE IF EXISTS x;\nCREATE TABLE t1 ();\nCOMMIT;\n", "DROP TABLE t1;\n")
        self.tables(0)

    def lines(self, *words, code=0, **env):
        run = self.run_pgtide(*words, "--log-format", "json", **env)
        self.assertEqual(run.code, code, run)
        lines = run.log_lines()
        for line in lines:
            self.assertLessEqual(set(line), self.KEYS)
            self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
            self.assertIn(line["level"], ("info", "warning", "error"))
        return run, lines

    def test_a_run(self):
        run, lines = self.lines("up", "-v", "--format", "json")
        self.assertEqual([line["event"] for line in lines if line["event"] != "remark"],
                         ["started", "server_notice", "applied", "finished"])
        self.assertEqual({line["run_id"] for line in lines if line["event"] != "remark"}, {run.json()["run_id"]})
        notice = [line for line in lines if line["event"] == "server_notice"][0]
        self.assertEqual((notice["file"], notice["line"]), ("migrations/sql/0001_noisy.sql", 2))
        absorbed = [line for line in lines if line["event"] == "remark"][0]
        self.assertIn("BEGIN", absorbed["message"])
        run, lines = self.lines("down", "0")
        self.assertEqual([line["event"] for line in lines], ["started", "rolled_back", "finished"])
        self.assertIn("rolled back  0001 noisy", run.out)

    def test_a_dry_run_applies_nothing(self):
        self.pair(2, "broken", "SELECT 1/0;\n")
        for words, code, events in (
            (("up", "1", "--dry-run"), 0, ["started", "would_apply", "finished"]),
            (("up", "--dry-run"), 3, ["started", "would_apply", "started", "failed", "run_failed", "finished"]),
            (("up", "1"), 0, ["started", "applied", "finished"]),
            (("down", "0", "--dry-run"), 0, ["started", "would_roll_back", "finished"]),
        ):
            with self.subTest(words):
                _, lines = self.lines(*words, code=code)
                told = [line for line in lines if line["event"] not in ("remark", "server_notice")]
                self.assertEqual([line["event"] for line in told], events)
                self.assertEqual({line.get("dry_run") for line in lines}, {True if "--dry-run" in words else None})

    def test_errors(self):
        self.pair(2, "broken", "SELECT\n  1/0;\n")
        _, lines = self.lines("up", code=3)
        failed = [line for line in lines if line["event"] == "run_failed"][0]
        self.assertEqual((failed["file"], failed["line"], failed["level"]), ("migrations/sql/0002_broken.sql", 1, "error"))
        for words, code in ((["bogus"], 2), (["up", "99"], 2), (["down"], 2), (["up", "--url", "nonsense"], 2),
                            (["up", "--url", "postgresql://127.0.0.1:1/x"], 4), (["validate", "--dir", "nothing"], 2)):
            with self.subTest(words):
                _, lines = self.lines(*words, code=code)
                self.assertEqual([line["event"] for line in lines if line["event"] != "problem"], ["error"])

    def test_every_problem_is_a_line(self):
        self.write("migrations/sql/nonsense.sql", "")
        self.write("migrations/sql/0001_again.sql", "")
        _, lines = self.lines("up", code=2)
        self.assertEqual([line["event"] for line in lines], ["error", "problem", "problem"])
        self.assertTrue(all("file" in line for line in lines[1:]))

    def test_a_refusal(self):
        self.run_pgtide("up")
        run, lines = self.lines("down", "0", "--allow-down-to-zero", code=2, NODE_ENV="production")
        self.assertEqual([line["event"] for line in lines], ["error"])
        self.assertIn("--yes", lines[0]["hint"])

    def test_findings_of_doctor(self):
        self.run_pgtide("up")
        self.write("migrations/sql/0001_noisy.sql", "CREATE TABLE other ();\n")
        _, lines = self.lines("doctor", code=1)
        self.assertIn("versions", [line["section"] for line in lines])
        self.assertEqual({line["event"] for line in lines}, {"finding"})

    def test_from_the_environment(self):
        run = self.run_pgtide("bogus", PGTIDE_LOG_FORMAT="json")
        self.assertEqual([line["event"] for line in run.log_lines()], ["error"])


if __name__ == "__main__":
    cli.main()
