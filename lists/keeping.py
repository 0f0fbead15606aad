"""How long a file is kept: a week after its import, or after it came."""

from datetime import datetime

from django.db import transaction

from lists import services
from lists.models import AT_WORK, KEPT, ListImport

AT_ONCE = 50


def empty_old(*, by: None, now: datetime) -> int:
    """Of lists that are a week old nothing stays but their figures; how many."""
    old = ListImport.objects.filter(emptied_at=None, moved_at__lt=now - KEPT).exclude(step__in=AT_WORK)
    done = 0
    for pk in list(old.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        with transaction.atomic():
            one = old.select_for_update().filter(pk=pk).first()
            if one is not None:
                services.empty(one, now=now)
                done += 1
    return done
