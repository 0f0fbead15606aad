"""Reading reports: who may, what they find, and the little that everybody else of the desk is told."""

from collections.abc import Collection, Iterable
from datetime import datetime
from functools import cache

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet

from accounts import selectors as accounts
from accounts.access import ADMINISTRATION, DESK, has_role
from accounts.models import User
from catalogue.compiled import Compiled, Later
from cities.models import City
from followups.models import ENDS, Incident, IncidentChange, IncidentState, Reader, concerns
from matching.lifecycle import ACTIVE
from matching.models import Match, MatchState
from notifications import channel_registry
from notifications.models import Message, MessageState
from offers.models import Offer

READ = "read"
NOT_ARRIVED = (MessageState.FAILED, MessageState.UNCERTAIN, MessageState.SUPPRESSED)
_SHOWN = ("city", "offer__owner", "offer__commune", "match__need__organisation", "match__city", "reported_by")


def named_readers(city: City | Later) -> QuerySet[User]:
    """Whom the town has named to read its reports, and who is of its team still, by name."""
    return User.objects.filter(pk__in=Reader.objects.who_read().filter(city=city).values("person")).order_by(
        "name", "pk"
    )


def readers_of(incident: Incident) -> list[User]:
    """Who may read it now: what `Incident.objects.visible_to` says of each. Nobody, where it concerns them all."""
    concerned = concerned_by(incident)
    named = [one for one in named_readers(incident.city) if one.pk not in concerned]
    return named or [one for one in accounts.administrators_of(incident.city) if one.pk not in concerned]


def concerned_by(incident: Incident) -> set[int]:
    """Whom of its town's team it is about, by key."""
    about_them = Incident.objects.filter(concerns(OuterRef("pk")), pk=incident.pk)
    team = accounts.team_in(incident.city).filter(Exists(about_them))
    return set(team.order_by().values_list("pk", flat=True))


def in_hand_with(offer: Offer, team: Collection[int]) -> set[int]:
    """Of these people, by key, those whom an offer that is asked, promised or in use receives now, and the members of
    their associations.
    """
    in_hand = Match.objects.filter(offer=offer, state__in=ACTIVE)
    theirs = Q(need__person=OuterRef("pk")) | Q(need__organisation__memberships__user=OuterRef("pk"))
    found = User.objects.filter(Exists(in_hand.filter(theirs)), pk__in=team)
    return set(found.values_list("pk", flat=True))


def may_become_readers(city: City) -> QuerySet[User]:
    """Who reads the town's reports, or would where those are concerned: the named ones and the administration."""
    found = named_readers(city) | accounts.administrators_of(city)
    return User.objects.filter(pk__in=found.order_by().values("pk")).order_by("name", "pk")


def team_beside(incident: Incident) -> QuerySet[User]:
    """Those of the town's team whom nobody has said that it is about."""
    return accounts.team_in(incident.city).exclude(pk__in=concerned_by(incident))


def others_who_decide(incident: Incident, user: User) -> list[User]:
    """Who could be the second to decide, beside this reader."""
    return [one for one in who_decide(incident) if one != user]


def who_decide(incident: Incident) -> list[User]:
    """Those who may read it and have a word in its end: two are needed."""
    return [one for one in readers_of(incident) if can_decide(one, incident)]


def can_decide(user: User, incident: Incident) -> bool:
    """Whether somebody who may read it has a word in its end: not whoever reported it."""
    return user.pk != incident.reported_by_id


def is_to_be_called(incident: Incident) -> bool:
    """Whether whoever has reported it was told by nothing that it is closed: a reader then calls them, as nobody else
    of the desk is to know.
    """
    if incident.end not in ENDS or incident.state != IncidentState.CLOSED:
        return False
    answers = Message.objects.filter(event="incident_answered", subject_key=f"incident:{incident.pk}")
    lost = Q(state__in=NOT_ARRIVED) | Q(channel__in=channel_registry.companions())
    return not answers.exclude(lost).exists()


def reads_reports(user: User, city: City) -> bool:
    """Whether somebody reads the town's reports at all: is named, or of the administration where nobody is, or where
    a report is left that no named person may read.
    """
    named, _is_any_open = _named_and_open(city)
    return _reads_reports(user, city, named)


