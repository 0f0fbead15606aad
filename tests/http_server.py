"""An HTTP server in the place of a provider: it keeps what it was sent, and answers as a test says."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

HANG_UP = "hang up"
SAY_NOTHING = "say nothing"  # until `release` is set


@dataclass(frozen=True, slots=True)
class Request:
    """What one request brought."""

    method: str
    path: str
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.body.decode(), keep_blank_values=True, strict_parsing=True)


Answer = str | tuple[int, dict[str, str], str]


@dataclass
class HttpServer:
    """`answer` is what every request gets, or the function that makes it of the request."""

    url: str
    answer: Answer | Callable[[Request], Answer] = (200, {}, '{"messages": [{"id": "G-1"}]}')
    requests: list[Request] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def listening() -> Iterator[HttpServer]:
    """A server on a port of this machine, for this block."""
    server = HttpServer("")

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 30

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.command, self.path, self.headers, body)
            server.requests.append(request)
            answer = server.answer(request) if callable(server.answer) else server.answer
            if isinstance(answer, str):
                if answer == SAY_NOTHING:
                    server.release.wait(20)
                self.close_connection = True
                return
            status, headers, content = answer
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content.encode())))
            self.end_headers()
            with contextlib.suppress(OSError):
                self.wfile.write(content.encode())

        do_GET = do_PUT = do_POST  # noqa: N815  # the names that the library calls

        def log_message(self, *_arguments: Any) -> None:
            pass

    class _Threads(ThreadingHTTPServer):
        daemon_threads = True

    listener = _Threads(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{listener.server_port}"
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.release.set()
        listener.shutdown()
        listener.server_close()
        thread.join(5)
