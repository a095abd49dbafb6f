"""The migrations directory: what `validate` and `generate` say, without a database."""

import json
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402

BAD = sorted(folder.name for folder in cli.BAD.iterdir() if folder.is_dir())


class Validate(cli.DatabaseCase):
    def bad(self, name):
        shutil.copytree(cli.BAD / name, self.folder / "migrations")
        for keep in self.folder.glob("migrations/**/.gitkeep"):
            keep.unlink()

    def test_samples(self):
        self.samples()
        self.expect(self.run_pgtide("validate"), 0, "migrations is valid\n", "")

    def test_bad_directories(self):
        for name in BAD:
            with self.subTest(name):
                self.bad(name)
                self.remark(name)
                run = self.say("validate")
                self.assertEqual(run.code, 2)
                self.assertEqual(run.out, "")
                shutil.rmtree(self.folder / "migrations")
        self.check_golden()

    def test_nothing_of_a_bad_directory_runs(self):
        # 0001 is in order everywhere, and would be the first to be applied.
        for name in BAD:
            with self.subTest(name):
                self.bad(name)
                run = self.run_pgtide("up")
                self.assertEqual((run.code, run.out), (2, ""), run)
                self.assertIn("nothing was run", run.err)
                self.assertEqual(self.tables_in_database(), [])
                shutil.rmtree(self.folder / "migrations")

    def test_json_lists_what_the_text_lists(self):
        for name in BAD:
            with self.subTest(name):
                self.bad(name)
                run = self.run_pgtide("validate", "--format", "json")
                said = json.loads(run.out)
                self.assertEqual((run.code, said["valid"], run.err), (2, False, ""))
                text = self.run_pgtide("validate").err
                self.assertEqual(len(said["problems"]), int(text.rstrip().split()[-2]))
                for problem in said["problems"]:
                    self.assertIn(problem["message"], text)
                shutil.rmtree(self.folder / "migrations")

    def test_a_date_among_timestamps(self):
        for name in ("20240101000000_a", "20250625_b"):
            version = name.split("_")[0]
            self.write(f"migrations/sql/{name}.sql", "SELECT 1;\n")
            self.write(f"migrations/rollback/{version}_rollback.sql", "SELECT 1;\n")
        run = self.run_pgtide("validate")
        self.assertEqual((run.code, run.out), (0, "migrations is valid\n"), run)
        self.assertIn("20250625 runs before 20240101000000", run.err)

    def test_scripts_in_folders_below(self):
        self.tables(1)
        for path in ("sql/2026/q1/0002_b.sql", "rollback/.old/0002_b.sql", "sql/empty/notes.txt"):
            self.write(f"migrations/{path}", "SELECT 1;\n")
        run = self.run_pgtide("validate")
        self.assertEqual(run.code, 2, run)
        self.assertIn("migrations/sql/2026/q1/: pgtide does not look into this folder, which holds 0002_b.sql", run.err)
        self.assertIn("migrations has 1 problem\n", run.err)

    def test_json_of_a_valid_one(self):
        self.samples()
        run = self.run_pgtide("validate", "--format=json")
        self.assertEqual((run.code, run.json()), (0, {"valid": True, "problems": [], "notes": []}))

    def test_one_log_line_for_each_problem(self):
        self.bad("many_problems")
        run = self.run_pgtide("validate", "--log-format", "json")
        self.assertEqual(run.code, 2)
        self.assertEqual([line["event"] for line in run.log_lines()], ["problem"] * 9)

    def test_a_slash_at_the_end_makes_no_difference(self):
        self.bad("many_problems")
        self.assertEqual(self.run_pgtide("validate", "--dir", "migrations/").err.replace("migrations/ ", "migrations "),
                         self.run_pgtide("validate").err)


class Missing(cli.DatabaseCase):
    def test_a_link_that_leads_out(self):
        self.tables(1)
        self.write("secret", "SELECT 'hunter2';\n")
        rollback = self.folder / "migrations/rollback/0001_rollback.sql"
        rollback.unlink()
        rollback.symlink_to("../../secret")
        run = self.run_pgtide("up")
        said = "a link that leads out of the migrations folder, to " + str((self.folder / "secret").resolve())
        self.assertIn(said, run.err)
        self.assertEqual(run.code, 2 if os.geteuid() == 0 else 0, run)
        if os.geteuid() == 0:
            self.assertIn("is not followed as root", run.err)
            self.assertEqual(self.sql("SELECT count(*) FROM pg_class WHERE relname = 'migrations'"), ["0"])
        # Inside, as a mounted volume has them, a link is as good as a file.
        rollback.unlink()
        self.write("migrations/.data/one.sql", "DROP TABLE t1;\n")
        rollback.symlink_to("../.data/one.sql")
        self.assertEqual(self.run_pgtide("validate").code, 0)

    def test_no_directory(self):
        for command in ("validate", "up", "status"):
            self.say(command)
            self.say(command, "--dir", "db/migrations")
        self.write("file", "")
        self.say("validate", "--dir", "file")
        (self.folder / "empty").mkdir()
        self.say("up", "--dir", "empty")
        self.check_golden()

    def test_no_migration_yet(self):
        (self.folder / "migrations" / "sql").mkdir(parents=True)
        for command in ("validate", "status", "up"):
            self.say(command)
        self.assertEqual(self.tables_in_database(), [])
        self.check_golden()

    def test_what_stands_for_an_empty_script(self):
        self.pair(1, "a", "-- pgtide: irreversible nobody needs it\n", "")
        back = "hint: write the SQL; where there is no way back, write `-- pgtide: irreversible <why>`"
        there = "hint: write the SQL; `irreversible` speaks of the way back only"
        for command in ("validate", "up"):
            run = self.run_pgtide(command)
            self.assertEqual((run.code, run.err.count(back), run.err.count(there)), (2, 1, 1), run)
        self.write("migrations/rollback/0001_rollback.sql", "-- pgtide: irreversible nobody needs it\n")
        self.write("migrations/sql/0001_a.sql", "-- later\n")
        run = self.run_pgtide("validate")
        self.assertEqual((run.code, run.err.count("irreversible")), (2, 0), run)


