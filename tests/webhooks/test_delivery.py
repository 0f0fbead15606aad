"""Telling another system: signed, again when it fails, and nobody else waits for it."""

import signal
from datetime import UTC, datetime, timedelta

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection as database
from standardwebhooks import Webhook, WebhookVerificationError

from notifications.models import Message
from tests.factories.accounts import CityRoleFactory
from tests.http_server import HANG_UP, SAY_NOTHING
from tests.webhooks.conftest import NOW, TAKEN
from webhooks import selectors, services, transport
from webhooks.delivery import BACKOFF, PAUSES
from webhooks.events import Happening
from webhooks.models import Delivery, DeliveryState, Endpoint

S = DeliveryState
DOWN = (503, {}, "")
SECOND = timedelta(seconds=1)


def states():
    return list(Delivery.objects.order_by("id").values_list("state", flat=True))


def keys(receiver):
    return [request.headers["webhook-id"] for request in receiver.requests]


class TestSignature:
    @pytest.fixture
    def request_now(self, endpoint, receiver, happens, deliver):
        """What the receiver got, signed in this very moment: its library refuses what is older than five minutes."""
        happens()
        deliver(endpoint, now=datetime.now(UTC))
        (request,) = receiver.requests
        return request

    def test_is_the_standard_s_own_library_can_check_it(self, endpoint, request_now):
        said = Webhook(endpoint.secret).verify(request_now.body, dict(request_now.headers))
        assert said["type"] == "need.opened"
        assert said["data"] == {"city": "strasbourg", "need": "B-0000"}
        assert request_now.headers["Content-Type"] == "application/json"
        assert request_now.headers["webhook-id"] == Delivery.objects.get().key

    def test_fails_by_another_secret_and_of_other_words(self, request_now):
        for secret, body in (
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", request_now.body),
            (Endpoint.objects.get().secret, request_now.body + b" "),
        ):
            with pytest.raises(WebhookVerificationError):
                Webhook(secret).verify(body, dict(request_now.headers))

    def test_after_a_change_both_secrets_hold_for_a_day(self, endpoint, administrator, happens):
        former = endpoint.secret
        happens()
        (row,) = Delivery.objects.all()
        now = datetime.now(UTC)
        changed = services.rotate(endpoint_id=endpoint.pk, by=administrator, now=now - timedelta(hours=23))
        assert changed.secret != former

        def headers(at):
            signed = transport.signature(changed, key=row.key, body=row.body, now=at)
            return {
                "webhook-id": row.key,
                "webhook-timestamp": str(int(at.timestamp())),
                "webhook-signature": signed,
            }

        for secret in (former, changed.secret):
            assert Webhook(secret).verify(row.body, headers(now))
        changed.renewed_at -= timedelta(hours=2)
        Webhook(changed.secret).verify(row.body, headers(now))
        with pytest.raises(WebhookVerificationError):
            Webhook(former).verify(row.body, headers(now))


class TestAnswer:
    def test_2xx_is_taken_and_noted(self, endpoint, receiver, happens, deliver):
        happens()
        assert deliver(endpoint) is False
        row = Delivery.objects.get()
        assert (row.state, row.outcome, row.attempts, row.delivered_at) == (S.DELIVERED, "204", 1, NOW)
        assert row.milliseconds is not None
        deliver(endpoint)
        assert len(receiver.requests) == 1

    @pytest.mark.parametrize(
        ("answer", "outcome"),
        [
            ((500, {}, ""), "500"),
            ((404, {}, ""), "404"),
            ((429, {}, ""), "429"),
            (HANG_UP, "ConnectionError"),
        ],
        ids=["500", "404", "429", "nothing"],
    )
    def test_anything_else_is_tried_again_later(self, endpoint, receiver, happens, deliver, answer, outcome):
        receiver.answer = answer
        happens()
        deliver(endpoint)
        row = Delivery.objects.get()
        assert (row.state, row.outcome, row.due_at) == (S.WAITING, outcome, NOW + BACKOFF[0])
        assert deliver(endpoint, now=NOW + BACKOFF[0] - SECOND) is False
        receiver.answer = TAKEN
        deliver(endpoint, now=NOW + BACKOFF[0])
        assert states() == [S.DELIVERED]
        assert len(set(keys(receiver))) == 1, "the receiver knows what it has seen"

    def test_when_the_worker_s_time_is_up_it_was_not_taken(self, endpoint, receiver, happens, deliver):
        """A receiver that answers letter by letter never meets the time-out of a reading."""

        def over(*_):
            raise SoftTimeLimitExceeded

        receiver.answer = SAY_NOTHING
        happens()
        before = signal.signal(signal.SIGALRM, over)
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        try:
            deliver(endpoint)
        finally:
            signal.signal(signal.SIGALRM, before)
        assert Delivery.objects.get().outcome == "SoftTimeLimitExceeded"
        assert Endpoint.objects.get().next_try_at == NOW + PAUSES[0], "the others have their turn"

    def test_an_answer_that_points_elsewhere_is_not_followed(self, endpoint, receiver, happens, deliver):
        receiver.answer = lambda request: (302, {"Location": f"{receiver.url}/interne"}, "")
        happens()
        deliver(endpoint)
        assert [request.path for request in receiver.requests] == ["/accueil"]
        assert Delivery.objects.get().outcome == "302"

    def test_a_name_that_comes_to_mean_our_own_network_is_never_called(
        self, endpoint, receiver, happens, deliver, settings
    ):
        """It stood on the internet when it was saved."""
        settings.PRIVATE_NETWORKS_ALLOWED = []
        happens()
        deliver(endpoint)
        assert receiver.requests == []
        assert Delivery.objects.get().outcome == "private address"

    def test_gone_ends_it_at_once(self, endpoint, receiver, happens, deliver, administrator):
        receiver.answer = (410, {}, "")
        happens(2)
        deliver(endpoint)
        assert len(receiver.requests) == 1
        assert Endpoint.objects.get().stopped_at == NOW
        assert Message.objects.get(event="webhook_stopped").recipient == administrator

    def test_it_is_given_up_after_more_than_three_days(self, endpoint, receiver, happens, deliver):
        receiver.answer = DOWN
        happens()
        now = NOW
        for number in range(len(BACKOFF) + 1):
            assert states() == [S.WAITING], number
            Endpoint.objects.update(failures=0, failing_since=None, next_try_at=None)
            deliver(endpoint, now=now)
            now = Delivery.objects.get().due_at
        assert states() == [S.FAILED]
        assert Delivery.objects.get().tried_at - NOW > timedelta(days=3)


