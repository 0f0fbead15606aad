"""What somebody takes back when they take back their agreement: see accounts.consequences.

Nothing is asked of them any more: their offers pause, their needs close, and what nobody has confirmed yet ends, so
that no contact is given away after that moment. What is confirmed goes on, since others count on it; its page ends it.
"""

from datetime import datetime

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.consequences import Consequence, Foreseen, GoesOn
from accounts.models import Consent, User
from cities.days import local_day
from matching import services
from matching.lifecycle import GOING_ON, WAITING, Act, Reason, Role
from matching.models import Match, MatchState
from needs import services as needs
from needs.models import OPEN_STATES, Need
from needs.words import public_title_of, when_words
from offers import services as offers
from offers.models import STANDS_ON, Offer, OfferState

RECORD, SHARING = Consent.Purpose.RECORD, Consent.Purpose.SHARING
ACROSS = ~Q(city=F("offer__city"))


def foresee(person: User, purpose: str) -> Foreseen:
    """In sentences, with their counts."""
    if purpose in STANDS_ON:
        return _foresee_standing(person, purpose)
    if purpose == SHARING:
        return _foresee_sharing(person)
    return Foreseen()


def taken_back(person: User, purpose: str, by: User, now: datetime) -> None:
    """Lock order: their offers, then each match with its need, in the order of the needs."""
    if purpose in STANDS_ON:
        offers.stop_all(owner=person, by=by, now=now)
        _end(_not_confirmed(person), by=by, now=now)
    elif purpose == SHARING:
        offers.share_no_more(owner=person, by=by, now=now)
        _end(_not_confirmed(person).filter(ACROSS), by=by, now=now)
    if purpose == RECORD:
        for need_id in list(_to_close(person).values_list("pk", flat=True)):
            need = Need.objects.select_related("city").get(pk=need_id)
            if need.may_be_withdrawn(local_day(now, need.city)):
                needs.withdraw(need_id=need_id, by=by, now=now, reason=str(Reason.CHANGED_MIND.label))


def given_again(person: User, purpose: str, by: User, now: datetime) -> None:
    """Offers come back; needs and what was asked do not: time has passed, and the engine looks anew."""
    if purpose in STANDS_ON:
        offers.take_up_again(owner=person, by=by, now=now)
    elif purpose == SHARING and (at := _taken_back_at(person)) is not None:
        offers.share_again(owner=person, taken_back_at=at, by=by, now=now)


def locks(person: User) -> None:
    """Offers, then needs, as an erasure does (`privacy.erasing`)."""
    for theirs in (Offer.objects.filter(owner=person), Need.objects.filter(person=person)):
        list(theirs.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))


CONSEQUENCE = Consequence(foresee=foresee, taken_back=taken_back, given_again=given_again, locks=locks)


def _foresee_standing(person: User, purpose: str) -> Foreseen:
    theirs = Offer.objects.filter(owner=person)
    asked_for = theirs.filter(state__in=offers.ASKED_FOR).count()
    asked = _not_confirmed(person).count()
    needs_closed = _to_close(person).count() if purpose == RECORD else 0
    stops = [
        _("Vos propositions se mettent en pause (%(n)s)\u202f: personne ne vous sollicite plus.")
        % {"n": asked_for}
        if asked_for
        else "",
        _("Ce qui vous est demandé et n’est pas encore confirmé s’arrête (%(n)s)\u202f: chacun est prévenu.")
        % {"n": asked}
        if asked
        else "",
        _("Vos demandes se ferment (%(n)s)\u202f: nous ne cherchons plus.") % {"n": needs_closed}
        if needs_closed
        else "",
    ]
    paused = len(offers.to_take_up_again(person))
    comes_back = [_("Vos propositions reprennent (%(n)s).") % {"n": paused}] if paused else []
    going_on = Match.objects.filter(offer__owner=person)
    if purpose == RECORD:
        going_on = Match.objects.filter(Q(offer__owner=person) | Q(need__person=person))
    return Foreseen(list(filter(None, stops)), _going_on(going_on), comes_back)


def _foresee_sharing(person: User) -> Foreseen:
    shared = Offer.objects.filter(owner=person, share_with_linked=True).exclude(state=OfferState.WITHDRAWN)
    asked = _not_confirmed(person).filter(ACROSS).count()
    stops = [
        _("Les villes voisines ne voient plus vos propositions (%(n)s).") % {"n": shared.count()},
        _(
            "Ce qu’elles vous demandent et qui n’est pas encore confirmé s’arrête (%(n)s)\u202f: chacun est prévenu."
        )
        % {"n": asked}
        if asked
        else "",
    ]
    comes_back = []
    at = _taken_back_at(person)
    if at is not None and (again := offers.unshared(person, at).count()):
        comes_back.append(_("Les villes voisines voient de nouveau vos propositions (%(n)s).") % {"n": again})
    going_on = Match.objects.filter(ACROSS, offer__owner=person)
    return Foreseen(list(filter(None, stops)), _going_on(going_on), comes_back)


def _going_on(matches: QuerySet[Match]) -> list[GoesOn]:
    found = (
        matches.filter(state__in=GOING_ON).select_related("city", "need__commune").order_by("first_day", "pk")
    )
    return [
        GoesOn(
            _("%(what)s, %(days)s")
            % {
                "what": public_title_of(match.need, quantity=match.quantity),
                "days": when_words(match.need, match.first_day, match.last_day),
            },
            reverse("matching:mine_one", args=[match.city.slug, match.pk]),
        )
        for match in found
    ]


def _not_confirmed(person: User) -> QuerySet[Match]:
    """What they are asked as the owner of an offer, or have said yes to, and nobody has confirmed."""
    return Match.objects.filter(offer__owner=person, state__in=WAITING)


def _to_close(person: User) -> QuerySet[Need]:
    """Their open needs to which nobody is confirmed; the others are theirs to take back, on their pages."""
    confirmed = Match.objects.filter(need=OuterRef("pk"), state__in=GOING_ON)
    return Need.objects.filter(~Exists(confirmed), person=person, state__in=OPEN_STATES).order_by("pk")


def _end(matches: QuerySet[Match], *, by: User, now: datetime) -> None:
    for match_id in list(matches.order_by("need_id", "pk").values_list("pk", flat=True)):
        match = services.locked(match_id)
        if match.state in WAITING:
            act = Act.DECLINE if match.state == MatchState.PROPOSED else Act.CANCEL
            services.do(match, act, by=by, now=now, role=Role.CITIZEN, reason=Reason.CHANGED_MIND)


def _taken_back_at(person: User) -> datetime | None:
    taken = Consent.objects.filter(user=person, purpose=SHARING, withdrawn_at__isnull=False)
    return taken.order_by("withdrawn_at").values_list("withdrawn_at", flat=True).last()
