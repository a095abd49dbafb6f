"""A proxy that counts how often a program waits for its server.

Time plays no part in it. An answer is passed on only when the program sleeps and cannot get on without one, and when the server has
answered everything that it was sent. So a machine of any speed sees the same turns: a program that goes on sending is never
answered in between, one that waits for every answer turns as often as it asks.
"""

import fcntl
import pathlib
import selectors
import socket
import termios
import threading

from cli_server import PATIENCE

LARGE = 1 << 16


class _Link:
    """One connection. `turns`: how often the program, having said something, was answered."""

    def __init__(self, client, server):
        self.client, self.server = client, server
        self.held, self.asked, self.turns, self.startup = b"", False, 0, b""
        self.open_ends = [client, server]

    @property
    def is_for_the_lock(self):
        return b"pgtide lock" in self.startup

    def forward(self):
        """Passes on what the program says now; False when it is silent."""
        data = self.read(self.client)
        if data:
            self.startup = self.startup or data
            self.asked = True
            self.server.sendall(data)
        elif data is not None:
            _shut(self.server)
        return data is not None

    def hold(self):
        data = self.read(self.server)
        self.held += data or b""
        return data is not None

    def read(self, end):
        """None: silent; empty: it ended."""
        if end not in self.open_ends:
            return None
        try:
            data = end.recv(LARGE, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None
        except ConnectionResetError:
            data = b""
        if not data:
            self.open_ends.remove(end)
        return data

    def is_unread(self):
        """Whether the server has not read yet what it was sent."""
        return self.server in self.open_ends and fcntl.ioctl(self.server, termios.TIOCOUTQ, b"\0" * 4) != b"\0" * 4

    def release(self):
        held, self.held = self.held, b""
        if held:
            self.turns += self.asked
            self.asked = False
            self.client.sendall(held)
        if self.server not in self.open_ends:
            _shut(self.client)

    def close(self):
        self.client.close()
        self.server.close()


def _shut(end):
    try:
        end.shutdown(socket.SHUT_WR)
    except OSError:  # the other side is gone
        pass


class TurnCounter:
    """Listens in `folder` for the server of a module of tests; `watch` names the process whose turns are counted."""

    def __init__(self, server, folder):
        self.target = f"{server.folder}/.s.PGSQL.5432"
        self.links, self.process, self.ended = [], None, False
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(f"{folder}/.s.PGSQL.5432")
        self.listener.listen()
        self.listener.setblocking(False)
        self.observer = server.psql(database="postgres")
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def watch(self, process):
        for link in self.links:
            link.turns = 0
        self.process = process

    def turns(self):
        """Since `watch`: of the connection that migrates, and of the one that holds the lock."""
        return tuple(sum(link.turns for link in self.links if link.is_for_the_lock == of_the_lock) for of_the_lock in (False, True))

    def work(self):
        while not self.ended:
            if self.process is None or self.pass_on() or not self.is_asleep():
                self.rest()
            elif self.server_waits() and not self.pass_on() and self.is_asleep():
                for link in self.links:
                    link.release()

    def rest(self):
        with selectors.DefaultSelector() as ends:
            for end in (self.listener, *(end for link in self.links for end in link.open_ends)):
                ends.register(end, selectors.EVENT_READ)
            ends.select(0.002)

    def pass_on(self):
        """Takes what both sides say; False when they are silent."""
        try:
            client, _ = self.listener.accept()
        except BlockingIOError:
            pass
        else:
            server = socket.socket(socket.AF_UNIX)
            server.connect(self.target)
            self.links.append(_Link(client, server))
            return True
        return any([said for link in self.links for said in (link.forward(), link.hold())])

    def is_asleep(self):
        try:
            state = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return False
        return state == "S"

    def server_waits(self):
        """Every session has read what it was sent, and waits for more."""
        if any(link.is_unread() for link in self.links):
            return False
        self.observer.stdin.write("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' "
                                  "AND pid <> pg_backend_pid() AND wait_event IS DISTINCT FROM 'ClientRead';\n")
        self.observer.stdin.flush()
        return self.observer.stdout.readline() == "0\n"

    def close(self):
        self.ended = True
        self.thread.join(PATIENCE)
        self.observer.stdin.close()
        self.observer.wait(PATIENCE)
        for pipe in (self.observer.stdout, self.observer.stderr):
            pipe.close()
        self.listener.close()
        for link in self.links:
            link.close()
