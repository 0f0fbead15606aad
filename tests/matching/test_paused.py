"""The desk reads who has asked for a pause before it asks them anything."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cities.days import local_day
from matching.lifecycle import Act, NotPossible
from matching.models import MatchState
from matching.presentation import refusal_words
from notifications.models import Preference
from tests.factories.matching import story

SAYS = "Cette personne a demandé une pause dans ses messages."


@pytest.fixture
def scene(db):
    return story(now=timezone.now())


def pause(scene, days):
    until = local_day(timezone.now(), scene.city) + timedelta(days=days)
    Preference.objects.create(person=scene.citizen, paused_until=until)


@pytest.mark.parametrize(("days", "is_paused"), [(0, True), (20, True), (-1, False)])
def test_the_case_says_so_and_offers_no_button(client, scene, days, is_paused):
    pause(scene, days)
    client.force_login(scene.coordinator)
    page = client.get(reverse("desk:case", args=[scene.city.slug, scene.match.need.reference])).text
    proposes = reverse("desk:act", args=[scene.city.slug, scene.match.pk, "propose"])
    assert (SAYS in page, proposes in page) == (is_paused, not is_paused)


def test_whoever_proposes_all_the_same_reads_why(client, scene):
    pause(scene, 1)
    client.force_login(scene.coordinator)
    url = reverse("desk:act", args=[scene.city.slug, scene.match.pk, "propose"])
    assert (
        refusal_words(NotPossible(Act.PROPOSE, MatchState.SUGGESTED, "paused"))
        in client.post(url, follow=True).text
    )
    assert scene.state == MatchState.SUGGESTED
