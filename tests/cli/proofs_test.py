"""What `verify --record` proved, and the rule that nothing else may run."""

import json
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402

RULE = "[environments.production.rules]\nrequire_proof = true\n"


class Proofs(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.server.sql("DROP DATABASE IF EXISTS scratch WITH (FORCE)", "CREATE DATABASE scratch", database="postgres")
        self.tables(3)
        self.write("pgtide.toml", RULE)
        self.file = self.folder / "migrations/proofs.json"

    def verify(self, *words, code=0):
        run = self.run_pgtide("verify", "--record", *words, "--url", self.server.url(database="scratch"))
        self.assertEqual(run.code, code, run)
        return run

    def proofs(self):
        return {proof["version"]: proof for proof in json.loads(self.file.read_text())["proofs"]}

    def production(self, *words, code=0):
        run = self.run_pgtide(*words, "--env", "production", "--yes")
        self.assertEqual(run.code, code, run)
        return run

    def refused(self, *words):
        before = self.tables_in_database()
        run = self.production(*words, code=2)
        self.assertIn("the rules of production forbid this; nothing was run", run.err)
        self.assertEqual(self.tables_in_database(), before)
        return run.err

    def test_what_is_refused(self):
        self.say("up", "--env", "production")
        self.say("up", "--env", "production", "--dry-run")
        self.verify("1..2")
        self.pair(2, "add_t2", "CREATE TABLE t2 (id bigint);\n", "DROP TABLE t2;\n")
        self.file.write_text(self.file.read_text().replace(self.proofs()["0001"]["proved_at"][:10], "2026-01-15"))
        self.say("up", "--env", "production", "--format", "json")
        self.verify("1..3")
        self.say("up", "--env", "production")
        self.check_golden()
        self.assertEqual(self.tables_in_database(), ["migrations", "migrations_log", "t1", "t2", "t3"])

    def test_without_the_rule(self):
        self.assertEqual(self.run_pgtide("up").code, 0)

    def test_the_flag_that_allows_it(self):
        self.production("up", "--allow-unproved")

    def test_the_file_changes_with_the_scripts_alone(self):
        self.assertIn(f"noted in {pathlib.Path('migrations/proofs.json')}\n", self.verify().out)
        first = self.file.read_text()
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o644)
        self.assertEqual(sorted(entry.name for entry in self.file.parent.iterdir()), ["proofs.json", "rollback", "sql"])
        old = first.replace(self.proofs()["0001"]["proved_at"], "2020-01-01T00:00:00Z")
        self.file.write_text(old)
        self.verify()
        self.assertEqual(self.file.read_text(), old)
        self.pair(2, "add_t2", "CREATE TABLE t2 (id bigint);\n", "DROP TABLE t2;\n")
        self.verify()
        changed = [line for line in self.file.read_text().splitlines() if line not in old.splitlines()]
        self.assertEqual(len(changed), 1, changed)
        self.assertIn('"version":"0002","verdict":"proved"', changed[0])
        proof = self.proofs()["0002"]
        self.assertRegex(proof["server"], r"^PostgreSQL \d+")
        self.assertEqual(len(proof["forward"]) + len(proof["rollback"]), 128)

    def test_line_ends_are_no_change(self):
        self.verify()
        for script in self.folder.glob("migrations/*/*.sql"):
            script.write_bytes(b"\xef\xbb\xbf" + script.read_bytes().replace(b"\n", b"\r\n"))
        self.production("up")

    def test_a_changed_rollback_is_refused(self):
        self.verify()
        self.write("migrations/rollback/0003_rollback.sql", "DROP TABLE t3 CASCADE;\n")
        self.assertIn("the pair 0003 is not what was proved on 20", self.refused("up"))
        self.production("up", "2")

    def test_a_part_keeps_the_rest(self):
        self.verify()
        before = self.proofs()
        (self.folder / "migrations/sql/0003_add_t3.sql").unlink()
        (self.folder / "migrations/rollback/0003_rollback.sql").unlink()
        self.pair(2, "add_t2", "CREATE TABLE t2 (id bigint);\n", "DROP TABLE t2;\n")
        self.verify("2")
        self.assertEqual((self.proofs()["0001"], self.proofs()["0003"]), (before["0001"], before["0003"]))
        self.assertNotEqual(self.proofs()["0002"], before["0002"])
        self.verify()  # every pair: what is gone goes
        self.assertEqual(sorted(self.proofs()), ["0001", "0002"])

    def git(self, *words):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words], cwd=self.folder, check=True,
                       capture_output=True, env=self.env)

    def test_what_a_branch_changes(self):
        self.verify()
        before = self.proofs()
        self.git("init", "-q")
        self.git("add", "-A")
        self.git("commit", "-qm", "all")
        self.pair(4, "add_t4", "CREATE TABLE t4 (id int);\n", "DROP TABLE t4;\n")
        self.refused("up")
        run = self.verify("--changed-since", "HEAD")
        self.assertIn("proved            0004 add_t4\n", run.out)
        self.assertNotIn("0003", run.out)
        after = self.proofs()
        self.assertEqual({version: after[version] for version in before}, before)
        self.assertEqual(sorted(after), ["0001", "0002", "0003", "0004"])
        self.production("up")

    def test_a_way_back_that_does_not_work(self):
        self.verify()
        self.pair(3, "add_t3", "CREATE TABLE t3 (id int);\n", "SELECT 1;\n")
        self.verify(code=1)
        self.assertEqual(self.proofs()["0003"]["verdict"], "not_restored")
        self.assertIn("the pair 0003 was found not restored on 20", self.refused("up"))
        file = self.folder / "migrations/proofs.json"
        now = file.read_text()
        file.write_text(now.replace("not_restored", "not restored"))
        self.assertIn("the pair 0003 was found not restored on 20", self.refused("up"))
        self.verify(code=1)
        self.assertEqual(file.read_text(), now)

    def test_an_irreversible_one_is_declared_so(self):
        self.write("migrations/sql/0003_add_t3.sql", "-- pgtide: irreversible it is meant\nCREATE TABLE t3 (id int);\n")
        (self.folder / "migrations/rollback/0003_rollback.sql").unlink()
        self.verify()
        self.assertEqual((self.proofs()["0003"]["verdict"], self.proofs()["0003"]["rollback"]), ("irreversible", None))
        self.production("up")

    def test_the_way_down(self):
        self.assertEqual(self.run_pgtide("up").code, 0)
        self.assertIn("the pair 0003 is not proved", self.refused("down", "1"))
        self.verify()
        kept = self.file.read_text()
        self.write("migrations/rollback/0003_rollback.sql", "DROP TABLE t3 CASCADE;\n")
        self.assertIn("the pair 0003 is not what was proved", self.refused("down", "1"))
        for name in ("sql/0003_add_t3", "rollback/0003_rollback"):
            (self.folder / f"migrations/{name}.sql").unlink()
        self.production("down", "2")  # an older deployment: the stored script is the proved one
        self.file.unlink()
        self.refused("down", "1")
        self.write("elsewhere.json", kept)
        self.production("down", "1", "--from-ledger", "--proofs", "elsewhere.json")
        self.production("down", "0", "--allow-unproved", "--allow-down-to-zero")
        self.assertEqual(self.tables_in_database(), ["migrations", "migrations_log"])

    def test_a_file_that_is_none(self):
        for text, why in (("{", "parse error"), ("{}", "format"), ('{"format": 2, "proofs": []}', "it is of another format"),
                          ('{"format": 1, "proofs": [{"version": "x"}]}', "without a version"),
                          ("<<<<<<< HEAD\n", "parse error")):
            self.file.write_text(text)
            for run in (self.run_pgtide("up", "--env", "production"), self.verify(code=2)):
                self.assertEqual(run.code, 2, run)
                self.assertIn("migrations/proofs.json is no record of proofs", run.err)
                self.assertIn(why, run.err)
            self.assertEqual(self.tables_in_database(), [])
        self.file.unlink()
        self.verify()
        twice = self.file.read_text().replace('"0002"', '"1"')
        self.file.write_text(twice)
        self.assertIn("it has 1 twice", self.production("up", code=2).err)

    def test_a_folder_that_cannot_be_written(self):
        run = self.verify("--proofs", "nowhere/proofs.json", code=4)
        self.assertIn("cannot write nowhere/proofs.json: No such file or directory\n  hint: --proofs names another file", run.err)

    def test_it_is_written_only_when_that_was_asked_for(self):
        self.assertEqual(self.run_pgtide("verify", "--url", self.server.url(database="scratch")).code, 0)
        self.assertFalse(self.file.exists())


if __name__ == "__main__":
    cli.main()
