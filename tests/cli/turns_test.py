"""How often a run waits for its server. Far from it every wait costs a round trip, whatever the machine."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402
from cli_turns import TurnCounter  # noqa: E402


class Turns(cli.DatabaseCase):
    def setUp(self):
        super().setUp()
        folder = self.folder / "p"
        folder.mkdir()
        self.counter = TurnCounter(self.server, folder)
        self.addCleanup(self.counter.close)
        self.through = f"postgresql://postgres@/shop?host={folder}"

    def turns(self, *words):
        process = self.start(*words, "-q", DATABASE_URL=self.through)
        self.counter.watch(process)
        self.expect(self.finish(process), 0)
        return self.counter.turns()

    def assert_turns(self, most, *words):
        turns, _ = self.turns(*words)
        self.assertTrue(0 < turns <= most, f"{' '.join(words)}: {turns}, not at most {most}")

    def test_many_migrations_wait_together(self):
        """As often for thirty as for one: what their versions look like is not recorded in a run of more than twenty."""
        self.tables(30)
        self.assert_turns(15, "up")
        self.assertEqual(len(self.tables_in_database()), 30 + 2)
        self.assert_turns(19, "down", "0", "--yes")
        self.assertEqual(len(self.tables_in_database()), 2)

    def test_nothing_pending(self):
        self.tables(2)
        self.run_pgtide("up")
        self.assert_turns(4, "up")
        self.assert_turns(4, "status")

    def test_recording_what_each_version_looks_like(self):
        """Six for each of them, and a few for the run."""
        self.tables(15)
        self.assert_turns(6 * 15 + 15, "up")
        self.assertEqual(self.sql("SELECT count(*) >= 15 FROM migrations_log "
                                  "WHERE event = 'schema_recorded' AND schema_fingerprint IS NOT NULL"), ["t"])


if __name__ == "__main__":
    cli.main()
