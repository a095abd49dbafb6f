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


if __name__ == "__main__":
    cli.main()
