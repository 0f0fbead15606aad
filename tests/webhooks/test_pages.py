"""The administration's pages: an address, its secret once, its log; and which addresses are none."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.models import Role
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.webhooks.conftest import NOW
from webhooks import services
from webhooks.events import Happening
from webhooks.models import Delivery, Endpoint, EndpointEdit

PAGE = "/strasbourg/bureau/webhooks/"
URL = "https://93.184.216.34/accueil"
pytestmark = pytest.mark.django_db


@pytest.fixture
def as_administrator(client, administrator):
    client.force_login(administrator)
    return client


def add(client, url=URL, happenings=("need.opened",)):
    return client.post(PAGE, {"url": url, "happenings": list(happenings)})


def test_the_secret_is_shown_once(as_administrator):
    answer = add(as_administrator)
    endpoint = Endpoint.objects.get()
    assert endpoint.secret.startswith("whsec_")
    assert endpoint.secret in answer.content.decode()
    one = f"{PAGE}{endpoint.pk}/"
    for page in (PAGE, one):
        text = as_administrator.get(page).content.decode()
        assert URL in text
        assert endpoint.secret not in text
    answer = as_administrator.post(f"{one}secret/")
    changed = Endpoint.objects.get().secret
    assert changed != endpoint.secret
    assert changed in answer.content.decode()
    assert endpoint.secret not in answer.content.decode()


def test_who_changed_what_is_kept_without_the_secrets(as_administrator, administrator):
    add(as_administrator)
    endpoint = Endpoint.objects.get()
    one = f"{PAGE}{endpoint.pk}/"
    as_administrator.post(one, {"url": URL, "happenings": ["need.met", "match.ended"]})
    for act in ("secret/", "pause/", "reprendre/", "retirer/"):
        as_administrator.post(one + act)
    edits = list(EndpointEdit.objects.all())
    assert [next(iter(edit.what)) for edit in edits] == [
        "url", "happenings", "renewed_at", "paused_at", "paused_at", "removed_at"
    ]  # fmt: skip
    assert {edit.by for edit in edits} == {administrator}
    assert "whsec" not in str([edit.what for edit in edits])
    assert as_administrator.get(one).status_code == 404


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://93.184.216.34/accueil", "https://"),
        ("ftp://93.184.216.34/", "https://"),
        ("https://nom:mot@93.184.216.34/", "https://"),
        ("bonjour", "https://"),
        ("https://127.0.0.1/accueil", "réseau privé"),
        ("https://localhost:8000/admin/", "réseau privé"),
        ("https://169.254.169.254/latest/meta-data", "réseau privé"),
        ("https://[::1]/", "réseau privé"),
        ("https://10.0.0.7/", "réseau privé"),
    ],
)
def test_an_address_that_is_none_of_the_open_internet_is_refused(as_administrator, url, says):
    answer = add(as_administrator, url)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert not Endpoint.objects.exists()


def test_neither_by_a_change(as_administrator):
    add(as_administrator)
    endpoint = Endpoint.objects.get()
    answer = as_administrator.post(
        f"{PAGE}{endpoint.pk}/", {"url": "https://127.0.0.1/", "happenings": ["need.met"]}
    )
    assert answer.status_code == 422
    assert Endpoint.objects.get().url == URL


def test_the_same_address_twice_or_too_many_are_refused(as_administrator, city, administrator):
    add(as_administrator)
    assert "déjà inscrite" in add(as_administrator).content.decode()
    for number in range(services.MOST_ENDPOINTS - 1):
        add(as_administrator, f"{URL}/{number}")
    assert Endpoint.objects.count() == services.MOST_ENDPOINTS
    assert "C’est assez" in add(as_administrator, f"{URL}/encore").content.decode()


@pytest.mark.parametrize("happenings", [[], ["need.opened", "need.exploded"]])
def test_what_does_not_happen_cannot_be_asked_for(city, administrator, happenings):
    with pytest.raises(ValidationError) as refusal:
        services.add(city=city, url=URL, happenings=happenings, by=administrator, now=NOW)
    assert set(refusal.value.message_dict) == {"happenings"}


def test_it_is_the_administration_s_of_the_own_town_alone(city, administrator):
    endpoint = services.add(city=city, url=URL, happenings=["need.met"], by=administrator, now=NOW)
    coordinator = CityRoleFactory(city=city).user
    elsewhere = CityRoleFactory(city=CityFactory(), role=Role.ADMINISTRATOR).user
    for by in (coordinator, elsewhere):
        for act in (services.rotate, services.pause, services.resume, services.remove, services.send_test):
            with pytest.raises(PermissionDenied):
                act(endpoint_id=endpoint.pk, by=by, now=NOW)
        with pytest.raises(PermissionDenied):
            services.change(endpoint_id=endpoint.pk, url=URL, happenings=["need.met"], by=by, now=NOW)


def test_a_test_leaves_and_the_log_says_what_came_of_it(as_administrator, endpoint, receiver, deliver):
    one = f"{PAGE}{endpoint.pk}/"
    as_administrator.post(f"{one}essai/")
    row = Delivery.objects.get()
    deliver(endpoint, now=row.due_at)
    (request,) = receiver.requests
    assert request.json["type"] == "webhook.test"
    text = as_administrator.get(one).content.decode()
    assert "webhook.test" in text
    assert "<bdi>204</bdi>" in text
    as_administrator.post(f"{one}rejouer/{row.pk}/")
    assert Delivery.objects.get().state == "waiting"


def test_a_row_of_another_endpoint_is_not_replayed_here(as_administrator, city, administrator, endpoint):
    other = services.add(city=city, url=URL, happenings=Happening.values, by=administrator, now=NOW)
    row = services.send_test(endpoint_id=other.pk, by=administrator, now=NOW)
    assert as_administrator.post(f"{PAGE}{endpoint.pk}/rejouer/{row.pk}/").status_code == 404
