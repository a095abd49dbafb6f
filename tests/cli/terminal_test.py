"""What a person at a terminal sees and answers."""

import pathlib
import re
import signal
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402


PLAN = ("will roll back 2 migrations, newest first:\r\n  0003 add_t3\r\n  0002 add_t2\r\nthe database will be at 0001\r\n"
        "roll back? [y/N] ")


class Confirmation(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.tables(3)
        self.run_pgtide("up")
        self.env["NO_COLOR"] = "1"

    def asked(self, *words, **env):
        terminal = cli.Terminal(self, *(words or ("down", "1")), **env)
        terminal.wait_for("[y/N] ")
        self.assertEqual(terminal.text, PLAN)
        terminal.text = ""
        return terminal

    def assert_applied(self, count):
        self.assertEqual(self.sql("SELECT count(*) FROM migrations WHERE rolled_back_at IS NULL"), [str(count)])

    def test_yes(self):
        for answer in ("y", "Y", "yes", "YES", " y "):
            terminal = self.asked()
            terminal.type(answer + "\n")
            self.assertEqual(terminal.finish(), 0, terminal.text)
            self.assertRegex(cli.normalised(terminal.text.replace("\r\n", "\n"), []).replace("\r\x1b[K", ""),
                             "^" + re.escape(answer) + "\n.*rolled back  0003 add_t3 .*\n.*rolled back  0002 add_t2 .*\n"
                             "rolled back 2 migrations in <t>; the database is at 0001\nschema is as it was at 0001\n$")
            self.assert_applied(1)
            self.run_pgtide("up")

    def test_no(self):
        for answer in ("n", "", "no", "x", "ye s"):
            terminal = self.asked()
            terminal.type(answer + "\n")
            self.assertEqual(terminal.finish(), 2, terminal.text)
            self.assertEqual(terminal.text, answer + "\r\nerror: declined; nothing was rolled back\r\n")
        self.assert_applied(3)

    def test_end_of_input(self):
        terminal = self.asked()
        terminal.type("\x04")
        self.assertEqual(terminal.finish(), 2, terminal.text)
        self.assertEqual(terminal.text, "\r\nerror: declined; nothing was rolled back\r\n")
        self.assert_applied(3)

    def test_control_c(self):
        terminal = self.asked()
        terminal.type("\x03")
        self.assertEqual(terminal.finish(), 130, terminal.text)
        self.assertEqual(terminal.text, "^C\r\nerror: stopped; nothing was rolled back\r\n")
        self.assert_applied(3)

    def test_production_asks_too(self):
        terminal = self.asked(NODE_ENV="production")
        terminal.type("n\n")
        self.assertEqual(terminal.finish(), 2)
        self.assert_applied(3)

    def test_json(self):
        terminal = self.asked("down", "1", "--format", "json")
        terminal.type("n\n")
        self.assertEqual(terminal.finish(), 2)
        self.assertIn('"exit_code": 2', terminal.text)
        self.assert_applied(3)

    def test_nobody_is_asked(self):
        for words in (["down", "1", "--dry-run"], ["down", "3"], ["down", "1", "--yes"]):
            terminal = cli.Terminal(self, *words)
            self.assertEqual(terminal.finish(), 0, terminal.text)
            self.assertNotIn("[y/N]", terminal.text)

    def test_a_missing_yes_is_named_in_the_refusal(self):
        run = self.run_pgtide("down", "1", NODE_ENV="production")
        self.assertEqual(run.code, 2)
        self.assertIn("--yes", run.err)
        self.assert_applied(3)


class Repair(cli.DatabaseCase):
    def test_answers(self):
        self.tables(1)
        self.run_pgtide("up")
        self.pair(1, "add_t1", "CREATE TABLE t1 (id bigint);\n")
        for answer, code in (("\x04", 2), ("n\n", 2), ("\x03", 130), ("y\n", 0)):
            terminal = cli.Terminal(self, "repair", NO_COLOR="1")
            terminal.wait_for("[y/N] ")
            self.assertEqual(terminal.text, "0001 add_t1 changed\r\nrecord the files as they are now, without running them? [y/N] ")
            terminal.type(answer)
            self.assertEqual(terminal.finish(), code, terminal.text)
        self.assertEqual(self.run_pgtide("status", "--check").code, 0)


LONG_ENOUGH = "SELECT pg_sleep(0.4);\n"  # twice as long as it takes for the running line to appear


class Live(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.pair(1, "quick", "SELECT 1;\n")
        self.pair(2, "slow", "SELECT pg_sleep(1.2);\n")

    def test_live_line(self):
        terminal = cli.Terminal(self, "up", NO_COLOR="1")
        self.assertEqual(terminal.finish(), 0)
        seen = re.findall(r"\r(\[\d/\d\] \d{4} \w+ \d\.\d s)\x1b\[K", terminal.text)
        slow = [line for line in seen if line.startswith("[2/2] 0002 slow ")]
        self.assertGreater(len(set(slow)), 2, terminal.text)
        left = re.sub(r"\r[^\r\n]*\x1b\[K", "", terminal.text)
        self.assertRegex(left, r"^applied      0001 quick \(\d+ ms\)\r\napplied      0002 slow \(\d\.\d\d s\)\r\n"
                               r"applied 2 migrations in \d\.\d\d s; the database is at 0002\r\n$")

    def test_a_narrow_terminal(self):
        terminal = cli.Terminal(self, "up", columns=16, NO_COLOR="1")
        self.assertEqual(terminal.finish(), 0)
        for line in re.findall(r"\r(\[[^\x1b\r]*)\x1b\[K", terminal.text):
            self.assertLessEqual(len(line), 16)

    def test_quiet_has_none(self):
        self.pair(2, "slow", LONG_ENOUGH)
        terminal = cli.Terminal(self, "-q", "up")
        self.assertEqual((terminal.finish(), terminal.text), (0, ""))

    def test_json_log_has_none(self):
        self.pair(2, "slow", LONG_ENOUGH)
        terminal = cli.Terminal(self, "up", "--log-format", "json", "--format", "json")
        self.assertEqual(terminal.finish(), 0)
        self.assertNotIn("\x1b", terminal.text)

    def test_none_in_a_pipe(self):
        self.pair(2, "slow", LONG_ENOUGH)
        run = self.run_pgtide("up")
        self.assertEqual(run.err, "")
        self.assertNotIn("\x1b", run.out)


class Batches(cli.DatabaseCase):
    def fill(self, pause):
        self.pair(1, "fill", "CREATE TABLE t (id integer, is_done boolean DEFAULT false);\n"
                             "INSERT INTO t SELECT generate_series(1, 40);\n"
                             f"-- pgtide: batch size=10 pause={pause}\n"
                             "UPDATE t SET is_done = true WHERE id IN (SELECT id FROM t WHERE NOT is_done LIMIT :batch_size);\n")

    def test_on_a_terminal_in_the_running_line(self):
        self.fill("300ms")
        terminal = cli.Terminal(self, "up", NO_COLOR="1")
        self.assertEqual(terminal.finish(), 0, terminal.text)
        seen = re.findall(r"\r\[1/1\] 0001 fill \d\.\d s, (\d+) rows in (\d) batches, \d+ rows a second\x1b\[K", terminal.text)
        self.assertIn(("20", "2"), seen, terminal.text)
        self.assertIn(("40", "4"), seen, terminal.text)

    def test_in_a_pipe_a_line_now_and_then(self):
        self.fill("800ms")
        run = self.run_pgtide("up")
        self.assertEqual(run.code, 0, run)
        lines = run.err.splitlines()
        self.assertTrue(1 <= len(lines) <= 2, run.err)
        self.assertRegex(lines[0], r"^0001 fill, \d+ rows in \d batches, \d+ rows a second, [\d.]+ s$")


class Colours(cli.DatabaseCase):
    def test_colours(self):
        self.tables(1)
        for env, coloured in (({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)):
            terminal = cli.Terminal(self, "status", **env)
            self.assertEqual(terminal.finish(), 0)
            self.assertEqual("\x1b[33mpending\x1b[0m" in terminal.text, coloured, terminal.text)
            self.assertEqual("\x1b" in terminal.text, coloured, terminal.text)

    def test_a_dumb_terminal(self):
        self.tables(1)
        terminal = cli.Terminal(self, "status", TERM="dumb")
        self.assertEqual(terminal.finish(), 0)
        self.assertNotIn("\x1b", terminal.text)

    def test_tables_fit_the_terminal(self):
        self.pair(1, "a_" + "long_" * 20 + "name", "SELECT 1;\n")
        terminal = cli.Terminal(self, "status", columns=80, NO_COLOR="1")
        self.assertEqual(terminal.finish(), 0)
        for line in terminal.text.split("\r\n"):
            self.assertLessEqual(len(line), 80, line)


if __name__ == "__main__":
    cli.main()
