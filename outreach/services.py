"""The letter of a town: asked for, confirmed, left; drafted by one person and sent by another. Lock order: issue."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import ForeignObjectRel, QuerySet

from accounts.access import STEERING, has_role, require
from accounts.models import User
from accounts.services import ensure_person, forget_person
from catalogue.changes import save_changed, values
from cities.days import local_day
from cities.models import City
from notifications import reach
from notifications.inbox.models import MailReply
from notifications.models import Message, MessageState
from notifications.services import NewMessage, queue, queue_many
from notifications.wake_up import wake_on_commit
from notifications.wording.texts import Text
from outreach import links, messages, selectors
from outreach.models import Issue, IssueEdit, Subscription
from outreach.selectors import CONFIRM_EVENT, EVENT
from outreach.words import checked_words

log = logging.getLogger(__name__)

QUEUE_TASK = "outreach.tasks.queue_letters"
BATCH = 200
# Beyond so many addresses of a town that have not confirmed, somebody is typing those of others.
MOST_UNCONFIRMED = 500
# An address that asks again before is not written to again.
ASKS_AGAIN_AFTER = timedelta(days=1)
LEAST_BETWEEN = timedelta(days=6)
# What an account may hold of somebody who only ever asked for letters.
_OF_A_SUBSCRIBER = frozenset(
    {
        "outreach.Subscription", "notifications.Message", "notifications.Bounce", "notifications.Preference",
        "notifications.PreferenceEdit", "accounts.PersonEdit",
    }
)  # fmt: skip

# What is told about a mail that they wrote back (`inbox`).
_ABOUT_REPLIES = ("mail_to_read", "mail_acknowledged")


class TooMany(Exception):
    """Too many addresses of this town wait to be confirmed."""


class CannotSend(Exception):
    """Why an issue does not leave: "same" (whoever wrote into it), "sent", "soon" (the last one is too recent)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


# --- Asking for it, and leaving ------------------------------------------------------------------------


@transaction.atomic
def ask(*, city: City, email: str, language: str, by: None, now: datetime) -> None:
    """Write to this address, which confirms; nobody is told whether it had asked before. Raises TooMany, and
    ValidationError for no address.
    """
    waiting = Subscription.objects.filter(city=city, confirmed_at=None)
    if waiting.count() >= MOST_UNCONFIRMED:
        raise TooMany
    person = ensure_person(email=email, language=language, by=by, now=now)
    known = Subscription.objects.select_for_update(of=("self",)).filter(city=city, person=person).first()
    if known is not None:
        if known.confirmed_at is not None or known.asked_at > now - ASKS_AGAIN_AFTER:
            return
        known.delete()
    said = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    subscription, is_new = Subscription.objects.get_or_create(
        city=city, person=person, defaults={"language": said, "asked_at": now}
    )
    if is_new:
        queue(
            recipient=person,
            event="newsletter_confirm",
            subject_key=f"letter:{subscription.pk}",
            city=city,
            compose=lambda: messages.please_confirm(subscription),
            now=now,
            channel="email",
            language=said,
        )


@transaction.atomic
def confirm(*, subscription_id: int, by: None, now: datetime) -> bool:
    """Their address has said so itself; twice changes nothing. False when it was forgotten meanwhile."""
    subscription = Subscription.objects.select_for_update(of=("self",)).filter(pk=subscription_id).first()
    if subscription is None:
        return False
    if subscription.confirmed_at is None:
        subscription.confirmed_at = now
        subscription.save(update_fields=["confirmed_at"])
        log.info("subscription %s confirmed", subscription.pk)
    return True


@transaction.atomic
def leave(*, subscription_id: int, by: None, now: datetime) -> None:
    """Take somebody off the list, and their address away unless they are known for something else."""
    subscription = (
        Subscription.objects.select_for_update(of=("self",))
        .select_related("person")
        .filter(pk=subscription_id)
        .first()
    )
    if subscription is not None:
        _forget(subscription, now=now)


@transaction.atomic
def forget_unconfirmed(*, by: None, now: datetime) -> int:
    """The same of addresses that have not confirmed in time; how many."""
    late = selectors.unconfirmed(now, links.VALID_FOR).select_for_update(skip_locked=True, of=("self",))
    found = list(late.select_related("person").order_by("pk")[:BATCH])
    for subscription in found:
        _forget(subscription, now=now)
    return len(found)


def _forget(subscription: Subscription, *, now: datetime) -> None:
    person, key = subscription.person, f"letter:{subscription.pk}"
    told = Message.objects.filter(recipient=person, event__in=[EVENT, CONFIRM_EVENT])
    told = told.filter(subject_key=key) | told.filter(subject_key__startswith=f"{key}:")
    told.filter(state__in=[MessageState.QUEUED, MessageState.HELD]).update(state=MessageState.MOOT, why="")
    # The words were everybody's; the link in them was theirs.
    told.update(body="", action_url="", action_label="")
    _forget_replies(MailReply.objects.filter(message__in=told))
    log.info("subscription %s left", subscription.pk)
    subscription.delete()
    # Rows that name this person wait until it is decided what is left of them.
    User.objects.select_for_update().get(pk=person.pk)
    if _is_known_for_nothing_else(person):
        forget_person(person=person, by=None, now=now)


