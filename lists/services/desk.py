"""What people do with a list: it comes, is read as they say, tried, imported, settled, taken back, forgotten."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.access import COORDINATION, has_role, require
from accounts.models import User
from accounts.services import log_contact_reading
from catalogue.imports import digest, guessing
from catalogue.meaning import folded
from catalogue.spreadsheets import FileQuestion, Unreadable, plain
from lists import reading
from lists.kinds import COLUMNS, FIXABLE, label, required, says
from lists.models import (
    KEPT,
    Fate,
    FilePart,
    Line,
    ListImport,
    Sender,
    Step,
)
from lists.services.senders import NAMELESS
from lists.services.steps import locked, refuse_at_work, start
from lists.settling import settle_need, settle_offer

MOST_BYTES = 60 * 1024 * 1024


@transaction.atomic
def receive(*, sender: Sender, name: str, content: Iterable[bytes], by: User, now: datetime) -> ListImport:
    """Keep a file, sealed, with what its columns may be. Raises Unreadable, and nothing is kept then."""
    require(has_role(by, sender.city, COORDINATION))
    one = ListImport.objects.create(
        sender=sender, city=sender.city, name=name[:200] or NAMELESS, by=by, at=now, moved_at=now
    )
    digest_of, size = hashlib.sha256(), 0

    def read() -> Iterable[bytes]:
        nonlocal size
        for some in content:
            size += len(some)
            if size > MOST_BYTES:
                raise Unreadable(
                    _("Ce fichier est trop gros (%(most)s Mo au plus). Coupez-le en deux.")
                    % {"most": MOST_BYTES // 1024**2}
                )
            digest_of.update(some)
            yield some

    for number, part in enumerate(reading.parts_of(read())):
        FilePart.objects.create(list=one, number=number, content=part)
    if not size:
        raise Unreadable(_("Ce fichier est vide."))
    one.digest = digest(digest_of.hexdigest())
    one.save(update_fields=["digest"])
    with suppress(FileQuestion):  # asked on the page of the columns
        _look(one)
    return one


@transaction.atomic
def open_as(*, list_id: int, about: str, choice: str, by: User, now: datetime) -> ListImport:
    """How the file as a whole is to be read: of which sheet, with its hidden rows or not. Raises Unreadable."""
    one = locked(list_id, by)
    refuse_at_work(one)
    if about not in ("sheet", "hidden_rows", "encoding"):
        raise ValidationError(_("Cette question n’en est pas une."))
    one.opened_as = {**one.opened_as, about: choice}
    one.moved_at = now
    one.save(update_fields=["opened_as", "moved_at"])
    with suppress(FileQuestion):  # the next one
        _look(one)
    return one


def _look(one: ListImport) -> None:
    """Guess which column is which. Raises Unreadable."""
    with reading.opened(one) as table:
        rows = guessing.sample(table.lines)
        found = guessing.guess(COLUMNS[one.sender.what], table.header, rows, one.sender.headers)
        one.lines, one.notices = table.expected, list(table.notices)
    if not rows:
        raise Unreadable(_("Ce fichier n’a que son en-tête\u202f: aucune ligne à importer."))
    one.columns = [guess.name for guess in found]
    one.save(update_fields=["columns", "lines", "notices"])


@transaction.atomic
def choose(
    *,
    list_id: int,
    header: Sequence[str],
    columns: Sequence[str],
    fixed: Mapping[str, str],
    by: User,
    now: datetime,
) -> ListImport:
    """Which of our columns each is, remembered for the sender's next list; then the list is tried. ValidationError."""
    one = locked(list_id, by)
    refuse_at_work(one)
    what = one.sender.what
    known = {column.name for column in COLUMNS[what]}
    chosen = [name for name in columns if name]
    if not known.issuperset(chosen) or len(columns) != len(header):
        raise ValidationError(_("Ce fichier n’a pas ces colonnes. Choisissez à nouveau."))
    apart = {column.name for column in COLUMNS[what] if not column.joined_by}
    if twice := {name for name in chosen if name in apart and chosen.count(name) > 1}:
        raise ValidationError(
            _("Deux colonnes du fichier sont «\u00a0%(name)s\u00a0». Laissez-en une non lue.")
            % {"name": label(what, min(twice))}
        )
    fixed = {name: text.strip() for name, text in fixed.items() if name in FIXABLE[what] and text.strip()}
    if missing := [name for name in required(what) if name not in fixed and not says(what, name, chosen)]:
        raise ValidationError(
            _(
                "Il manque\u202f: %(names)s. Choisissez leur colonne, ou dites ce qui vaut pour toutes les lignes."
            )
            % {"names": ", ".join(label(what, name) for name in missing)}
        )
    sender = Sender.objects.select_for_update(no_key=True).get(pk=one.sender_id)
    named = {plain(text): name for text, name in zip(header, columns, strict=True) if text}
    sender.headers = {**sender.headers, **named}
    sender.fixed = fixed
    sender.save(update_fields=["headers", "fixed"])
    one.columns = list(columns)
    one.save(update_fields=["columns"])
    return start(one, Step.CHECKING, now=now)


