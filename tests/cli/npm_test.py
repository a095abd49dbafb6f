"""The npm scripts and the bin shim, with a program in PGTIDE_BIN that reports how it was called."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHIM = ROOT / "tools" / "npm" / "pgtide.js"

REPORTER = f"""#!{sys.executable}
import json, os, sys
print("CALLED " + json.dumps({{"name": __file__, "args": sys.argv[1:], "env": dict(os.environ)}}))
sys.exit(int(os.environ.get("REPORT_EXIT", "0")))
"""

SLEEPER = f"""#!{sys.executable}
import os, signal, sys, time
def leave(number, frame):
    print("got", number, flush=True)
    sys.exit(128 + number)
if os.environ.get("SLEEPER") != "plain":
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
else:
    signal.signal(signal.SIGINT, signal.SIG_DFL)
print("ready", flush=True)
time.sleep(60)
"""


def program(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pgtide-npm-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.reporter = program(self.folder / "reporter" / "pgtide", REPORTER)
        hidden = ("npm_", "pgtide_", "node_env", "database_url")
        self.env = {k: v for k, v in os.environ.items() if not k.lower().startswith(hidden)}
        self.env.update(PGTIDE_BIN=str(self.reporter), npm_config_update_notifier="false", npm_config_offline="true")

    def run_command(self, *command, cwd=ROOT, **env):
        done = subprocess.run(command, cwd=cwd, env={**self.env, **env}, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=120)
        calls = [json.loads(line[7:]) for line in done.stdout.splitlines() if line.startswith("CALLED ")]
        self.assertLessEqual(len(calls), 1)
        return done, calls[0] if calls else None

    def called(self, *command, **env):
        done, call = self.run_command(*command, **env)
        self.assertIsNotNone(call, done.stdout + done.stderr)
        return call

    def refused(self, *command, **env):
        done, call = self.run_command(*command, **env)
        self.assertIsNone(call, done.stdout)
        self.assertEqual(done.returncode, 2, done.stderr)
        return done.stderr


class Scripts(Case):
    """Every npm command of the NeuroQuest document, as it is written there."""

    def test_commands_reach_the_program(self):
        for words, args in (
            ("db:migrate:generate add_feature_name", ["generate", "add_feature_name"]),
            ("db:migrate:status", ["status"]),
            ("db:migrate:validate", ["validate"]),
            ("db:migrate:up", ["up"]),
            ("db:migrate:up 0005", ["up", "0005"]),
            ("db:migrate:up -- --dry-run", ["up", "--dry-run"]),
            ("db:migrate:down 0003", ["down", "0003"]),
            ("db:migrate:down 0001 -- --dry-run", ["down", "0001", "--dry-run"]),
        ):
            with self.subTest(words):
                self.assertEqual(self.called("npm", "run", *words.split())["args"], args)

    def test_node_env_comes_through(self):
        call = self.called("npm", "run", "db:migrate:up", NODE_ENV="production", DATABASE_URL="postgresql://h/d")
        self.assertEqual(call["env"]["NODE_ENV"], "production")
        self.assertEqual(call["env"]["DATABASE_URL"], "postgresql://h/d")

    def test_an_unset_version_is_no_argument(self):
        self.assertEqual(self.called("npm", "run", "db:migrate:down")["args"], ["down"])
        self.assertEqual(self.called("npm", "run", "db:migrate:down", "")["args"], ["down", ""])

    def test_exit_codes_come_through(self):
        done, _ = self.run_command("npm", "run", "db:migrate:up", REPORT_EXIT="3")
        self.assertEqual(done.returncode, 3)


class FlagsKeptByNpm(Case):
    def test_dry_run_and_yes_arrive_as_variables(self):
        for words, name in (
            ("db:migrate:up --dry-run", "npm_config_dry_run"),
            ("db:migrate:up 0005 --dry-run", "npm_config_dry_run"),
            ("db:migrate:down 0001 --yes", "npm_config_yes"),
        ):
            with self.subTest(words):
                self.assertEqual(self.called("npm", "run", *words.split())["env"].get(name), "true")

    def test_other_flags_are_refused(self):
        for words, flag in (
            ("db:migrate:up --steps 2", "--steps"),
            ("db:migrate:up --steps=2", "--steps"),
            ("db:migrate:up --env=production", "--env"),
            ("db:migrate:down 0001 --env production", "--env"),
            ("db:migrate:up --embedded", "--embedded"),
            ("db:migrate:up --single-transaction", "--single-transaction"),
            ("db:migrate:status --check", "--check"),
            ("db:migrate:status --format json", "--format"),
            ("db:migrate:status --format=json", "--format"),
            ("db:migrate:up --dryrun", "--dry-run"),
            ("db:migrate:generate --rollback 0007", "--rollback"),
            ("db:migrate:generate --all", "--all"),
        ):
            with self.subTest(words):
                said = self.refused("npm", "run", *words.split())
                self.assertIn("nothing was run", said)
                self.assertIn(f"npm run {words.split()[0]} -- {flag}", said)

    def test_a_setting_of_npm_is_no_flag_of_pgtide(self):
        self.assertEqual(self.called("npm", "run", "db:migrate:up", npm_config_all="true")["args"], ["up"])

    def test_a_url_is_not_repeated(self):
        said = self.refused("npm", "run", "--silent", "db:migrate:up", "--url=postgresql://u:s3cret@h/d")
        self.assertNotIn("s3cret", said)

    def test_flags_behind_the_dashes_are_fine(self):
        for words in ("--steps 2", "--format json", "--env production --check", "--table json", "--log-format=json"):
            with self.subTest(words):
                call = self.called("npm", "run", "db:migrate:up", "--", *words.split())
                self.assertEqual(call["args"], ["up", *words.split()])

    def test_a_flag_given_twice_is_the_one_behind_the_dashes(self):
        call = self.called("npm", "run", "db:migrate:up", "--env=x", "--", "--env=y")
        self.assertEqual(call["args"], ["up", "--env=y"])

    def test_a_migration_may_be_called_json(self):
        self.assertEqual(self.called("npm", "run", "db:migrate:generate", "json")["args"], ["generate", "json"])

    def test_other_package_managers_pass_flags_themselves(self):
        call = self.called("node", str(SHIM), "up", npm_config_user_agent="pnpm/9.0.0", npm_config_dir="/x")
        self.assertEqual(call["args"], ["up"])


class Lookup(Case):
    """A copy of the package, so that what is built in this tree does not count."""

    def setUp(self):
        super().setUp()
        self.env.pop("PGTIDE_BIN")
        self.package = self.folder / "project" / "node_modules" / "pgtide"
        self.shim = self.package / "tools" / "npm" / "pgtide.js"
        self.shim.parent.mkdir(parents=True)
        shutil.copy2(SHIM, self.shim)
        shutil.copy2(ROOT / "package.json", self.package)
        self.bin = self.package.parent / ".bin"
        self.bin.mkdir()
        (self.bin / "pgtide").symlink_to("../pgtide/tools/npm/pgtide.js")
        project = {"name": "project", "version": "1.0.0", "scripts": {"db:migrate:up": "pgtide up"}}
        (self.folder / "project" / "package.json").write_text(json.dumps(project))

    def name(self, **env):
        return pathlib.Path(self.called("node", str(self.shim), "up", **env)["name"])

    def test_order(self):
        in_path = {"PATH": f"{self.bin}:{self.reporter.parent}:{self.env['PATH']}"}
        builder = program(self.package / "tools" / "pgtide", REPORTER)
        self.assertEqual(self.name(), builder)
        self.assertEqual(self.name(**in_path), self.reporter)
        built = program(self.package / "build" / "release" / "bin" / "pgtide", REPORTER)
        self.assertEqual(self.name(**in_path), built)
        named = program(self.folder / "named", REPORTER)
        self.assertEqual(self.name(PGTIDE_BIN=str(named), **in_path), named)
        self.assertEqual(self.name(PGTIDE_BIN="", **in_path), built)

    def test_a_project_that_installed_the_package(self):
        program(self.package / "tools" / "pgtide", REPORTER)
        project = self.folder / "project"
        for command in (("npm", "run", "db:migrate:up", "--", "--dry-run"), ("npx", "pgtide", "up", "--dry-run")):
            with self.subTest(command):
                done, call = self.run_command(*command, cwd=project)
                self.assertIsNotNone(call, done.stderr)
                self.assertEqual(call["args"], ["up", "--dry-run"])

    def test_the_shim_never_calls_itself(self):
        script = self.folder / "other"
        program(script / "pgtide", f'#!/bin/sh\nexec node "{self.shim}" "$@"\n')
        env = {**self.env, "PATH": f"{self.bin}:{script}:{self.env['PATH']}"}
        done = subprocess.run(["node", str(self.shim), "up"], env=env, text=True, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 4)
        self.assertIn("pgtide was not found", done.stderr)

    def test_nothing_found(self):
        done, call = self.run_command("node", str(self.shim), "up")
        self.assertIsNone(call)
        self.assertEqual(done.returncode, 4)
        self.assertIn("PGTIDE_BIN", done.stderr)

    def test_a_wrong_pgtide_bin(self):
        for path in (self.folder / "missing", self.folder, self.shim, self.bin / "pgtide"):
            with self.subTest(path):
                self.assertIn("PGTIDE_BIN", self.refused("node", str(self.shim), "up", PGTIDE_BIN=str(path)))

    def test_no_shell_reads_the_arguments(self):
        words = ["a b", "$HOME", "`id`", ";", "*", "", "--", "é"]
        call = self.called("node", str(self.shim), *words, PGTIDE_BIN=str(self.reporter))
        self.assertEqual(call["args"], words)


class Signals(Case):
    def outcome(self, number, **env):
        sleeper = program(self.folder / "sleeper", SLEEPER)
        process = subprocess.Popen(["node", str(SHIM), "up"], env={**self.env, "PGTIDE_BIN": str(sleeper), **env},
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(process.stdout.readline(), "ready\n")
        process.send_signal(number)
        out, _ = process.communicate(timeout=30)
        return process.returncode, out

    def test_signals_are_passed_on(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number):
                self.assertEqual(self.outcome(number), (128 + number, f"got {int(number)}\n"))

    def test_a_program_that_a_signal_ends(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number):
                self.assertEqual(self.outcome(number, SLEEPER="plain"), (128 + number, ""))


class Package(Case):
    def test_installing_runs_nothing_and_needs_nothing(self):
        package = json.loads((ROOT / "package.json").read_text())
        self.assertFalse([key for key in package if "dependencies" in key.lower()])
        hooks = {"preinstall", "install", "postinstall", "prepare", "prepublish", "prepack", "postpack"}
        self.assertFalse(hooks & set(package["scripts"]))

    def test_what_is_packed(self):
        done, _ = self.run_command("npm", "pack", "--dry-run", "--json")
        files = {entry["path"] for entry in json.loads(done.stdout)[0]["files"]}
        for path in ("package.json", "tools/npm/pgtide.js", "CMakeLists.txt", "src/adapters/settings.cpp", "LICENSE"):
            self.assertIn(path, files)
        self.assertFalse([path for path in files if path.startswith(("tests/", "build/", ".pgtide"))])

    def test_the_list_of_flags_is_that_of_the_program(self):
        lists = re.findall(r"const (switches|valued) = \[(.*?)\];", SHIM.read_text(), re.DOTALL)
        known = {name: set(re.findall(r"'(\w+)'", names)) for name, names in lists}
        pages = "".join((ROOT / "tests" / "cli" / "golden" / "help" / f"help.{page}.txt").read_text()
                        for page in ("program", "commands"))
        flags = set(re.findall(r"^\|   (?:-\w, )? *--([\w-]+)(\[=[A-Z]+\]| [A-Za-z|]+)?(?=  |$)", pages, re.MULTILINE))
        # Left alone by npm, or without effect on what is done; the first two are passed on.
        flags = {(name.replace("-", "_"), "valued" if value.startswith(" ") else "switches") for name, value in flags
                 if name not in ("dry-run", "yes", "help", "version", "verbose", "quiet")}
        self.assertGreater(len(flags), 45)
        self.assertEqual(flags, {(name, kind) for kind in known for name in known[kind]})


if __name__ == "__main__":
    for tool in ("node", "npm", "npx"):
        if not shutil.which(tool):
            sys.exit(f"npm_test: {tool} is not installed; on Debian: apt-get install nodejs npm")
    unittest.main()
