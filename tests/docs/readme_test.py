"""Runs every ```console block of README.md, in order, in one shell in a copy of the samples, and compares what is
printed. A command starts with `$ `; times, dates, run ids and user@host are compared by shape only.

    readme_test.py            check
    readme_test.py --write    put what is printed now into the page
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "README.md"
PROGRAM = os.environ["PGTIDE_BIN"]

MARK = "\x01end\x01"
BLOCK = re.compile(r"(?<=```console\n).*?(?=```\n)", re.S)

SHAPES = [
    (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "DATE"),
    (r"-- Date: \d{4}-\d\d-\d\d", "-- Date: DATE"),
    (r"PostgreSQL \d+\.\d+", "PostgreSQL N"),
    (r"\b\d+ ms\b|\b\d+\.\d+ s\b", "TIME"),
    (r"^(failed .*) \(TIME\)$", r"\1"),  # left out when it is 0 ms
    (r"\S+@\S+ +[0-9a-f]{8}\b", "USER@HOST RUN"),
    (r" {2,}", "  "),  # columns are as wide as the times in them
]


def shape(text):
    for pattern, word in SHAPES:
        text = re.sub(pattern, word, text, flags=re.M)
    return [line.rstrip() for line in text.splitlines()]


def commands_of(block):
    """Pairs of a command (with its here-document) and what the page says it prints."""
    pairs = []
    end = None
    for line in block.splitlines(keepends=True):
        if end is not None:
            pairs[-1][0] += line
            end = None if line.strip() == end else end
        elif line.startswith("$ "):
            pairs.append([line, ""])
            here = re.search(r"<<'(\w+)'", line)
            end = here.group(1) if here else None
        else:
            pairs[-1][1] += line
    return pairs


class Shell:
    def __init__(self, folder):
        env = {k: v for k, v in os.environ.items() if not re.match(r"(?i)npm_|pgtide_|node_env|database_url|pg[a-z]+$", k)}
        env.update(PGTIDE_BIN=PROGRAM, npm_config_update_notifier="false", npm_config_offline="true")
        self.process = subprocess.Popen(["bash", "--norc"], cwd=folder, env=env, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, bufsize=1)
        self.process.stdin.write("shopt -s expand_aliases\n")

    def run(self, command):
        # The status must survive the mark, because a page may show `echo $?`; and no command may read this input.
        self.process.stdin.write(f"{{\n{command[2:]}\n}} </dev/null\n_status=$?; echo; echo '{MARK}'; (exit $_status)\n")
        printed = ""
        while (line := self.process.stdout.readline()) != MARK + "\n":
            if not line:
                raise AssertionError(f"the shell ended at: {command}{printed}")
            printed += line
        return printed[:-1]

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(60)


def sample_folder(case):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pgtide-readme-"))
    case.addCleanup(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)  # the private server runs as another user when this is root
    shutil.copytree(ROOT / "migrations", folder / "migrations")
    shutil.copytree(ROOT / "tools" / "npm", folder / "tools" / "npm")
    shutil.copy(ROOT / "package.json", folder)
    (folder / "tools" / "pgtide").symlink_to(PROGRAM)
    return folder


class Readme(unittest.TestCase):
    maxDiff = None

    def test_every_command_prints_what_the_page_says(self):
        text = PAGE.read_text()
        shell = Shell(sample_folder(self))
        self.addCleanup(shell.close)
        wrong = []

        def replay(match):
            block = ""
            for command, expected in commands_of(match.group()):
                printed = shell.run(command)
                if shape(printed) != shape(expected):
                    wrong.append((command, expected, printed))
                    expected = printed
                block += command + expected
            return block

        replayed = BLOCK.sub(replay, text)
        if "--write" in sys.argv:
            PAGE.write_text(replayed)
            return
        self.assertEqual([], wrong, "\n".join(f"{c}says:\n{e}\nprints:\n{p}" for c, e, p in wrong))

    def test_links_lead_somewhere(self):
        for page in [PAGE, *(ROOT / "docs").glob("*.md")]:
            for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", page.read_text(), flags=re.S)):
                if "://" in target:
                    continue
                name, _, anchor = target.partition("#")
                file = page.parent / name if name else page
                self.assertTrue(file.exists(), f"{page}: {target}")
                if anchor:
                    self.assertIn(anchor, self.anchors(file), f"{page}: {target}")

    @staticmethod
    def anchors(page):
        """Of a page's headings, as they are made where the page is read."""
        text = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
        return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")
                for heading in re.findall(r"^#+ (.*)$", text, re.M)}

    def test_every_command_and_page_is_listed(self):
        text = PAGE.read_text()
        helped = subprocess.run([PROGRAM, "--help"], text=True, capture_output=True, timeout=60, check=True).stdout
        listed = helped.split("\nCommands:\n")[1].split("\n\n")[0]
        for command in re.findall(r"^  ([\w-]+) ", listed, re.M):
            self.assertRegex(text, rf"(?m)^\| `{command}[ `]")
        index = (ROOT / "docs" / "README.md").read_text()
        for page in (ROOT / "docs").glob("*.md"):
            if page.name != "README.md":
                self.assertIn(f"]({page.name})", index)

    def test_what_the_test_command_prints_is_so(self):
        shown = re.findall(r"^== (.*)$", PAGE.read_text(), re.M)
        script = (ROOT / "tools" / "test").read_text().replace("$preset", "dev")
        steps = re.findall(r'^step "([^"]+)"', script, re.M) + re.findall(r'^echo "== ([^"]+)"', script, re.M)
        self.assertEqual(shown, steps)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + ["-v"])