class TestOutage:
    def test_nothing_is_sent_while_it_lasts_and_each_try_is_one(self, endpoint, receiver, happens, deliver):
        receiver.answer = DOWN
        happens(5)
        now = NOW
        for count, pause in enumerate((*PAUSES, PAUSES[-1]), start=1):
            deliver(endpoint, now=now)
            assert len(receiver.requests) == count
            deliver(endpoint, now=now + pause - SECOND)
            assert len(receiver.requests) == count, f"the {count}th pause"
            now += pause
        assert len(set(keys(receiver))) > 1, "not always the same one"

    def test_all_that_waited_leaves_when_it_is_back(self, endpoint, receiver, happens, deliver):
        receiver.answer = DOWN
        happens(4)
        now = NOW
        for _ in range(4):
            deliver(endpoint, now=now)
            now += timedelta(hours=1)
        receiver.requests.clear()
        receiver.answer = TAKEN
        happens(2, at=now)
        deliver(endpoint, now=now)
        assert states() == [S.DELIVERED] * 6
        assert len(keys(receiver)) == len(set(keys(receiver))) == 6
        assert Endpoint.objects.get().failing_since is None

    def test_one_delivery_that_is_refused_holds_up_no_other(self, endpoint, receiver, happens, deliver):
        receiver.answer = lambda request: DOWN if b"B-0000" in request.body else TAKEN
        happens(4)
        deliver(endpoint)
        deliver(endpoint, now=NOW + PAUSES[0])
        assert states() == [S.WAITING, S.DELIVERED, S.DELIVERED, S.DELIVERED]

    def test_but_what_happened_to_the_same_subject_afterwards(self, endpoint, receiver, happens, deliver):
        """A need that was closed before it was opened would stay open for whoever is told so."""
        receiver.answer = lambda request: DOWN if b"need.opened" in request.body else TAKEN
        happens()
        happens(2, happening=Happening.NEED_CLOSED)
        deliver(endpoint)
        deliver(endpoint, now=NOW + PAUSES[0])
        assert states() == [S.WAITING, S.WAITING, S.DELIVERED]
        receiver.answer = TAKEN
        deliver(endpoint, now=NOW + BACKOFF[0])
        assert states() == [S.DELIVERED] * 3
        opened, closed = Delivery.objects.filter(subject="need:0").order_by("tried_at", "id")
        assert (opened.happening, closed.happening) == ("need.opened", "need.closed")

    def test_and_that_no_longer_than_until_it_is_given_up(self, endpoint, receiver, happens, deliver):
        receiver.answer = lambda request: DOWN if b"need.opened" in request.body else TAKEN
        happens()
        happens(happening=Happening.NEED_CLOSED)
        now = NOW
        for wait in BACKOFF:
            deliver(endpoint, now=now)
            now += wait
        assert states() == [S.WAITING, S.WAITING]
        deliver(endpoint, now=now)
        deliver(endpoint, now=now + PAUSES[-1])
        assert states() == [S.FAILED, S.DELIVERED]

    def test_one_that_is_down_holds_up_no_other(
        self, city, administrator, receiver, endpoint, happens, deliver
    ):
        other = services.add(
            city=city, url=f"{receiver.url}/autre", happenings=Happening.values, by=administrator, now=NOW
        )
        receiver.answer = lambda request: DOWN if request.path == "/accueil" else TAKEN
        happens(2)
        assert selectors.to_call(NOW) == [endpoint.pk, other.pk]
        deliver(endpoint)
        deliver(other)
        assert selectors.to_call(NOW) == []
        assert other.deliveries.filter(state=S.DELIVERED).count() == 2

    @pytest.mark.django_db(transaction=True)
    def test_an_endpoint_is_called_by_one_worker(self, endpoint, receiver, happens, deliver, at_once):
        happens(3)
        at_once(*[lambda: deliver(endpoint, now=NOW)] * 2)
        while deliver(endpoint):
            pass
        assert len(keys(receiver)) == len(set(keys(receiver))) == 3
        database.close()


