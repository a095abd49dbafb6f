"""Installs pgtide into an empty prefix, builds programs against it in both ways, and migrates with them."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ["PGTIDE_BUILD_DIR"])
COMPILER = os.environ["PGTIDE_CXX"]
SANITIZE = os.environ.get("PGTIDE_SANITIZE", "")
CONSUMER = ROOT / "tests" / "install" / "consumer"
MIGRATIONS = ROOT / "migrations"
COUNT = len(list((MIGRATIONS / "sql").glob("*.sql")))

TABLES = "SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public'"


def sanitize_flags():
    return [f"-fsanitize={SANITIZE}"] if SANITIZE else []


def run(*command, **options):
    done = subprocess.run(list(map(str, command)), text=True, capture_output=True, timeout=300, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\nstatus {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def examples_of(page):
    """The C++ blocks of a page."""
    return re.findall(r"```cpp\n(.*?)```", (ROOT / page).read_text(), re.S)


class Server:
    """The consumer program, which holds a private server, and psql on it."""

    def __init__(self, program, folder, migrations=MIGRATIONS):
        self.errors = open(folder.with_suffix(".err"), "w+")
        self.process = subprocess.Popen([program, migrations, folder], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.errors, bufsize=1)
        self.conninfo = self.process.stdout.readline().strip()

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        return self.process.stdout.readline().strip()

    def query(self, sql):
        return run("psql", "-XAtqc", sql, self.conninfo).strip()

    def close(self):
        if self.errors.closed:
            return None
        self.process.stdin.close()
        self.process.stdout.close()
        code = self.process.wait(60)
        self.errors.seek(0)
        text = self.errors.read()
        self.errors.close()
        return code, text


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="pgtide-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        staged = cls.folder / "staged"
        cls.folder.chmod(0o755)  # the private server runs as another user when this is root
        run("cmake", "--install", BUILD, "--prefix", staged)
        # Everything must still be found when the tree is moved.
        cls.prefix = staged.rename(cls.folder / "prefix")
        cls.pkgconfig = next(cls.prefix.rglob("pgtide.pc")).parent
        cls.consumer = cls.built_with_cmake()
        cls.example = cls.built_with_pkg_config()

    @classmethod
    def pkg_config(cls, *arguments):
        return run("pkg-config", *arguments, "pgtide", env={**os.environ, "PKG_CONFIG_PATH": cls.pkgconfig}).split()

    @classmethod
    def built_with_pkg_config(cls, *flags):
        source = cls.folder / "migrate.cpp"
        source.write_text(examples_of("docs/library.md")[0])
        program = cls.folder / "migrate"
        run(COMPILER, "-std=c++20", "-Wall", "-Wextra", "-Werror", source, "-o", program, *sanitize_flags(),
            *cls.pkg_config("--cflags", "--libs", *flags))
        return program

    @classmethod
    def built_with_cmake(cls):
        """The consumer, and every public header by itself."""
        build = cls.folder / "consumer"
        run("cmake", "-S", CONSUMER, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={cls.prefix}",
            f"-DCMAKE_CXX_COMPILER={COMPILER}", "-DCMAKE_BUILD_TYPE=Debug")
        run("cmake", "--build", build, "--parallel", os.cpu_count())
        return build / "consumer"

    def test_both_ways_build_programs_that_migrate(self):
        server = Server(self.consumer, self.folder / "pg")
        self.addCleanup(server.close)
        self.assertEqual(server.ask("status"), f"applied 0 pending {COUNT} current none")
        self.assertEqual(server.ask("up 3"), "done 3")
        self.assertEqual(server.query("SELECT count(*) FROM user_preferences"), "0")
        self.assertEqual(server.ask("down 2"), "done 1")
        self.assertEqual(server.query("SELECT to_regclass('user_preferences') IS NULL"), "t")
        self.assertEqual(server.query("SELECT rolled_back_at IS NOT NULL FROM migrations WHERE version = '0003'"), "t")
        before = server.query(TABLES)

        printed = run(self.example, MIGRATIONS, server.conninfo).splitlines()
        self.assertEqual(len(printed), COUNT - 2, printed)
        self.assertRegex(printed[0], r"^applied +0003 add_user_preferences \(.*\)$")
        self.assertEqual(server.ask("status"), f"applied {COUNT} pending 0 current {COUNT:04}")
        self.assertEqual(server.ask("down 2"), f"done {COUNT - 2}")
        self.assertEqual(server.query(TABLES), before)
        self.assertEqual(server.ask("down 999")[:8], "refused ")
        self.assertEqual(server.close(), (0, ""))

    def test_the_page_about_the_ledger_is_true(self):
        server = Server(self.consumer, self.folder / "ledger-pg")
        self.addCleanup(server.close)
        self.assertEqual(server.ask("up 4"), "done 4")
        page = (ROOT / "docs" / "ledger.md").read_text()
        for table in ("migrations", "migrations_log"):
            section = page.split(f"\n## {table}\n")[1].split("\n## ")[0]
            listed = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", section, re.M)
            columns = server.query("SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
                                   f"WHERE attrelid = '{table}'::regclass AND attnum > 0 ORDER BY attnum")
            self.assertEqual(["|".join(row) for row in listed], columns.splitlines())
        events = server.query("SELECT pg_get_constraintdef(oid) FROM pg_constraint "
                              "WHERE conrelid = 'migrations_log'::regclass AND pg_get_constraintdef(oid) LIKE '%event%'")
        for event in re.findall(r"'(\w+)'::text", events):
            self.assertIn(f"`{event}`", page)
        server.query("CREATE ROLE app")
        statements = re.findall(r"```sql\n(.*?)```", page, re.S)
        self.assertIn("DROP TABLE", server.query(statements[0]))
        for statement in statements[1:]:
            server.query(statement)
        self.assertIn("0003", server.ask("up 4"))  # its checksum is no longer the file's
        self.assertEqual(server.ask("status"), f"applied 2 pending {COUNT - 4} current 0003")

    def test_the_privileges_that_the_page_names_are_enough(self):
        migrations = self.folder / "small"
        for path in ("sql/0001_a.sql", "sql/0002_b.sql", "rollback/0001_rollback.sql", "rollback/0002_rollback.sql"):
            (migrations / path).parent.mkdir(parents=True, exist_ok=True)
            (migrations / path).write_text("SELECT 1;\n")
        server = Server(self.consumer, self.folder / "small-pg", migrations)
        self.addCleanup(server.close)
        server.query("CREATE ROLE app LOGIN")
        as_app = (self.example, migrations, re.sub(r"user=\S+", "user=app", server.conninfo))
        refused = subprocess.run(as_app, text=True, capture_output=True, timeout=60)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("GRANT", refused.stderr)
        self.assertEqual(server.ask("up 1"), "done 1")
        server.query("GRANT SELECT, INSERT, UPDATE ON migrations, migrations_log TO app")
        self.assertRegex(run(*as_app), "^applied +0002 b ")

    def test_a_program_that_fails_says_why(self):
        broken = self.folder / "broken"
        done = subprocess.run([self.example, broken, "postgresql://nobody@/none?host=/nonexistent"], text=True,
                              capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 1)
        self.assertIn("/nonexistent", done.stderr)

    def test_pkg_config_static_links_too(self):
        self.built_with_pkg_config("--static")

    def test_parts_of_programs_in_the_pages_compile(self):
        parts = examples_of("docs/library.md")[1:] + examples_of("README.md")
        self.assertEqual(len(parts), 3)
        source = self.folder / "parts.cpp"
        source.write_text("#include <iostream>\n#include <pgtide/embedded_server.hpp>\n#include <pgtide/migrator.hpp>\n"
                          "#include <pgtide/render.hpp>\n" + "".join(
                              f"void part_{number}(pgtide::Migrator& migrator) {{ (void)migrator; {{\n{part}}} }}\n"
                              for number, part in enumerate(parts)))
        run(COMPILER, "-std=c++20", "-Wall", "-fsyntax-only", source, *self.pkg_config("--cflags"))

    def test_nothing_installed_names_this_machine(self):
        for path in [*self.prefix.rglob("*.cmake"), *self.prefix.rglob("*.pc"), *self.prefix.rglob("*.hpp")]:
            text = path.read_text()
            for folder in (ROOT, BUILD, self.folder, "staged"):
                self.assertNotIn(str(folder), text, path)

    def test_headers_of_other_libraries_are_not_needed(self):
        for path in self.prefix.rglob("*.hpp"):
            for name in re.findall(r'#\s*include\s*[<"]([^>"]+)[>"]', path.read_text()):
                self.assertTrue(name.startswith("pgtide/") or "/" not in name and "." not in name, f"{path}: {name}")

    def test_the_program_is_installed_and_runs(self):
        version = re.search(r"VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text().split("project(")[1]).group(1)
        self.assertEqual(run(self.prefix / "bin" / "pgtide", "--version").strip(), f"pgtide {version}")
        self.assertEqual(self.pkg_config("--modversion"), [version])

    def test_another_minor_version_is_refused(self):
        project = self.folder / "later"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.16)\nproject(later LANGUAGES CXX)\nfind_package(pgtide 0.99 REQUIRED)\n")
        done = subprocess.run(["cmake", "-S", project, "-B", project / "build", "-G", "Ninja",
                               f"-DCMAKE_PREFIX_PATH={self.prefix}"], text=True, capture_output=True, timeout=120)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("0.99", done.stderr)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
