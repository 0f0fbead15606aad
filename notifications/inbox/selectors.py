"""Reading what people wrote back, by whatever channel."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat

from accounts.models import User
from catalogue.compiled import Compiled, Later
from cities.models import City
from notifications import channel_registry
from notifications import selectors as outbox
from notifications.heard import Heard
from notifications.models import Message, MessageState, subject

# So many of what was answered about one thing, the latest.
SHOWN = 20
# What is counted on every page is counted no further.
MOST = 100
UNDELIVERED, UNREAD = "undelivered", "unread"


@cache
def kinds() -> Mapping[str, type[Heard]]:
    """By their words, the tables of what people write back, by whatever channel."""
    return {model.WORD: model for model in apps.get_models() if issubclass(model, Heard)}


def town_of_stranger(sender: str) -> City | None:
    """Whose desk reads a mail that answers none of our messages.

    The town that wrote last to somebody with that address, else the only town there is.
    """
    told = Message.objects.filter(recipient__email=sender.lower(), city__isnull=False) if sender else None
    latest = told.select_related("city").order_by("-created_at", "-id").first() if told is not None else None
    if latest is not None:
        return latest.city
    towns = list(City.objects.filter(is_open=True)[:2])
    return towns[0] if len(towns) == 1 else None


def to_read(word: str) -> QuerySet[Any]:
    """Of one sort, what nobody of the desk has read, nor called about."""
    model: Any = kinds()[word]  # `became` is each one's own
    called = Message.objects.filter(
        recipient=OuterRef("person"),
        event=model.EVENT,
        subject_key=Concat(Value(f"{word}:"), Cast(OuterRef("pk"), CharField())),
        channel=channel_registry.by_person(),
        called_by__isnull=False,
    )
    return model.objects.filter(seen_at__isnull=True, became__in=model.TO_READ).exclude(Exists(called))


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the navigation counts, each no further than to a hundred."""

    to_read: int = 0
    undelivered: int = 0
    unread: int = 0


def waiting(city: City, reader: User | None, *, of_desk: bool = True) -> Waiting:
    """What waits for the town's desk, and on the site for a reader: one query for all, for it stands on every page.

    As a rule nothing is undelivered. Where something is, a second one asks whether its reason stands, which takes
    several times as long.
    """
    found: dict[str, int] = {}
    if of_desk or reader is not None:
        names, asked = _waiting(of_desk, reader is not None)
        (row,) = asked.rows(city=city.pk, reader=reader and reader.pk)
        found = {name: len(numbers) for name, numbers in zip(names, row, strict=True)}
    return Waiting(
        to_read=min(sum(found.get(word, 0) for word in kinds()), MOST),
        undelivered=outbox.undelivered(city)[:MOST].count() if found.get(UNDELIVERED) else 0,
        unread=found.get(UNREAD, 0),
    )


@cache
def _waiting(of_desk: bool, of_reader: bool) -> tuple[list[str], Compiled[City, tuple[list[int], ...]]]:
    """What is counted, and the query that reads the keys of each."""
    counted: dict[str, QuerySet[Any, Any]] = {}
    if of_desk:
        counted = {word: to_read(word).filter(city=Later("city")) for word in kinds()}
        counted[UNDELIVERED] = outbox.open_ends(Later("city"))
    if of_reader:
        counted[UNREAD] = outbox.unread(Later("reader"), Later("city"))
    rows = [ArraySubquery(found.order_by().values("pk")[:MOST]) for found in counted.values()]
    return list(counted), Compiled(City.objects.filter(pk=Later("city")).order_by().values_list(*rows))


def listed(user: User, city: City, *, unread: bool) -> QuerySet[Any, Any]:
    """What was written to a town, as (word, number, moment), the latest first."""
    rows = [
        (to_read(word) if unread else model.objects.all())
        .filter(pk__in=model.objects.visible_to(user).filter(city=city).order_by().values("pk"))
        .order_by()
        .annotate(word=Value(word))
        .values_list("word", "pk", "received_at")
        for word, model in kinds().items()
    ]
    return rows[0].union(*rows[1:], all=True).order_by("-received_at", "-pk")


def fetched(rows: Iterable[tuple[str, int, Any]]) -> list[tuple[str, Heard]]:
    """Those of the list, in its order."""
    wanted = [(word, number) for word, number, _at in rows]
    found = {
        word: model.objects.select_related("person", "message__recipient", "seen_by").in_bulk(
            [number for of, number in wanted if of == word]
        )
        for word, model in kinds().items()
    }
    return [(word, found[word][number]) for word, number in wanted]


def calls_to_make_about(heard: Collection[tuple[str, Heard]]) -> dict[tuple[str, int], int]:
    """By sort and number, the entry of the list of calls that still waits."""
    keys = {f"{word}:{reply.pk}": (word, reply.pk) for word, reply in heard}
    waiting = Message.objects.filter(
        recipient__in={reply.person_id for _word, reply in heard},
        event__in=[model.EVENT for model in kinds().values()],
        subject_key__in=keys,
        channel=channel_registry.by_person(),
        state=MessageState.QUEUED,
    )
    return {keys[key]: pk for key, pk in waiting.values_list("subject_key", "pk")}


def about(user: User, subjects: Collection[str]) -> list[tuple[str, Heard]]:
    """What was answered about these ("match:12"), as far as the reader may see it: the latest, the last first.

    One query where there is nothing.
    """
    asked = Message.objects.annotate(subject=subject()).filter(subject__in=sorted(subjects)).order_by()
    rows = [
        model.objects.visible_to(user)
        .filter(message__in=asked.values("pk"))
        .order_by()
        .annotate(word=Value(word))
        .values_list("word", "pk", "received_at")
        for word, model in kinds().items()
    ]
    found = sorted(rows[0].union(*rows[1:], all=True), key=lambda row: row[2], reverse=True)[:SHOWN]
    return fetched(found) if found else []
