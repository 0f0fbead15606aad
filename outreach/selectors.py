"""Reading who asked for a town's letter, as numbers, and what becomes of an issue."""

from datetime import datetime, timedelta

from django.db.models import Count, QuerySet

from accounts.models import User
from cities.models import City
from notifications.models import Message, MessageState
from outreach.models import Issue, Subscription

EVENT, CONFIRM_EVENT = "newsletter", "newsletter_confirm"
_LEFT = (MessageState.SENT, MessageState.DELIVERED, MessageState.OPENED, MessageState.ANSWERED)
_WAITING = (MessageState.QUEUED, MessageState.HELD, MessageState.SENDING)
_FAILED = (MessageState.FAILED, MessageState.UNCERTAIN)


def subscribers(city: City) -> QuerySet[Subscription]:
    """Those whose address has said itself that it wants the letter."""
    return Subscription.objects.filter(city=city, confirmed_at__isnull=False, person__is_active=True)


def count_by_language(city: City) -> dict[str, int]:
    """How many they are: all that the desk is told of them."""
    return dict(subscribers(city).values_list("language").annotate(n=Count("*")).order_by("language"))


def issues(city: City) -> QuerySet[Issue]:
    return Issue.objects.filter(city=city).select_related("drafted_by", "sent_by")


def writers(issue: Issue) -> set[int]:
    """Whoever wrote into it: none of them sends it."""
    return {issue.drafted_by_id, *issue.edits.exclude(by=None).values_list("by", flat=True)}


def may_send(issue: Issue, user: User) -> bool:
    return issue.sent_at is None and user.pk not in writers(issue)


def last_sent(city: City) -> datetime | None:
    sent = Issue.objects.filter(city=city, sent_at__isnull=False).order_by("-sent_at").first()
    return sent.sent_at if sent else None


def counts(issue: Issue) -> dict[str, int]:
    """How many of its messages have left, wait, and failed; who has left the list since is none of them."""
    states = (
        Message.objects.filter(city=issue.city_id, event=EVENT, subject_key__endswith=f":{issue.pk}")
        .order_by()
        .values_list("state")
        .annotate(n=Count("*"))
    )
    found = dict(states)
    return {
        "sent": sum(found.get(state, 0) for state in _LEFT),
        "waiting": sum(found.get(state, 0) for state in _WAITING),
        "failed": sum(found.get(state, 0) for state in _FAILED),
    }


def unconfirmed(now: datetime, after: timedelta) -> QuerySet[Subscription]:
    """Those whose address has not said so in its time."""
    return Subscription.objects.filter(confirmed_at=None, asked_at__lte=now - after)
