"""What goes on in the demonstration: stays that are asked about, one that would last longer, a sponsorship."""

from datetime import date, datetime, time, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone

from catalogue.vocabulary import Category, Kind
from cities.models import City
from demo.need_rows import member_of
from demo.people import People
from followups import services as followups
from followups.models import CheckIn, Going, Side
from followups.selectors import FIRST_CHECK_IN
from matching import going_on
from matching.lifecycle import NotPossible
from matching.models import Match, MatchState
from stays import services as stays
from stays.selectors import framing

# What is said in turn; who says nothing is chased.
ANSWERS = (
    (Going.TALK, "La salle de bain est petite à cinq. On cherche comment s’organiser."),
    ("", ""),
    (Going.WELL, "Les enfants se sont fait des amis."),
    (Going.WELL, ""),
)
LONGER = timedelta(days=4)


def play(people: People, city: City, *, now: datetime) -> None:
    """After all that has happened to the needs: what is under way today, and what is said of it."""
    under_way = Match.objects.filter(city=city, state=MatchState.UNDER_WAY).select_related(
        "need__organisation", "need__person", "offer__owner"
    )
    homes = list(under_way.filter(need__kind=Kind.HOUSING).order_by("first_day", "pk"))
    _ask_how_it_goes(homes, people, now=now)
    for match in homes:
        by = member_of(match.need, people)
        try:
            going_on.ask_longer(match_id=match.pk, until=match.last_day + LONGER, by=by, now=now)
        except (NotPossible, ValidationError):
            continue  # its host has these days no more
        break
    for match in under_way.filter(need__category=Category.SPONSORSHIP).order_by("pk")[:1]:
        association = framing(city).first()
        assert association is not None
        stays.agree_on_sponsorship(
            match_id=match.pk,
            framed_by=association,
            aims="Parler français autour d’un café, découvrir la ville, comprendre les courriers.",
            ends_on=match.last_day,
            by=people.coordinators[0],
            now=now,
        )


def _ask_how_it_goes(homes: list[Match], people: People, *, now: datetime) -> None:
    asked = [_morning(match.first_day + FIRST_CHECK_IN) for match in homes]
    for moment in sorted(moment for moment in asked if moment <= now):
        followups.check_in(now=moment)
    rows = CheckIn.objects.filter(match__in=homes).select_related("match__need", "match__offer__owner")
    for number, row in enumerate(rows.order_by("asked_at", "pk")):
        answer, note = ANSWERS[number % len(ANSWERS)]
        said = row.asked_at + timedelta(hours=5)
        if answer and said <= now:
            match = row.match
            by = match.offer.owner if row.side == Side.HOST else member_of(match.need, people)
            followups.say_how_it_goes(check_in_id=row.pk, answer=answer, by=by, now=said, note=note)


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(10), timezone.get_default_timezone())
