"""Servers that are no NameServers: for what the checker says of those."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def serving(handle: Callable[[socketserver.StreamRequestHandler], None]) -> Iterator[int]:
    """A server on a free port whose every connection is dealt with by `handle`. Yields the port."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            handle(self)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def silent(handler: socketserver.StreamRequestHandler) -> None:
    """Reads, and never says anything."""
    while handler.rfile.read(1):
        pass


def hangs_up(handler: socketserver.StreamRequestHandler) -> None:
    """Closes as soon as somebody speaks."""
    handler.rfile.read(1)


def speaks_http(handler: socketserver.StreamRequestHandler) -> None:
    """A web server."""
    handler.rfile.read(4)
    handler.wfile.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
