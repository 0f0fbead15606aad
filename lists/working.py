"""What takes long: a list is tried, imported or taken back, lot by lot, by one worker at a time.

Whoever works on a list holds its lock (`matching.scanning.work_locks`): when a worker is killed, the list is free in
that moment, and whoever takes it next goes on behind the last lot.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from functools import partial

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from catalogue.imports import Note, Outcome
from catalogue.spreadsheets import Answers, Table, Unreadable
from lists import reading, services
from lists.models import AT_WORK, FilePart, ListImport, Sender, Step, What
from lists.undoing import forget_people, take_back_some
from matching.scanning.work_locks import Work, try_lock, unlock
from needs.imports import import_needs
from offers.imports import import_offers

log = logging.getLogger(__name__)

TRIES = 3
_NEXT = {Step.CHECKING: Step.READY, Step.IMPORTING: Step.DONE, Step.UNDOING: Step.UNDONE}


def are_waiting() -> bool:
    """Whether some list has work for a worker."""
    return _waiting().exists()


def _waiting() -> QuerySet[ListImport]:
    """Of files that lie here: what a command imports is its own work."""
    is_here = Exists(FilePart.objects.filter(list=OuterRef("pk")))
    return ListImport.objects.filter(Q(step=Step.UNDOING) | Q(is_here), step__in=AT_WORK)


def work_on_one(*, now: datetime, until: float) -> bool:
    """Go on with a list that nobody works on, until it is done or the turn is over; False when there is none.

    What fails is tried again; after `TRIES` it ends, and says so.
    """
    for pk in list(_waiting().order_by("moved_at").values_list("pk", flat=True)):
        if not try_lock(Work.LIST, pk):
            continue
        try:
            one = ListImport.objects.select_related(
                "sender__organisation", "city__seat", "by", "undone_by"
            ).get(pk=pk)
            if one.is_at_work:
                _work(one, now=now, until=until)
                return True
        finally:
            unlock(Work.LIST, pk)
    return False


def _work(one: ListImport, *, now: datetime, until: float) -> None:
    language = one.by.language if one.by else "fr"
    with override(language):
        try:
            _take_back(one, now=now, until=until) if one.step == Step.UNDOING else _take_in(
                one, now=now, until=until
            )
        except Unreadable as error:
            services.end(one=one, to=Step.FAILED, now=now, trouble=str(error))
        except FileNotFoundError:
            services.end(
                one=one, to=Step.FAILED, now=now, trouble=_("Le fichier n’est plus là. Envoyez-le à nouveau.")
            )
        except Exception:
            log.exception("list %s failed", one.pk)
            if services.note_failure(one, now=now) >= TRIES:
                trouble = _(
                    "Ce travail s’est arrêté trois fois. Ce qui est importé l’est\u202f; prévenez la personne qui "
                    "s’occupe du serveur."
                )
                services.end(one=one, to=Step.FAILED, now=now, trouble=trouble)


def _take_in(one: ListImport, *, now: datetime, until: float) -> None:
    with reading.opened(one) as table:
        chosen = reading.as_chosen(table, one)
        written = one.line_done
        for _outcome in outcomes(
            one, chosen, now=now, ids=partial(_ids_of, one), answers=reading.answers_of(one.sender)
        ):
            if one.line_done != written:
                written = one.line_done
                if time.monotonic() > until:
                    return  # the next turn goes on behind this lot
        services.end(one=one, to=_NEXT[Step(one.step)], now=now, notices=chosen.notices)


def outcomes(
    one: ListImport,
    table: Table,
    *,
    now: datetime,
    ids: Callable[[], Collection[str]],
    answers: Answers,
) -> Iterator[Outcome]:
    """What becomes of each line, behind those that are done: the one service call of page and command.

    Of a list that is not saved nothing is noted. `ids`: all numbers of the list.
    """
    note: Note | None = partial(services.note, one, now=now) if one.pk else None
    sender, is_trial = one.sender, one.step == Step.CHECKING
    if sender.what == What.OFFERS:
        return import_offers(
            table=table,
            city=one.city,
            list_name=sender.key,
            dry_run=is_trial,
            by=one.by,
            now=now,
            after=one.line_done,
            note=note,
            ids=ids,
            answers=answers,
        )
    assert sender.organisation is not None
    assert one.by is not None
    return import_needs(
        table=table,
        city=one.city,
        organisation=sender.organisation,
        dry_run=is_trial,
        by=one.by,
        now=now,
        after=one.line_done,
        note=note,
        answers=answers,
    )


def _ids_of(one: ListImport) -> set[str]:
    with reading.opened(one) as table:
        return reading.ids_of(reading.as_chosen(table, one))


def _take_back(one: ListImport, *, now: datetime, until: float) -> None:
    assert one.undone_by is not None
    while take_back_some(one=one, by=one.undone_by, now=now):
        if time.monotonic() > until:
            return
    forget_people(one=one, by=one.undone_by, now=now)
    services.end(one=one, to=Step.UNDONE, now=now)


def begin_command(
    *, sender: Sender, name: str, lines: int | None, by: User | None, now: datetime
) -> ListImport:
    """A command begins, unless somebody imports a list of this sender; one whose command was killed is over. Raises
    Busy.
    """
    for other in ListImport.objects.filter(sender=sender, step=Step.IMPORTING, parts=None):
        if try_lock(Work.LIST, other.pk):
            unlock(Work.LIST, other.pk)
            services.end(one=other, to=Step.FAILED, now=now, trouble=_("La commande s’est arrêtée."))
    one = services.begin_command(sender=sender, name=name, lines=lines, by=by, now=now)
    try_lock(Work.LIST, one.pk)
    return one
