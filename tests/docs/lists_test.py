"""Lists in the pages are those of the program's source: what programs read, and what can be set."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def page(name):
    return (ROOT / "docs" / name).read_text()


def section(text, begin, end):
    return text.split(begin, 1)[1].split(end, 1)[0]


def first_column(text):
    """What stands between backquotes in the first column of a table."""
    return [word for row in re.findall(r"^\| (`[^|]*) \|", text, re.M) for word in re.findall(r"`([^`]+)`", row)]


class Lists(unittest.TestCase):
    def test_events_of_the_log(self):
        source = (ROOT / "src" / "cli" / "event_log.cpp").read_text()
        events = re.findall(r'return "(\w+)";', section(source, "to_string(LogEvent", "\n}\n"))
        self.assertIn("applied", events)
        self.assertEqual(first_column(section(page("operations.md"), "**Logs.**", "**Metrics.**")), events)


if __name__ == "__main__":
    unittest.main()
