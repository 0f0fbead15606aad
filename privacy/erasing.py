"""Somebody's data go: asked for by a page, by a call or by the clock, done by a worker in one transaction.

A page only writes down that it is to be done; the worker's login alone may become the database's eraser
(docs/adr/0032). What is emptied, and what becomes empty, `privacy.emptying` knows from the register.
"""

import logging
from datetime import datetime
from functools import partial

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from accounts import services as accounts
from accounts.access import DESK, has_role, require
from accounts.models import User
from cities.days import local_day
from cities.models import City
from matching import services as matching
from matching.lifecycle import NotPossible, Reason
from matching.models import MatchState
from needs import services as needs
from needs.models import OPEN_STATES, Need
from notifications.models import Message, MessageState
from notifications.wake_up import wake_on_commit
from offers import services as offers
from offers.models import Offer, OfferState
from privacy import emptying, farewell, standing
from privacy.models import Erasure
from statements import services as statements
from statements.models import Stage, Statement

log = logging.getLogger(__name__)

TASK = "privacy.tasks.erase_due"
AT_ONCE = 50
_TO_COME = (MatchState.PROPOSED, MatchState.ACCEPTED, MatchState.CONFIRMED)


class HasParts(ValidationError):
    """Nothing was asked for: `parts` are to be handed on first."""

    def __init__(self, parts: list[standing.Part]) -> None:
        super().__init__([part.first for part in parts], code="parts")
        self.parts = parts


@transaction.atomic
def ask(
    *, person: User, how: str, by: User | None, now: datetime, city: City | None = None, reason: str = ""
) -> Erasure:
    """A person's data are to go: at once, or after what `waits_for` says. Asked for again, it is the same one.

    Whoever waits for the end of a stay is asked nothing new: what they offer and need besides is taken back now.
    `how` PHONE: an operator of `city`, with a `reason`. Raises HasParts, and ValidationError when they are gone.
    """
    people = _locked(person)
    root = people[0]
    if how == Erasure.How.PHONE:
        require(by is not None and city is not None and has_role(by, city, DESK))
        if not reason.strip():
            raise ValidationError({"reason": _("Notez comment la personne l’a demandé.")})
    elif how == Erasure.How.OWN:
        require(by in people)
    if root.anonymised_at is not None:
        raise ValidationError(_("Les données de cette personne sont déjà effacées."), code="gone")
    known = Erasure.objects.filter(person=root, done_at=None, taken_back_at=None).first()
    if known is not None:
        return known
    if parts := standing.parts(people):
        raise HasParts(parts)
    erasure = Erasure.objects.create(
        person=root,
        city=city,
        how=how,
        reason=reason.strip()[:500],
        asked_by=by,
        asked_at=now,
        waits_for=standing.keeps(people, now=now),
    )
    if erasure.waits_for == Erasure.WaitsFor.STAY:
        _end(people, now=now)
    elif not erasure.waits_for:
        for one in people:
            accounts.end_elsewhere(session_key=None, user=one)
        wake_on_commit(TASK)
    return erasure


@transaction.atomic
def take_back(*, erasure_id: int, by: User, now: datetime) -> Erasure:
    """They stay after all, as long as it waits; what was taken back meanwhile stays so. Twice changes nothing."""
    erasure = Erasure.objects.select_for_update().get(pk=erasure_id)
    require(by in standing.whole(erasure.person))
    if erasure.done_at is None and erasure.taken_back_at is None:
        erasure.taken_back_at, erasure.waits_for = now, ""
        erasure.save(update_fields=["taken_back_at", "waits_for"])
    return erasure


def carry_out_due(*, by: None, now: datetime) -> int:
    """Erase whatever waits for nothing any more, and what was left of people who are gone; how many people."""
    for person in _left_over():
        with transaction.atomic():
            Erasure.objects.get_or_create(
                person=person, done_at=None, taken_back_at=None,
                defaults={"how": Erasure.How.LEFT, "asked_at": now},
            )  # fmt: skip
    due = Erasure.objects.filter(done_at=None, taken_back_at=None).order_by("asked_at", "pk")
    done = 0
    for pk in list(due.values_list("pk", flat=True)):
        try:
            done += carry_out(erasure_id=pk, by=None, now=now)
        except Exception:
            # What fails of one person stops nobody else's, and is tried again.
            log.exception("erasure %s", pk)
    return done


