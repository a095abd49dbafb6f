"""A terminal for pgtide to run on."""

import errno
import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time

from cli_server import PATIENCE


class Terminal:
    """pgtide on a terminal of its own."""

    def __init__(self, case, *words, columns=100, **env):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        self.master = master
        self.text = ""

        def own_the_terminal():
            os.setsid()
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)

        self.process = subprocess.Popen(case.command(words), cwd=case.folder, env={**case.env, **env}, stdin=slave,
                                        stdout=slave, stderr=slave, preexec_fn=own_the_terminal)
        os.close(slave)
        case.addCleanup(self.close)

    def read_some(self, seconds):
        if not select.select([self.master], [], [], seconds)[0]:
            return False
        try:
            piece = os.read(self.master, 65536)
        except OSError as error:
            if error.errno != errno.EIO:  # the other side is closed
                raise
            piece = b""
        self.text += piece.decode(errors="replace")
        return piece != b""

    def wait_for(self, text, patience=20):
        deadline = time.monotonic() + patience
        while text not in self.text:
            if time.monotonic() > deadline or (not self.read_some(0.1) and self.process.poll() is not None):
                raise AssertionError(f"{text!r} does not appear in {self.text!r}")

    def type(self, text):
        os.write(self.master, text.encode())

    def finish(self):
        """The exit code, once everything is read."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and (self.read_some(0.1) or self.process.poll() is None):
            pass
        return self.process.wait(PATIENCE)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)
        os.close(self.master)
