"""The place where a town's team talks: who names it, what stands there, and that nothing of a person does.

The place is a server of this machine that takes what Mattermost documents for incoming webhooks, and nothing else.
"""

import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from notifications import delivery, selectors, services
from notifications.channels.team.addresses import NoPlace, name, place
from notifications.channels.team.models import Room, RoomChange
from notifications.channels.team.views import EXAMPLES
from notifications.events import EVENTS
from notifications.inbox.selectors import waiting
from notifications.models import Message, MessageState, Outage
from notifications.services import Text
from oncall import services as oncall
from tests import http_server
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("reasons_stand")]
KEY = "abcdefghijklmnopqrstuvwxyz"
KNOWN = {"text", "username", "icon_url", "channel", "attachments", "type", "props", "icon_emoji", "priority"}


@pytest.fixture
def mattermost(settings):
    """developers.mattermost.com, incoming webhooks: POST /hooks/KEY, JSON with a text; answered with "ok"."""
    settings.PRIVATE_NETWORKS_ALLOWED = ["127.0.0.1/32"]
    settings.SITE_URL = "https://accorde.exemple.fr"

    def answer(request):
        said = request.json
        is_right = (
            request.method == "POST"
            and request.path == f"/hooks/{KEY}"
            and request.headers["Content-Type"] == "application/json"
            and set(said) <= KNOWN
            and 0 < len(said["text"]) <= 16383
        )
        return (200, {"Content-Type": "text/plain"}, "ok") if is_right else (400, {}, "")

    with http_server.listening() as server:
        server.answer = answer
        yield server


@pytest.fixture
def city():
    return CityFactory(slug="strasbourg", name="Strasbourg")


@pytest.fixture
def administrator(city, client):
    person = CityRoleFactory(city=city, role="administrator", user__language="fr").user
    client.force_login(person)
    return person


@pytest.fixture
def now():
    return timezone.now()


def address_of(server):
    return f"{server.url.replace('http', 'mmost')}/{KEY}"


@pytest.fixture
def room(city, administrator, mattermost, now):
    return Room.objects.create(
        city=city, address=address_of(mattermost), name="Mattermost", set_by=administrator, set_at=now
    )


def page(city, act="room"):
    return reverse(f"notifications:team:{act}", args=[city.slug])


def tell(
    city, now, people, *, event="need_tonight", impersonal="Un toit pour 3 personnes", subject_key="need:1"
):
    for person in people:
        services.alert(
            recipient=person, event=event, subject_key=subject_key, city=city, now=now,
            compose=lambda: Text("Pour Ahmad", "Bonjour Ahmad", "Voir", "/strasbourg/bureau/B-1/", impersonal),
        )  # fmt: skip


def deliver(now):
    delivery.deliver_batch(channel="team", by=None, clock=lambda: now)


# --- Naming it -----------------------------------------------------------------------------------------


def test_an_administrator_names_it_and_nobody_sees_the_address_again(client, city, administrator, mattermost):
    response = client.post(page(city), {"address": address_of(mattermost)}, follow=True)
    assert "Mattermost · 127.0.0.1" in response.text
    assert KEY not in response.text
    room, change = Room.objects.get(), RoomChange.objects.get()
    assert (room.address, room.set_by) == (address_of(mattermost), administrator)
    assert (change.by, change.name) == (administrator, room.name)
    assert KEY not in change.name


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("mmosts://10.1.2.3/" + KEY, "réseau privé"),
        ("mmosts://localhost/" + KEY, "réseau privé"),
        ("matrixs://jeton@169.254.169.254/!a:b", "réseau privé"),
        ("mmost://93.184.216.34/" + KEY, "Nous ne connaissons pas"),
        ("mailto://nom:mot@93.184.216.34", "Nous ne connaissons pas"),
        ("json://93.184.216.34", "Nous ne connaissons pas"),
        ("syslog://", "Nous ne connaissons pas"),
        ("file:///etc/passwd", "Nous ne connaissons pas"),
        ("mmosts://", "Nous ne connaissons pas"),
        ("bonjour", "Nous ne connaissons pas"),
        (f"mmosts://{'a' * 70}..exemple/{KEY}", "Nous ne"),
    ],
)
def test_what_is_no_place_is_refused_and_why(client, city, administrator, address, words):
    response = client.post(page(city), {"address": address})
    assert response.status_code == 422
    assert words in response.text
    assert not Room.objects.exists()


