"""What is scanned may be asked or promised already: a task of its own looks after the matches in hand.

As a rule there are none, and a scan pays one look into an index. A wake-up that is lost costs a minute: time advances
over all of them (`matching.tasks.advance_time`).
"""

from collections.abc import Collection

from django.db.models import Q

from matching.lifecycle import ACTIVE
from matching.models import Match, TownAgreement
from notifications.wake_up import wake_on_commit

TASK = "matching.tasks.look_after_matches"


def wake_for(*, need_ids: Collection[int] = (), offer_ids: Collection[int] = ()) -> None:
    """Wake the worker when a match of one of these needs or offers is in hand, or a linked town is asked about one."""
    asked = TownAgreement.objects.filter(answer="").values("match")
    matches = Match.objects.filter(Q(need__in=need_ids) | Q(offer__in=offer_ids))
    if matches.filter(Q(state__in=ACTIVE) | Q(pk__in=asked)).exists():
        wake_on_commit(TASK)
