"""The NeuroQuest document word by word: its npm commands with the real program."""

import json
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402


class Npm(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        shutil.copy(cli.ROOT / "package.json", self.folder)
        shutil.copytree(cli.ROOT / "tools/npm", self.folder / "tools/npm")
        self.samples()
        for version in ("0016", "0017"):  # what no dry run can simulate, the document does not have
            for script in (self.folder / "migrations").rglob(f"{version}_*.sql"):
                script.unlink()
        self.env.update(PGTIDE_BIN=cli.BINARY, npm_config_update_notifier="false", npm_config_offline="true",
                        npm_config_fund="false", npm_config_cache=str(self.folder / "cache"))

    def npm(self, line, **env):
        """`line` as it stands in the document, split at blanks."""
        words = line.split()
        while "=" in words[0]:
            name, value = words.pop(0).split("=")
            env[name] = value
        done = subprocess.run(words, cwd=self.folder, env={**self.env, **env}, stdin=subprocess.DEVNULL, text=True,
                              capture_output=True, timeout=cli.PATIENCE)
        return cli.Run(words, done.stdout, done.stderr, done.returncode)

    def applied(self):
        if "migrations" not in self.tables_in_database():
            return []
        return self.sql("SELECT version FROM migrations WHERE rolled_back_at IS NULL AND success ORDER BY 1")

    def versions(self, newest):
        return [f"{n:04}" for n in range(1, newest + 1)]

    def test_in_the_order_of_the_document(self):
        run = self.npm("npm run db:migrate:generate add_feature_name")
        self.assertEqual(run.code, 0, run)
        self.assertEqual(run.out.splitlines()[-2:], ["migrations/sql/0016_add_feature_name.sql",
                                                     "migrations/rollback/0016_rollback.sql"])
        self.pair(16, "add_feature_name", "CREATE TABLE features ();\n", "DROP TABLE features;\n")

        run = self.npm("npm run db:migrate:status")
        self.assertEqual(run.code, 0, run)
        self.assertIn("16 migrations: 16 pending; no ledger yet in database shop", run.out)

        run = self.npm("npm run db:migrate:up -- --dry-run")
        self.assertEqual((run.code, self.tables_in_database()), (0, []), run)
        self.assertIn("nothing was committed", run.out)

        run = self.npm("npm run db:migrate:up 0005")
        self.assertEqual((run.code, self.applied()), (0, self.versions(5)), run)

        run = self.npm("npm run db:migrate:up")
        self.assertEqual((run.code, self.applied()), (0, self.versions(16)), run)

        run = self.npm("npm run db:migrate:down 0001 -- --dry-run")
        self.assertEqual((run.code, self.applied()), (0, self.versions(16)), run)
        self.assertIn("the database would be at 0001", run.out)

        run = self.npm("npm run db:migrate:down 0003")
        self.assertEqual((run.code, self.applied()), (0, self.versions(3)), run)

        run = self.npm("NODE_ENV=production npm run db:migrate:up")
        self.assertEqual((run.code, self.applied()), (0, self.versions(16)), run)

        run = self.npm("npm run db:migrate:validate")
        self.assertEqual(run.code, 0, run)
        self.assertIn("migrations is valid", run.out)

    def test_the_trap(self):
        run = self.npm("npm run db:migrate:up --dry-run")
        self.assertEqual((run.code, self.tables_in_database()), (0, []), run)
        self.assertIn("nothing was committed", run.out)
        self.npm("npm run db:migrate:up")
        run = self.npm("npm run db:migrate:down 0001 --dry-run")
        self.assertEqual((run.code, self.applied()), (0, self.versions(15)), run)

    def test_an_unset_variable(self):
        self.npm("npm run db:migrate:up 3")
        run = self.npm("npm run db:migrate:down $LAST_GOOD_VERSION".replace("$LAST_GOOD_VERSION", ""))
        self.assertEqual((run.code, self.applied()), (2, self.versions(3)), run)

    def test_production_needs_yes(self):
        self.npm("npm run db:migrate:up 3")
        run = self.npm("NODE_ENV=production npm run db:migrate:down 0002")
        self.assertEqual((run.code, self.applied()), (2, self.versions(3)), run)
        run = self.npm("NODE_ENV=production npm run db:migrate:down 0002 -- --yes")
        self.assertEqual((run.code, self.applied()), (0, self.versions(2)), run)
        run = self.npm("NODE_ENV=production npm run db:migrate:down 0001 --yes")
        self.assertEqual((run.code, self.applied()), (0, self.versions(1)), run)

    def test_a_document_is_alone_on_stdout(self):
        run = self.npm("npm run --silent db:migrate:status -- --format json")
        self.assertEqual(len(json.loads(run.out)["migrations"]), 15)

    def test_exit_codes(self):
        self.assertEqual(self.npm("npm run db:migrate:status -- --check").code, 1)
        self.pair(16, "broken", "SELECT 1/0;\n")
        self.assertEqual(self.npm("npm run db:migrate:up").code, 3)


if __name__ == "__main__":
    cli.main()
