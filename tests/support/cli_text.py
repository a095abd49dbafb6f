"""What a run printed, without what differs from run to run."""

import re
import socket

DURATION = r"(?:\d+ min \d\d s|\d+\.\d\d? s|\d+ ms)"
TABLE_HEADS = ("version  name", "at (UTC)  ", "setting  ")


def redrawn_table(lines):
    """The table with its columns as wide as they are once everything that varies is gone."""
    rows = []
    for line in lines:
        line = re.sub(rf"(?<=  ) *{DURATION}(?=  )", "<t>", line)
        line = re.sub(r"(?<=  )[0-9a-f]{8}$", "<run>", line)
        rows.append([line] if line.startswith("  ") else re.split(r" {2,}", line))
    full = [row for row in rows if len(row) == len(rows[0])]  # in the others cells are empty
    width = [max(len(row[i]) for row in full) for i in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width[i]) if row in full else cell for i, cell in enumerate(row)).rstrip()
            for row in rows]


def with_tables_redrawn(text):
    lines = text.split("\n")
    out = []
    while lines:
        if not lines[0].startswith(TABLE_HEADS):
            out.append(lines.pop(0))
            continue
        table = []
        while lines and (lines[0].startswith("  ") or re.search(r"\S {2,}\S", lines[0])):
            table.append(lines.pop(0))
        out += redrawn_table(table)
    return "\n".join(out)


def normalised(text, folders):
    for path, name in folders:
        text = text.replace(path, name)
    text = text.replace(socket.gethostname(), "<host>")
    text = re.sub(r"\b\d{4}-\d\d-\d\d\d?[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?", "<time>", text)
    text = re.sub(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<uuid>", text)
    text = re.sub(r"\bfor \d\d:\d\d:\d\d\b", "for <age>", text)
    text = with_tables_redrawn(text)
    text = re.sub(r'("(?:\w+_ms)": ?)\d+', r"\1<ms>", text)
    text = re.sub(rf"\b{DURATION}\b", "<t>", text)
    text = re.sub(r"(-- Date: )\d{4}-\d\d-\d\d", r"\1<date>", text)
    text = re.sub(r"\brun [0-9a-f]{8}\b", "run <run>", text)
    return re.sub(r"(\bpid|--terminate) \d+", r"\1 <pid>", text)


def shell_word(word):
    return word if re.fullmatch(r"[\w./=:<>@%+,-]+", word) else "'" + word.replace("'", "'\\''") + "'"


def told(run, folders, env):
    """A run as it stands in a golden file: `|` before what came on stdout, `!` on stderr."""
    words = [f"{name}={shell_word(value)}" for name, value in env.items()] + ["pgtide"]
    lines = ["$ " + normalised(" ".join(words + [shell_word(word) for word in run.words]), folders)]
    for mark, text in (("|", run.out), ("!", run.err)):
        text = normalised(text, folders)
        ends = text.endswith("\n") or text == ""
        for line in text.removesuffix("\n").split("\n") if text else []:
            lines.append(f"{mark} {line}".rstrip(" ") if line == "" else f"{mark} {line}")
        if not ends:
            lines.append(f"{mark}\\ no line end")
    return lines + [f"[exit {run.code}]"]
