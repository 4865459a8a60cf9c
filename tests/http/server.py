"""A real server on the loopback that misbehaves as told: status, headers, cut bodies, resets, silence."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(slots=True)
class Answer:
    """One scripted answer. ``cut``: close after so many bytes of the body; ``reset``: RST, no reply."""

    status: int = 200
    body: bytes = b"[]"
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    reset: bool = False
    silent: bool = False


@dataclass(slots=True)
class Stage:
    """The server's script (the last answer repeats) and what it was asked."""

    address: str
    script: list[Answer]
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def next_answer(self) -> Answer:
        return self.script.pop(0) if len(self.script) > 1 else self.script[0]


@contextmanager
def serving(*script: Answer) -> Iterator[Stage]:
    """A stage at a free port; closed with everything it opened."""
    stage = Stage("", list(script))
    connections: list[socket.socket] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            super().setup()
            connections.append(self.connection)

        def log_message(self, format: str, *args: Any) -> None:
            """Silence."""

        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            stage.bodies.append(self.rfile.read(length))
            stage.seen.append((self.command, self.path, {k.lower(): v for k, v in self.headers.items()}))
            answer = stage.next_answer()
            if answer.silent:
                stage.released.wait(5)
                self.close_connection = True
                return
            if answer.reset:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body[: answer.cut])
            if answer.cut is not None:
                self.close_connection = True

        do_POST = do_GET  # noqa: N815 - http.server's name

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    stage.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield stage
    finally:
        stage.released.set()
        server.shutdown()
        thread.join()
        for connection in connections:  # a kept-alive one would hold its thread for ever
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        server.server_close()
