"""A port before a server, which lets in only whom it wants."""

import socket
import struct
import threading


def message(kind, body):
    return kind + struct.pack("!I", len(body) + 4) + body


def report(kind, severity, sqlstate, text):
    """An error or a notice as a server sends it."""
    fields = (("S", severity), ("V", severity), ("C", sqlstate), ("M", text), ("F", "door.c"), ("L", "1"), ("R", "open"))
    return message(kind, b"".join(f"{key}{value}\0".encode() for key, value in fields) + b"\0")


class Door:
    """Each connection is treated as `treat(number)` says, from 0: `mute` takes the login and answers no query, `silent` says
    nothing at all, `reset` closes at once, bytes are said before it closes, None leads on to the server."""

    def __init__(self, treat, server=None):
        self.treat = treat
        self.server = server
        self.count = 0
        self.open = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.let_in, daemon=True).start()

    def url(self, more=""):
        return f"postgresql://postgres@127.0.0.1:{self.port}/shop?sslmode=disable&gssencmode=disable{more}"

    def let_in(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            self.open.append(client)
            how, self.count = self.treat(self.count), self.count + 1
            threading.Thread(target=self.serve, args=(client, how), daemon=True).start()

    def serve(self, client, how):
        if how == "silent":
            return
        if how is None:
            server = socket.socket(socket.AF_UNIX)
            server.connect(f"{self.server.folder}/.s.PGSQL.{self.server.port}")
            self.open.append(server)
            threading.Thread(target=self.copy, args=(server, client), daemon=True).start()
            return self.copy(client, server)
        if how != "reset":
            size = struct.unpack("!I", self.read(client, 4))[0]
            self.read(client, size - 4)
        if how == "mute":
            settings = {"server_version": "15.0", "client_encoding": "UTF8", "standard_conforming_strings": "on"}
            client.sendall(message(b"R", struct.pack("!I", 0)) +
                           b"".join(message(b"S", f"{key}\0{value}\0".encode()) for key, value in settings.items()) +
                           message(b"K", struct.pack("!II", 1, 2)) + message(b"Z", b"I"))
            return
        if isinstance(how, bytes):
            client.sendall(how)
        client.close()

    @staticmethod
    def read(client, size):
        data = b""
        while len(data) < size:
            piece = client.recv(size - len(data))
            if not piece:
                break
            data += piece
        return data

    @staticmethod
    def copy(source, target):
        try:
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        self.listener.close()
        for connection in self.open:
            connection.close()
