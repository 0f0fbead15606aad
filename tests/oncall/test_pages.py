"""The rota's page: who reads it, what it says, and its buttons."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from oncall import presentation, services
from oncall.models import Rank, Shift
from tests.factories.accounts import CityRoleFactory
from tests.oncall.conftest import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client, desk):
    """Open the page as somebody, or send one of its forms."""

    def opened(person, name="rota", *words, **sent):
        client.force_login(person)
        url = reverse(f"oncall:{name}", args=[desk.city.slug, *words])
        return client.post(url, sent, follow=True) if sent or name != "rota" else client.get(url)

    return opened


def shift(desk, person, **more):
    start = timezone.now()
    return services.cover(
        city=desk.city,
        rank=more.pop("rank", Rank.FIRST),
        starts_at=start + more.pop("after", timedelta()),
        ends_at=start + more.pop("until", timedelta(days=1)),
        by=person,
        now=start,
    )


def hole_of(answer):
    """The first line of the page that nobody has."""
    return next(card for card in answer.content.decode().split("<article") if "Je prends ce créneau" in card)


def test_without_a_rota_it_says_what_happens(page, desk):
    text = page(desk.people[0]).content.decode()
    assert "sonne chez toute l’équipe" in text
    assert "Je prends ce créneau" not in text


def test_who_is_on_call_and_in_support(page, desk):
    one, two, _three = desk.people
    shift(desk, one)
    shift(desk, two, rank=Rank.DEPUTY)
    text = page(desk.people[2]).content.decode()
    assert one.name in text
    assert f"En renfort\u202f: <bdi>{two.name}</bdi>" in text
    assert "En ce moment" in text
    assert "Je prends cette astreinte" in text


def test_one_s_own_offers_other_buttons(page, desk):
    one = desk.people[0]
    mine = shift(desk, one)
    assert "Demander un remplacement" in page(one).content.decode()
    text = page(one, "act", mine.pk, "remplacement").content.decode()
    assert "C’est demandé à vos collègues." in text
    assert "Cherche un remplacement" in text
    assert "Je la garde finalement" in text
    assert "Vous gardez votre astreinte." in page(one, "act", mine.pk, "garder").content.decode()


def test_a_hole_is_taken_in_one_tap(page, desk):
    one, two, _three = desk.people
    shift(desk, one, after=timedelta(days=1), until=timedelta(days=2))
    sent = dict(
        re.findall(r'type="hidden" name="(rank|starts_at|ends_at)" value="([^"]+)"', hole_of(page(two)))
    )
    assert "C’est noté" in page(two, "cover", **sent).content.decode()
    assert Shift.objects.get(person=two).ends_at == Shift.objects.get(person=one).starts_at
    assert "Quelqu’un a pris ce créneau" in page(desk.people[2], "cover", **sent).content.decode()


def test_the_week_after_the_rota_is_offered_from_the_same_hour(desk):
    desk.share_out(weeks=3)  # over the night in which the clocks go forward
    *_, last, free = presentation.lines(desk.city, desk.people[0], now=NOW)
    assert (last.shift.ends_at, free.shift) == (free.starts_at, None)
    assert free.when == "du lundi 30 mars à 18\u00a0h au lundi 6 avril à 18\u00a0h"
    desk.share_out(weeks=8)
    assert all(
        line.shift for line in presentation.lines(desk.city, desk.people[0], now=NOW + timedelta(hours=6))
    )


@pytest.mark.parametrize("sent", [{}, {"rank": 7}, {"starts_at": "hier"}])
def test_what_no_button_sends_changes_nothing(page, desk, sent):
    now = timezone.now()
    usual = {"rank": 1, "starts_at": now.isoformat(), "ends_at": (now + timedelta(days=1)).isoformat()}
    answer = page(desk.people[0], "cover", **(usual | sent if sent else {"rank": 1}))
    assert "finie ou annulée" in answer.content.decode()
    assert not Shift.objects.exists()


def test_an_administrator_shares_out_and_takes_nothing(page, desk):
    people = [person.pk for person in desk.people]
    text = page(
        desk.administrator, people=people, first_day=timezone.localdate(), hour=18, weeks=2
    ).content.decode()
    assert "sont inscrites" in text
    assert "Je prends" not in text
    again = page(desk.administrator, people=people, first_day=timezone.localdate(), hour=18, weeks=2)
    assert "déjà toutes réparties" in again.content.decode()
    one = Shift.objects.first()
    client_answer = page(desk.administrator, "act", one.pk, "prendre")
    assert client_answer.status_code == 403
    assert "L’astreinte est annulée." in page(desk.administrator, "act", one.pk, "annuler").content.decode()
    assert "finie ou annulée" in page(desk.administrator, "act", one.pk, "annuler").content.decode()


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"first_day": "2020-01-01"}, "Ce jour est passé."),
        ({"first_day": "2040-01-01"}, "d’ici un an"),
        ({"people": []}, "obligatoire"),
        ({"weeks": 3}, "Sélectionnez un choix valide"),
    ],
)
def test_wrong_answers_are_said_beside_the_field(page, desk, said, answer):
    usual = {
        "people": [desk.people[0].pk], "first_day": timezone.localdate().isoformat(), "hour": 18, "weeks": 2
    }  # fmt: skip
    found = page(desk.people[0], **(usual | said))
    assert found.status_code == 422
    assert answer in found.content.decode()
    assert not Shift.objects.exists()


def test_an_operator_cannot_be_on_call(page, desk):
    operator = CityRoleFactory(city=desk.city, role=Role.OPERATOR).user
    assert page(operator).status_code == 404
    found = page(
        desk.people[0], people=[operator.pk], first_day=timezone.localdate().isoformat(), hour=18, weeks=2
    )
    assert found.status_code == 422


def test_an_unknown_act_or_another_town_s_shift_is_not_found(page, desk):
    one = shift(desk, desk.people[0])
    assert page(desk.people[1], "act", one.pk, "vendre").status_code == 404
    stranger = CityRoleFactory().user
    assert page(stranger, "act", one.pk, "annuler").status_code == 404


def test_two_or_twenty_shifts_cost_the_same(page, desk):
    one, two, _three = desk.people
    page(two)  # warms what is read once
    costs = []
    for weeks in (range(2), range(2, 20)):
        for week in weeks:
            shift(desk, one, after=timedelta(weeks=week), until=timedelta(weeks=week, days=1))
        with CaptureQueriesContext(connection) as queries:
            page(two)
        costs.append(len(queries))
    assert costs[0] == costs[1]
