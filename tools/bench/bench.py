"""Measures pgtide beside psql and dbmate on a private PostgreSQL, and prints a table. See docs/benchmarks.md."""

import argparse
import fnmatch
import glob
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile

import rows
import traffic
from server import HERE, Proxy, Server, find_binaries
from table import Table

ROOT = os.path.dirname(os.path.dirname(HERE))
DBMATE = "dbmate@2.36.0"
ROWS = {**rows.ROWS, "lock-queue": traffic.lock_queue}


class Bench:
    """What every row needs: the tools, the servers, the sizes."""

    def __init__(self, options, folder, table):
        self.options, self.folder, self.table = options, folder, table
        self.times = options.times or (3 if options.quick else 5)
        self.output = f"{folder}/output"
        self.binaries = find_binaries(options.pg_bin)
        self.psql = f"{self.binaries}/psql"
        self.pgtide = os.path.abspath(options.pgtide) if options.pgtide else build_pgtide()
        self.dbmate = None if options.without_dbmate else options.dbmate or install_dbmate()
        self.servers, self.proxies, self.made = {}, [], 0

    def sized(self, full):
        return full // 10 if self.options.quick else full

    def server(self, fsync="on"):
        if fsync not in self.servers:
            server = Server(self.folder, self.binaries, fsync)
            self.servers[fsync] = server
            server.start()
        return self.servers[fsync]

    def proxy(self, server, round_trip_ms):
        proxy = Proxy(server.port, round_trip_ms)
        self.proxies.append(proxy)
        return proxy

    def new_folder(self, name):
        self.made += 1
        path = f"{self.folder}/{self.made}-{name}"
        os.mkdir(path)
        return path

    def stop(self):
        for process in [*self.proxies, *self.servers.values()]:
            process.stop()


def build_pgtide():
    """The release build of this tree, brought up to date."""
    done = subprocess.run([f"{ROOT}/tools/pgtide", "--version"], stdout=subprocess.DEVNULL)
    if done.returncode != 0:
        sys.exit("tools/bench: pgtide was not built, see above")
    return f"{ROOT}/build/release/bin/pgtide"


def install_dbmate():
    folder = f"{ROOT}/build/bench-tools"
    pattern = f"{folder}/node_modules/@dbmate/*/bin/dbmate"
    if not glob.glob(pattern):
        os.makedirs(folder, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--no-save", "--prefix", folder, DBMATE]
        if shutil.which("npm") is None or subprocess.run(command, stdout=subprocess.DEVNULL).returncode != 0:
            sys.exit(f"tools/bench: {DBMATE} could not be installed with npm; give --dbmate FILE or --without-dbmate")
    return glob.glob(pattern)[0]


def describe(bench):
    version = subprocess.run([bench.pgtide, "--version"], capture_output=True, text=True).stdout.strip()
    postgres = subprocess.run([f"{bench.binaries}/postgres", "-V"], capture_output=True, text=True).stdout.strip()
    load = os.getloadavg()[0]
    return (f"{version} · {postgres} · fsync on unless said otherwise · {os.cpu_count()} cores of {platform.machine()} · "
            f"median of {bench.times} · load {load:.1f} at the start")


def parse_arguments():
    parser = argparse.ArgumentParser(prog="tools/bench/run", description=__doc__)
    parser.add_argument("row", nargs="*", metavar="ROW", help="rows to measure, * allowed; all without one")
    parser.add_argument("--list", action="store_true", help="print the rows and what they are")
    parser.add_argument("--quick", action="store_true", help="a tenth of the sizes, three runs: does it work at all?")
    parser.add_argument("-n", "--times", type=int, help="runs of each tool (5)")
    parser.add_argument("--pgtide", metavar="FILE", help="another binary than this tree's release build")
    parser.add_argument("--dbmate", metavar="FILE", help="another binary than npm's")
    parser.add_argument("--without-dbmate", action="store_true")
    parser.add_argument("--pg-bin", metavar="DIR", help="the PostgreSQL binaries (Debian's newest)")
    parser.add_argument("--tmp", metavar="DIR", help="where the cluster and the scripts go")
    parser.add_argument("--cpu", action="store_true", help="show processor time, too: steadier on a busy machine")
    parser.add_argument("--json", metavar="FILE", help="also write every figure there")
    return parser.parse_args()


def main():
    options = parse_arguments()
    if options.list:
        for name, row in ROWS.items():
            print(f"{name:18} {row.__doc__}")
        return
    chosen = [name for name in ROWS if not options.row or any(fnmatch.fnmatch(name, row) for row in options.row)]
    if not chosen:
        sys.exit(f"tools/bench: no such row; there are {', '.join(ROWS)}")
    table = Table(options.cpu)
    with tempfile.TemporaryDirectory(prefix="pgtide-bench-", dir=options.tmp) as folder:
        os.chmod(folder, 0o755)
        bench = Bench(options, folder, table)
        try:
            print(describe(bench), flush=True)
            table.head()
            for name in chosen:
                ROWS[name](bench)
        finally:
            bench.stop()
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(table.lines, file, indent=1)


main()
