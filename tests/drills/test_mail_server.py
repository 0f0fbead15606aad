"""The mail server is slow, or silent: mail waits for it, and nothing else does."""

import re
import socket
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar

from notifications.models import Message
from notifications.services import DELIVER_TASK
from notifications.wake_up import wake_on_commit
from tests.drills.conftest import free_port, has_suggestions
from tests.factories.notifications import MessageFactory

SECONDS_AN_ANSWER = 8


def test_slow_it_keeps_no_need_from_its_suggestions(server, smtp_server, city, post, eventually):
    mail = {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": str(smtp_server.port)}
    server("worker", **mail)
    server("message-worker", **mail)
    seconds_until_suggestions(post, eventually)  # until the worker is up
    usual = seconds_until_suggestions(post, eventually)

    smtp_server.delay = SECONDS_AN_ANSWER
    MessageFactory.create_batch(20, city=city)
    for _ in range(4):
        wake_on_commit(DELIVER_TASK)
    eventually(lambda: Message.objects.filter(state="sending").exists(), seconds=30)
    slowed = [seconds_until_suggestions(post, eventually) for _ in range(3)]
    assert smtp_server.messages == [], "all three were there before the first mail was taken"
    assert sum(slowed) < SECONDS_AN_ANSWER
    assert min(slowed) < 3 * usual + 1
    assert Message.objects.filter(state="sending").exists()


def seconds_until_suggestions(post, eventually):
    begin = time.monotonic()
    need = post()
    eventually(lambda: has_suggestions(need), seconds=30)
    return time.monotonic() - begin


SORRY = {"fr": "appelez votre ville", "en": "call your town", "ar": "اتصلوا بمدينتكم"}


class Reader:
    """Somebody with a browser, on the page that asks for an address."""

    def __init__(self, site, number):
        self.number, self.language = number, list(SORRY)[number % 3]
        self.browser = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
        )
        self.browser.addheaders = [("Accept-Language", self.language)]
        self.page = f"{site}/connexion/?next=/compte/"
        form = self.browser.open(self.page, timeout=20).read().decode()
        self.token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[1]

    def ask_for_a_code(self):
        """The status, and what the page says."""
        fields = {
            "csrfmiddlewaretoken": self.token,
            "email": f"lou{self.number}@exemple.fr",
            "next": "/compte/",
        }
        try:
            answer = self.browser.open(self.page, urllib.parse.urlencode(fields).encode(), timeout=20)
        except urllib.error.HTTPError as refusal:
            answer = refusal
        with answer:
            return answer.status, answer.read().decode()


READERS = 10


def test_silent_it_leaves_the_site_to_everybody_else(server, eventually):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = free_port()
        site = f"http://127.0.0.1:{port}"
        server(
            "web", BIND=f"127.0.0.1:{port}", SITE_URL=site, WEB_WORKERS="1",
            EMAIL_HOST="127.0.0.1", EMAIL_PORT=str(silent.getsockname()[1]),
        )  # fmt: skip
        eventually(lambda: seconds_to_be_well(site) is not None, seconds=30)
        people = [Reader(site, number) for number in range(READERS)]
        answers = []
        asking = [
            threading.Thread(target=lambda who=who: answers.append((who, *who.ask_for_a_code())))
            for who in people
        ]
        for thread in asking:
            thread.start()
        waits = []
        while any(thread.is_alive() for thread in asking):
            waits.append(seconds_to_be_well(site))
            time.sleep(0.05)
    assert len(waits) > 5, "somebody did wait for the mail server meanwhile"
    # The site would wait as long as the mail server does, were it not for the places that are kept free.
    assert None not in waits
    assert max(waits) < 1.9
    assert len(answers) == READERS
    for who, status, page in answers:
        assert status == 503
        assert SORRY[who.language] in page
        assert f'value="lou{who.number}@exemple.fr"' in page, "nothing is to be typed again"


def seconds_to_be_well(site):
    """How long /healthz took to say that all is well; None when it did not."""
    begin = time.monotonic()
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{site}/healthz", timeout=20) as answer:
            return time.monotonic() - begin if answer.status == 200 else None
    except OSError:
        return None
