"""What the command line says about itself, and about words that it does not know."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402

COMMANDS = ("up", "down", "status", "generate", "validate", "verify", "drift", "history", "baseline", "resolve",
            "repair", "mark-good", "doctor", "rules", "backup", "restore", "reset", "config")


class Help(cli.Case):
    def test_program(self):
        self.say("--help")
        self.check_golden()

    def test_commands(self):
        for command in COMMANDS:
            self.say(command, "--help")
        self.check_golden()

    def test_every_command_is_known_here(self):
        page = self.run_pgtide("--help").out
        listed = page.split("\nCommands:\n")[1].split("\n\n")[0]
        self.assertEqual([line.split()[0] for line in listed.splitlines() if line[2] != " "], list(COMMANDS))

    def test_the_page_fits_a_terminal(self):
        for words in (["--help"], *([command, "--help"] for command in COMMANDS)):
            for line in self.run_pgtide(*words).out.splitlines():
                self.assertLessEqual(len(line), 80, line)

    def test_every_form(self):
        page = self.run_pgtide("--help")
        self.assertEqual(page.code, 0)
        for words in (['-h'], ['-v', '--help']):
            self.assertEqual(self.run_pgtide(*words).out.split("\n")[0], page.out.split("\n")[0], words)
        for words in (["up", "-h"], ["help", "up"]):
            self.assertEqual(self.run_pgtide(*words).out, self.run_pgtide("up", "--help").out)
        self.assertEqual(self.run_pgtide("help").out, page.out)

    def test_help_reads_no_configuration(self):
        self.write("pgtide.toml", "nonsense\n")
        self.assertEqual(self.run_pgtide("up", "--help").code, 0)

    def test_version(self):
        self.assertRegex(self.run_pgtide("--version").out, r"^pgtide \d+\.\d+\.\d+\n$")


class WrongWords(cli.Case):
    def test_commands_and_arguments(self):
        for words in ([], ["frob"], ["staus"], ["Status"], ["-v"], ["5", "up"], ["up", "5", "6"],
                      ["status", "extra"], ["generate"], ["generate", "add", "users"], ["baseline"], ["down", "1", "2"],
                      ["--embedded", "/var/tmp/pg", "up"], ["resolve"]):
            self.say(*words)
        self.check_golden()

    def test_words_of_other_tools(self):
        for word, here in (("new", "generate NAME"), ("create", "generate NAME"), ("migrate", "up"), ("apply", "up"),
                           ("rollback", "down VERSION"), ("undo", "down VERSION"), ("info", "status"), ("init", "generate NAME")):
            run = self.run_pgtide(word)
            self.assertEqual(run.code, 2, run)
            self.assertTrue(run.err.startswith(f"error: `{word}` is not a command of pgtide\n  hint: here it is `pgtide {here}`"), run.err)

    def test_flags(self):
        for words in (["--bogus"], ["up", "--dyr-run"], ["up", "--dry"], ["status", "--dry-run"], ["--dry-run", "up"], ["--dry-run"], ["up", "--stpes", "2"],
                      ["up", "-x"], ["up", "--steps"], ["up", "--url"], ["up", "--url="], ["up", "--yes=no"],
                      ["up", "--dir", "a", "--dir", "b"], ["up", "--steps", "2", "5"], ["up", "--steps", "two"],
                      ["up", "--steps", "0"], ["up", "--steps="], ["down", "--steps", "-1"], ["history", "--limit", "many"],
                      ["history", "--limit", "-1"], ["status", "--format", "xml"], ["-v", "-q", "status"],
                      ["resolve", "--applied", "3", "--rolled-back", "4"]):
            self.say(*words)
        self.check_golden()

    def test_two_dashes_mean_nothing(self):
        for words in (["up", "--", "--dyr-run"], ["--", "up", "--dyr-run"], ["up", "--dyr-run", "--"]):
            run = self.run_pgtide(*words)
            self.assertEqual(run.code, 2, run)
            self.assertIn("did you mean --dry-run", run.err)

    def test_an_unset_variable_is_no_wish_to_leave_it_out(self):
        for words in (["up", "--steps"], ["down", "--steps"], ["resolve", "--applied"], ["resolve", "--rolled-back"],
                      ["generate", "--rollback"], ["verify"], ["verify", "--changed-since"], ["rules"], ["restore"],
                      ["doctor", "--terminate"], ["history", "--limit"], ["generate"]):
            run = self.say(*words, "")
            self.assertEqual(run.code, 2, run)
        self.check_golden()

    def test_a_password_in_the_wrong_place_is_not_repeated(self):
        url = "postgresql://app:s3cret@host/shop"
        for words in (["up", url, url], ["--bogus=" + url], ["--ulr", url, "up"], [url], ["generate", "x", url],
                      ["up", "--steps", url], ["history", "--limit", url], ["up", "--format", url], ["--embedded", url, "up"],
                      ["up", "host=h password=s3cret", "x"]):
            for form in ("text", "json"):
                run = self.run_pgtide(*words, PGTIDE_FORMAT=form)
                self.assertEqual(run.code, 2, run)
                self.assertNotIn("s3cret", run.out + run.err)


if __name__ == "__main__":
    cli.main()
