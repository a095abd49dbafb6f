"""A PgBouncer before the server of a module of tests."""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from cli_server import CLEAN, PATIENCE, POSTGRES, client

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or sys.exit(
    "PgBouncer is not installed; on Debian: apt-get install pgbouncer")


class Pooler:
    """`mode` is transaction or session; what is not named here is as a new pgbouncer.ini has it."""

    def __init__(self, server, mode, pool_size=4, connect_query="", **settings):
        self.folder = tempfile.mkdtemp(prefix="pgb-", dir="/tmp")
        if POSTGRES:  # it refuses to run as root, too
            owner = pwd.getpwnam(POSTGRES)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        os.chmod(self.folder, 0o755)
        settings = {"listen_port": "6432", "unix_socket_dir": self.folder, "auth_type": "trust",
                    "auth_file": f"{self.folder}/users", "pool_mode": mode, "default_pool_size": pool_size,
                    "max_client_conn": "200", "logfile": f"{self.folder}/log", "admin_users": "postgres", **settings}
        first = f" connect_query='{connect_query}'" if connect_query else ""
        lines = ["[databases]", f"alias = host={server.folder} dbname=shop{first}", f"* = host={server.folder}",
                 "[pgbouncer]", *(f"{name} = {value}" for name, value in settings.items())]
        pathlib.Path(self.folder, "ini").write_text("\n".join(lines) + "\n")
        pathlib.Path(self.folder, "users").write_text('"postgres" ""\n')
        self.start()

    def start(self):
        self.process = subprocess.Popen([PGBOUNCER, "-q", f"{self.folder}/ini"], cwd="/", user=POSTGRES, env=CLEAN,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.wait()

    def wait(self):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket(socket.AF_UNIX) as probe:
                if probe.connect_ex(f"{self.folder}/.s.PGSQL.6432") == 0:
                    return
            time.sleep(0.02)
        log = pathlib.Path(self.folder, "log")
        raise AssertionError("PgBouncer does not start: " + (log.read_text() if log.exists() else ""))

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(PATIENCE)
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database="shop"):
        return f"postgresql://postgres@/{database}?host={self.folder}&port=6432"

    def ask(self, *statements, database="shop"):
        words = [word for statement in statements for word in ("-c", statement)]
        done = subprocess.run([client("psql"), "-XqAt", "-d", self.url(database), *words], env=CLEAN, text=True,
                              capture_output=True, timeout=PATIENCE, check=True)
        return done.stdout.splitlines()
