"""The worker that takes a list in is killed in the middle of a lot; another goes on behind the last one."""

import os
import signal
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction

from cities.models import City
from lists.models import Fate, ListImport, Step
from lists.tasks import sweep
from offers.models import Offer, OfferChange
from tests.drills.conftest import Start
from tests.lists.conftest import camille, desk, press, send

__all__ = ["camille", "desk", "press", "send"]

LOT, LINES = 500, 1200


def test_a_list_whose_worker_is_killed_goes_on_without_loss_or_double(
    server: Start,
    city: City,
    send: Callable[..., ListImport],
    press: Callable[..., Any],
    eventually: Callable[..., Any],
) -> None:
    before = Offer.objects.count()
    header = "id;kind;category;commune;available;capacity;contact_name;contact_email\n"
    lines = (
        f"{at};housing;whole_dwelling;{city.seat_id};dès maintenant;2;Personne {at};p{at}@exemple.fr\n"
        for at in range(LINES)
    )
    one = send((header + "".join(lines)).encode())
    press("columns", one, **{f"column-{at}": name for at, name in enumerate(header.strip().split(";"))})
    ListImport.objects.filter(pk=one.pk).update(step=Step.READY)  # tried before
    press("start", one)

    worker = server("long-worker", LONG_WORKER_PROCESSES="1")
    eventually(lambda: _done(one) >= LOT, seconds=120)
    with transaction.atomic(), connection.cursor() as cursor:
        # The next lot has written its people, offers and days when it comes to wait here.
        cursor.execute(f"LOCK TABLE {OfferChange._meta.db_table} IN SHARE MODE")
        eventually(_somebody_waits, seconds=30)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        kept = _done(one)
        assert LOT <= kept < LINES
    eventually(lambda: not _somebody_waits() and not _is_locked(one), seconds=30)
    assert Offer.objects.count() - before == kept - 1  # its first line is the header

    server("long-worker", LONG_WORKER_PROCESSES="1")
    sweep()  # the scheduler's
    eventually(lambda: ListImport.objects.filter(pk=one.pk, step=Step.DONE).exists(), seconds=120)
    one.refresh_from_db()
    assert {fate: getattr(one, fate) for fate in Fate.values} == dict.fromkeys(Fate.values, 0) | {
        "new": LINES
    }
    ours = Offer.objects.filter(external_key__startswith="import")
    assert ours.count() == ours.values("owner").distinct().count() == LINES
    assert OfferChange.objects.filter(offer__in=ours).count() == LINES


def _done(one: ListImport) -> int:
    return ListImport.objects.values_list("line_done", flat=True).get(pk=one.pk)


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = %s::regclass)",
            [OfferChange._meta.db_table],
        )
        return bool(cursor.fetchone()[0])


def _is_locked(one: ListImport) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_locks"
            " WHERE locktype = 'advisory' AND objid = %s AND pid <> pg_backend_pid())",
            [one.pk],
        )
        return bool(cursor.fetchone()[0])
