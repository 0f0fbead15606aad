"""The processes of a town's server break on a mark, each in its way; none of what they write tells it."""

import json
import re
import socket

from notifications.models import Message
from notifications.services import DELIVER_TASK
from notifications.wake_up import wake_on_commit
from tests.drills.conftest import free_port
from tests.factories.accounts import UserFactory
from tests.factories.notifications import MessageFactory
from tests.test_logs import MAIL, MARK, TOKEN, postgres_log, refusing

__all__ = ["postgres_log"]


def test_no_process_tells_what_it_broke_on(server, smtp_server, city, eventually, tmp_path, postgres_log):
    smtp_server.answer = f"550 5.1.1 <{MAIL}> no such mailbox"
    port = free_port()
    mail = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(smtp_server.port)}
    told = {
        "ACCORDE_MODE": "production",
        "ALLOWED_HOSTS": "accorde.ville.example",
        "SECURE_SSL_REDIRECT": "0",
    }
    server("web", BIND=f"127.0.0.1:{port}", **told, **mail)
    server("message-worker", **told, **mail)
    person = UserFactory(email=MAIL, name=MARK)
    MessageFactory(recipient=person, city=city, title=MARK, body=MARK)
    wake_on_commit(DELIVER_TASK)
    eventually(lambda: Message.objects.filter(state="failed").exists(), seconds=30)
    site_log, worker_log = tmp_path / "0-web.log", tmp_path / "1-message-worker.log"
    eventually(lambda: "Booting worker" in site_log.read_text(), seconds=30)

    # Without its style sheets the site cannot show a page: each of these ends in an error as well.
    assert status(port, f"GET /strasbourg/reponse/{TOKEN}/ HTTP/1.1") >= 400
    assert status(port, f"GET /{MARK}/{MARK}/?q={MAIL} HTTP/1.1") >= 400
    assert status(port, "POST /connexion/ HTTP/1.1", f"Content-Length: 13\r\n\r\nlogin={MARK}") >= 400
    assert status(port, f"GET / HTTP/1.1\r\nReferer: https://{MARK}.example/", host=f"{MARK}.example") >= 400
    assert status(port, f"{MARK} {MARK}") == 400, "what is no request at all"
    with refusing("notifications_message", "UPDATE"):
        MessageFactory(recipient=person, city=city, title=MARK, body=MARK)
        wake_on_commit(DELIVER_TASK)
        eventually(lambda: "P0001" in worker_log.read_text(), seconds=30)

    assert [path.name for path in tmp_path.glob("*.log") if MARK in path.read_text()] == []
    assert MARK not in postgres_log()
    site, worker = lines(site_log), lines(worker_log)
    assert {"gunicorn.error", "config.middleware", "django.request"} <= {line["logger"] for line in site}
    assert any(line.get("task_name", "").startswith("notifications.") and "error" in line for line in worker)


def status(port, first, *others, host="accorde.ville.example"):
    """What the site answers to these lines, whatever they are."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        said = [first, f"Host: {host}", "Connection: close", *others]
        line.sendall(("\r\n".join(said) + ("" if others else "\r\n\r\n")).encode())
        return int(re.match(rb"HTTP/1.\d (\d+)", line.recv(200))[1])


def lines(log):
    """What a process wrote once it had started; before, `manage.py check` speaks to whoever starts it."""
    return [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
