"""A hundred thousand messages wait, and the server allows so many a minute: two workers keep to it, and what decides a
night is the next to leave. Counted at the server.
"""

import time

from django.utils import timezone

from notifications import tasks
from notifications.events import Priority
from notifications.models import Message, MessageState
from tests import mail_server
from tests.factories.notifications import MessageFactory
from tests.notifications.test_claims import fill

A_SECOND = 10
SECONDS = 2


def test_of_a_hundred_thousand_so_many_leave_a_minute_and_tonight_s_first(
    worker_process, monkeypatch, eventually
):
    fill(MessageFactory(), count=100_000)
    with mail_server.listening() as start:
        server = start()
        monkeypatch.setenv("EMAIL_HOST", "127.0.0.1")
        monkeypatch.setenv("EMAIL_PORT", str(server.port))
        monkeypatch.setenv("EMAIL_PER_MINUTE", str(A_SECOND * 60))
        for _ in range(2):
            worker_process("-Q", "messages")
        tasks.deliver.delay()
        eventually(lambda: server.taken, seconds=60)

        begun, before = time.monotonic(), len(server.content)
        urgent = MessageFactory(priority=Priority.NIGHT, due_at=timezone.now())
        written = len(server.content)
        eventually(lambda: urgent.recipient.email in server.taken)
        # Another may have been on its way.
        assert server.taken.index(urgent.recipient.email) <= written + 1

        tasks.deliver.delay()  # as the scheduler does: it hurries nobody
        time.sleep(max(0, begun + SECONDS - time.monotonic()))
        left = len(server.content) - before
        assert 0 < left <= A_SECOND * (time.monotonic() - begun) + 1
        # One of them may be closing as the next opens.
        assert server.open_at_once <= 2
    assert Message.objects.filter(state=MessageState.UNCERTAIN).count() == 0
