"""What a migration does to the traffic on its table while somebody reads it in a long transaction."""

import glob
import os
import subprocess
import time

from rows import dbmate_argv, pgtide_argv, psql_argv
from server import clean_environment
from table import seconds
import workload

READER = 20  # seconds that the reader's transaction stays open
ALTER = "ALTER TABLE accounts ADD COLUMN note text;\n"


def write_alter(folder):
    pgtide, dbmate = f"{folder}/pgtide", f"{folder}/dbmate"
    for path in (f"{pgtide}/sql", f"{pgtide}/rollback", dbmate):
        os.makedirs(path)
    back = "ALTER TABLE accounts DROP COLUMN note;\n"
    workload.write(f"{pgtide}/sql/0001_note.sql", ALTER)
    workload.write(f"{pgtide}/rollback/0001_rollback.sql", back)
    workload.write(f"{dbmate}/0001_note.sql", f"-- migrate:up\n{ALTER}\n-- migrate:down\n{back}")
    workload.write(f"{folder}/alter.sql", ALTER)
    workload.write(f"{folder}/traffic.sql", "\\set id random(1, 10000)\n"
                   "UPDATE accounts SET balance = balance + 1 WHERE id = :id;\n\\sleep 10 ms\n")
    os.chmod(folder, 0o777)


def longest_wait(folder):
    """In seconds, over every transaction of the traffic."""
    longest = 0
    for path in glob.glob(f"{folder}/traffic.*"):
        if path.endswith(".sql"):
            continue
        with open(path, encoding="utf-8") as log:
            longest = max([longest, *(int(line.split()[2]) / 1e6 for line in log)])
        os.remove(path)
    return longest


def stall(bench, server, folder, argv, url, reader_time):
    """The longest wait of a transaction, the failed ones, and how long after the reader's end the tool was done."""
    name = server.create_database()
    server.sql("CREATE TABLE accounts (id int PRIMARY KEY, balance bigint NOT NULL);"
               "INSERT INTO accounts SELECT g, 0 FROM generate_series(1, 10000) g", name)
    socket = server.url(name, "socket")
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "env": clean_environment()}
    reader = subprocess.Popen([bench.psql, "-X", "-q", "-d", socket, "-c",
                               f"BEGIN; SELECT count(*) FROM accounts; SELECT pg_sleep({reader_time}); COMMIT"], **quiet)
    began = time.monotonic()
    traffic = subprocess.Popen([f"{bench.binaries}/pgbench", "-n", "-c", "4", "-T", str(reader_time + 8), "-l",
                                f"--log-prefix={folder}/traffic", "-f", f"{folder}/traffic.sql", socket],
                               stderr=subprocess.PIPE, text=True, **quiet)
    time.sleep(1)
    tool = subprocess.Popen(argv(url(name, "socket")), stderr=subprocess.DEVNULL, **quiet)
    reader.wait()
    reader_ended = time.monotonic()
    tool.wait()
    done_after = max(0, time.monotonic() - reader_ended)
    errors = [line for line in traffic.communicate()[1].splitlines() if "ERROR" in line]
    altered = server.sql("SELECT count(*) FROM pg_attribute WHERE attrelid = 'accounts'::regclass AND attname = 'note'", name)
    server.drop_database(name)
    return {"stall": longest_wait(folder), "errors": len(errors), "done_after": done_after, "done": altered == "1",
            "took": time.monotonic() - began}


def lock_queue(bench):
    """an ALTER TABLE under traffic, while a reader keeps a transaction open for 20 s: the longest stall"""
    reader_time = 6 if bench.options.quick else READER
    server = bench.server()
    folder = bench.new_folder("traffic")
    write_alter(folder)
    tools = {
        "pgtide": (lambda url: pgtide_argv(bench, url, f"{folder}/pgtide", "up"), server.url),
        "psql": (lambda url: psql_argv(bench, url, f"{folder}/alter.sql"), server.url),
    }
    if bench.dbmate:
        tools["dbmate"] = (lambda url: dbmate_argv(bench, url, f"{folder}/dbmate", "migrate"), server.dbmate_url)
    work = f"ALTER TABLE under traffic, a reader of {reader_time} s"
    for name, (argv, url) in tools.items():
        result = stall(bench, server, folder, argv, url, reader_time)
        if name == "pgtide":
            bench.table.below(work, "longest stall of the traffic", result["stall"], 5.5, seconds)
            bench.table.note(work, f"done {seconds(result['done_after'])} after the reader ended: {result['done']}; "
                             f"{result['errors']} failed transactions")
        else:
            bench.table.note(work, f"{name}: longest stall {seconds(result['stall'])}, {result['errors']} failed "
                             f"transactions, done: {result['done']}")