class Unreadable(cli.DatabaseCase):
    """As an ordinary user: root may read everything."""

    def command(self, words):
        if os.getuid() != 0:
            return super().command(words)
        return ["runuser", "-u", "postgres", "--", str(self.folder / "pgtide"), *words]

    def setUp(self):
        super().setUp()
        self.tables(2)
        os.chmod(self.folder, 0o755)
        shutil.copy(cli.BINARY, self.folder / "pgtide")  # it may lie where only its owner can reach it

    def refused(self, path):
        os.chmod(self.folder / path, 0)
        self.remark(f"chmod 0 {path}")
        for command in ("validate", "up", "status"):
            self.say(command)
        os.chmod(self.folder / path, 0o755)
        self.assertEqual(self.tables_in_database(), [])

    def test_unreadable(self):
        for path in ("migrations", "migrations/sql", "migrations/rollback", "migrations/sql/0002_add_t2.sql",
                     "migrations/rollback/0002_rollback.sql"):
            self.refused(path)
        self.check_golden()


class Generate(cli.DatabaseCase):
    def names(self):
        return sorted(str(file.relative_to(self.folder)) for file in self.folder.glob("migrations/*/*"))

    def test_first_pair(self):
        self.say("generate", "add_users")
        for name in self.names():
            self.remark(name)
            self.transcript += cli.normalised((self.folder / name).read_text(), self.folders).split("\n")
        self.remark("as they are they say nothing:")
        self.say("up")
        self.assertEqual(self.tables_in_database(), [])
        self.check_golden()

    def test_numbers(self):
        self.pair(1, "a", "SELECT 1;")
        self.pair(7, "b", "SELECT 1;")
        self.remark("0007 is the newest")
        self.say("generate", "c")
        self.remark("a gap is not filled, and a rollback script alone counts too" )
        os.remove(self.folder / "migrations/sql/0008_c.sql")
        os.remove(self.folder / "migrations/rollback/0008_rollback.sql")
        self.say("generate", "d")
        self.check_golden()

    def test_width_is_kept(self):
        for newest, next_one in (("000012", "000013"), ("20240115093000", "20240115093001"), ("9", "10"),
                                 ("9999", "10000")):
            with self.subTest(newest):
                self.write(f"migrations/sql/{newest}_a.sql", "SELECT 1;")
                run = self.run_pgtide("generate", "b")
                self.expect(run, 0, f"migrations/sql/{next_one}_b.sql\nmigrations/rollback/{next_one}_rollback.sql\n", "")
                shutil.rmtree(self.folder / "migrations")

    def test_names(self):
        for name in ("Add Users!", "add-users", "  trim  me ", "ünï", "a/../../b", "x" * 250, "1", "select"):
            self.say("generate", name)
        self.assertEqual([p.name for p in self.folder.iterdir()], ["migrations"])
        for name in ("", "///", "rollback", "-", "..", "日本"):
            self.say("generate", "--", name)
        self.check_golden()

    def test_no_file_is_overwritten(self):
        self.write("migrations/rollback/0001_rollback.sql", "-- mine\n")
        run = self.say("generate", "a")
        self.assertEqual(run.code, 2)
        self.assertEqual(self.names(), ["migrations/rollback/0001_rollback.sql"])
        self.assertEqual((self.folder / "migrations/rollback/0001_rollback.sql").read_text(), "-- mine\n")
        self.check_golden()

    def test_the_number_is_too_long(self):
        self.write("migrations/sql/999999999999999999_a.sql", "SELECT 1;")
        self.say("generate", "b")
        self.check_golden()

    def test_json(self):
        run = self.run_pgtide("generate", "add_users", "--format", "json", "--dir", "db/")
        self.assertEqual(run.json(), {"version": "0001", "forward": "db/sql/0001_add_users.sql",
                                      "rollback": "db/rollback/0001_rollback.sql"})


if __name__ == "__main__":
    cli.main()
