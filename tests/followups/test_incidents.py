"""A report suspends the offer at once; only a coordinator's decision ends it."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError

from followups import services
from followups.models import Incident
from notifications.models import Message
from offers.models import OfferChange
from tests.factories.accounts import CityRoleFactory
from tests.followups.conftest import BEFORE


def report(story, text="Porte fermée à clé la nuit", *, by=None):
    return services.report_incident(
        offer_id=story.match.offer_id, text=text, by=by or story.coordinator, now=BEFORE
    )


def close(incident, *, unfreeze, by, conclusion="Visite faite, tout va bien"):
    return services.close_incident(
        incident_id=incident.pk,
        conclusion=conclusion,
        unfreeze=unfreeze,
        by=by,
        now=BEFORE + timedelta(days=1),
    )


def state(story):
    story.match.offer.refresh_from_db()
    return story.match.offer.state


@pytest.fixture
def story(db, tell):
    return tell()


def test_a_report_suspends_the_offer_at_once(story):
    incident = report(story)

    assert state(story) == "frozen"
    change = OfferChange.objects.filter(offer=story.match.offer).last()
    assert (change.act, change.by, change.reason) == ("freeze", story.coordinator, f"incident {incident.pk}")
    assert incident.city == story.city


def test_the_other_coordinators_are_told_without_what_happened(story):
    other = CityRoleFactory(city=story.city).user
    CityRoleFactory(city=story.city, role="operator")

    report(story)

    message = Message.objects.get(event="incident_reported")
    assert message.recipient == other
    assert "Porte" not in message.title + message.body
    assert story.match.offer.reference in message.title


def test_a_report_without_words_is_refused_and_suspends_nothing(story):
    with pytest.raises(ValidationError):
        report(story, "")

    assert state(story) == "active"


@pytest.mark.parametrize(("unfreeze", "after"), [(True, "paused"), (False, "frozen")])
def test_closing_lifts_the_suspension_or_not(story, unfreeze, after):
    incident = close(report(story), unfreeze=unfreeze, by=story.coordinator)

    assert state(story) == after
    assert (incident.closed_by, incident.conclusion) == (story.coordinator, "Visite faite, tout va bien")


def test_the_suspension_stays_while_another_report_is_open(story):
    first, second = report(story), report(story, "Un autre fait")

    close(first, unfreeze=True, by=story.coordinator)
    assert state(story) == "frozen"
    close(second, unfreeze=True, by=story.coordinator)
    assert state(story) == "paused"


def test_closing_twice_changes_nothing(story):
    incident = report(story)
    close(incident, unfreeze=False, by=story.coordinator)

    again = close(incident, unfreeze=True, by=CityRoleFactory(city=story.city).user, conclusion="Autre chose")

    assert (again.closed_by, again.conclusion) == (story.coordinator, "Visite faite, tout va bien")
    assert state(story) == "frozen"


def test_a_decision_needs_its_reason(story):
    incident = report(story)
    with pytest.raises(ValidationError, match="en une phrase"):
        close(incident, unfreeze=True, by=story.coordinator, conclusion="  ")
    assert state(story) == "frozen"


def test_two_reports_closed_at_the_same_moment_lift_the_suspension(transactional_db, tell, at_once):
    """Each must see the other one closed, or neither would lift it."""
    story = tell()
    first, second = report(story), report(story, "Un autre fait")

    results = at_once(
        lambda: close(first, unfreeze=True, by=story.coordinator),
        lambda: close(second, unfreeze=True, by=story.coordinator),
    )

    assert not [result for result in results if isinstance(result, Exception)]
    assert state(story) == "paused"


def test_reports_are_the_coordinators_alone(story):
    incident = report(story)
    operator = CityRoleFactory(city=story.city, role="operator").user
    elsewhere = CityRoleFactory().user

    assert incident in Incident.objects.visible_to(story.coordinator)
    for person in (operator, elsewhere, story.citizen, story.member):
        assert incident not in Incident.objects.visible_to(person)
