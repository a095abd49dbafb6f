"""Runs the built pgtide as a person or a script would.

A test case has a folder of its own, which is the current folder of every run, and an empty database called shop on a
server that its module started. A transcript of its runs is compared whole with a golden file; PGTIDE_UPDATE_GOLDEN=1
writes the files anew.
"""

import difflib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from cli_server import CLEAN, PATIENCE, POSTGRES, OwnServer, server  # noqa: F401
from cli_terminal import Terminal  # noqa: F401
from cli_text import normalised, told

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLI = ROOT / "tests" / "cli"
GOLDEN = CLI / "golden"
BAD = ROOT / "tests" / "data" / "bad"
SAMPLES = ROOT / "migrations"
UPDATE = os.environ.get("PGTIDE_UPDATE_GOLDEN") == "1"


def pgtide_binary():
    named = os.environ.get("PGTIDE_TEST_BINARY", str(ROOT / "build" / "release" / "bin" / "pgtide"))
    if not os.access(named, os.X_OK):
        sys.exit(f"{named} is not built; PGTIDE_TEST_BINARY names another one")
    return named


BINARY = pgtide_binary()
# A shell starts what goes to the background with SIGINT ignored, and pgtide leaves it so.
signal.signal(signal.SIGINT, signal.default_int_handler)


class Run:
    """One finished run of pgtide."""

    def __init__(self, words, out, err, code):
        self.words, self.out, self.err, self.code = words, out, err, code

    def json(self):
        return json.loads(self.out)

    def log_lines(self):
        return [json.loads(line) for line in self.err.splitlines()]

    def __repr__(self):
        return f"$ pgtide {' '.join(self.words)}\n{self.out}{self.err}[exit {self.code}]"


class Case(unittest.TestCase):
    """Without a database; see DatabaseCase."""

    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pgtide-cli-"))
        self.addCleanup(self.remove_folder, self.folder)
        self.env = dict(CLEAN, HOME=str(self.folder))
        self.transcript = []
        self.folders = [(str(self.folder), "<tmp>"), (str(ROOT), "<root>")]

    @staticmethod
    def remove_folder(path):
        for folder, _, _ in os.walk(path):
            os.chmod(folder, 0o755)
        shutil.rmtree(path)

    # The migrations directory.

    def write(self, path, text):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    def pair(self, number, name, forward, rollback="SELECT 1;\n"):
        self.write(f"migrations/sql/{number:04}_{name}.sql", forward)
        self.write(f"migrations/rollback/{number:04}_rollback.sql", rollback)

    def tables(self, count):
        """`count` pairs that each make a table and drop it again."""
        for number in range(1, count + 1):
            self.pair(number, f"add_t{number}", f"CREATE TABLE t{number} (id int);\n", f"DROP TABLE t{number};\n")

    def samples(self):
        shutil.copytree(SAMPLES, self.folder / "migrations")

    # Runs.

    def command(self, words):
        return [BINARY, *words]

    def run_pgtide(self, *words, cwd=None, **env):
        done = subprocess.run(self.command(words), cwd=cwd or self.folder, env={**self.env, **env},
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE)
        return Run(list(words), done.stdout.decode(), done.stderr.decode(), done.returncode)

    def start(self, *words, **env):
        process = subprocess.Popen(self.command(words), cwd=self.folder, env={**self.env, **env},
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end, process)
        process.words = list(words)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
            process.wait(PATIENCE)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe:
                pipe.close()

    @staticmethod
    def finish(process, timeout=PATIENCE):
        out, err = process.communicate(timeout=timeout)
        return Run(process.words, out.decode(), err.decode(), process.returncode)

    def say(self, *words, cwd=None, **env):
        """Runs pgtide and adds the run to the transcript."""
        run = self.run_pgtide(*words, cwd=cwd, **env)
        self.tell(run, **env)
        return run

    def tell(self, run, **env):
        self.transcript += told(run, self.folders, env) + [""]

    def remark(self, text):
        """A line of the transcript that says what happened between two runs."""
        self.transcript += [f"# {text}", ""]

    def expect(self, run, code, out=None, err=None):
        self.assertEqual(run.code, code, run)
        if out is not None:
            self.assertEqual(normalised(run.out, self.folders), out)
        if err is not None:
            self.assertEqual(normalised(run.err, self.folders), err)

    def check_golden(self):
        """Compares the transcript with tests/cli/golden/<module>/<test>.txt."""
        path = golden_file(self.id())
        now = "\n".join(self.transcript)
        if UPDATE:
            path.parent.mkdir(exist_ok=True)
            path.write_text(now)
            return
        known = path.read_text() if path.exists() else ""
        if now != known:
            change = difflib.unified_diff(known.split("\n"), now.split("\n"), str(path.relative_to(ROOT)), "this run",
                                          lineterm="")
            self.fail("\n".join(change) + "\nPGTIDE_UPDATE_GOLDEN=1 writes it anew; read it before you commit it")


def golden_file(test_id):
    """`run_test.Up.test_x`, or `__main__.Up.test_x` when the module is the program."""
    module, case, test = test_id.split(".")[-3:]
    if module == "__main__":
        module = pathlib.Path(sys.argv[0]).stem
    return GOLDEN / module.removesuffix("_test") / f"{case}.{test.removeprefix('test_')}.txt".lower()


class DatabaseCase(Case):
    def setUp(self):
        super().setUp()
        self.server = server()
        self.folders = [(self.server.folder, "<socket>"), *self.folders]
        self.server.sql("DROP DATABASE IF EXISTS shop WITH (FORCE)", "CREATE DATABASE shop", database="postgres")
        self.env["DATABASE_URL"] = self.server.url()

    def sql(self, *statements):
        return self.server.sql(*statements)

    def tables_in_database(self):
        return self.sql("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' "
                        "ORDER BY relname")

    def wait_for(self, query, wanted, patience=20):
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if self.sql(query) == wanted:
                return
            time.sleep(0.05)
        self.fail(f"{query} does not become {wanted}: {self.sql(query)}")

    def wait_for_statement(self, text, application="pgtide"):
        """Until a session of pgtide runs a statement that contains `text`."""
        self.wait_for("SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' AND state = 'active' AND "
                      f"query LIKE '%{text}%' AND application_name = '{application}'", ["1"])


def main():
    unittest.main(verbosity=1)
