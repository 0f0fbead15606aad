"""Reading matches: one case, what people are asked. Each a fixed number of queries."""

from datetime import date, timedelta

from django.db.models import (
    Exists,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
)
from django.utils import timezone

from accounts import selectors as accounts
from accounts.models import Membership, Organisation, User
from cities.days import local_day
from cities.models import City
from matching.lifecycle import ACTIVE, Act, Reason, Role
from matching.models import (
    CONTACT_STATES,
    Decision,
    Hold,
    Match,
    MatchState,
    Scan,
    TownAgreement,
)
from matching.reasons.near_misses import NearMissLine
from matching.roles import roles_of
from needs.models import Need
from notifications import reach
from notifications.models import Message
from offers.models import Offer, OfferEdit, OfferPicture

# What waits for somebody outside the desk.
PENDING = (MatchState.PROPOSED, MatchState.ACCEPTED)
BEFORE_A_DECISION = (MatchState.SUGGESTED, MatchState.SUPERSEDED)
CONTACT_DAYS_AFTER = 30
_OFFER = ("offer__commune", "offer__owner__message_preference", "offer__city")


def suggestions(user: User, need: Need, *, today: date) -> QuerySet[Match]:
    """The need's suggestions in the engine's order, with their offers; `town_asked`: a linked town is asked for its
    agreement; `is_paused`: the owner wants to be asked nothing new; `has_picture`: of the goods there is one.
    """
    return (
        Match.objects.visible_to(user)
        .suggested()
        .filter(need=need)
        .annotate(**_of_suggestions(today))
        .select_related("need__commune", "city", *_OFFER)
    )


def of_case(user: User, need: Need, *, today: date) -> tuple[list[Match], list[Match]]:
    """All that the case of a need shows, in one query: its suggestions, and what somebody has acted on, as
    `suggestions` and `under_way` have them. Each has this very `need`, and its town.

    `is_beside`: while it is asked, another may be.
    """
    is_beside = Exists(Hold.objects.filter(match=OuterRef("pk"), beside=True))
    rows = (
        Match.objects.visible_to(user)
        .filter(need=need)
        .exclude(state=MatchState.SUPERSEDED)
        .annotate(**_of_suggestions(today), is_beside=is_beside)
        .select_related(*_OFFER)
    )
    suggested: list[Match] = []
    acted: list[Match] = []
    for match in rows:
        match.need, match.city = need, need.city
        (suggested if match.state == MatchState.SUGGESTED else acted).append(match)
    suggested.sort(key=lambda match: (match.rank, match.pk))
    acted.sort(key=lambda match: (match.changed_at, match.pk), reverse=True)
    return suggested, acted


def under_way(user: User, need: Need) -> QuerySet[Match]:
    """The need's matches that somebody has acted on, the latest first, with their decisions and their offers' edits."""
    return (
        Match.objects.visible_to(user)
        .filter(need=need)
        .exclude(state__in=BEFORE_A_DECISION)
        .select_related("offer__commune", "offer__owner", "city", "need__organisation", "need__person")
        .prefetch_related(
            Prefetch("decisions", queryset=Decision.objects.select_related("by")),
            Prefetch("offer__edits", queryset=OfferEdit.objects.select_related("by")),
        )
        .order_by("-changed_at", "-id")
    )


def _of_suggestions(today: date) -> dict[str, Exists]:
    asked = TownAgreement.objects.filter(match=OuterRef("pk"), answer="")
    picture = OfferPicture.objects.filter(offer=OuterRef("offer"))
    return {
        "town_asked": Exists(asked),
        "is_paused": reach.has_paused("offer__owner", today),
        "has_picture": Exists(picture),
    }


def in_hand(*, offer: Offer | None = None, need: Need | None = None, asked: bool = False) -> QuerySet[Match]:
    """What both sides, or the citizen, have said yes to and is not over, of an offer or of a need, with what is only
    `asked` or without; the first to begin first.
    """
    side = {"offer": offer} if need is None else {"need": need}
    states = ACTIVE if asked else ACTIVE - {MatchState.PROPOSED}
    return (
        Match.objects.filter(**side, state__in=states)
        .select_related("city", "need__commune", "offer")
        .order_by("first_day", "id")
    )


def posters_of(need: Need) -> list[User]:
    """Who speaks on the need's side: the association's members, also of a need that a person has stated and it looks
    after; else the person concerned; active ones. Nobody for a suspended association: the town does, as for one that
    everybody has left.
    """
    if need.organisation is None:
        assert need.person is not None  # need_has_a_poster
        return [need.person] if need.person.is_active else []
    return [] if need.organisation.is_suspended else list(accounts.members_of(need.organisation))


