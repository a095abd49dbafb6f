"""Runs contenders in turn (A B A B …) and keeps what each run took."""

import dataclasses
import json
import statistics
import subprocess
import sys
import time

from server import HERE, clean_environment


@dataclasses.dataclass
class Run:
    argv: list
    done: object = None  # called after the run, untimed
    cwd: str = "/"


@dataclasses.dataclass
class Result:
    """Medians over the runs of one contender."""

    seconds: float
    cpu_seconds: float
    peak_mib: float
    spread: float  # slowest over fastest
    server_cpu_seconds: float = 0
    turns: float = 0
    chain: float = 0


def measure(run, output):
    """One run; a command that fails ends everything, because its time means nothing."""
    measured = subprocess.run([sys.executable, "-I", "-S", f"{HERE}/measure.py", output, *run.argv],
                              stdout=subprocess.PIPE, text=True, cwd=run.cwd, env=clean_environment())
    result = json.loads(measured.stdout)
    if result["exit_code"] != 0:
        with open(output, encoding="utf-8", errors="replace") as file:
            tail = file.read()[-2000:]
        sys.exit(f"tools/bench: {' '.join(run.argv)} ended with {result['exit_code']}:\n{tail}")
    return result


def race(contenders, times, output, server=None, proxy=None):
    """`contenders`: by name, a function that prepares one run and returns it. One run each warms the caches."""
    samples = {name: [] for name in contenders}
    for turn in range(times + 1):
        for name, prepare in contenders.items():
            run = prepare()
            if server:
                server.settle()
            if proxy:
                proxy.take_counts()
            server_cpu = server.cpu_seconds() if server else 0
            sample = measure(run, output)
            if server:
                time.sleep(0.05)  # until its backend has ended and counts
                sample["server_cpu_seconds"] = server.cpu_seconds() - server_cpu
            if proxy:
                sample.update(proxy.take_counts())
            if run.done:
                run.done()
            if turn > 0:
                samples[name].append(sample)
    return {name: summarise(runs) for name, runs in samples.items()}


def summarise(runs):
    def median(key):
        return statistics.median(run.get(key, 0) for run in runs)

    times = [run["seconds"] for run in runs]
    return Result(seconds=median("seconds"), cpu_seconds=median("cpu_seconds"),
                  peak_mib=max(run["peak_kib"] for run in runs) / 1024, spread=max(times) / min(times),
                  server_cpu_seconds=median("server_cpu_seconds"), turns=median("turns"), chain=median("chain"))