class TestStopping:
    def test_after_five_days_and_the_town_is_told_once(
        self, endpoint, receiver, happens, deliver, administrator
    ):
        receiver.answer = DOWN
        happens()
        deliver(endpoint)
        assert services.stop_failing(by=None, now=NOW + services.STOP_AFTER - SECOND) == 0
        late = NOW + services.STOP_AFTER
        assert services.stop_failing(by=None, now=late) == 1
        assert services.stop_failing(by=None, now=late) == 0
        message = Message.objects.get(event="webhook_stopped")
        assert message.recipient == administrator
        assert "127.0.0.1" in message.body
        assert "/accueil" not in message.body, "an address may hold a word that opens something"
        assert endpoint.edits.last().by is None

    def test_where_nobody_administers_the_coordinators_are(self, endpoint, city, administrator, happens):
        coordinator = CityRoleFactory(city=city).user
        administrator.city_roles.all().delete()
        services.stop(endpoint_id=endpoint.pk, by=None, now=NOW)
        assert Message.objects.get(event="webhook_stopped").recipient == coordinator

    def test_nothing_more_is_kept_for_it_and_what_waited_leaves_when_somebody_resumes(
        self, endpoint, receiver, happens, deliver, administrator
    ):
        happens()
        services.stop(endpoint_id=endpoint.pk, by=None, now=NOW)
        happens()
        deliver(endpoint)
        assert (states(), receiver.requests) == ([S.WAITING], [])
        services.resume(endpoint_id=endpoint.pk, by=administrator, now=NOW)
        deliver(endpoint)
        assert states() == [S.DELIVERED]

    def test_a_pause_keeps_what_happens(self, endpoint, receiver, happens, deliver, administrator):
        services.pause(endpoint_id=endpoint.pk, by=administrator, now=NOW)
        happens(2)
        deliver(endpoint)
        assert receiver.requests == []
        services.resume(endpoint_id=endpoint.pk, by=administrator, now=NOW)
        deliver(endpoint)
        assert len(receiver.requests) == 2

    def test_what_is_taken_away_is_told_nothing_more(
        self, endpoint, receiver, happens, deliver, administrator
    ):
        happens()
        services.remove(endpoint_id=endpoint.pk, by=administrator, now=NOW)
        happens()
        deliver(endpoint)
        assert (states(), receiver.requests) == ([S.FAILED], [])
        with pytest.raises(services.NotFound):
            services.resume(endpoint_id=endpoint.pk, by=administrator, now=NOW)

    def test_replayed_it_goes_under_its_own_key(self, endpoint, receiver, happens, deliver, administrator):
        happens()
        deliver(endpoint)
        services.replay(delivery_id=Delivery.objects.get().pk, by=administrator, now=NOW)
        deliver(endpoint)
        assert len(receiver.requests) == 2
        assert len(set(keys(receiver))) == 1
        assert states() == [S.DELIVERED]

    def test_what_is_replayed_holds_up_nothing(self, endpoint, receiver, happens, deliver, administrator):
        happens()
        deliver(endpoint)
        opened = Delivery.objects.get()
        receiver.answer = lambda request: DOWN if b"need.opened" in request.body else TAKEN
        services.replay(delivery_id=opened.pk, by=administrator, now=NOW)
        deliver(endpoint)
        happens(happening=Happening.NEED_CLOSED)
        deliver(endpoint, now=NOW + PAUSES[0])
        assert states() == [S.WAITING, S.DELIVERED]

    def test_but_what_waited_keeps_its_place(self, endpoint, receiver, happens, deliver, administrator):
        receiver.answer = lambda request: DOWN if b"need.opened" in request.body else TAKEN
        happens()
        happens(happening=Happening.NEED_CLOSED)
        services.replay(delivery_id=Delivery.objects.earliest("id").pk, by=administrator, now=NOW)
        deliver(endpoint)
        deliver(endpoint, now=NOW + PAUSES[0])
        assert states() == [S.WAITING, S.WAITING]

    def test_a_month_later_it_is_forgotten(self, endpoint, happens):
        happens()
        services.place_events(by=None)
        assert services.forget_old(by=None, now=NOW + services.KEPT) == 0
        assert services.forget_old(by=None, now=NOW + services.KEPT + SECOND) == 2