@transaction.atomic
def answer(*, list_id: int, answers: Mapping[str, Mapping[str, str]], by: User, now: datetime) -> ListImport:
    """What words of the list mean, by column; "" empties the cell. Remembered for the sender, then tried again."""
    one = locked(list_id, by)
    refuse_at_work(one)
    sender = Sender.objects.select_for_update(no_key=True).get(pk=one.sender_id)
    known = {name: dict(said) for name, said in sender.answers.items()}
    for name, said in answers.items():
        known.setdefault(name, {}).update({folded(text): meant for text, meant in said.items()})
    sender.answers = known
    sender.save(update_fields=["answers"])
    return start(one, Step.CHECKING, now=now)


@transaction.atomic
def start_import(*, list_id: int, by: User, now: datetime) -> ListImport:
    """Import what was tried; pressed twice, it is one import. Raises Busy while somebody imports another of this
    sender, or the same.
    """
    one = locked(list_id, by)
    if one.step in (Step.IMPORTING, Step.DONE):
        return one
    if one.step not in (Step.READY, Step.FAILED) or one.emptied_at is not None:
        raise ValidationError(_("Cette liste n’est pas prête à être importée."))
    return start(one, Step.IMPORTING, now=now)


@transaction.atomic
def undo(*, list_id: int, by: User, now: datetime) -> ListImport:
    """Take back what nobody has touched since; a worker does it. Within a week of the import."""
    one = locked(list_id, by)
    if one.step in (Step.UNDOING, Step.UNDONE):
        return one
    if not may_undo(one, now=now):
        raise ValidationError(_("Cet import ne peut plus être annulé."))
    one.undone_by, one.undone_at, one.kept_on = by, now, 0
    one.save(update_fields=["undone_by", "undone_at", "kept_on"])
    return start(one, Step.UNDOING, now=now)


def may_undo(one: ListImport, *, now: datetime) -> bool:
    """Whether an import can be taken back: it is over, not older than a week, and the lines are still there."""
    is_over = one.step in (Step.DONE, Step.FAILED) and one.imported_at is not None
    return is_over and one.emptied_at is None and one.imported_at > now - KEPT  # type: ignore[operator]


@transaction.atomic
def settle(*, line_id: int, take: bool, by: User, now: datetime) -> Line:
    """Of what the list and somebody here say differently: take the list's, or keep what is here; either is not asked
    again. Twice changes nothing. ValidationError by field.
    """
    line = (
        Line.objects.select_for_update(of=("self",))
        .select_related("list__sender", "list__city")
        .get(pk=line_id)
    )
    require(has_role(by, line.list.city, COORDINATION))
    if line.fate != Fate.DISPUTED or not line.said.get("differs"):
        return line
    settle_one = settle_offer if line.offer_id else settle_need
    settle_one(line, take=take, by=by, now=now)
    line.fate = Fate.CHANGED if take else Fate.KNOWN
    line.said = {**line.said, "words": [_("la liste suivie") if take else _("gardé comme ici")]}
    line.save(update_fields=["fate", "said"])
    return line


@transaction.atomic
def forget(*, list_id: int, by: User, now: datetime) -> None:
    """The file and its lines go at once: somebody sent the wrong one. What was imported stays."""
    one = locked(list_id, by)
    refuse_at_work(one)
    empty(one, now=now)


def empty(one: ListImport, *, now: datetime) -> None:
    """Nothing of the file is left but how many lines it had."""
    one.parts.all().delete()
    one.all_lines.all().delete()
    if one.step in (Step.COLUMNS, Step.READY):
        one.step = Step.FAILED
    one.name, one.notices, one.emptied_at = NAMELESS, [], now
    one.save(update_fields=["step", "name", "notices", "emptied_at"])


def note_reading(one: ListImport, *, by: User, now: datetime) -> None:
    """Somebody takes the rows of a list with them: who, when, how many."""
    log_contact_reading(
        subject=None,
        reason="export",
        reference=f"{one.city.slug} list {one.pk} {one.bad + one.disputed}",
        city=one.city,
        by=by,
        now=now,
    )
