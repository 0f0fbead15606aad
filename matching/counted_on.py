"""Changing or taking back an offer or a need on which people count: only who has read who they are does so.

Pages and the API write through here. What is changed is changed first, then looked at by the rules that decide what
becomes of it, and undone when something was not read: so no door warns of more, or of less, than what happens.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.access import DESK, has_role, require
from accounts.models import User
from catalogue.vocabulary import Kind, Urgency
from cities.days import local_day
from matching import selectors
from matching.models import Match, MatchState
from matching.reasons import still_fits
from needs import services as needs
from needs.models import Need, NeedState
from offers import services as offers
from offers.models import Offer
from offers.periods import Period


@dataclass(frozen=True, slots=True)
class Stake:
    """What both sides, or the citizen, have said yes to; whether it is still possible afterwards."""

    match: Match
    still_fits: bool


class NotRead(Exception):
    """Nothing was written: `stakes` must be read first."""

    def __init__(self, stakes: Sequence[Stake]) -> None:
        super().__init__(", ".join(str(stake.match.pk) for stake in stakes))
        self.stakes = stakes


class _All:
    def __contains__(self, _match_id: object) -> bool:
        return True


# Said to have been read, whatever it is.
ALL: Container[int] = _All()


@transaction.atomic
def change_offer(
    *,
    offer_id: int,
    fields: Mapping[str, Any],
    windows: Sequence[Period] | None,
    read: Container[int],
    by: User,
    now: datetime,
) -> Offer:
    """`offers.services.change`. `read`: the matches that the owner was shown. Raises NotRead, ValidationError."""
    before = Offer.objects.select_for_update(no_key=True).get(pk=offer_id).revision
    offer = offers.change(offer_id=offer_id, fields=fields, windows=windows, by=by, now=now)
    if offer.revision != before:
        _check_read(selectors.in_hand(offer=offer), read, now=now)
    return offer


@transaction.atomic
def change_need(
    *, need_id: int, fields: Mapping[str, Any], read: Container[int], by: User, now: datetime
) -> Need:
    """`needs.services.change`, as above. PermissionDenied for the members of a suspended association."""
    before = _locked_need(need_id, by)
    need = needs.change(need_id=need_id, fields=fields, by=by, now=now, today=local_day(now, before.city))
    if need.revision != before.revision:
        _check_read(selectors.in_hand(need=need), read, now=now)
    return need


@transaction.atomic
def need_tonight(*, need_id: int, read: Container[int], by: User, now: datetime) -> Need:
    """The need is for tonight from now on, and begins today; as above, and who is asked is read of as well.
    ValidationError of one that is not open, or for hours.
    """
    need = _locked_need(need_id, by)
    today = local_day(now, need.city)
    if need.is_open and not need.may_be_tonight(today):
        if need.kind == Kind.SKILL:
            raise ValidationError(_("Pour un rendez-vous, changez plutôt le jour et l’heure."))
        return need
    fields = {"urgency": Urgency.TONIGHT, "first_day": min(need.first_day, today)}
    need = needs.change(need_id=need_id, fields=fields, by=by, now=now, today=today)
    _check_read(selectors.in_hand(need=need, asked=True), read, now=now)
    return need


@transaction.atomic
def withdraw_offer(
    *, offer_id: int, read: Container[int], by: User, now: datetime, reason: str = ""
) -> Offer:
    """`offers.services.withdraw`, as above; what has begun is not called off, so it need not be read."""
    before = Offer.objects.select_for_update(no_key=True).get(pk=offer_id).revision
    offer = offers.withdraw(offer_id=offer_id, by=by, now=now, reason=reason)
    if offer.revision != before:
        _check_read(
            selectors.in_hand(offer=offer).exclude(state=MatchState.UNDER_WAY), read, now=now, ends=True
        )
    return offer


@transaction.atomic
def withdraw_need(*, need_id: int, read: Container[int], by: User, now: datetime, reason: str = "") -> Need:
    """`needs.services.withdraw`, as above; the person concerned always may. ValidationError, too, of a met need
    of which nothing is to come any more.
    """
    before = _locked_need(need_id, by, or_person=True)
    need = needs.withdraw(need_id=need_id, by=by, now=now, reason=reason)
    if need.revision != before.revision:
        to_come = selectors.in_hand(need=need).exclude(state=MatchState.UNDER_WAY)
        if before.state == NeedState.MET and not to_come.exists():
            raise needs.not_possible(before)
        _check_read(to_come, read, now=now, ends=True)
    return need


def _locked_need(need_id: int, by: User, *, or_person: bool = False) -> Need:
    rows = Need.objects.select_for_update(no_key=True, of=("self",)).select_related("city", "organisation")
    need = rows.get(pk=need_id)
    is_theirs = need.organisation is None or not need.organisation.is_suspended
    is_own = or_person and need.person_id == by.pk
    refusal = _("Votre association est suspendue\u202f: la ville s’occupe de ce besoin.")
    require(is_theirs or is_own or has_role(by, need.city, DESK), refusal)
    return need


def _check_read(matches: QuerySet[Match], read: Container[int], *, now: datetime, ends: bool = False) -> None:
    """Raise NotRead with all that is to be read, when some of it was not. Nobody says yes meanwhile: their offer, or
    their need, is locked.
    """
    rows = matches.select_related("need__city", "offer__city").prefetch_related("offer__windows")
    stakes = [
        Stake(match, still_fits=not (ends or still_fits.broken(match, now=now)))
        for match in rows
        if match.last_day >= local_day(now, match.city)
    ]
    if any(stake.match.pk not in read for stake in stakes):
        raise NotRead(stakes)
