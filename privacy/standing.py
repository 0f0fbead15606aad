"""Who somebody is here, and what keeps their data from going for now."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from accounts import selectors as accounts
from accounts.access import runs_the_installation
from accounts.models import Membership, User
from cities.days import TownDay
from followups.models import Incident
from matching.models import Match, MatchState
from privacy import rows
from privacy.models import Erasure, LegalHold
from privacy.rows import As
from shelters.models import Shelter


@dataclass(frozen=True, slots=True)
class Part:
    """What somebody has to hand on before their data can go, and what to do about it."""

    what: str
    first: str


def whole(person: User) -> list[User]:
    """Everybody that this person is: whoever they were made one with, and all who were made one with those."""
    while person.merged_into is not None:
        person = person.merged_into
    people, newer = [person], [person]
    while newer:
        newer = list(User.objects.filter(merged_into__in=newer).order_by("pk"))
        people += newer
    return people


def parts(people: list[User]) -> list[Part]:
    """What these people still do here for others."""
    found = []
    for person in people:
        if runs_the_installation(person):
            found.append(
                Part(
                    _("l’administration de ce service"),
                    _("Demandez à qui gère le service de retirer d’abord votre accès à l’administration."),
                )
            )
        for city in dict.fromkeys(role.city for role in accounts.roles_of(person)):
            is_last = [one.pk for one in accounts.administrators_of(city)[:2]] == [person.pk]
            first = _("Quittez d’abord l’équipe, sur la page «\u00a0Équipe\u00a0» de la ville.")
            if is_last:
                first = _("Donnez d’abord l’administration à une autre personne, puis quittez l’équipe.")
            found.append(Part(_("l’équipe de %(city)s") % {"city": city.name}, first))
        for member in accounts.memberships_of(person):
            others = accounts.team_of(member.organisation).filter(role=Membership.Role.MANAGER)
            if member.role == Membership.Role.MANAGER and not others.exclude(user=person).exists():
                found.append(
                    Part(
                        str(member.organisation),
                        _("Nommez d’abord une autre personne responsable de l’association."),
                    )
                )
        for shelter in Shelter.objects.filter(host=person, closed_at=None).order_by("name", "pk"):
            found.append(Part(shelter.name, _("Nommez d’abord qui répond pour le lieu.")))
    return found


def keeps(people: list[User], *, now: datetime) -> str:
    """What these people's data wait for, as a word of `Erasure.WaitsFor`; "" when nothing does."""
    if LegalHold.objects.standing().filter(person__in=people).exists():
        return Erasure.WaitsFor.HOLD
    if any(reports(person).exists() for person in people):
        return Erasure.WaitsFor.REPORT
    if begun(people, now=now).exists():
        return Erasure.WaitsFor.STAY
    return ""


def reports(person: User) -> QuerySet[Incident]:
    """Reports that are not closed and tell of this person, or that they made."""
    open_ones: QuerySet[Incident] = rows.of("followups.Incident", person, As.SUBJECT).exclude(state="closed")
    return open_ones


def begun(people: list[User], *, now: datetime) -> QuerySet[Match]:
    """What goes on with them at this moment: whoever lives with them counts on finding them."""
    today = TownDay(now, "city__timezone")
    return theirs(people).filter(
        Q(state=MatchState.UNDER_WAY)
        | Q(state=MatchState.CONFIRMED, first_day__lte=today, last_day__gte=today)
    )


def theirs(people: list[User]) -> QuerySet[Match]:
    return Match.objects.filter(Q(offer__owner__in=people) | Q(need__person__in=people))
