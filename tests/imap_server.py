"""A small IMAP server, real as far as one reads unread mails: LOGIN, SELECT, UID SEARCH, FETCH and STORE (RFC 3501)."""

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass
class Mailbox:
    """`mails` by their numbers; `seen` those that are marked as read."""

    port: int = 0
    password: str = "un-mot"
    folder: str = "INBOX"
    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    # After how many FETCH of a text the line breaks.
    breaks_after: int = 1000
    lines: list[str] = field(default_factory=list)

    def put(self, raw: bytes) -> int:
        number = len(self.mails) + 7
        self.mails[number] = raw.replace(b"\n", b"\r\n")
        return number


@contextlib.contextmanager
def listening() -> Iterator[Mailbox]:
    mailbox = Mailbox()

    class Dialogue(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say(b"* OK ready")
            for line in self.rfile:
                tag, _, command = line.decode().strip().partition(" ")
                mailbox.lines.append(command)
                if not self.answer(tag.encode(), command):
                    return

        def say(self, line: bytes) -> None:
            self.wfile.write(line + b"\r\n")

        def answer(self, tag: bytes, command: str) -> bool:
            words = command.split()
            match words[0].upper(), (words[1].upper() if len(words) > 1 else ""):
                case "CAPABILITY", _:
                    self.say(b"* CAPABILITY IMAP4rev1")
                case "LOGIN", _ if mailbox.password not in command:
                    self.say(tag + b" NO [AUTHENTICATIONFAILED] jeanne@exemple.fr unknown")
                    return True
                case "SELECT", _:
                    if f'"{mailbox.folder}"' not in command:
                        self.say(tag + b" NO no such folder")
                        return True
                    self.say(f"* {len(mailbox.mails)} EXISTS".encode())
                case "UID", "SEARCH":
                    unread = sorted(set(mailbox.mails) - mailbox.seen)
                    self.say(b"* SEARCH " + " ".join(map(str, unread)).encode())
                case "UID", "FETCH":
                    return self.fetch(tag, int(words[2]), command)
                case "UID", "STORE":
                    mailbox.seen.add(int(words[2]))
                case "LOGOUT", _:
                    self.say(b"* BYE")
                    self.say(tag + b" OK done")
                    return False
            self.say(tag + b" OK done")
            return True

        def fetch(self, tag: bytes, number: int, command: str) -> bool:
            raw = mailbox.mails[number]
            if "RFC822.SIZE" in command:
                self.say(f"* 1 FETCH (UID {number} RFC822.SIZE {len(raw)})".encode())
            else:
                if mailbox.breaks_after == 0:
                    return False
                mailbox.breaks_after -= 1
                self.say(f"* 1 FETCH (UID {number} BODY[] {{{len(raw)}}}".encode())
                self.wfile.write(raw)
                self.say(b")")
            self.say(tag + b" OK done")
            return True

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Dialogue) as server:
        mailbox.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield mailbox
        server.shutdown()
        thread.join()
