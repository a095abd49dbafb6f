"""A TCP proxy that makes a server distant, and counts round trips.

    python3 -I proxy.py HOST PORT ONE_WAY_DELAY_MS

Prints the port it listens on. Every chunk is passed on after the delay, in order, whatever its size: latency without
a limit on throughput. Each line on standard input asks for the counts since the last one, answered by a line of JSON.
"""

import collections
import json
import socket
import sys
import threading
import time

CHUNK = 1 << 18


class Counts:
    """Round trips, in two ways.

    `turns`: bursts from the client that the server answered, added up over the connections.
    `chain`: the longest chain in which each could have waited for the one before it. A client that waits for every
    answer has as many turns as links in its chain; one that goes on sending while answers come in has more turns,
    but does not take longer for them.
    """

    def __init__(self):
        self.lock = threading.Lock()
        self.reset()

    def reset(self):
        self.turns = 0
        self.chain = 0
        self.bytes = 0
        self.connections = 0

    def take(self):
        with self.lock:
            result = {
                "turns": self.turns,
                "chain": self.chain,
                "bytes": self.bytes,
                "connections": self.connections,
            }
            self.reset()
            return result


class Link:
    """One connection: what reached the server decides how long the chain of an answer is."""

    def __init__(self, counts):
        self.counts = counts
        self.at_server = 0
        self.client_spoke = False
        with counts.lock:
            counts.connections += 1

    def left_client(self, size):
        with self.counts.lock:
            self.client_spoke = True
            self.counts.bytes += size
            return self.counts.chain + 1

    def reached_server(self, links):
        self.at_server = max(self.at_server, links)

    def left_server(self, size):
        with self.counts.lock:
            self.counts.bytes += size
        return self.at_server

    def reached_client(self, links):
        with self.counts.lock:
            self.counts.chain = max(self.counts.chain, links)
            if self.client_spoke:
                self.counts.turns += 1
                self.client_spoke = False


class Pipe:
    """One direction: a thread reads and stamps, another writes when the time has come."""

    def __init__(self, source, target, delay, left, reached):
        self.source, self.target, self.delay = source, target, delay
        self.left, self.reached = left, reached
        self.queue = collections.deque()
        self.filled = threading.Semaphore(0)
        for work in (self.read, self.write):
            threading.Thread(target=work, daemon=True).start()

    def read(self):
        while True:
            try:
                data = self.source.recv(CHUNK)
            except OSError:
                data = b""
            links = self.left(len(data)) if data else 0
            self.queue.append((time.monotonic() + self.delay, data, links))
            self.filled.release()
            if not data:
                return

    def write(self):
        while True:
            self.filled.acquire()
            due, data, links = self.queue.popleft()
            wait = due - time.monotonic()
            if wait > 0:
                time.sleep(wait)
            try:
                if not data:
                    self.target.shutdown(socket.SHUT_WR)
                    return
                self.reached(links)
                self.target.sendall(data)
            except OSError:
                # The other end is gone: stop reading, too.
                try:
                    self.source.shutdown(socket.SHUT_RD)
                except OSError:
                    pass
                return


def serve(listener, address, delay, counts):
    while True:
        client, _ = listener.accept()
        server = socket.create_connection(address)
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        link = Link(counts)
        Pipe(client, server, delay, link.left_client, link.reached_server)
        Pipe(server, client, delay, link.left_server, link.reached_client)


def main():
    address = (sys.argv[1], int(sys.argv[2]))
    delay = float(sys.argv[3]) / 1000
    counts = Counts()
    sys.setswitchinterval(0.0005)
    listener = socket.create_server(("127.0.0.1", 0))
    print(listener.getsockname()[1], flush=True)
    threading.Thread(target=serve, args=(listener, address, delay, counts), daemon=True).start()
    for _ in sys.stdin:
        print(json.dumps(counts.take()), flush=True)


main()
