"""A private PostgreSQL for a module of tests."""

import atexit
import fcntl
import glob
import hashlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

PATIENCE = 60


def postgres_binaries():
    named = os.environ.get("PGTIDE_PG_BIN")
    in_path = shutil.which("initdb")
    debian = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda p: int(p.split("/")[4]), reverse=True)
    for candidate in [named and f"{named}/initdb", in_path, *debian]:
        if candidate and os.access(candidate, os.X_OK):
            return pathlib.Path(candidate).resolve().parent
    sys.exit("PostgreSQL is not installed; on Debian: apt-get install postgresql")


def client(name):
    """A client program. Some packages hold the server alone; an older psql serves as well."""
    found = [str(folder / name) for folder in (PG_BIN, *map(pathlib.Path, glob.glob("/usr/lib/postgresql/*/bin")))
             if os.access(folder / name, os.X_OK)]
    return found[0] if found else shutil.which(name) or sys.exit(f"{name} is not installed")


def clean_environment():
    """What a new account has: nothing that says which database or how to behave."""
    hidden = ("pg", "npm_", "database_url", "node_env", "no_color", "clicolor")
    env = {k: v for k, v in os.environ.items() if not k.lower().startswith(hidden)}
    return {**env, "LC_ALL": "C.UTF-8", "TZ": "Europe/Madrid", "TERM": "xterm"}


PG_BIN = postgres_binaries()
CLEAN = clean_environment()
POSTGRES = "postgres" if os.getuid() == 0 else None


class Server:
    """A private PostgreSQL on a Unix socket. Local users are trusted, but for guarded ones, who need a password.

    `settings` are added to the server's, `hba` are lines for connections over TCP. `before` is a program that starts the
    server, as `user`.
    """

    def __init__(self, settings=None, hba="", before=(), user=POSTGRES):
        self.user = user
        self.folder = tempfile.mkdtemp(prefix="pgt-", dir="/tmp")  # short: a socket's path has at most 107 bytes
        if POSTGRES:
            owner = pwd.getpwnam(POSTGRES)
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
        os.chmod(self.folder, 0o755)
        self.data = f"{self.folder}/data"
        self.log = open(f"{self.folder}/log", "w+")
        self.make_cluster("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        rules = pathlib.Path(self.data) / "pg_hba.conf"
        rules.write_text("local all guarded scram-sha-256\nlocal all all trust\n" + hba)
        settings = {"listen_addresses": "", "unix_socket_directories": self.folder, "fsync": "off",
                    "max_connections": "120", "shared_buffers": "32MB", "jit": "off", "log_timezone": "UTC",
                    "password_encryption": "scram-sha-256", **(settings or {})}
        self.port = settings.get("port", "5432")
        command = [*before, str(PG_BIN / "postgres"), "-D", self.data]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self.command = command
        self.start()
        atexit.register(self.stop)
        version = self.sql("SHOW server_version_num", database="postgres")[0]
        wanted = os.environ.get("PGTIDE_PG_MAJOR", version[:-4])
        if version[:-4] != wanted:
            sys.exit(f"the server's version is {version}, not {wanted}")
        self.sql("CREATE ROLE guarded LOGIN SUPERUSER PASSWORD 'correct horse'", database="postgres")

    def start(self):
        self.process = subprocess.Popen(self.command, cwd="/", user=self.user, env=CLEAN, stdin=subprocess.DEVNULL,
                                        stdout=self.log, stderr=self.log, start_new_session=True)
        self.wait()

    def crash(self):
        """Stops at once, without a checkpoint, and starts again."""
        self.halt()
        self.start()

    def halt(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(PATIENCE)

    def make_cluster(self, *arguments):
        """Copies a cluster that no server has run on; PGTIDE_TEST_CLUSTERS is a folder of them, one for each version."""
        store = os.environ.get("PGTIDE_TEST_CLUSTERS")
        if not store:
            self.run("initdb", "-D", self.data, *arguments)
            return
        version = subprocess.run([PG_BIN / "postgres", "--version"], env=CLEAN, check=True, capture_output=True, text=True).stdout
        key = hashlib.sha256(repr((version, str(PG_BIN), POSTGRES, arguments)).encode()).hexdigest()[:16]
        template = pathlib.Path(store, key)
        template.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(f"{store}/lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not template.exists():
                self.run("initdb", "-D", self.data, *arguments)
                shutil.rmtree(f"{template}.new", ignore_errors=True)
                self.copy(self.data, f"{template}.new")
                os.rename(f"{template}.new", template)
                return
        self.copy(template, self.data)

    @staticmethod
    def copy(source, target):
        subprocess.run(["cp", "-a", source, target], check=True, stdin=subprocess.DEVNULL)

    def run(self, program, *arguments):
        subprocess.run([str(PG_BIN / program), *arguments], cwd="/", user=POSTGRES, env=CLEAN, check=True,
                       stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, timeout=PATIENCE)

    def wait(self):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            ready = subprocess.run([client("pg_isready"), "-q", "-h", self.folder, "-p", self.port], env=CLEAN, timeout=PATIENCE)
            if ready.returncode == 0:
                return
            time.sleep(0.05)
        self.log.seek(0)
        why = self.log.read()
        self.stop()
        sys.exit(f"PostgreSQL does not start:\n{why}")

    def stop(self):
        atexit.unregister(self.stop)
        if self.process.poll() is None:
            self.halt()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def psql(self, *arguments, database="shop", **options):
        command = [client("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-p",
                   self.port, "-U", "postgres", "-d", database, *arguments]
        return subprocess.Popen(command, env=CLEAN, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, **options)

    def sql(self, *statements, database="shop"):
        """What the last statement returns, one text a row, columns separated by `|`."""
        arguments = [word for statement in statements for word in ("-c", statement)]
        process = self.psql(*arguments, database=database)
        out, err = process.communicate(timeout=PATIENCE)
        if process.returncode != 0:
            raise AssertionError(f"{statements}: {err}")
        return out.splitlines()

    def url(self, user="postgres", password=None, database="shop"):
        login = user if password is None else f"{user}:{password}"
        return f"postgresql://{login}@/{database}?host={self.folder}"


_server = None


def server():
    global _server
    if _server is None:
        _server = Server()
    return _server


class OwnServer:
    """For a test case that stops its server, which the others of its file must not lose."""

    @classmethod
    def setUpClass(cls):
        global _server
        cls.shared, _server = _server, Server()
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        global _server
        super().tearDownClass()
        _server.stop()
        _server = cls.shared
