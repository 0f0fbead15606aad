"""A mail server whose every answer is written beforehand: for what no well-behaved server does."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

HANG_UP = "hang up"
SAY_NOTHING = "say nothing"  # until `release` is set


@dataclass
class ScriptedServer:
    """Answers each verb with its line, or hangs up; `connections` and `content` tell what it saw.

    `answers` may change at any time. `refused`: by recipient, what they are answered.
    """

    port: int
    answers: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    # Seconds before each answer, and before the one to a whole message.
    slow: float = 0
    slow_at_end: float = 0
    connections: int = 0
    open_at_once: int = 0
    content: list[str] = field(default_factory=list)
    # Whose message was taken, one entry for each.
    taken: list[str] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)
    _open: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def converse(self, line: socket.socket) -> None:
        with self._lock:
            self.connections += 1
            self._open += 1
            self.open_at_once = max(self.open_at_once, self._open)
        try:
            with contextlib.suppress(OSError):  # the client was killed
                self._converse(line)
        finally:
            with self._lock:
                self._open -= 1

    def _converse(self, line: socket.socket) -> None:
        stream = line.makefile("rwb")
        recipient = ""

        def say(answer: str) -> bool:
            time.sleep(self.slow)
            if answer == SAY_NOTHING:
                self.release.wait(60)
            if answer in (HANG_UP, SAY_NOTHING):
                return False
            stream.write(answer.encode() + b"\r\n")
            stream.flush()
            return True

        if not say(self.answers.get("CONNECT", "220 ready")):
            return
        for command in iter(stream.readline, b""):
            verb = command.split(b" ")[0].split(b":")[0].strip().decode().upper()
            answer = self.answers.get(verb, "250 fine")
            if verb == "RCPT":
                recipient = command.decode().partition("<")[2].partition(">")[0]
                answer = self.refused.get(recipient, answer)
            if verb == "DATA":
                go_on = self.answers.get("DATA", "354 go on")  # once: they may change meanwhile
                if not say(go_on):
                    return
                if not go_on.startswith("354"):
                    continue
                self.content.append(b"".join(iter(stream.readline, b".\r\n")).decode())
                time.sleep(self.slow_at_end)
                answer = self.answers.get("END", "250 taken")
                if answer.startswith("250"):
                    self.taken.append(recipient)
                if not say(answer):
                    return
            elif not say(answer) or verb == "QUIT":
                return


@contextlib.contextmanager
def listening() -> Iterator[Callable[..., ScriptedServer]]:
    """`start(END="hang up")`: a server that takes the message, then breaks the line."""
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def begin(target: Callable[[], None]) -> None:
        threads.append(threading.Thread(target=target, daemon=True))
        threads[-1].start()

    def start(**answers: str) -> ScriptedServer:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        server = ScriptedServer(port=listener.getsockname()[1], answers=answers)

        def talk(line: socket.socket) -> None:
            with line:
                server.converse(line)

        def serve() -> None:
            while True:
                try:
                    line, _address = listener.accept()
                except OSError:
                    return
                begin(lambda line=line: talk(line))  # type: ignore[misc]

        begin(serve)
        return server

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(5)
