"""A standby of a test's server."""

import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

from cli_server import CLEAN, PATIENCE, PG_BIN, POSTGRES


class Standby:
    """Streams from `server`, which is stopped and started for it."""

    def __init__(self, server):
        hba = pathlib.Path(server.data) / "pg_hba.conf"
        hba.write_text("local replication all trust\n" + hba.read_text())
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="pgs-", dir="/tmp"))
        if POSTGRES:
            shutil.chown(self.folder, POSTGRES)
        self.folder.chmod(0o755)
        # A copy of a server that was shut down: not every package of a server has pg_basebackup.
        server.process.send_signal(signal.SIGINT)
        server.process.wait(PATIENCE)
        subprocess.run(["cp", "-a", server.data, f"{self.folder}/data"], check=True)
        server.start()
        signal_file = self.folder / "data" / "standby.signal"
        signal_file.touch()
        if POSTGRES:
            shutil.chown(signal_file, POSTGRES)
        settings = {"primary_conninfo": f"host={server.folder} user=postgres", "listen_addresses": "", "max_connections": "120",
                    "unix_socket_directories": self.folder, "log_connections": "on"}
        command = [str(PG_BIN / "postgres"), "-D", f"{self.folder}/data"]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self.log = self.folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, cwd="/", user=POSTGRES, env=CLEAN, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log)

    def url(self):
        return f"postgresql://postgres@/shop?host={self.folder}"

    def visits(self):
        """How often pgtide has connected."""
        return self.log.read_text().count("application_name=pgtide")

    @staticmethod
    def wait_until(condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError("the standby does not come so far")
            time.sleep(0.05)

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(PATIENCE)
        shutil.rmtree(self.folder)
