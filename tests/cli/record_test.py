"""What an operator knows: baseline, resolve, repair."""

import hashlib
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402


class Baseline(cli.DatabaseCase):
    def test_versions(self):
        self.tables(4)
        for wrong in ("9", "abc", ""):
            self.say("baseline", wrong)
        self.assertEqual(self.tables_in_database(), [])
        self.say("baseline", "2")
        self.say("status")
        self.say("baseline", "2")
        self.say("baseline", "3")
        self.say("history")
        self.say("up")
        self.assertEqual([t for t in self.tables_in_database() if t[0] == "t"], ["t4"])
        self.check_golden()


class Resolve(cli.DatabaseCase):
    def test_a_failed_migration(self):
        self.tables(3)
        self.pair(2, "add_t2", "CREATE TABLE t2 (id int);\nSELECT 1/0;\n", "DROP TABLE t2;\n")
        self.run_pgtide("up")
        self.remark("0002 failed; somebody made the table by hand")
        self.say("resolve", "--applied", "2")
        self.say("resolve", "--applied", "0002")
        self.say("status")
        self.say("up")
        self.remark("somebody dropped t3 by hand")
        self.say("resolve", "--rolled-back", "3")
        self.say("resolve", "--rolled-back", "3")
        self.say("history", "--limit", "3")
        self.check_golden()

    def test_wrong_versions(self):
        self.tables(2)
        for words in (["--applied", "9"], ["--applied", "abc"], ["--applied", ""], ["--rolled-back", "1"], ["--rolled-back", ""]):
            self.say("resolve", *words)
        self.assertEqual(self.tables_in_database(), [])
        self.check_golden()


class Repair(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        self.tables(3)
        self.run_pgtide("up")

    def change(self, *numbers):
        for number in numbers:
            self.pair(number, f"add_t{number}", f"CREATE TABLE t{number} (id bigint);\n", f"DROP TABLE t{number};\n")

    def test_without_a_terminal(self):
        self.say("repair")
        self.change(1, 3)
        self.say("repair")
        self.say("status", "--check")
        self.say("repair", "--yes")
        self.say("status", "--check")
        self.say("history", "--limit", "2")
        self.say("repair", "--yes")
        self.check_golden()

    def test_one(self):
        self.change(2)
        self.say("repair", "--yes")
        self.check_golden()

    def test_line_ends_are_no_change(self):
        file = self.folder / "migrations/sql/0001_add_t1.sql"
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
        self.expect(self.run_pgtide("repair", "--yes"), 0, "nothing was repaired\n", "")
        self.assertEqual(self.run_pgtide("status", "--check").code, 0)


class Seed(cli.DatabaseCase):
    """The document's repairs by hand have the effect that it describes."""

    def test_set_the_checksum(self):
        self.tables(2)
        self.run_pgtide("up")
        self.pair(2, "add_t2", "CREATE TABLE t2 (id bigint);\n", "DROP TABLE t2;\n")
        self.assertEqual(self.run_pgtide("up").code, 2)
        digest = hashlib.sha256((self.folder / "migrations/sql/0002_add_t2.sql").read_bytes()).hexdigest()
        self.sql(f"UPDATE migrations SET checksum = '{digest}' WHERE version = '0002'")
        self.expect(self.run_pgtide("up"), 0, "nothing to do; the database is at 0002\n", "")

    def test_set_rolled_back_at(self):
        self.tables(4)
        self.run_pgtide("up")
        self.sql("DROP TABLE t4", "UPDATE migrations SET rolled_back_at = NOW() WHERE version = '0004'")
        self.say("up", "0004")
        self.check_golden()


if __name__ == "__main__":
    cli.main()
