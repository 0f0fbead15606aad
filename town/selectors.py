"""What the pages of a town's administration read."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts import selectors as accounts
from accounts.models import CityEdit, OrganisationReview, User
from cities.models import City
from matching.models import CaseTaken
from needs.models import Need
from offers.models import Offer, OfferState
from oncall.models import Shift
from town.models import Double, Invitation, LinkRequest

# Shifts are planned half a year ahead at most.
_FAR = timedelta(days=3650)


def setting_edits(city: City, *, fields: Collection[str] | None = None) -> QuerySet[CityEdit]:
    """Who changed what of the settings, the latest first; `fields`: of one of these alone."""
    edits = CityEdit.objects.filter(city=city).select_related("by").order_by("-at", "-pk")
    return edits if fields is None else edits.filter(what__has_any_keys=list(fields))


# --- The team ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Owned:
    """A case that somebody looks after, or a shift of theirs."""

    row: CaseTaken | Shift

    @property
    def pk(self) -> int:
        return self.row.pk

    @property
    def is_case(self) -> bool:
        return isinstance(self.row, CaseTaken)

    @property
    def key(self) -> str:
        return f"{'case' if self.is_case else 'shift'}-{self.row.pk}"


def invitations(city: City) -> QuerySet[Invitation]:
    """Those that nobody has accepted or taken back, the latest first."""
    return Invitation.objects.waiting().filter(city=city).select_related("person", "invited_by")


def owned(user: User, city: City, *, now: datetime) -> list[Owned]:
    """The cases that somebody looks after in the town, and their shifts to come or under way."""
    cases = _open_cases(city).filter(by=user).select_related("need").order_by("at", "pk")
    shifts = Shift.objects.within(now, now + _FAR).filter(city=city, person=user).select_related("city")
    return [Owned(row) for row in [*cases, *shifts]]


def left_behind(city: City, *, now: datetime) -> QuerySet[User]:
    """Those who still have a case or a shift there, and do not coordinate any more."""
    shifts = Shift.objects.within(now, now + _FAR).filter(city=city)
    return (
        User.objects.filter(
            Q(pk__in=_open_cases(city).values("by")) | Q(pk__in=shifts.order_by().values("person"))
        )
        .exclude(pk__in=accounts.coordinators_of(city).order_by())
        .order_by("name", "pk")
    )


def _open_cases(city: City) -> QuerySet[CaseTaken]:
    return CaseTaken.objects.filter(city=city, given_back_at__isnull=True).order_by()


# --- Linked towns --------------------------------------------------------------------------------------


def decided() -> QuerySet[OrganisationReview]:
    """Of each association that a town has verified or suspended, the decision that stands."""
    standing = OrganisationReview.objects.filter(state=F("organisation__state"))
    later = OrganisationReview.objects.filter(organisation=OuterRef("organisation"), pk__gt=OuterRef("pk"))
    return standing.filter(~Exists(later))


def link_requests(city: City) -> QuerySet[LinkRequest]:
    """What this town has asked, and what it is asked, that nobody has answered."""
    waiting = LinkRequest.objects.waiting().filter(Q(city=city) | Q(other=city))
    return waiting.select_related("city", "other", "asked_by")


def towns_to_link(city: City) -> QuerySet[City]:
    """Towns that could be asked."""
    asked = link_requests(city)
    return (
        City.objects.open()
        .exclude(pk=city.pk)
        .exclude(pk__in=city.linked.values("pk"))
        .exclude(pk__in=asked.values("city"))
        .exclude(pk__in=asked.values("other"))
    )


# --- Who is in here twice ------------------------------------------------------------------------------

MOST_PAIRS = 50


@dataclass(frozen=True, slots=True)
class Side:
    """One of two rows that may be the same person: what they offer and need in the town."""

    user: User
    offers: list[Offer]
    needs: list[Need]
    # Whether a code sent to their address came back.
    is_proven: bool

    @property
    def has_phone_alone(self) -> bool:
        return bool(self.user.phone) and not self.user.email


# A place is a commune in which somebody offers or needs something. What anybody can post under a neighbour's name, with
# an address that no code has proven, makes no pair.
_PAIRS = """
    WITH places AS (
        SELECT owner_id AS person, commune_id AS commune FROM offers_offer
         WHERE city_id = %(city)s AND state <> ALL(%(unproven)s)
        UNION
        SELECT person_id, commune_id FROM needs_need WHERE city_id = %(city)s AND person_id IS NOT NULL
    ), named AS (
        SELECT known.id, lower(trim(known.name)) AS name, places.commune
          FROM places JOIN accounts_user AS known ON known.id = places.person
         WHERE known.is_active AND known.merged_into_id IS NULL AND trim(known.name) <> ''
    )
    SELECT DISTINCT one.id, other.id
      FROM named AS one JOIN named AS other
        ON other.name = one.name AND other.commune = one.commune AND one.id < other.id
     WHERE NOT EXISTS (
        SELECT FROM town_double AS said
         WHERE said.city_id = %(city)s AND said.kept_id = one.id AND said.other_id = other.id
           AND NOT said.is_same AND said.undone_at IS NULL
     )
     ORDER BY one.id, other.id
     LIMIT %(most)s
"""


def likely_doubles(city: City) -> list[tuple[Side, Side]]:
    """People who bear the same name, in a commune in which both offer or need something, and of whom nobody has said
    yet whether they are one; the one that was here first on the left. Four queries, whatever their number.

    The same address or number never stands twice: the database refuses it.
    """
    with connection.cursor() as cursor:
        unproven = [OfferState.DRAFT.value, OfferState.UNCONFIRMED.value]
        cursor.execute(_PAIRS, {"city": city.pk, "most": MOST_PAIRS, "unproven": unproven})
        pairs = cursor.fetchall()
    proven = EmailAddress.objects.filter(user=OuterRef("pk"), email=OuterRef("email"), verified=True)
    people = User.objects.filter(pk__in={pk for pair in pairs for pk in pair})
    sides = {
        user.pk: Side(user, [], [], is_proven=user.is_proven)
        for user in people.annotate(is_proven=Exists(proven))
    }
    for offer in Offer.objects.filter(city=city, owner__in=sides).select_related("commune").order_by("pk"):
        sides[offer.owner_id].offers.append(offer)
    for need in Need.objects.filter(city=city, person__in=sides).select_related("commune").order_by("pk"):
        assert need.person_id is not None
        sides[need.person_id].needs.append(need)
    return [(sides[first], sides[second]) for first, second in pairs]


def merges(city: City) -> QuerySet[Double]:
    """Who was made one, and can still be made two, the latest first."""
    return Double.objects.standing().filter(city=city, is_same=True).select_related("kept", "other", "by")