def told_of(need: Need) -> list[User]:
    """Who of `posters_of` is told or asked: of an association those to whom its messages go."""
    if need.organisation is None or need.organisation.is_suspended:
        return posters_of(need)
    return list(accounts.told_of(need.organisation))


def fallback_of(need: Need) -> list[User]:
    """Who is asked as well when none of an association's `told_of` has opened a question in its time."""
    if need.organisation is None or need.organisation.is_suspended:
        return []
    person = accounts.fallback_of(need.organisation)
    return [person] if person is not None else []


def who_calls(match: Match) -> Organisation | User | City:
    """Who gets in touch with the citizen: the poster, or the town where nobody speaks for the need any more."""
    need = match.need
    if not posters_of(need):
        return match.city
    poster = need.organisation or need.person
    assert poster is not None  # need_has_a_poster
    return poster


def is_unproven(who: Organisation | User | City) -> bool:
    """Whether the number of a person may be somebody else's: whoever reads it is told so."""
    return isinstance(who, User) and bool(who.phone) and not who.phone_proof


def contact_told(message: Message) -> User | None:
    """Whose contact a message about a confirmed match tells: the citizen's to who posted the need, theirs to the
    citizen. An association's and a town's are no person's.
    """
    matches = Match.objects.select_related("city", "offer__owner", "need__person", "need__organisation")
    match = matches.filter(pk=int(message.subject_key.split(":")[1])).first()
    if match is None:
        return None
    told = who_calls(match) if message.recipient_id == match.offer.owner_id else match.offer.owner
    return told if isinstance(told, User) else None


def contact_still_open(message: Message) -> bool:
    """Whether the reader of a message about a confirmed match may still see the contacts in it: as on its page, they
    are of one of its sides, and the time has not passed.
    """
    match = Match.objects.select_related("city", "offer__city", "offer__owner", "need__organisation").get(
        pk=int(message.subject_key.split(":")[1])
    )
    is_of_a_side = roles_of(message.recipient, match) & {Role.CITIZEN, Role.ASSOCIATION}
    return bool(is_of_a_side) and contacts_are_open(match, today=local_day(timezone.now(), match.city))


def left_to_town() -> QuerySet[Match]:
    """What was said yes to and is not over, for whose need nobody speaks any more (`posters_of`)."""
    members = Membership.objects.filter(organisation=OuterRef("need__organisation"), user__is_active=True)
    nobody = (
        Q(need__organisation__state=Organisation.State.SUSPENDED)
        | Q(need__organisation__isnull=False) & ~Exists(members)
        | Q(need__organisation=None, need__person__is_active=False)
    )
    return Match.objects.filter(nobody, state__in=ACTIVE - {MatchState.PROPOSED})


def beside(match: Match) -> QuerySet[Match]:
    """What else its need is asked for or given by others, and is not over; the first to begin first."""
    return (
        Match.objects.filter(need=match.need_id, state__in=ACTIVE)
        .exclude(pk=match.pk)
        .select_related("need")
        .order_by("first_day", "id")
    )


def near_misses(user: User, need: Need, scan: Scan | None) -> list[NearMissLine]:
    """The need's near misses, as last scanned, of offers that still are open; `facts.explained` says the gap."""
    if scan is None:
        return []
    ids = [miss["offer"] for miss in scan.near_misses]
    offers = {offer.pk: offer for offer in Offer.objects.open().filter(pk__in=ids).select_related("commune")}
    return [
        NearMissLine(
            need=need,
            offer=offers[miss["offer"]],
            rule=miss["rule"],
            gap=miss["gap"],
            distance_km=miss["distance_km"],
        )
        for miss in scan.near_misses
        if miss["offer"] in offers
    ]


def concerning(user: User, city: City) -> QuerySet[Match]:
    """What somebody is or was asked, as a citizen or for an association: what waits for an answer first."""
    return (
        Match.objects.concerning(user)
        .filter(city=city)
        .select_related(
            "need__commune", "need__organisation", "need__person", "offer__commune", "offer__owner", "city"
        )
        .annotate(is_pending=Q(state__in=PENDING))
        .order_by("-is_pending", "-changed_at", "-id")
    )


def came_second(match: Match) -> bool:
    """Whether the question was taken back because somebody else who was asked said yes first."""
    taken_back = {"act": Act.CANCEL, "role": Role.SCHEDULER, "reason": Reason.ANSWERED_FIRST}
    return match.decisions.filter(**taken_back).exists()


def contacts_are_open(match: Match, *, today: date) -> bool:
    """Contacts are exchanged once confirmed, and until thirty days after the end."""
    end = match.ended_on or match.last_day
    return match.state in CONTACT_STATES and today <= end + timedelta(days=CONTACT_DAYS_AFTER)
