"""No golden file is left behind by a test that is gone or renamed."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
import cli_harness as cli  # noqa: E402


def test_ids(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from test_ids(item)
        else:
            yield item.id()


class Golden(unittest.TestCase):
    def test_every_file_has_its_test(self):
        loader = unittest.TestLoader()
        known = {cli.golden_file(name) for name in test_ids(loader.discover(str(cli.CLI), "*_test.py"))}
        self.assertEqual(loader.errors, [])
        self.assertEqual([str(file.relative_to(cli.ROOT)) for file in sorted(cli.GOLDEN.rglob("*.txt")) if file not in known], [])


if __name__ == "__main__":
    cli.main()
