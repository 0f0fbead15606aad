"""Whoever asks people reads what has left, what the night keeps, and what waits for its turn."""

from datetime import time, timedelta

import pytest

from catalogue.vocabulary import Kind, Urgency
from matching import asked_words, services
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, story, suggested_match

pytestmark = pytest.mark.django_db

# Monday, 23:00 in Strasbourg.
NIGHT = NOW + timedelta(hours=11)


@pytest.fixture
def town():
    return CityFactory(quiet_from=time(21), quiet_until=time(8))


@pytest.fixture
def asked(town, coordinator):
    def ask(now, **options):
        match = suggested_match(city=town, kind=Kind.GOODS, now=NOW, **options)
        return services.propose(match_id=match.pk, by=it.coordinator, now=now)

    it = story(city=town, kind=Kind.GOODS)
    return ask


def test_by_day_questions_have_left(asked):
    assert asked_words.sentences([asked(NOW), asked(NOW)], now=NOW) == [
        "C’est demandé\u202f: 2 questions sont parties."
    ]
    assert asked_words.sentences([asked(NOW)], now=NOW) == [
        "C’est demandé\u202f: 1 personne reçoit la question."
    ]


def test_at_night_they_leave_in_the_morning_but_for_tonight(asked):
    tonight = {"urgency": Urgency.TONIGHT, "first_day": NOW.date(), "last_day": NOW.date()}
    several = [asked(NIGHT), asked(NIGHT), asked(NIGHT, need=tonight)]
    assert asked_words.sentences(several, now=NIGHT) == [
        "C’est demandé\u202f: 1 personne reçoit la question.",
        "2 questions sont prêtes\u202f: elles partent demain à 8\u00a0h.",
    ]


def test_a_second_question_to_one_person_waits_for_its_turn(asked):
    owner = UserFactory()
    both = [asked(NOW, offer={"owner": owner}), asked(NOW, offer={"owner": owner})]
    assert asked_words.sentences(both, now=NOW) == [
        "C’est demandé\u202f: 1 personne reçoit la question.",
        "1 question partira dès que cette personne pourra la recevoir.",
    ]


def test_whoever_has_no_address_is_called(asked):
    on_the_phone = UserFactory(email=None, phone="+33388000011")
    assert asked_words.sentences([asked(NOW, offer={"owner": on_the_phone})], now=NOW)[-1] == (
        "Qui n’a pas d’e-mail attend dans «\u00a0À appeler\u00a0»."
    )


def test_whoever_has_no_address_and_reads_sms_is_not_called(asked, settings):
    settings.SMS_GATEWAY = "http"
    with_a_mobile, at_home = (
        UserFactory(email=None, phone=phone) for phone in ("+33612345678", "+33388000011")
    )
    assert asked_words.sentences([asked(NOW, offer={"owner": with_a_mobile})], now=NOW) == [
        "C’est demandé\u202f: 1 personne reçoit la question."
    ]
    assert asked_words.sentences([asked(NOW, offer={"owner": at_home})], now=NOW)[-1] == (
        "Qui n’a pas d’e-mail attend dans «\u00a0À appeler\u00a0»."
    )


def test_nothing_is_said_of_those_whose_yes_is_presumed(asked, town):
    town.asks_citizen_for = [Kind.HOUSING]
    town.save(update_fields=["asks_citizen_for"])
    assert asked_words.sentences([asked(NOW)], now=NOW) == []
