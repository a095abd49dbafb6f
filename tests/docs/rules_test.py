"""docs/rules.md says what the program's rules say, with the examples that they are tested with.

After an intended change: PGTIDE_BIN=build/<preset>/bin/pgtide python3 tests/docs/rules_test.py --write
"""

import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "rules.md"
INTRODUCTION = (ROOT / "tests" / "data" / "rules" / "introduction.md").read_text()


def example(file):
    text = file.read_text().rstrip("\n")
    return text.replace("  -- finding", "")


def section(rule):
    folder = ROOT / "tests" / "data" / "rules" / rule["rule"]
    title = rule["title"]
    lines = [f"## {rule['rule']}", "", f"{title[0].upper()}{title[1:]}.", "", rule["explanation"], ""]
    for kind, heading in (("bad", "Found:"), ("good", "Not found:")):
        scripts = "\n\n".join(example(file) for file in sorted(folder.glob(f"{kind}*.sql")))
        lines += [heading, "", "```sql", scripts, "```", ""]
    return "\n".join(lines + [f"Safer: {rule['safer']}", ""])


def page():
    program = os.environ["PGTIDE_BIN"]
    done = subprocess.run([program, "--format", "json", "rules"], capture_output=True, check=True, text=True)
    rules = json.loads(done.stdout)["rules"]
    table = "\n".join(["| Rule | Found when |", "|---|---|"] +
                      [f"| [`{rule['rule']}`](#{rule['rule']}) | {rule['title']} |" for rule in rules])
    return "\n".join([INTRODUCTION, table, ""] + [section(rule) for rule in rules])


def main():
    wanted = page()
    if "--write" in sys.argv[1:]:
        PAGE.write_text(wanted)
    if not PAGE.exists() or PAGE.read_text() != wanted:
        sys.exit(f"docs/rules.md is stale; {__doc__.splitlines()[-1]}")


if __name__ == "__main__":
    main()