@transaction.atomic
def carry_out(*, erasure_id: int, by: None, now: datetime) -> bool:
    """Erase one person, unless something keeps them; whether it was done.

    Emptied first, ended afterwards: what the others are told of what ends names nobody any more.
    """
    erasure = Erasure.objects.select_related("person").get(pk=erasure_id)
    people = _locked(erasure.person)
    erasure = Erasure.objects.select_for_update(of=("self",)).get(pk=erasure_id)
    if erasure.done_at is not None or erasure.taken_back_at is not None:
        return False
    waits_for = Erasure.WaitsFor.PART if standing.parts(people) else standing.keeps(people, now=now)
    if waits_for:
        erasure.waits_for = waits_for
        erasure.save(update_fields=["waits_for"])
        return False
    last_word = farewell.compose(people[0])
    for one in people:
        accounts.leave_all(person=one, now=now)
    keys = emptying.found(people)
    emptying.empty(keys, people_gone_at=now)
    for one in people:
        accounts.note_erased(person=one, by=erasure.asked_by, now=now)
    _end(people, now=now)
    # What was about to be told them, or to tell others of them, tells nobody anything.
    Message.objects.filter(
        Q(pk__in=keys.get("notifications.Message", [])) | Q(recipient__in=people),
        state__in=[MessageState.QUEUED, MessageState.HELD],
    ).update(state=MessageState.MOOT, why="")
    erasure.done_at, erasure.waits_for = now, ""
    erasure.save(update_fields=["done_at", "waits_for"])
    transaction.on_commit(partial(farewell.send, last_word), robust=True)
    log.info("erasure %s done", erasure.pk)
    return True


def _locked(person: User) -> list[User]:
    """All that this person is, locked, the one who stands for all of them first. What they offer and need before them,
    as `matching.services.locked` does: whoever answers at this moment holds those.
    """
    people = standing.whole(person)
    while True:
        keys = [one.pk for one in people]
        for rows in (Offer.objects.filter(owner__in=keys), Need.objects.filter(person__in=keys)):
            list(rows.select_for_update(no_key=True).order_by("pk").values_list("pk", flat=True))
        locked = User.objects.select_for_update().filter(pk__in=keys).order_by("pk")
        found = {user.pk: user for user in locked}
        # Somebody may have been made one with them while we waited.
        people = standing.whole(found[keys[0]])
        if [one.pk for one in people] == keys:
            return [found[key] for key in keys]


def _left_over() -> list[User]:
    """People without a name of whom no erasure was done yet, or who offered or needed something at the very moment."""
    done = Erasure.objects.filter(person=OuterRef("pk"), done_at__isnull=False)
    offered = Offer.objects.filter(owner=OuterRef("pk")).exclude(state=OfferState.WITHDRAWN)
    needed = Need.objects.filter(person=OuterRef("pk"), state__in=OPEN_STATES)
    gone = User.objects.filter(anonymised_at__isnull=False, merged_into=None)
    return list(gone.filter(~Exists(done) | Exists(offered) | Exists(needed)).order_by("pk")[:AT_ONCE])


def _end(people: list[User], *, now: datetime) -> None:
    """Take back what they offer and need, and call off what has not begun: everybody else is told as always."""
    busy = standing.begun(people, now=now)
    free = Offer.objects.filter(owner__in=people).exclude(state__in=[OfferState.WITHDRAWN, OfferState.FROZEN])
    for offer in free.exclude(pk__in=busy.values("offer")).order_by("pk"):
        offers.withdraw(offer_id=offer.pk, by=offer.owner, now=now, of_place=True)
    # In what is lived in now, nobody else moves in.
    for offer in Offer.objects.filter(pk__in=busy.values("offer"), owner__in=people, state=OfferState.ACTIVE):
        offers.pause(offer_id=offer.pk, by=offer.owner, now=now, of_place=True)
    _withdraw_needs(people, now=now)
    _withdraw_statements(people, now=now)
    to_come = standing.theirs(people).filter(state__in=_TO_COME).exclude(pk__in=busy.values("pk"))
    for match in to_come.select_related("offer").order_by("pk"):
        offered = match.offer.owner_id in {person.pk for person in people}
        try:
            matching.cancel(
                match_id=match.pk,
                by=None,
                now=now,
                reason=Reason.OFFER_GONE if offered else Reason.NEED_GONE,
            )
        except NotPossible:
            continue  # it is over already
    # A need that was met by what is called off is open again.
    _withdraw_needs(people, now=now)


def _withdraw_statements(people: list[User], *, now: datetime) -> None:
    """What they have stated and nobody looks after yet: whoever is asked to is told no more."""
    theirs = Statement.objects.filter(person__in=people, stage__in=(Stage.WAITING, Stage.OFFERED))
    for statement in theirs.select_related("person").order_by("pk"):
        statements.withdraw(statement_id=statement.pk, by=statement.person, now=now)


def _withdraw_needs(people: list[User], *, now: datetime) -> None:
    busy = standing.begun(people, now=now)
    for need in Need.objects.filter(person__in=people).exclude(pk__in=busy.values("need")).order_by("pk"):
        if need.may_be_withdrawn(local_day(now, need.city)):
            needs.withdraw(need_id=need.pk, by=people[0], now=now)
