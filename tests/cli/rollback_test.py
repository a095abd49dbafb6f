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
            ("0006", "not_restored", None, ["column public.users.email comes back without NOT NULL, because a table that "
                                            "has rows would refuse it: give each row a value, then run `ALTER TABLE "
                                            "public.users ALTER COLUMN email SET NOT NULL`",
                                            "the values that column public.users.email had do not come back",
                                            "column public.users.email comes back as the last one"]),
            ("0011", "no_rollback", "the forward script changes rows only: what undoes it, nobody but you can know", []),
        ])
        files = sorted(file.name for file in (self.folder / "migrations/rollback").iterdir())
        self.assertEqual(len(files), len(list((self.folder / "migrations/sql").iterdir())) - 1)

    def text(self, number):
        path = self.folder / f"migrations/rollback/{number}_rollback.sql"
        return path.read_text() if path.exists() else ""

    def test_equal_looks_are_no_rename(self):
        self.forward("0001", "shop",
                     "CREATE TABLE a (id int PRIMARY KEY, email text, \"runId\" text, \"itemId\" text);\n"
                     "CREATE TABLE link_ab (a int, b int);\n")
        self.forward("0002", "token", "ALTER TABLE a DROP COLUMN email;\nALTER TABLE a ADD COLUMN token text;\n")
        self.forward("0003", "ids", 'ALTER TABLE a DROP COLUMN "itemId", DROP COLUMN "runId", '
                                    "ADD COLUMN item_id text, ADD COLUMN run_id text;\n")
        self.forward("0004", "link", "DROP TABLE link_ab;\nCREATE TABLE link_ac (a int, b int);\n")
        self.forward("0005", "renamed", "ALTER TABLE a RENAME token TO secret;\n"
                                        "ALTER TABLE link_ac RENAME TO links;\n"
                                        "ALTER INDEX a_pkey RENAME TO a_key;\n")
        self.run_pgtide("generate", "--all")
        for number in ("0002", "0003", "0004"):
            self.assertNotIn("RENAME", self.text(number))
            self.assertIn("NOTE", self.text(number))
        renamed = self.text("0005")
        self.assertIn("RENAME COLUMN secret TO token", renamed)
        self.assertIn("ALTER TABLE public.links RENAME TO link_ac", renamed)
        self.assertIn("RENAME CONSTRAINT a_key TO a_pkey", renamed)
        self.assertEqual(renamed.count(";\n"), 3, renamed)

    def test_rows_that_are_deleted_are_named(self):
        self.forward("0001", "job", "CREATE TABLE job (id int PRIMARY KEY); INSERT INTO job VALUES (1), (2);\n"
                                    "CREATE TABLE old_t (id int);\n")
        self.forward("0002", "tidy", "DROP TABLE old_t;\nDELETE FROM job WHERE id = 2;\n")
        run = self.run_pgtide("generate", "--all")
        self.assertIn("1 of 2 rows of public.job did not come back", run.out)
        self.assertIn("-- NOTE: rows that line 2 of the forward script deletes from job", self.text("0002"))
        self.assertIn("-- NOT PROVED: data lost", self.text("0002"))

    def test_enums(self):
        self.forward("0001", "m",
                     "CREATE TYPE sev AS ENUM ('U, V', 'OK', 'ND');\nCREATE TYPE other AS ENUM ('U, V', 'OK', 'ND', 'X');\n"
                     "CREATE TABLE m (s sev NOT NULL DEFAULT 'OK', t sev);\n")
        self.forward("0002", "order",
                     "CREATE TYPE sev_new AS ENUM ('U, V', 'ND', 'OK');\n"
                     "ALTER TABLE m ALTER s DROP DEFAULT, ALTER s TYPE sev_new USING s::text::sev_new,\n"
                     "  ALTER t TYPE sev_new USING t::text::sev_new;\n"
                     "DROP TYPE sev;\nALTER TYPE sev_new RENAME TO sev;\nALTER TABLE m ALTER s SET DEFAULT 'OK';\n")
        self.forward("0003", "another", "ALTER TABLE m ALTER t TYPE other USING t::text::other;\n")
        run = self.run_pgtide("generate", "--all")
        self.assertEqual(run.code, 0, run)
        self.assertIn("::text::public.sev", self.text("0003"))

    def test_only_what_depends_is_touched(self):
        self.forward("0001", "t", "CREATE TABLE t (a int, b int, c int);\nCREATE INDEX t_a ON t (a);\n"
                                  "CREATE VIEW of_a AS SELECT a FROM t;\nCREATE VIEW of_b AS SELECT b FROM t;\n")
        self.forward("0002", "wide", "DROP VIEW of_b;\nALTER TABLE t ALTER b TYPE bigint, ALTER c TYPE bigint;\n"
                                     "CREATE VIEW of_b AS SELECT b FROM t;\n")
        self.forward("0003", "renamed", "ALTER TABLE t RENAME a TO z;\nALTER INDEX t_a RENAME TO t_z;\n")
        run = self.run_pgtide("generate", "--all")
        self.assertEqual(run.code, 0, run)
        self.assertNotIn("of_a", self.text("0002"))
        self.assertEqual(self.text("0002").count("ALTER TABLE"), 1, self.text("0002"))
        self.assertNotIn("VIEW", self.text("0003"))
        self.assertNotIn("DROP", self.text("0003"))

    def test_concurrently_there_and_back(self):
        self.forward("0001", "t", "CREATE TABLE t (a int, b int);\nCREATE INDEX t_a ON t (a);\n")
        self.forward("0002", "built", "CREATE UNIQUE INDEX CONCURRENTLY t_b ON t (b);\n")
        self.forward("0003", "dropped", "DROP INDEX CONCURRENTLY t_a;\n")
        run = self.run_pgtide("generate", "--all")
        self.assertEqual(run.code, 0, run)
        self.assertIn("DROP INDEX CONCURRENTLY public.t_b", self.text("0002"))
        self.assertIn("CREATE INDEX CONCURRENTLY t_a ON public.t", self.text("0003"))

    def test_rows_only_is_said_of_rows_only(self):
        self.forward("0001", "t", "CREATE TABLE t (a int);\n")
        self.forward("0002", "rows", "INSERT INTO t VALUES (1);\n")
        self.forward("0003", "code", "DO $$BEGIN PERFORM 1; END$$;\n")
        run = self.run_pgtide("generate", "--all", "--format", "json")
        reasons = {one["version"]: one["reason"] for one in json.loads(run.out)["rollbacks"]}
        self.assertIn("changes rows only", reasons["0002"])
        self.assertIn("does not show in the schema", reasons["0003"])

    def test_a_template_makes_room(self):
        for how in (["--all"], ["--rollback", "1"]):
            shutil.rmtree(self.folder / "migrations", ignore_errors=True)
            self.run_pgtide("generate", "init")
            self.write("migrations/sql/0001_init.sql", "CREATE TABLE t (a int);\n")
            self.assertEqual(self.run_pgtide("generate", *how).code, 0)
            self.assertIn("DROP TABLE public.t;", self.text("0001"))
        # What somebody began is theirs.
        self.run_pgtide("generate", "more")
        self.write("migrations/sql/0002_more.sql", "CREATE TABLE u (a int);\n")
        path = self.folder / "migrations/rollback/0002_rollback.sql"
        path.write_text(path.read_text() + "-- first the rows\n")
        self.assertEqual(self.run_pgtide("generate", "--rollback", "2").code, 2)
        self.assertIn("-- first the rows", path.read_text())

    def test_the_hint_for_a_missing_one(self):
        self.forward("0001", "t", "CREATE TABLE t (a int);\n")
        self.assertIn("`pgtide generate --rollback 0001` writes it", self.run_pgtide("validate").err)

    def test_wrong_words(self):
        self.say("generate")
        self.say("generate", "x", "--all")
        self.say("generate", "--rollback", "")
        self.check_golden()


