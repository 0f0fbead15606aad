"""An appeal from its draft to its end. Lock order: appeal."""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction

from accounts.access import STEERING, has_role, require
from accounts.models import Consent, User
from accounts.services import withdraw_consent
from catalogue.changes import save_changed, values
from cities.days import waking_hour
from cities.models import City
from needs.models import Need
from notifications import reach
from notifications.services import NewMessage, queue_many
from notifications.wake_up import wake_on_commit
from notifications.wording.texts import Text
from outreach.appeals import messages, selectors
from outreach.appeals.models import Appeal, AppealEdit, Asked
from outreach.words import checked_words

log = logging.getLogger(__name__)

ASK_TASK = "outreach.appeals.tasks.ask"
# Nine answers of ten to an urgent question come within two hours, 99 of 100 within five (covidliste).
BETWEEN = timedelta(hours=3)


class CannotSend(Exception):
    """Why an appeal does not leave: "same" (whoever wrote into it), "sent", "ended", "closed" (nothing is missing),
    "changed" (since it was read).
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@transaction.atomic
def draft(
    *,
    city: City,
    needs: Sequence[Need],
    words: Mapping[str, str],
    wanted: int,
    reach_km: int,
    by: User,
    now: datetime,
) -> Appeal:
    """Begin an appeal for open needs of the town; somebody else sends it. Raises ValidationError."""
    require(has_role(by, city, STEERING))
    require(all(need.city_id == city.pk for need in needs) and bool(needs))
    appeal = Appeal(
        city=city, words=checked_words(words), wanted=wanted, reach_km=reach_km, drafted_by=by, drafted_at=now
    )
    appeal.full_clean()
    appeal.save(force_insert=True)
    appeal.needs.set(needs)
    return appeal


@transaction.atomic
def rewrite(
    *, appeal_id: int, words: Mapping[str, str], wanted: int, reach_km: int, by: User, now: datetime
) -> Appeal:
    """Change what has not left: whoever does cannot send it either. Raises CannotSend, and ValidationError."""
    appeal = _locked(appeal_id, by)
    _refuse_unless_draft(appeal)
    before = values(appeal)
    appeal.words, appeal.wanted, appeal.reach_km = checked_words(words), wanted, reach_km
    appeal.full_clean()
    save_changed(appeal, before, edit=AppealEdit(appeal=appeal, by=by, at=now))
    return appeal


@transaction.atomic
def send(*, appeal_id: int, edits: int, by: User, now: datetime) -> Appeal:
    """Let an appeal leave that others wrote: the first are asked at once, or in the morning. `edits`: how many changes
    of it were read by whoever sends it. Raises CannotSend.
    """
    appeal = _locked(appeal_id, by)
    _refuse_unless_draft(appeal)
    if appeal.edits.count() != edits:
        raise CannotSend("changed")
    if by.pk in selectors.writers(appeal):
        raise CannotSend("same")
    if not selectors.open_needs(appeal).exists():
        raise CannotSend("closed")
    appeal.sent_by, appeal.sent_at, appeal.next_at = by, now, now
    appeal.save(update_fields=["sent_by", "sent_at", "next_at"])
    log.info("appeal %s sent by user %s", appeal.pk, by.pk)
    wake_on_commit(ASK_TASK)
    return appeal


@transaction.atomic
def stop(*, appeal_id: int, by: User, now: datetime) -> Appeal:
    """Ask nobody more; what has not left is not sent. Twice changes nothing."""
    appeal = _locked(appeal_id, by)
    if appeal.ended_at is None:
        _end(appeal, Appeal.Ended.BY_HAND, by=by, now=now)
    return appeal


@transaction.atomic
def ask(*, by: None, now: datetime) -> int:
    """Look at one appeal that is due: end it, let it wait, or ask some more. 0 when none is due."""
    due = Appeal.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(
        next_at__lte=now
    )
    appeal = due.select_related("city").order_by("next_at", "pk").first()
    if appeal is None:
        return 0
    city = appeal.city
    wakes = waking_hour(now, city, city.quiet_until, city.quiet_from)
    if not selectors.open_needs(appeal).exists():
        _end(appeal, Appeal.Ended.MET, by=None, now=now)
    elif wakes > now:
        _look_again(appeal, wakes)
    elif selectors.is_answered_for_now(appeal) or not (more := selectors.how_many_more(appeal)):
        # An answer may still come to nothing.
        _look_again(appeal, now + BETWEEN)
    elif people := selectors.to_ask(appeal, now=now)[:more]:
        _ask_each(appeal, people, now=now)
        _look_again(appeal, now + BETWEEN)
    else:
        _end(appeal, Appeal.Ended.NOBODY_LEFT, by=None, now=now)
    return 1


@transaction.atomic
def refuse(*, person: User, now: datetime) -> None:
    """Somebody wants to be asked by no appeal any more; twice changes nothing."""
    live = Consent.objects.filter(user=person, purpose=Consent.Purpose.APPEALS, withdrawn_at__isnull=True)
    for consent in live.order_by("pk"):
        withdraw_consent(consent=consent, by=person, now=now)


def _ask_each(appeal: Appeal, keys: Collection[int], *, now: datetime) -> None:
    """By what reaches lists alone. Who has no such way counts as asked, so that nobody is looked at for ever."""
    people = list(User.objects.filter(pk__in=keys).order_by("pk"))
    Asked.objects.bulk_create([Asked(appeal=appeal, person=person, at=now) for person in people])
    ways = reach.reaching_each(people, "appeal")
    texts: dict[str, Text] = {}

    def compose(language: str) -> Text:
        if language not in texts:  # the same for all who read it
            texts[language] = messages.appeal(appeal, language=language, now=now)
        return texts[language]

    drafts = [
        NewMessage(
            recipient=person,
            event="appeal",
            subject_key=f"appeal:{appeal.pk}",
            city=appeal.city,
            compose=partial(compose, person.language),
            language=person.language,
        )
        for person in people
        if ways[person.pk]
    ]
    queue_many(drafts=drafts, now=now)
    log.info("appeal %s asked %d more", appeal.pk, len(people))


def _look_again(appeal: Appeal, moment: datetime) -> None:
    appeal.next_at = moment
    appeal.save(update_fields=["next_at"])


def _end(appeal: Appeal, why: Appeal.Ended, *, by: User | None, now: datetime) -> None:
    appeal.ended, appeal.ended_at, appeal.ended_by, appeal.next_at = why, now, by, None
    appeal.save(update_fields=["ended", "ended_at", "ended_by", "next_at"])
    log.info("appeal %s ended: %s", appeal.pk, why)


def _locked(appeal_id: int, by: User) -> Appeal:
    appeal = (
        Appeal.objects.select_for_update(no_key=True, of=("self",)).select_related("city").get(pk=appeal_id)
    )
    require(has_role(by, appeal.city, STEERING))
    return appeal


def _refuse_unless_draft(appeal: Appeal) -> None:
    if appeal.ended_at is not None:
        raise CannotSend("ended")
    if appeal.sent_at is not None:
        raise CannotSend("sent")