def test_it_is_left_and_the_address_forgotten(client, city, room, administrator):
    for _twice in range(2):
        client.post(page(city, "leave"))
    assert not Room.objects.exists()
    assert RoomChange.objects.get().name == ""


@pytest.mark.parametrize(
    ("address", "said"),
    [
        (f"mmosts://93.184.216.34/{KEY}", "Mattermost · 93.184.216.34"),
        ("matrixs://jeton@93.184.216.34/!salon:ville.fr", "Matrix · 93.184.216.34"),
        ("nctalks://nom:mot@93.184.216.34/salon", "Nextcloud Talk · 93.184.216.34"),
        (f"rockets://{'a' * 24}/{'b' * 24}@93.184.216.34/#equipe", "Rocket.Chat · 93.184.216.34"),
        ("workflows://93.184.216.34:443/abcdef/signature", "Microsoft Teams · 93.184.216.34"),
        ("ntfys://93.184.216.34/equipe", "ntfy · 93.184.216.34"),
    ],
)
def test_the_services_that_teams_use_are_known_by_a_name_without_a_secret(address, said):
    assert name(place(address)) == said


@pytest.mark.parametrize("example", [address for _service, address in EXAMPLES])
def test_each_example_of_the_page_is_an_address(example):
    assert place(re.sub(r"[\w.-]+\.(exemple\.fr|azure\.com)", "93.184.216.34", example, count=1)).secure


def test_an_address_changes_nothing_of_how_it_is_called(mattermost):
    found = place(f"{address_of(mattermost)}?redirect=yes&verify=no&rto=900&retry=9&wait=9&image=yes")
    assert (found.redirects, found.verify_certificate, found.include_image) == (False, True, False)
    assert found.socket_read_timeout < 10
    assert found.url() == place(address_of(mattermost)).url()


def test_only_where_it_was_allowed_may_it_be_private(mattermost, settings):
    settings.PRIVATE_NETWORKS_ALLOWED = []
    with pytest.raises(NoPlace) as refusal:
        place(address_of(mattermost))
    assert refusal.value.why == "private"


# --- Trying it -----------------------------------------------------------------------------------------


def test_a_trial_is_written_at_once_and_says_what_came_of_it(client, city, room, mattermost):
    response = client.post(page(city, "trial"), follow=True)
    assert "Le message d’essai est parti." in response.text
    assert "Fonctionne" in response.text
    (request,) = mattermost.requests
    assert request.json["text"].startswith("Essai d’Accorde")
    mattermost.answer = (404, {}, json.dumps({"message": "Invalid webhook"}))
    assert "Le canal n’a pas pris le message." in client.post(page(city, "trial"), follow=True).text


def test_no_answer_leads_elsewhere(client, city, room, mattermost):
    mattermost.answer = (302, {"Location": f"{mattermost.url}/hooks/other"}, "")
    assert "n’a pas pris" in client.post(page(city, "trial"), follow=True).text
    assert len(mattermost.requests) == 1


# --- What stands there ---------------------------------------------------------------------------------


def test_tonight_is_said_there_once_however_many_are_told_and_names_nobody(city, room, mattermost, now):
    tell(city, now, [CityRoleFactory(city=city).user for _each in range(3)])
    assert Message.objects.filter(channel="email").count() == 3
    deliver(now)
    (request,) = mattermost.requests
    assert (
        request.json["text"] == "Un toit pour 3 personnes\nhttps://accorde.exemple.fr/strasbourg/bureau/B-1/"
    )
    assert "Ahmad" not in request.body.decode()
    assert "http" not in request.json.get("icon_url", "")
    assert Message.objects.get(channel="team").state == MessageState.SENT


def test_each_reminder_is_said(city, room, mattermost, now):
    coordinator = CityRoleFactory(city=city).user
    for number in (1, 2):
        tell(city, now, [coordinator], event="tonight_waits", subject_key=f"city:{city.pk}:{number}")
    deliver(now)
    assert len(mattermost.requests) == 2