class Down(cli.DatabaseCase):
    forward = Generate.forward
    text = Generate.text

    def test_what_a_table_with_rows_takes(self):
        self.forward("0001", "doc",
                     "CREATE TABLE doc (owner_id int NOT NULL, kind text NOT NULL DEFAULT 'x',\n"
                     "  code text NOT NULL DEFAULT '' UNIQUE, id int PRIMARY KEY, note text);\n"
                     "CREATE TABLE job (id int PRIMARY KEY, doc int REFERENCES doc);\n")
        self.forward("0002", "narrow", "ALTER TABLE doc DROP COLUMN owner_id, DROP COLUMN kind, DROP COLUMN code;\n")
        self.forward("0003", "no_key", "ALTER TABLE job DROP COLUMN doc;\nALTER TABLE doc DROP COLUMN id CASCADE;\n")
        self.forward("0004", "loose", "ALTER TABLE doc ALTER COLUMN note SET NOT NULL;\n")
        self.forward("0005", "strict", "ALTER TABLE doc ALTER COLUMN note DROP NOT NULL;\n")
        self.run_pgtide("generate", "--all")
        self.assertIn("ADD COLUMN owner_id integer,", self.text("0002"))
        self.assertIn("ADD COLUMN kind text DEFAULT 'x'::text NOT NULL", self.text("0002"))
        self.assertIn("-- NOT PROVED: not restored: ", self.text("0002"))
        self.assertIn("has no value in note", self.text("0005"))
        self.run_pgtide("up")
        self.sql("INSERT INTO doc (note) VALUES ('a'), ('b')")
        down = self.run_pgtide("down", "0001", "--yes")
        self.assertIn("rolled back 4 migrations", down.out, down)
        self.assertEqual(self.sql("SELECT count(*) FROM doc WHERE kind = 'x' AND owner_id IS NULL"), ["2"])
        notes = self.run_pgtide("validate")
        self.assertEqual(notes.code, 0, notes)
        self.assertIn("could not prove it: not restored", notes.err)


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
