"""What the pages of a town's administration read."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from accounts import selectors as accounts
from accounts.models import CityEdit, Organisation, OrganisationReview, User
from catalogue.vocabulary import Category
from cities.models import City
from matching.lifecycle import ACTIVE
from matching.models import CaseTaken, Match
from needs.models import Need
from offers.models import Offer, OfferState
from oncall.models import Shift
from town.models import Double, Invitation, LinkRequest, OfferDouble, OfficialRequest

# Shifts are planned half a year ahead at most.
_FAR = timedelta(days=3650)


def setting_edits(city: City, *, fields: Collection[str] | None = None) -> QuerySet[CityEdit]:
    """Who changed what of the settings, the latest first; `fields`: of one of these alone."""
    edits = CityEdit.objects.filter(city=city).select_related("by").order_by("-at", "-pk")
    return edits if fields is None else edits.filter(what__has_any_keys=list(fields))


def what_keeps(city: City) -> list[tuple[str, int]]:
    """What stands in the way of deleting the town, as people call it, with how many; the most first."""
    counts = accounts.what_keeps(city)
    named = [(str(apps.get_model(label)._meta.verbose_name_plural), n) for label, n in counts.items()]
    return sorted(named, key=lambda one: (-one[1], one[0]))


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


def invitations(city: City, organisation: Organisation | None = None) -> QuerySet[Invitation]:
    """Those to the town's team, or to an association, that nobody has accepted or taken back, the latest first."""
    return Invitation.objects.waiting().of(city, organisation).select_related("person", "invited_by")


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
UNDONE_WITHIN = timedelta(days=30)
# Offers that may be one and the same: what nobody has confirmed, has taken back or has reported says nothing.
STANDING = (OfferState.ACTIVE, OfferState.PAUSED, OfferState.EXPIRED)


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
        SELECT known.id, lower(trim(known.name)) AS name, known.phone, places.commune
          FROM places JOIN accounts_user AS known ON known.id = places.person
         WHERE known.is_active AND known.merged_into_id IS NULL
    ), pairs AS (
        SELECT one.id AS first, other.id AS second
          FROM named AS one JOIN named AS other
            ON other.name = one.name AND other.commune = one.commune AND one.id < other.id
         WHERE one.name <> ''
        UNION
        SELECT one.id, other.id
          FROM named AS one JOIN named AS other ON other.phone = one.phone AND one.id < other.id
    )
    SELECT first, second FROM pairs
     WHERE NOT EXISTS (
        SELECT FROM town_double AS said
         WHERE said.city_id = %(city)s AND said.kept_id = first AND said.other_id = second
           AND NOT said.is_same AND said.undone_at IS NULL
     )
     ORDER BY first, second
     LIMIT %(most)s
"""


def likely_doubles(city: City) -> list[tuple[Side, Side]]:
    """People who bear the same name, in a commune in which both offer or need something, or who have the same number,
    proven or not, and of whom nobody has said yet whether they are one; the one that was here first on the left. Four
    queries, whatever their number.

    The same address never stands twice: the database refuses it.
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


# Twice the same person in one commune, or twice one address; a thing is the same by its item and size, hours by their
# languages. Two rooms of one host have two addresses, or the desk says once that they are two. The rows of beds of one
# place are never one.
_OFFER_PAIRS = """
    WITH standing AS (
        SELECT id, owner_id, category, commune_id, kind, item, size, languages_from, languages_to,
               split_part(address, ':', 3) AS address  -- its blind index
          FROM offers_offer WHERE city_id = %(city)s AND state = ANY(%(standing)s)
           AND category <> %(collective)s
    ), pairs AS (
        SELECT one.id AS first, other.id AS second
          FROM standing AS one JOIN standing AS other USING (owner_id, category, commune_id, item, size)
         WHERE one.id < other.id AND one.languages_from = other.languages_from
           AND one.languages_to = other.languages_to
           AND (one.address = other.address OR one.address = '' OR other.address = '')
         UNION
        SELECT one.id, other.id
          FROM standing AS one JOIN standing AS other USING (address, category, commune_id)
         WHERE one.id < other.id AND one.kind = 'housing' AND one.address <> ''
    )
    SELECT first, second FROM pairs
     WHERE NOT EXISTS (
        SELECT FROM town_offerdouble AS said
         WHERE said.kept_id = first AND said.other_id = second AND NOT said.is_same AND said.undone_at IS NULL
     )
     ORDER BY first, second
     LIMIT %(most)s
"""


def likely_offer_doubles(city: City) -> list[tuple[Offer, Offer]]:
    """Offers that look like one, of which nobody has said yet whether they are; the older one first. Each with its
    owner and commune, and `is_in_hand`: whether somebody is asked or expected with it. Two queries, whatever their
    number.
    """
    with connection.cursor() as cursor:
        standing = [state.value for state in STANDING]
        cursor.execute(
            _OFFER_PAIRS,
            {
                "city": city.pk,
                "most": MOST_PAIRS,
                "standing": standing,
                "collective": Category.COLLECTIVE_PLACE,
            },
        )
        pairs = cursor.fetchall()
    in_hand = Exists(Match.objects.filter(offer=OuterRef("pk"), state__in=ACTIVE))
    rows = Offer.objects.filter(pk__in={pk for pair in pairs for pk in pair}).annotate(is_in_hand=in_hand)
    offers = {offer.pk: offer for offer in rows.select_related("owner", "commune")}
    return [(offers[first], offers[second]) for first, second in pairs]


def offer_merges(city: City) -> QuerySet[OfferDouble]:
    """Which offers were made one, the latest first."""
    said = OfferDouble.objects.standing().filter(city=city, is_same=True)
    return said.select_related("kept", "other", "by")


def official_requests(city: City) -> QuerySet[OfficialRequest]:
    """What authorities asked of the town, the latest first."""
    return OfficialRequest.objects.filter(city=city).select_related("by")