def test_changes_of_the_rota_are_said_without_a_name(city, room, mattermost, now):
    first = CityRoleFactory(city=city, user__name="Zénobie").user
    CityRoleFactory(city=city)
    shift = oncall.cover(city=city, rank=1, starts_at=now, ends_at=now + timedelta(days=1), by=first, now=now)
    oncall.ask_replacement(shift_id=shift.pk, by=first, now=now)
    deliver(now)
    (request,) = mattermost.requests
    assert request.json["text"].startswith("Astreinte\u202f: un remplacement\u202f? (du ")
    assert "Zénobie" not in request.body.decode()


def test_whoever_named_the_place_is_told_as_the_others_are(city, room, administrator, now):
    """What stands there is no message to them."""
    CityRoleFactory(city=city, user=administrator)
    colleague = CityRoleFactory(city=city).user
    for person in (colleague, administrator):
        services.queue(
            recipient=person, event="rota_hole", subject_key="hole:1", city=city, now=now,
            compose=lambda: Text("Personne n’est d’astreinte", "Bonjour", impersonal="Personne n’est d’astreinte"),
        )  # fmt: skip
    told = Message.objects.filter(event="rota_hole", channel="email")
    assert {message.recipient for message in told} == {colleague, administrator}
    assert Message.objects.filter(event="rota_hole", channel="team").count() == 1


def test_what_stands_there_tells_nobody(city, room, administrator, now):
    colleague = CityRoleFactory(city=city).user
    tell(city, now, [colleague])
    told = selectors.who_was_told(event="need_tonight", subject_key="need:1")
    assert {row["recipient"] for row in told} == {colleague.pk}


@pytest.mark.parametrize(
    ("event", "impersonal"),
    [("match_declined", "Des nouvelles"), ("need_tonight", "")],
    ids=["other", "not said in short"],
)
def test_what_is_not_for_the_team_is_not(city, room, mattermost, now, event, impersonal):
    tell(city, now, [CityRoleFactory(city=city).user], event=event, impersonal=impersonal)
    assert not Message.objects.filter(channel="team").exists()


def test_another_town_s_team_reads_nothing_of_it(room, now):
    other = CityFactory()
    tell(other, now, [CityRoleFactory(city=other).user])
    assert not Message.objects.filter(channel="team").exists()


def test_what_the_team_reads_is_what_rings_and_what_changes_the_rota():
    assert {event for event, known in EVENTS.items() if known.in_team} == {
        "need_tonight", "need_suggestions", "tonight_waits", "match_to_rehouse", "message_in_doubt",
        "shift_wanted", "shift_taken_over", "shift_cancelled", "rota_hole",
    }  # fmt: skip


# --- When it does not work -----------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [(500, {}, ""), (403, {}, ""), http_server.HANG_UP])
def test_one_that_does_not_answer_is_tried_again_and_holds_nobody_up(
    client, city, room, administrator, mattermost, now, answer
):
    works, mattermost.answer = mattermost.answer, answer
    tell(city, now, [CityRoleFactory(city=city).user])
    deliver(now)
    message = Message.objects.get(channel="team")
    assert (message.state, message.last_error) == ("queued", "not taken")
    assert not Outage.objects.exists()
    assert "Ne répond pas" in client.get(page(city)).text
    mattermost.answer = works
    deliver(now + timedelta(minutes=2))
    message.refresh_from_db()
    assert message.state == MessageState.SENT
    assert "Fonctionne" in client.get(page(city)).text


def test_one_that_has_moved_into_our_network_is_not_called(city, room, mattermost, settings, now):
    tell(city, now, [CityRoleFactory(city=city).user])
    settings.PRIVATE_NETWORKS_ALLOWED = []
    deliver(now)
    message = Message.objects.get(channel="team")
    assert (message.state, message.last_error) == ("failed", "address private")
    assert mattermost.requests == []
    assert waiting(city, None).undelivered == 0, "each of the team has it by mail"


def test_what_waits_for_a_place_that_was_left_goes_nowhere(city, room, mattermost, now):
    tell(city, now, [CityRoleFactory(city=city).user])
    Room.objects.all().delete()
    deliver(now)
    assert Message.objects.get(channel="team").last_error == "no room"
    assert mattermost.requests == []
