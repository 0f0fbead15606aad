"""What somebody writes without a name: kept for a year, counted, and nothing of who wrote it."""

from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.access import STEERING, has_role, require
from accounts.models import User
from cities.days import local_day
from cities.models import City
from voice.models import LONGEST_REMARK, Anonymous, Comment, Proposal, Remark
from voice.selectors import is_open

BATCH = 500
# A year after its day a text is deleted, whatever became of it.
KEPT_DAYS = 365
# Of one town; beyond, somebody floods it, and the telephone is left. No lock is taken: a burst may be a few more.
MOST_A_DAY = 300

Row = TypeVar("Row", bound=Anonymous)


class TooMany(Exception):
    """So much was said in this town today that nothing more is taken."""


class Closed(Exception):
    """The proposal is not open to comments, or no longer."""


@transaction.atomic
def say(*, city: City, text: str, language: str, form_key: str, by: None, now: datetime) -> Remark:
    """Keep what somebody says is missing; the same form twice is one. Raises ValidationError and TooMany."""
    today = local_day(now, city)
    if Remark.objects.filter(city=city, said_on=today).count() >= MOST_A_DAY:
        raise TooMany
    remark, _is_new = _kept(Remark(city=city, **_said(text, language, form_key), said_on=today))
    return remark


@transaction.atomic
def comment(*, proposal_id: int, text: str, language: str, form_key: str, by: None, now: datetime) -> Comment:
    """Keep what somebody says of a proposal, and count it. Raises ValidationError, Closed and TooMany."""
    proposal = Proposal.objects.select_for_update(no_key=True, of=("self",)).get(pk=proposal_id)
    today = local_day(now, proposal.city)
    if not is_open(proposal, today):
        raise Closed
    if Comment.objects.filter(proposal=proposal, said_on=today).count() >= MOST_A_DAY:
        raise TooMany
    found, is_new = _kept(Comment(proposal=proposal, **_said(text, language, form_key), said_on=today))
    if is_new:
        _count(proposal, 1)
    return found


@transaction.atomic
def set_comment_aside(*, comment_id: int, by: User, now: datetime) -> Comment:
    """Take away a comment that insults or names somebody: it counts no more, and says who did it. Twice is once."""
    return _sorted(comment_id, is_set_aside=True, by=by, now=now)


@transaction.atomic
def put_comment_back(*, comment_id: int, by: User, now: datetime) -> Comment:
    """Count again a comment that was set aside. Twice is once."""
    return _sorted(comment_id, is_set_aside=False, by=by, now=now)


def _sorted(comment_id: int, *, is_set_aside: bool, by: User, now: datetime) -> Comment:
    proposal_id = Comment.objects.values_list("proposal", flat=True).get(pk=comment_id)
    proposal = Proposal.objects.select_for_update(no_key=True, of=("self",)).get(pk=proposal_id)
    require(has_role(by, proposal.city, STEERING))
    found = Comment.objects.get(pk=comment_id)
    if found.is_set_aside != is_set_aside:
        found.is_set_aside, found.sorted_at, found.sorted_by = is_set_aside, now, by
        found.save(update_fields=["is_set_aside", "sorted_at", "sorted_by"])
        _count(proposal, -1 if is_set_aside else 1)
    return found


@transaction.atomic
def forget(*, by: None, now: datetime) -> int:
    """Delete a batch of texts that are a year old; how many. Of those before yesterday no form is known any more."""
    old_forms = (now - timedelta(days=1)).date()
    before = (now - timedelta(days=KEPT_DAYS)).date()
    gone = 0
    for model in (Remark, Comment):
        model._default_manager.filter(said_on__lt=old_forms, form_key__isnull=False).update(form_key=None)
        old = model._default_manager.filter(said_on__lt=before).order_by("said_on", "pk")
        keys = list(old.values_list("pk", flat=True)[:BATCH])
        gone += model._default_manager.filter(pk__in=keys).delete()[0]
    return gone


def _said(text: str, language: str, form_key: str) -> dict[str, Any]:
    """Fields of a row. Raises ValidationError by field."""
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise ValidationError({"text": _("Écrivez quelques mots.")})
    if len(text) > LONGEST_REMARK:
        raise ValidationError(
            {"text": _("C’est trop long\u202f: %(what)s signes au plus.") % {"what": LONGEST_REMARK}}
        )
    known = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    return {"text": text, "language": known, "form_key": form_key}


def _kept(row: Row) -> tuple[Row, bool]:
    """The row, or the one that the same form has made before of the same words; whether it is new."""
    rows: Any = type(row)._default_manager
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        twin = rows.filter(form_key=row.form_key).first()
        if twin is None:
            raise
        if twin.text == row.text:
            return twin, False
        # Somebody went back to the form and wrote something else.
        row.form_key = token_urlsafe(18)
        row.save(force_insert=True)
    return row, True


def _count(proposal: Proposal, more: int) -> None:
    Proposal.objects.filter(pk=proposal.pk).update(comment_count=F("comment_count") + more)
