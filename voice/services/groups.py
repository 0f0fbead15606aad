"""The desk sorts what was said into groups, and answers each."""

from collections.abc import Collection, Mapping
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import DESK, has_role, require
from accounts.models import User
from catalogue.changes import changed, given, save_changed, values
from cities.models import City
from voice.models import Remark, RemarkGroup, RemarkGroupEdit
from voice.progress import GroupState
from voice.selectors import latest_edit
from voice.words import LONGEST_TEXT, LONGEST_TITLE, checked


class ChangedMeanwhile(Exception):
    """Somebody has written something else of the group since it was read. `edit`: what was written last."""

    def __init__(self, edit: RemarkGroupEdit) -> None:
        super().__init__(edit.pk)
        self.edit = edit


@transaction.atomic
def begin_group(*, city: City, titles: Mapping[str, str], by: User, now: datetime) -> RemarkGroup:
    """A group, which everybody reads from now on. Raises ValidationError by field."""
    require(has_role(by, city, DESK))
    group = RemarkGroup(
        city=city, titles=checked(titles, field="title", longest=LONGEST_TITLE), created_at=now
    )
    group.save(force_insert=True)
    RemarkGroupEdit.objects.create(group=group, what=given(["titles", "state"], group), by=by, at=now)
    return group


@transaction.atomic
def change_group(
    *,
    group_id: int,
    titles: Mapping[str, str],
    state: str,
    answers: Mapping[str, str],
    by: User,
    now: datetime,
    seen: int | None = None,
) -> RemarkGroup:
    """How far the town is, said in words. Raises ValidationError by field; and ChangedMeanwhile where the last edit is
    another than the one that was read with it (`seen`, by its key), unless it already says the same.
    """
    group = RemarkGroup.objects.select_for_update(no_key=True, of=("self",)).get(pk=group_id)
    require(has_role(by, group.city, DESK))
    if state not in GroupState.values:
        raise ValidationError({"state": _("Choisissez où cela en est.")})
    before = values(group)
    group.titles = checked(titles, field="title", longest=LONGEST_TITLE)
    group.answers = checked(answers, field="answer", longest=LONGEST_TEXT, needed=state != GroupState.HEARD)
    group.state = state
    last = latest_edit(group)
    if seen is not None and last is not None and last.pk != seen and changed(group, before):
        raise ChangedMeanwhile(last)
    save_changed(group, before, edit=RemarkGroupEdit(group=group, by=by, at=now))
    return group


@transaction.atomic
def put(*, city: City, remark_ids: Collection[int], group_id: int | None, by: User, now: datetime) -> int:
    """Put remarks into a group, or back among those to sort; how many."""
    require(has_role(by, city, DESK))
    # Deleted by nobody: a key of another town's group finds none.
    group = RemarkGroup.objects.get(pk=group_id, city=city) if group_id is not None else None
    remarks = Remark.objects.filter(city=city, pk__in=remark_ids)
    return remarks.update(group=group, is_set_aside=False, sorted_at=now, sorted_by=by)


@transaction.atomic
def set_aside(*, city: City, remark_ids: Collection[int], by: User, now: datetime) -> int:
    """Take away what insults or names somebody: it counts nowhere; how many."""
    require(has_role(by, city, DESK))
    remarks = Remark.objects.filter(city=city, pk__in=remark_ids)
    return remarks.update(group=None, is_set_aside=True, sorted_at=now, sorted_by=by)
