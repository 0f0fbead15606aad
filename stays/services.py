"""What is decided about a stay and is no act on its match alone."""

from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Organisation, User
from catalogue import changes
from catalogue.constraints import insert_checked
from catalogue.vocabulary import Category, Kind
from cities.days import TownDay, local_day
from matching import given
from matching import services as matching
from matching.lifecycle import GOING_ON, Role
from matching.models import CONTACT_STATES
from matching.roles import roles_of
from needs import services as needs
from needs.models import Need
from stays.models import Sponsorship, SponsorshipEdit, SponsorshipQuerySet

ASKS = frozenset({Role.COORDINATOR, Role.ASSOCIATION})


@transaction.atomic
def look_for_next_home(*, match_id: int, until: date, by: User, now: datetime) -> Need:
    """Look for a home for the days after this one, until then: its need goes on, and what of it no home has yet is
    looked for, whoever hosts now.

    ValidationError by field; PermissionDenied for who does not speak for the need.
    """
    match = matching.locked(match_id)
    if not roles_of(by, match) & ASKS:
        raise PermissionDenied
    if match.need.kind != Kind.HOUSING or match.state not in CONTACT_STATES:
        raise ValidationError({"until": _("Il n’y a pas de séjour à faire suivre.")})
    if until <= match.last_day:
        raise ValidationError({"until": _("Choisissez un jour après la fin prévue.")})
    needs.lengthen(need=match.need, last_day=until, by=by, now=now)
    need = given.record(match.need_id, by=by, now=now)
    needs.mark_due(need_ids=[need.pk], now=now)
    return need


@transaction.atomic
def agree_on_sponsorship(
    *, match_id: int, framed_by: Organisation, aims: str, ends_on: date, by: User, now: datetime
) -> Sponsorship:
    """What a sponsorship is for, who frames it, and until when; said again, it changes. One sponsor has one godchild at
    a time, and the other way round.

    ValidationError by field, and where either has another; PermissionDenied for who does not speak for the need.
    """
    match = matching.locked(match_id)
    if not roles_of(by, match) & ASKS:
        raise PermissionDenied
    today = local_day(now, match.city)
    if match.need.category != Category.SPONSORSHIP or match.state not in GOING_ON:
        raise ValidationError(_("Ce n’est pas un parrainage en cours."))
    if ends_on < today:
        raise ValidationError({"ends_on": _("Ce jour est déjà passé.")})
    if framed_by.city_id != match.city_id or not framed_by.is_verified:
        raise ValidationError({"framed_by": _("Choisissez une association vérifiée de la ville.")})
    concerned = Q(sponsor=match.offer.owner_id) | Q(need=match.need_id)
    for over in _over(now=now).filter(concerned):
        _end(over, now=now)
    known = Sponsorship.objects.select_for_update(no_key=True).filter(match=match).first()
    row = known or Sponsorship(
        match=match, sponsor=match.offer.owner, need=match.need, agreed_at=now, agreed_by=by
    )
    before = changes.values(row) if known else {}
    row.framed_by, row.aims, row.ends_on = framed_by, aims, ends_on
    row.ended_at = None
    edit = SponsorshipEdit(sponsorship=row, by=by, at=now)
    if known:
        row.full_clean()
        changes.save_changed(row, before, edit=edit)
        row.save(update_fields=["ended_at"])
        return row
    # Where somebody else agrees on one with either of them at this very moment, the database has the last word.
    insert_checked(row, loaded=["match", "sponsor", "need", "agreed_by", "framed_by"])
    edit.what = changes.given(["framed_by", "aims", "ends_on"], row)
    edit.save(force_insert=True)
    return row


@transaction.atomic
def end_sponsorships(*, by: None, now: datetime) -> int:
    """End those whose match is over or whose last day has passed, so that both are free for another; how many."""
    over = _over(now=now).select_for_update(skip_locked=True, of=("self",), no_key=True)
    return sum(_end(row, now=now) for row in over.order_by("pk"))


def _over(*, now: datetime) -> SponsorshipQuerySet:
    past = Q(ends_on__lt=TownDay(now, "match__city__timezone"))
    return Sponsorship.objects.current().filter(past | ~Q(match__state__in=sorted(GOING_ON)))


def _end(row: Sponsorship, *, now: datetime) -> bool:
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    return True
