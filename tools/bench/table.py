"""The table: one line a figure, printed as soon as it is known."""


def seconds(value):
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


class Table:
    def __init__(self, show_cpu):
        self.lines, self.show_cpu = [], show_cpu
        self.last_work = None

    def head(self):
        self._print("work", "pgtide", "compared with", "ratio", "goal", "")
        print("-" * 118)

    def _print(self, work, value, other, ratio, goal, reached):
        print(f"{work:44} {value:>12}  {other:24} {ratio:>8}  {goal:>10}  {reached}", flush=True)

    def _add(self, work, value, other, ratio, goal, reached, raw):
        shown = "" if work == self.last_work else work
        self.last_work = work
        self._print(shown, value, other, ratio, goal, {True: "yes", False: "NO", None: ""}[reached])
        self.lines.append({"work": work, "value": value, "other": other, "ratio": ratio, "goal": goal,
                           "reached": reached, **raw})

    def faster(self, work, ours, name, theirs, at_least=None):
        """How many times faster than another tool."""
        ratio = theirs.seconds / ours.seconds
        goal = f">= {at_least:g}" if at_least else ""
        self._add(work, seconds(ours.seconds), f"{name} {seconds(theirs.seconds)}", f"{ratio:.2f}", goal,
                  ratio >= at_least if at_least else None, {"ours": vars(ours), "theirs": vars(theirs)})
        if self.show_cpu:
            for who, key in (("client", "cpu_seconds"), ("server", "server_cpu_seconds")):
                used, other = getattr(ours, key), getattr(theirs, key)
                self._add(work, seconds(used), f"{name} {seconds(other)}", f"{other / used:.2f}" if used else "",
                          f"{who} cpu", None, {})

    def below(self, work, what, value, limit, shown, ours=None):
        """A figure of pgtide's own with a limit."""
        self._add(work, shown(value), what, "", f"< {shown(limit)}" if limit else "", value < limit if limit else None,
                  {"ours": vars(ours)} if ours else {})

    def at_most(self, work, what, value, limit, shown=lambda value: f"{value:.2f}".rstrip("0").rstrip(".")):
        self._add(work, shown(value), what, "", f"<= {shown(limit)}", value <= limit, {})

    def note(self, work, text):
        self._add(work, "", text, "", "", None, {})
