"""The private PostgreSQL cluster that everything is measured on."""

import glob
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def clean_environment():
    """No setting of the caller's reaches a tool that is measured."""
    keep = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TERM")
    return {key: value for key, value in os.environ.items() if key in keep}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def find_binaries(given):
    newest = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
    folder = given or (newest[-1] if newest else os.path.dirname(shutil.which("postgres") or ""))
    if not os.path.exists(f"{folder}/postgres"):
        sys.exit("tools/bench: no PostgreSQL server found; install the package postgresql, or give --pg-bin DIR")
    return folder


class Server:
    def __init__(self, folder, binaries, fsync):
        self.binaries, self.fsync = binaries, fsync
        self.folder = f"{folder}/server-fsync-{fsync}"
        self.port = free_port()
        self.databases = 0
        # A server refuses to run as root.
        self.identity = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        self.process = None

    def start(self):
        os.mkdir(self.folder)
        if self.identity:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        self._run("initdb", "--pgdata", f"{self.folder}/data", "--username=postgres", "--auth=trust", "--encoding=UTF8",
                  "--locale=C.UTF-8", "--no-sync")
        settings = {"port": self.port, "listen_addresses": "127.0.0.1", "unix_socket_directories": self.folder,
                    "fsync": self.fsync, "max_wal_size": "4GB"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.process = subprocess.Popen(
            [f"{self.binaries}/postgres", "-D", f"{self.folder}/data", *options], stdin=subprocess.DEVNULL,
            stdout=open(f"{self.folder}/log", "w"), stderr=subprocess.STDOUT, cwd="/", env=clean_environment(),
            **self.identity)
        for _ in range(300):
            if subprocess.run([f"{self.binaries}/pg_isready", "-q", "-h", self.folder, "-p", str(self.port)]).returncode == 0:
                return self
            time.sleep(0.1)
        sys.exit(f"tools/bench: the server does not start, see {self.folder}/log")

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait()

    def _run(self, program, *arguments):
        done = subprocess.run([f"{self.binaries}/{program}", *arguments], capture_output=True, text=True, cwd="/",
                              env=clean_environment(), **self.identity)
        if done.returncode != 0:
            sys.exit(f"tools/bench: {program} failed: {done.stderr}")

    def sql(self, statement, database="postgres"):
        done = subprocess.run(
            [f"{self.binaries}/psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d",
             self.url(database, "socket"), "-c", statement],
            capture_output=True, text=True, env=clean_environment())
        if done.returncode != 0:
            sys.exit(f"tools/bench: {statement}: {done.stderr}")
        return done.stdout.strip()

    def create_database(self, template="template0"):
        self.databases += 1
        name = f"bench_{self.databases}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop_database(self, name):
        self.sql(f"DROP DATABASE {name} WITH (FORCE)")

    def settle(self):
        """What an earlier run left to be written is not written during the next one."""
        self.sql("CHECKPOINT")

    def cpu_seconds(self):
        """Of the backends that ended, and of every other process of the server."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")

    def url(self, database, way, port=None):
        if way == "socket":
            return f"postgresql:///{database}?host={self.folder}&port={self.port}&user=postgres"
        return f"postgresql://postgres@127.0.0.1:{port or self.port}/{database}?sslmode=disable"

    def dbmate_url(self, database, way, port=None):
        if way == "socket":
            return f"postgres://postgres@/{database}?socket={self.folder}&port={self.port}&sslmode=disable"
        return f"postgres://postgres@127.0.0.1:{port or self.port}/{database}?sslmode=disable"


class Proxy:
    """Makes the server distant: `round_trip_ms` from a question to its answer."""

    def __init__(self, port, round_trip_ms):
        self.process = subprocess.Popen(
            [sys.executable, "-I", f"{HERE}/proxy.py", "127.0.0.1", str(port), str(round_trip_ms / 2)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())

    def take_counts(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def stop(self):
        self.process.stdin.close()
        self.process.wait()
