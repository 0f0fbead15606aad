"""Moments are told as the town's clocks show them: in mails, explanations, and every page below its address."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from matching import services, weighting
from matching.explanations import Reader, explain
from matching.messages import to_people
from matching.models import Match, Scan
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import story

# Monday evening in Paris, Tuesday morning in Nouméa, Monday afternoon in Fort-de-France.
MOMENT = datetime(2026, 3, 9, 22, tzinfo=UTC)
ZONES = [
    ("Europe/Paris", "lundi 9 mars à 23\xa0h", "9 mars 2026 à 23\xa0h"),
    ("Pacific/Noumea", "mardi 10 mars à 9\xa0h", "10 mars 2026 à 9\xa0h"),
    ("America/Martinique", "lundi 9 mars à 18\xa0h", "9 mars 2026 à 18\xa0h"),
]


@pytest.mark.parametrize(("zone", "deadline", "_moment"), ZONES)
def test_a_mail_names_the_deadline_of_the_town(db, zone, deadline, _moment):
    it = story(city=CityFactory(timezone=zone))
    it.match.answer_by = MOMENT
    assert f"Dites oui ou non avant {deadline}." in to_people.question(it.match, it.citizen).body


@pytest.mark.parametrize(("zone", "_deadline", "moment"), ZONES)
def test_an_explanation_tells_the_town_s_time(db, zone, _deadline, moment):
    it = story(city=CityFactory(timezone=zone))
    Match.objects.update(changed_at=MOMENT)
    Scan.objects.update(scanned_at=MOMENT)
    match, scan = Match.objects.get(), Scan.objects.get()
    found = explain(match, Reader(True, True, True), scan=scan)
    assert found.calculated.startswith(f"Calcul du {moment}.")
    assert f"le {moment.partition(' à ')[0]}," in found.rank
    services.propose(match_id=match.pk, by=it.coordinator, now=MOMENT)
    found = explain(Match.objects.get(), Reader(True, True, True), scan=scan)
    assert f"le {moment}" in found.calculated
    assert f"le {moment}" in found.decides[1]


@pytest.mark.parametrize(("zone", "_deadline", "moment"), ZONES)
def test_pages_of_a_town_tell_its_time(db, client, zone, _deadline, moment):
    city = CityFactory(timezone=zone)
    weights = {**city.weights, "proximity": 20, "dates": 25}
    weighting.change(
        city_id=city.pk, weights=weights, seen=city.weights, by=CityRoleFactory(city=city).user, now=MOMENT
    )
    words = client.get(reverse("algorithm", args=[city.slug])).content.decode()
    assert f"depuis le {moment.partition(' à ')[0]}" in words
    assert timezone.get_current_timezone_name() == "Europe/Paris", "the request's zone ends with it"
