"""Rollback scripts that pgtide writes: `generate --rollback`, `generate --all` and `verify --fix`."""

import json
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402


class Generate(cli.Case):
    def forward(self, number, name, sql):
        self.write(f"migrations/sql/{number}_{name}.sql", sql)

    def show(self, path):
        self.remark(f"{path}:\n" + (self.folder / path).read_text())

    def test_one_version(self):
        self.pair(1, "people", "CREATE TABLE people (id bigint PRIMARY KEY, name text, born date);\n",
                  "DROP TABLE people;\n")
        self.forward("0002", "nick_names",
                     "ALTER TABLE people RENAME name TO full_name;\n"
                     "ALTER TABLE people ADD COLUMN nick text DEFAULT 'none' NOT NULL;\n"
                     "CREATE INDEX people_nick_idx ON people (nick);\n"
                     "COMMENT ON COLUMN people.nick IS 'What friends say';\n")
        self.say("generate", "--rollback", "0002")
        self.show("migrations/rollback/0002_rollback.sql")
        self.expect(self.run_pgtide("verify"), 0)
        self.say("generate", "--rollback", "2")
        self.say("generate", "--rollback", "7")
        self.check_golden()

    def test_all_that_are_missing(self):
        self.forward("0001", "shop",
                     "CREATE TYPE state AS ENUM ('open', 'paid');\n"
                     "CREATE TABLE orders (id bigint PRIMARY KEY, state state NOT NULL DEFAULT 'open', note text);\n"
                     "CREATE VIEW open_orders AS SELECT id, note FROM orders WHERE state = 'open';\n")
        self.forward("0002", "drop_note", "DROP VIEW open_orders;\nALTER TABLE orders DROP COLUMN note;\n")
        self.forward("0003", "rows", "INSERT INTO orders VALUES (1);\n")
        self.forward("0004", "sent", "ALTER TYPE state ADD VALUE 'sent';\n")
        self.say("generate", "--all")
        for number in ("0001", "0002", "0004"):
            self.show(f"migrations/rollback/{number}_rollback.sql")
        self.assertFalse((self.folder / "migrations/rollback/0003_rollback.sql").exists())
        self.check_golden()

    def test_a_forward_script_that_fails(self):
        self.forward("0001", "broken", "CREATE TABLE a (b nonsense);\n")
        run = self.run_pgtide("generate", "--rollback", "--all")
        self.assertEqual(run.code, 1, run)
        self.assertIn("the forward script fails", run.out)
        self.assertFalse((self.folder / "migrations/rollback").exists())

    def test_json(self):
        self.forward("0001", "a", "CREATE TABLE a (b int);\n")
        run = self.run_pgtide("generate", "--all", "--format", "json")
        said = json.loads(run.out)["rollbacks"]
        self.assertEqual(run.code, 0, run)
        self.assertEqual([(one["version"], one["verdict"], one["not_restored"]) for one in said],
                         [("0001", "proved", [])])
        self.assertEqual((self.folder / said[0]["file"]).read_text().splitlines()[-1], "DROP TABLE public.a;")

    def test_the_samples(self):
        self.samples()
        shutil.rmtree(self.folder / "migrations/rollback")
        run = self.run_pgtide("generate", "--all", "--format", "json")
        others = [(one["version"], one["verdict"], one["reason"], one["not_restored"])
                  for one in json.loads(run.out)["rollbacks"] if one["verdict"] != "proved"]
        self.assertEqual(others, [
            # The column comes back as the last one.
            ("0006", "not_restored", None, ["the values that column public.users.email had do not come back",
                                            "column public.users.email comes back as the last one"]),
            ("0011", "no_rollback", "the forward script changes rows only: what undoes it, nobody but you can know", []),
        ])
        files = sorted(file.name for file in (self.folder / "migrations/rollback").iterdir())
        self.assertEqual(len(files), len(list((self.folder / "migrations/sql").iterdir())) - 1)

    def test_wrong_words(self):
        self.say("generate")
        self.say("generate", "x", "--all")
        self.say("generate", "--rollback", "")
        self.check_golden()


class Fix(cli.Case):
    def test_a_broken_rollback_is_left_and_another_proposed(self):
        broken = "DROP TABLE pets;\n"
        self.pair(1, "people", "CREATE TABLE people (id bigint PRIMARY KEY);\n", "DROP TABLE people;\n")
        self.pair(2, "pets",
                  "CREATE TABLE pets (id bigint PRIMARY KEY);\n"
                  "CREATE INDEX people_id_idx ON people (id DESC);\n", broken)
        run = self.run_pgtide("verify", "--fix")
        self.assertEqual(run.code, 1, run)
        self.assertIn("0002_rollback.sql.proposed", run.err)
        rollback = self.folder / "migrations/rollback/0002_rollback.sql"
        self.assertEqual(rollback.read_text(), broken)
        proposed = self.folder / "migrations/rollback/0002_rollback.sql.proposed"
        self.assertIn("DROP INDEX public.people_id_idx;", proposed.read_text())
        # It is no migration, and taken over it is proved.
        self.expect(self.run_pgtide("validate"), 0, "migrations is valid\n", "")
        proposed.replace(rollback)
        self.assertEqual(self.run_pgtide("verify").code, 0)


if __name__ == "__main__":
    cli.main()
