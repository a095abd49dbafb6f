"""A local receiver of OTLP over HTTP, which keeps what it was sent."""

import http.server
import json
import threading


class _Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers), json.loads(body)))
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, *_):
        pass


def start_receiver(case):
    """`seen` holds path, headers and body of every request; `answer` is the status that it sends. It ends with the test `case`."""
    receiver = http.server.HTTPServer(("127.0.0.1", 0), _Handler)
    receiver.seen, receiver.answer = [], 200
    receiver.endpoint = f"http://127.0.0.1:{receiver.server_address[1]}"
    thread = threading.Thread(target=receiver.serve_forever)
    thread.start()
    case.addCleanup(receiver.server_close)
    case.addCleanup(thread.join)
    case.addCleanup(receiver.shutdown)
    return receiver
