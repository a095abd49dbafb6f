"""The rows of the table. Each function measures one and adds its lines."""

import os
import shutil
import sys

import workload
from race import Run, measure, race
from table import seconds

MADE = "SELECT count(*) FROM pg_class WHERE relname ~ '^(customers|orders|events)'"


def mib(value):
    return f"{value:.0f} MiB"


def pgtide_argv(bench, url, folder, *command):
    return [bench.pgtide, "--url", url, "--dir", folder, *command]


def psql_argv(bench, url, file):
    return [bench.psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", file]


def dbmate_argv(bench, url, folder, command):
    return [bench.dbmate, "--url", url, "--migrations-dir", folder, "--no-dump-schema", command]


class Contest:
    """The same migrations by every tool, each run in a fresh database."""

    def __init__(self, bench, server, way, template="template0", port=None):
        self.bench, self.server, self.way, self.template, self.port = bench, server, way, template, port
        self.objects = None

    def run(self, make_argv, url=None):
        url = url or self.server.url

        def prepare():
            name = self.server.create_database(self.template)
            return Run(make_argv(url(name, self.way, self.port)), lambda: self.finish(name))

        return prepare

    def finish(self, name):
        objects = self.server.sql(MADE, name)
        self.server.drop_database(name)
        if self.objects not in (None, objects):
            sys.exit(f"tools/bench: the tools made different things: {objects} and {self.objects} relations")
        self.objects = objects

    def up(self, pairs, dbmate=True):
        contenders = {
            "pgtide": self.run(lambda url: pgtide_argv(self.bench, url, pairs["pgtide"], "up")),
            "psql": self.run(lambda url: psql_argv(self.bench, url, pairs["up"])),
        }
        if dbmate and self.bench.dbmate:
            contenders["dbmate"] = self.run(lambda url: dbmate_argv(self.bench, url, pairs["dbmate"], "migrate"),
                                            self.server.dbmate_url)
        return contenders


def compare(bench, work, results, goals):
    for name, goal in goals.items():
        if name in results:
            bench.table.faster(work, results["pgtide"], name, results[name], goal)


def up_row(bench, way, fsync, goals):
    count = bench.sized(1000)
    server = bench.server(fsync)
    pairs = workload.write_pairs(bench.new_folder("pairs"), count)
    contest = Contest(bench, server, way)
    results = race(contest.up(pairs), bench.times, bench.output, server)
    where = {"socket": "local socket", "loopback": "loopback"}[way]
    compare(bench, f"{count:,} pairs up, {where}" + ("" if fsync == "on" else ", fsync off"), results, goals)


def up_socket(bench):
    """1,000 pairs up over the Unix socket, beside psql and dbmate"""
    up_row(bench, "socket", "on", {"psql": 1.0, "dbmate": 1.3})


def up_loopback(bench):
    """1,000 pairs up over TCP on the same machine"""
    up_row(bench, "loopback", "on", {"psql": 1.0, "dbmate": 1.3})


def up_nofsync(bench):
    """1,000 pairs up on a server that does not wait for the disk: what the tools themselves cost"""
    up_row(bench, "socket", "off", {"psql": 1.0, "dbmate": 1.3})


def down(bench):
    """the same 1,000 rolled back, beside psql; dbmate rolls back one a call and is left out"""
    count = bench.sized(1000)
    server = bench.server()
    pairs = workload.write_pairs(bench.new_folder("pairs"), count)
    applied = server.create_database()
    measure(Run(pgtide_argv(bench, server.url(applied, "socket"), pairs["pgtide"], "up")), bench.output)
    contest = Contest(bench, server, "socket", template=applied)
    results = race({
        "pgtide": contest.run(lambda url: pgtide_argv(bench, url, pairs["pgtide"], "down", "0", "--yes")),
        "psql": contest.run(lambda url: psql_argv(bench, url, pairs["down"])),
    }, bench.times, bench.output, server)
    server.drop_database(applied)
    compare(bench, f"{count:,} pairs down, local socket", results, {"psql": 1.0})


def up_distant(bench):
    """100 pairs up, 10 ms a round trip, through the proxy, which counts round trips"""
    count = 100
    server = bench.server()
    pairs = workload.write_pairs(bench.new_folder("pairs"), count)
    proxy = bench.proxy(server, 10)
    contest = Contest(bench, server, "loopback", port=proxy.port)
    results = race(contest.up(pairs), bench.times, bench.output, server, proxy)
    work = f"{count} pairs up, 10 ms a round trip"
    compare(bench, work, results, {"psql": 8.0, "dbmate": 15.0})
    for name, result in results.items():
        chain = result.chain / count
        what = f"round trips a migration ({result.turns:.0f} turns)"
        if name == "pgtide":
            bench.table.at_most(work, what, chain, 0.15)
        else:
            bench.table.note(work, f"{name}: {chain:.2f} {what}")


class Applied:
    """A database in which everything is applied, for pgtide and for dbmate."""

    def __init__(self, bench, server, count):
        self.server, self.count = server, count
        self.pairs = workload.write_pairs(bench.new_folder("pairs"), count)
        self.ours, self.theirs = server.create_database(), server.create_database()
        width = max(4, len(str(count)))
        measure(Run(pgtide_argv(bench, server.url(self.ours, "socket"), self.pairs["pgtide"], "baseline",
                                str(count).zfill(width))), bench.output)
        server.sql("CREATE TABLE schema_migrations (version varchar(128) PRIMARY KEY);"
                   f"INSERT INTO schema_migrations SELECT lpad(n::text, {width}, '0') FROM generate_series(1, {count}) n",
                   self.theirs)
        for database in (self.ours, self.theirs):
            server.sql("VACUUM ANALYZE", database)

    def drop(self):
        self.server.drop_database(self.ours)
        self.server.drop_database(self.theirs)
        shutil.rmtree(os.path.dirname(self.pairs["pgtide"]))


def reading_row(bench, command, dbmate_command, what):
    """Time over loopback, round trips through the proxy, for 1,000 and 10,000 applied."""
    server, table, medians = bench.server(), bench.table, {}
    proxy = bench.proxy(server, 10)
    for count in (bench.sized(1000), bench.sized(10000)):
        applied = Applied(bench, server, count)

        def ours(port=None):
            return lambda: Run(pgtide_argv(bench, server.url(applied.ours, "loopback", port), applied.pairs["pgtide"],
                                           command))

        contenders = {"pgtide": ours()}
        if bench.dbmate:
            contenders["dbmate"] = lambda: Run(dbmate_argv(
                bench, server.dbmate_url(applied.theirs, "loopback"), applied.pairs["dbmate"], dbmate_command))
        results = race(contenders, max(bench.times, 3 if bench.options.quick else 15), bench.output)
        work = f"{what}, {count:,} applied"
        compare(bench, work, results, {"dbmate": 2.0})
        distant = race({"pgtide": ours(proxy.port)}, 3, bench.output, proxy=proxy)["pgtide"]
        table.at_most(work, "round trips with the login", distant.turns, 4)
        table.below(work, "peak memory", results["pgtide"].peak_mib, None, mib)
        medians[count] = results["pgtide"]
        applied.drop()
    small, large = medians.values()
    table.at_most(work, "times the smaller one", large.seconds / small.seconds, 3)


def nothing_pending(bench):
    """`up` with nothing to do, 1,000 and 10,000 applied"""
    reading_row(bench, "up", "migrate", "nothing pending")


def status(bench):
    """`status`, 1,000 and 10,000 applied"""
    reading_row(bench, "status", "status", "status")


def validate(bench):
    """`validate` of 10,000 pairs, no server"""
    count = bench.sized(10000)
    pairs = workload.write_pairs(bench.new_folder("pairs"), count)
    result = race({"pgtide": lambda: Run([bench.pgtide, "--dir", pairs["pgtide"], "validate"])}, bench.times,
                  bench.output)["pgtide"]
    work, limit = f"validate, {count:,} pairs", count / 10000
    bench.table.below(work, "time", result.seconds, limit, seconds, result)
    bench.table.below(work, "processor time", result.cpu_seconds, limit * os.cpu_count(), seconds, result)
    bench.table.below(work, "peak memory", result.peak_mib, 64, mib, result)
    shutil.rmtree(os.path.dirname(pairs["pgtide"]))


def verify(bench):
    """400 pairs proved, up, down, up and all the way down, with the start of the private server"""
    count = bench.sized(400)
    pairs = workload.write_pairs(bench.new_folder("pairs"), count)
    taken = sorted(measure(Run([bench.pgtide, "--dir", pairs["pgtide"], "verify"]), bench.output)["seconds"]
                   for _ in range(min(bench.times, 3)))
    bench.table.at_most(f"{count:,} pairs verified", "seconds", taken[len(taken) // 2], 60 * count / 400)


def embedded(bench):
    """starting and stopping `--embedded` on an existing cluster, around a `status`"""
    folder = bench.new_folder("embedded")
    os.chmod(folder, 0o777)
    pairs = workload.write_pairs(f"{folder}/pairs", 5)
    argv = [bench.pgtide, f"--embedded={folder}/pg", "--pg-bin", bench.binaries, "--dir", pairs["pgtide"], "status"]
    result = race({"pgtide": lambda: Run(argv)}, bench.times, bench.output)["pgtide"]
    bench.table.below("status --embedded, existing cluster", "start, status, stop", result.seconds, 0.5, seconds, result)


def big_row(bench, kind, goals):
    size = (64 << 20) if bench.options.quick else (1 << 30)
    if shutil.disk_usage(bench.folder).free < 8 * size:
        sys.exit(f"tools/bench: {bench.folder} has less than {8 * size >> 20} MiB free; give another folder with --tmp")
    server = bench.server()
    folder = bench.new_folder(kind)
    files = workload.write_big_script(folder, kind, size)
    contest = Contest(bench, server, "socket")
    results = race(contest.up(files, dbmate=False), bench.times, bench.output, server)
    shutil.rmtree(folder)
    work = f"{size >> 20:,} MiB of {'COPY data' if kind == 'copy' else 'INSERTs'}"
    compare(bench, work, results, goals)
    bench.table.below(work, "peak memory", results["pgtide"].peak_mib, 32, mib, results["pgtide"])
    bench.table.note(work, f"psql's peak memory: {mib(results['psql'].peak_mib)}")


def big_copy(bench):
    """a script of 1 GiB of COPY data, beside psql"""
    big_row(bench, "copy", {"psql": 1.0})


def big_insert(bench):
    """a script of 1 GiB of INSERTs of 100 rows each, beside psql"""
    big_row(bench, "insert", {"psql": None})


ROWS = {
    "up": up_socket,
    "up-loopback": up_loopback,
    "up-nofsync": up_nofsync,
    "down": down,
    "up-distant": up_distant,
    "nothing-pending": nothing_pending,
    "status": status,
    "big-copy": big_copy,
    "big-insert": big_insert,
    "validate": validate,
    "verify": verify,
    "embedded": embedded,
}
