"""docs/exit-codes.md says what happens: its table against the program, its examples by running them."""

import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402


PAGE = cli.ROOT / "docs" / "exit-codes.md"
SOURCE = cli.ROOT / "src" / "cli" / "exit_codes.hpp"
BLOCK = re.compile(r"(?<=```console\n).*?(?=```\n)", re.S)


class ExitCodes(cli.DatabaseCase):
    def prepare(self, heading):
        """What the example below `heading` finds."""
        self.tables(3)
        if heading.startswith("3"):
            self.pair(2, "add_t2", "CREATE TABLE t2 (id int);\nINSERT INTO t2 VALUES ('one');\n")
        elif heading.startswith("5"):
            self.pair(4, "index_t1", "CREATE INDEX CONCURRENTLY t1_id ON t1 (id);\n", "DROP INDEX t1_id;\n")
        elif heading.startswith("128"):
            self.pair(2, "add_t2", "CREATE TABLE t2 (id int);\nSELECT pg_sleep(30);\n")

    def replay(self, commands):
        (self.folder / "bin").mkdir(exist_ok=True)
        link = self.folder / "bin" / "pgtide"
        if not link.exists():
            link.symlink_to(cli.BINARY)
        mark = "\x01"
        script = "".join(f"{command}\nstatus=$?; printf '{mark}'; (exit $status)\n" for command in commands)
        done = subprocess.run(["bash", "-c", script], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=cli.PATIENCE,
                              env={**self.env, "PATH": f"{self.folder}/bin:{self.env['PATH']}"})
        return done.stdout.split(mark)[:-1]

    @staticmethod
    def shape(text):
        return re.sub(r" {2,}", "  ", re.sub(r"\b\d+ ms\b|\b\d+\.\d+ s\b", "<t>", text))

    def test_examples(self):
        page = PAGE.read_text()
        sections = re.split(r"(?m)^(?=## )", page)
        for number, section in enumerate(sections):
            block = BLOCK.search(section)
            if not block:
                continue
            heading = section[3:section.index("\n")]
            with self.subTest(heading):
                self.setUp()
                self.prepare(heading)
                commands = re.findall(r"(?m)^\$ (.*)$", block.group())
                printed = self.replay(commands)
                code = int(heading.split(":")[0]) if heading[1] == ":" else 130
                self.assertEqual(printed[-1], f"{code}\n")
                now = "".join(f"$ {command}\n{text}" for command, text in zip(commands, printed))
                if cli.UPDATE:
                    sections[number] = section.replace(block.group(), now)
                else:
                    self.assertEqual(self.shape(block.group()), self.shape(now))
        if cli.UPDATE:
            PAGE.write_text("".join(sections))

    def test_the_table_is_that_of_the_program(self):
        defined = set(re.findall(r"constexpr int exit_\w+ = (\d+);", SOURCE.read_text()))
        listed = set(re.findall(r"(?m)^\| (\d+)(?: \+ n)? \|", PAGE.read_text()))
        self.assertEqual(listed, defined)

    def test_what_a_retry_can_mend(self):
        listed = re.findall(r"(?m)^\| `(\w{2,5})` \|", PAGE.read_text())
        source = (cli.ROOT / "src" / "engine" / "failure_kind.cpp").read_text()
        self.assertEqual(sorted(listed), sorted(re.findall(r'^    "(\w+)", +// ', source.split("gone =")[0], re.M)))
        mends = [state if len(state) == 5 else state + "000" for state in listed] + ["53100", "53200", "53300", "08006"]
        for form in ("", "-- pgtide: no-transaction\n"):
            for state in mends + ["42501", "57014", "23505", "42P01", "58P01", "54000", "55006", "XX000", "P0001"]:
                if state in ("40P01", "40001") and form == "":
                    continue  # tried again, which other tests look at
                self.pair(1, "a", f"{form}DO $$ BEGIN RAISE 'no' USING ERRCODE = '{state}'; END $$;\n")
                run = self.run_pgtide("up", "--lock-retries", "0")
                self.assertEqual(run.code, 4 if state in mends else 3, run)

    def test_a_script_against_the_ledger(self):
        for script in ("DROP TABLE migrations, migrations_log CASCADE;", "DROP TABLE migrations CASCADE;", "DROP SCHEMA public CASCADE;",
                       "ALTER TABLE migrations DROP COLUMN checksum CASCADE;",
                       "ALTER TABLE migrations ADD CHECK (version <> '0002') NOT VALID;",
                       "ALTER TABLE migrations_log ADD CHECK (version <> '0002' OR event IN ('started', 'failed')) NOT VALID;",
                       "ALTER TABLE migrations_log RENAME TO log;"):
            for form in ("", "-- pgtide: no-transaction\n"):
                with self.subTest(form + script):
                    self.setUp()
                    self.tables(1)
                    self.assertEqual(self.run_pgtide("up").code, 0)
                    self.pair(2, "bad", form + script + "\n")
                    run = self.run_pgtide("up")
                    self.assertEqual(run.code, 3, run)
                    self.assertIn("pgtide", run.err)
                    self.assertIn("hint: leave", run.err)
                    self.assertIn('"migrations"', run.err)
                    self.assertEqual(self.run_pgtide("status").code, 0)
        self.assertEqual(self.run_pgtide("up", "--dry-run").code, 5)
        self.pair(2, "bad", script + "\n")
        self.assertEqual(self.run_pgtide("up", "--dry-run").code, 3)

    def test_a_read_only_database(self):
        self.tables(1)
        self.run_pgtide("up")
        self.sql("ALTER DATABASE shop SET default_transaction_read_only = on")
        self.assertEqual(self.run_pgtide("up").code, 0)
        self.tables(2)
        self.assertEqual(self.run_pgtide("up").code, 4)

    def test_what_cannot_be_simulated_may_be_no_error(self):
        self.prepare("5")
        self.write("ci.toml", '[policy]\nnot_simulable = "warn"\n')
        for words in (["--not-simulable", "warn"], ["--config", "ci.toml"]):
            for trip in ([], ["--round-trip"]):
                self.assertEqual(self.run_pgtide("up", "--dry-run", *trip).code, 5)
                run = self.run_pgtide("up", "--dry-run", *trip, *words)
                self.assertEqual(run.code, 0, run)
                self.assertIn("not simulable", run.out)
        self.pair(2, "add_t2", "SELECT 1/0;\n")
        self.assertEqual(self.run_pgtide("up", "--dry-run", "--not-simulable", "warn").code, 3)


if __name__ == "__main__":
    cli.main()