def _forget_replies(replies: QuerySet[MailReply]) -> None:
    """What they wrote back, and what was said about it to whomever."""
    keys = [f"mail:{number}" for number in replies.values_list("pk", flat=True)]
    replies.update(sender="", text="")
    about = Message.objects.filter(event__in=_ABOUT_REPLIES, subject_key__in=keys)
    about.filter(state__in=[MessageState.QUEUED, MessageState.HELD]).update(state=MessageState.MOOT, why="")
    about.update(body="", action_url="", action_label="")


def _is_known_for_nothing_else(person: User) -> bool:
    if person.last_login is not None:
        return False
    for relation in User._meta.get_fields(include_hidden=True):
        if not isinstance(relation, ForeignObjectRel):
            continue
        model = relation.related_model
        assert isinstance(model, type)
        rows = model._default_manager.filter(**{relation.field.name: person})
        label = model._meta.label
        if label == "notifications.Message":
            keys = [f"mail:{number}" for number in _replies(person).values_list("pk", flat=True)]
            rows = rows.exclude(event__in=[EVENT, CONFIRM_EVENT])
            rows = rows.exclude(event__in=_ABOUT_REPLIES, subject_key__in=keys)
        elif label == "inbox.MailReply" and relation.field.name == "person":
            rows = rows.exclude(pk__in=_replies(person))
        elif label in _OF_A_SUBSCRIBER and label != "outreach.Subscription":
            continue
        if rows.exists():
            return False
    return True


def _replies(person: User) -> QuerySet[MailReply]:
    """What they wrote back to letters alone."""
    return MailReply.objects.filter(person=person, message__event__in=[EVENT, CONFIRM_EVENT])


# --- An issue ------------------------------------------------------------------------------------------


@transaction.atomic
def draft(*, city: City, words: Mapping[str, str], by: User, now: datetime) -> Issue:
    """Begin an issue; somebody else sends it. Raises ValidationError."""
    require(has_role(by, city, STEERING))
    issue = Issue(city=city, words=checked_words(words), drafted_by=by, drafted_at=now)
    issue.save(force_insert=True)
    return issue


@transaction.atomic
def rewrite(*, issue_id: int, words: Mapping[str, str], by: User, now: datetime) -> Issue:
    """Change the words of an issue that has not left: whoever does cannot send it either. Raises CannotSend."""
    issue = _locked(issue_id, by)
    before = values(issue)
    issue.words = checked_words(words)
    save_changed(issue, before, edit=IssueEdit(issue=issue, by=by, at=now))
    return issue


@transaction.atomic
def send(*, issue_id: int, by: User, now: datetime) -> Issue:
    """Let an issue leave, that others wrote. Raises CannotSend."""
    issue = _locked(issue_id, by)
    # One at a time in a town: the interval is counted from the one before.
    City.objects.select_for_update(no_key=True).get(pk=issue.city_id)
    if by.pk in selectors.writers(issue):
        raise CannotSend("same")
    last = selectors.last_sent(issue.city)
    if last is not None and now - last < LEAST_BETWEEN:
        raise CannotSend("soon")
    issue.sent_by, issue.sent_at = by, now
    issue.save(update_fields=["sent_by", "sent_at"])
    log.info("issue %s sent by user %s", issue.pk, by.pk)
    wake_on_commit(QUEUE_TASK)
    return issue


@transaction.atomic
def queue_letters(*, by: None, now: datetime) -> int:
    """Put a batch of an issue that was sent into the outbox, once for each subscriber; 0 when none waits."""
    issue = (
        Issue.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        .select_related("city")
        .filter(sent_at__isnull=False, queued_at=None)
        .order_by("sent_at", "pk")
        .first()
    )
    if issue is None:
        return 0
    of_then = selectors.subscribers(issue.city).filter(
        confirmed_at__lte=issue.sent_at, pk__gt=issue.looked_at
    )
    batch = list(of_then.select_related("person").order_by("pk")[:BATCH])
    if batch:
        _queue_each(issue, batch, now=now)
        issue.looked_at = batch[-1].pk
        issue.save(update_fields=["looked_at"])
    else:
        issue.queued_at = now
        issue.save(update_fields=["queued_at"])
    return 1 + len(batch)


def _queue_each(issue: Issue, batch: Sequence[Subscription], *, now: datetime) -> None:
    """By mail alone, and to nobody who has paused, refuses mail, or whose address does not exist."""
    people = [subscription.person for subscription in batch]
    paused = reach.paused([person.pk for person in people], local_day(now, issue.city))
    ways = reach.reaching_each(people, "newsletter")
    texts: dict[str, Text] = {}

    def compose(language: str) -> Text:
        if language not in texts:  # the same for all who read it
            texts[language] = messages.letter(issue, language=language, now=now)
        return texts[language]

    drafts = [
        NewMessage(
            recipient=subscription.person,
            event="newsletter",
            subject_key=f"letter:{subscription.pk}:{issue.pk}",
            city=issue.city,
            compose=partial(compose, subscription.language),
            language=subscription.language,
        )
        for subscription in batch
        if subscription.person_id not in paused and ways[subscription.person_id]
    ]
    queue_many(drafts=drafts, now=now)


def _locked(issue_id: int, by: User) -> Issue:
    """An issue that has not left, for somebody of its town's team. Raises CannotSend."""
    issue = Issue.objects.select_for_update(no_key=True, of=("self",)).select_related("city").get(pk=issue_id)
    require(has_role(by, issue.city, STEERING))
    if issue.sent_at is not None:
        raise CannotSend("sent")
    return issue
