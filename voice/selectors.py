"""Reading what was said and what a town submits: for everybody counted, for its team in words."""

from datetime import date
from typing import Any

from django.db.models import Count, QuerySet

from cities.models import City
from insight.published import LEAST
from voice.models import Comment, Proposal, Remark, RemarkGroup, RemarkGroupEdit
from voice.progress import GroupState

# What the town still works on is read first.
_ORDER = (GroupState.UNDER_WAY, GroupState.HEARD, GroupState.DONE, GroupState.CANNOT)


def all_unsorted() -> QuerySet[Remark]:
    """Of every town."""
    return Remark.objects.filter(group=None, is_set_aside=False)


def unsorted(city: City) -> QuerySet[Remark]:
    """What nobody has put into a group, the latest first."""
    return all_unsorted().filter(city=city)


def put_aside(city: City) -> QuerySet[Remark]:
    return Remark.objects.filter(city=city, is_set_aside=True)


def groups(city: City) -> QuerySet[RemarkGroup]:
    """Each with `n`, how many remarks of a year say so."""
    # A count drops the order of the model.
    found = RemarkGroup.objects.filter(city=city).annotate(n=Count("remarks"))
    return found.order_by("-created_at", "-pk")


def latest_edit(group: RemarkGroup) -> RemarkGroupEdit | None:
    """What was written of it last."""
    return group.edits.select_related("by").order_by("-pk").first()


def groups_in_public(city: City) -> list[RemarkGroup]:
    """By how far the town is with them, then by the counts that are shown: the order tells nothing of the others.

    One that is not answered and that nobody has filled, or filled any more, is left out.
    """
    found: list[Any] = list(groups(city))
    return sorted((one for one in found if one.state != GroupState.HEARD or one.n), key=_place)


def _place(group: Any) -> tuple[int, int]:
    return _ORDER.index(GroupState(group.state)), -(shown(group.n) or 0)


def shown(number: int) -> int | None:
    """What everybody may read of a count; None where it is too small (docs/adr/0026)."""
    return number if number >= LEAST else None


def proposals(city: City) -> QuerySet[Proposal]:
    return Proposal.objects.filter(city=city)


def proposals_in_public(city: City) -> QuerySet[Proposal]:
    """Those that were opened, the latest first."""
    return proposals(city).filter(opened_at__isnull=False).order_by("-opened_at", "-pk")


def comments(proposal: Proposal) -> QuerySet[Comment]:
    """All that is said of it, what was set aside last."""
    found = Comment.objects.filter(proposal=proposal).select_related("sorted_by")
    return found.order_by("is_set_aside", "-said_on", "-pk")


def is_open(proposal: Proposal, today: date) -> bool:
    """Whether somebody may comment on it."""
    return proposal.comments_until is not None and today <= proposal.comments_until and not proposal.is_over