def to_read_count(user: User, city: City) -> int | None:
    """How many open reports wait for this reader; None for who reads none."""
    named, is_any_open = _named_and_open(city)
    if not _reads_reports(user, city, named):
        return None
    # As a rule none is open, and nobody is asked who may read which.
    return Incident.objects.visible_to(user).open().filter(city=city).count() if is_any_open else 0


def _named_and_open(city: City) -> tuple[set[int], bool]:
    """The named readers of a town, by key, and whether any of its reports is open: one query, of each page's menu."""
    ((keys, is_open),) = _menu().rows(city=city.pk)
    return set(keys), is_open


@cache
def _menu() -> Compiled[City, tuple[list[int], bool]]:
    named = ArraySubquery(named_readers(Later("city")).order_by().values("pk"))
    is_any_open = Exists(Incident.objects.open().filter(city=OuterRef("pk")))
    return Compiled(City.objects.filter(pk=Later("city")).order_by().values_list(named, is_any_open))


def _reads_reports(user: User, city: City, named: Collection[int]) -> bool:
    if user.pk in named:
        return True
    is_administrator = has_role(user, city, ADMINISTRATION)
    return is_administrator and (not named or Incident.objects.visible_to(user).filter(city=city).exists())


def incidents_of(city: City, user: User) -> QuerySet[Incident]:
    """The town's reports for one of its readers: open ones first, the latest first; each with `readings`."""
    readings = IncidentChange.objects.filter(act=READ).select_related("by").order_by("at", "pk")
    return (
        Incident.objects.visible_to(user)
        .filter(city=city)
        .select_related(*_SHOWN)
        .prefetch_related(Prefetch("changes", queryset=readings, to_attr="readings"))
        .order_by(F("closed_at").desc(nulls_first=True), "-reported_at", "-pk")
    )


def unread(city: City) -> list[Incident]:
    """Open reports that nobody may read but who has written them, at most. Few towns have one, ever."""
    found = Incident.objects.open().filter(city=city).select_related(*_SHOWN).order_by("pk")
    return [incident for incident in found if not who_decide(incident)]


def reportable(user: User, city: City) -> QuerySet[Match]:
    """The matches of which somebody may report something in a town: those that they see, for its desk all of them."""
    here = Q(city=city) | Q(offer__city=city)
    found = Match.objects.filter(here).select_related(
        "city", "offer__city", "offer__owner", "need__commune", "need__organisation", "need__person"
    )
    return found if has_role(user, city, DESK) else found.concerning(user)


def decided_about(user: User, city: City, reference: str) -> QuerySet[Match]:
    """What somebody has acted on of this offer or need, and the reader may report something of; the latest first."""
    either = Q(offer__reference=reference) | Q(need__reference=reference)
    return (
        reportable(user, city)
        .filter(either)
        .exclude(state__in=[MatchState.SUGGESTED, MatchState.SUPERSEDED, MatchState.DISMISSED])
        .order_by("-changed_at", "-pk")
    )


def may_report(user: User, match: Match) -> bool:
    """Whether somebody may report something of this match."""
    towns = {match.city_id: match.city, match.offer.city_id: match.offer.city}
    return any(has_role(user, town, DESK) for town in towns.values()) or (
        Match.objects.concerning(user).filter(pk=match.pk).exists()
    )


def ended_on(offer: Offer, *, since: datetime) -> list[str]:
    """How the reports on an offer ended since then; not for a page: whoever reads none is not to learn of it."""
    closed = Incident.objects.filter(offer=offer, state=IncidentState.CLOSED, closed_at__gte=since)
    return list(closed.order_by("pk").values_list("end", flat=True))


def seen(offer_ids: Iterable[int]) -> dict[int, list[str]]:
    """Of each of these offers that an open report holds back, who has read one, by name; nobody yet: an empty list.

    What every coordinator may know: not what it says, nor who said it.
    """
    open_ones = Incident.objects.open().filter(offer__in=list(offer_ids))
    found: dict[int, list[str]] = {offer: [] for offer in open_ones.values_list("offer", flat=True)}
    read = IncidentChange.objects.filter(act=READ, incident__in=open_ones).select_related("by", "incident")
    for change in read.order_by("at", "pk"):
        names = found[change.incident.offer_id]
        if change.by is not None and str(change.by) not in names:
            names.append(str(change.by))
    return found
