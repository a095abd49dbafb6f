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

    def test_headers_of_the_library(self):
        listed = first_column(section(page("library.md"), "## The headers", "The other headers"))
        folder = ROOT / "include" / "pgtide"
        for name in listed:
            self.assertTrue((folder / name.removeprefix("pgtide/")).is_file(), name)
        entries = {file.stem for file in (ROOT / "src" / "app").glob("*.cpp")}
        entries = {f"{name}.hpp" for name in entries if (folder / f"{name}.hpp").exists()}
        self.assertIn("migrator.hpp", entries)
        self.assertLessEqual(entries, {name.removeprefix("pgtide/") for name in listed})

    def test_variables_that_the_program_reads(self):
        sources = "".join(file.read_text() for file in sorted((ROOT / "src").rglob("*.cpp")))
        read = set(re.findall(r'(?:getenv|variable)\("([A-Za-z_]+)"\)', sources))
        self.assertIn("NO_COLOR", read)
        text = page("configuration.md")
        self.assertEqual([name for name in sorted(read) if f"`{name}`" not in text], [])


if __name__ == "__main__":
    unittest.main()
