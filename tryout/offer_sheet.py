"""A spreadsheet of offers, straight into the engine's columns: no record, no database."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain, compress
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

import engine
from catalogue.fields import OFFER
from catalogue.fields.shared import LARGEST
from catalogue.labels import listed
from catalogue.spreadsheets import (
    NOTHING_SAID,
    Answers,
    BadCell,
    Block,
    CellError,
    Column,
    FileAnswers,
    moment,
    text,
)
from catalogue.vocabulary import CATEGORIES, Kind
from engine import OfferColumns, Vocabulary
from engine.arrays import Bools, Floats, Ints, code, words_of_both
from engine.columns import FOREVER, NEVER, UNKNOWN
from engine.filling import accept_bits, turns
from engine.stretches import stretches
from engine.vocabulary import NOBODY_LIVES_THERE, READY, SHARED_ROOM
from offers.columns import COLUMNS as IMPORTED
from offers.columns import windows_of
from offers.models import Offer
from tryout.blocks import Judged
from tryout.communes import Places
from tryout.goods import LONGEST_TYPED, Goods, offered
from tryout.placing import points_of
from tryout.saying import slots_of
from tryout.table import (
    Reader,
    Tally,
    are_empty,
    converted,
    not_from_one,
    parted,
    refusal_by,
    shared_columns,
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_offers(
    path: Path,
    *,
    words: Vocabulary,
    places: Places,
    complain: Callable[[list[BadCell]], None],
    progress: Callable[[int, int | None], None],
    answers: FileAnswers = NOTHING_SAID,
    today: date | None = None,
    means: Answers | None = None,
    for_all: Mapping[str, str] = MappingProxyType({}),
) -> tuple[OfferColumns, Tally]:
    """The good rows as columns in the order of the file; `complain` is told of each other line.

    `progress` is told how many lines were read, of about how many. Raises Unreadable.
    """
    return Offers(words, places).read(path, answers, complain, progress, today, means, for_all)


def _day_numbers(windows: Iterable[tuple[date, date | None]]) -> tuple[int, ...]:
    """First, last, first, last…"""
    return tuple(
        chain.from_iterable(
            (first.toordinal(), FOREVER if last is None else last.toordinal()) for first, last in windows
        )
    )


def _microseconds(at: datetime) -> int:
    """Without a time zone it is taken for UTC, as by the engine."""
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)


def _columns() -> tuple[list[Column], list[Column]]:
    of = {column.name: column for column in IMPORTED}
    changed = [
        *shared_columns(of),
        replace(of["available"], convert=_day_numbers),
        converted(of["confirmed_on"], date.toordinal, UNKNOWN),
        replace(of["asked_last_30_days"], default=0),
        replace(of["smoking"], default=None),
        replace(of["longest_stay_days"], default=FOREVER),
        replace(of["rent"], default=0),
        # A file may name no item: any of the category.
        Column("item", text(most=LONGEST_TYPED), default=""),
        Column("size", text(most=LONGEST_TYPED), default=""),
        converted(of["best_before"], date.toordinal, FOREVER),
        converted(replace(of["registered_at"], parse=moment), _microseconds, int(NEVER)),
    ]
    return parted(
        IMPORTED,
        changed,
        # What only people read; who it is, and a consent between towns that a file does not know.
        {*OFFER.words, "contact_name", "contact_email", "contact_phone", "share_with_linked", "as_of"}
        - {"title"},
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    """Of the block in hand, what its rows say together with others."""

    goods: list[Goods | None]
    capacity: Ints
    windows: list[tuple[int, ...]]
    lat: Floats
    lon: Floats
    smoke_free: Bools


class Offers(Reader[OfferColumns]):
    columns, passed_over = _columns()
    sheet = gettext_lazy("Propositions")

    def _take(self, judged: Judged) -> None:
        block = judged.block
        goods, capacity = self._goods(judged, self._offered(block), "capacity")
        kinds = self._kinds.of(list(zip(block["kind"], block["category"], strict=True)))
        right = self._kinds.table(lambda kind, category: category in CATEGORIES[kind], np.bool_)[kinds]
        judged.refuse(
            ~right,
            "category",
            lambda at: (
                _("cette catégorie n’est pas de la nature «\u00a0%(kind)s\u00a0»\u202f: %(known)s.")
                % {"kind": block["kind"][at], "known": listed(CATEGORIES[block["kind"][at]])}
            ),
        )
        most = self._kinds.table(lambda kind, _category: LARGEST[Kind(kind)], np.int64)[kinds]
        judged.refuse(capacity > most, "capacity", lambda at: not_from_one(int(most[at]), str(capacity[at])))
        windows = self._windows(judged)
        lat, lon = points_of(judged, self.places)
        names_languages = self._kinds.name_languages(kinds)
        judged.refuse(
            names_languages & (are_empty(block["languages_from"]) | are_empty(block["languages_to"])),
            "languages_from",
            lambda _at: refusal_by(Offer, "offer_language_pair_given"),
        )

        self._keep_shared(judged, kinds, lat, lon)
        housing = self._kinds.are(Kind.HOUSING, kinds)
        skill = self._kinds.are(Kind.SKILL, kinds)
        smoke_free = self._smoke_free(judged, kinds)
        self._facts = _Facts(goods, capacity, windows, lat, lon, smoke_free)
        self._keep(
            judged,
            form=self._kinds.table(self.words.form, np.int32)[kinds],
            is_stock=self._kinds.are(Kind.GOODS, kinds),
            capacity=capacity,
            confirmed_day=np.array(block["confirmed_on"], np.int32),
            asked=np.array(block["asked_last_30_days"], np.int32),
            registered=np.array(block["registered_at"], np.int64),
            shared_home=housing
            & (np.array(block["shared_home"], np.bool_) | self._kinds.are_of(SHARED_ROOM, kinds)),
            accepts=housing
            * np.fromiter(map(accept_bits, block["accepts"]), np.int32, len(block)).astype(np.int32),
            step_free=housing & np.array(block["step_free"], np.bool_),
            pets_accepted=housing & np.array(block["pets_accepted"], np.bool_),
            smoke_free=smoke_free,
            notice_days=np.array(block["notice_days"], np.int32),
            longest_stay=np.where(housing, np.array(block["longest_stay_days"], np.int32), FOREVER).astype(
                np.int32
            ),
            rent=np.where(housing, np.array(block["rent"], np.int32), 0).astype(np.int32),
            is_open=~housing | np.isin(np.array(block["dwelling_state"], np.str_), READY),
            remote=skill & np.array(block["remote"], np.bool_),
            goods=np.fromiter(
                (0 if one is None else code(self.words.goods.offered, one.said) for one in goods),
                np.int32,
                len(block),
            ),
            best_before=np.where(
                self._kinds.are(Kind.GOODS, kinds), np.array(block["best_before"], np.int32), FOREVER
            ).astype(np.int32),
        )
        windows = list(compress(windows, judged.good.tolist()))
        self._parts.setdefault("window_count", []).append(
            np.fromiter(map(len, windows), np.int64, len(windows)) // 2
        )
        self._parts.setdefault("window_days", []).append(
            np.fromiter(chain.from_iterable(windows), np.int32).reshape(-1, 2)
        )

    def _record(self, judged: Judged, at: int) -> engine.Offer:
        block, facts = judged.block, self._facts
        goods = facts.goods[at]
        said: Any = goods.said if goods else None
        days = facts.windows[at]
        confirmed, stay, best_before = (
            block[name][at] for name in ("confirmed_on", "longest_stay_days", "best_before")
        )
        return engine.Offer(
            id=block["id"][at],
            kind=block["kind"][at],
            category=block["category"][at],
            city=block["city"][at],
            lat=float(facts.lat[at]),
            lon=float(facts.lon[at]),
            reach_km=block["reach_km"][at],
            languages=frozenset(block["languages"][at]),
            available=tuple(
                engine.Window(date.fromordinal(first), None if last == FOREVER else date.fromordinal(last))
                for first, last in zip(days[::2], days[1::2], strict=True)
            ),
            capacity=int(facts.capacity[at]),
            confirmed_on=None if confirmed == UNKNOWN else date.fromordinal(confirmed),
            asked_last_30_days=block["asked_last_30_days"][at],
            notice_days=block["notice_days"][at],
            shared_home=block["shared_home"][at],
            accepts=frozenset(block["accepts"][at]),
            step_free=block["step_free"][at],
            pets_accepted=block["pets_accepted"][at],
            smoke_free=bool(facts.smoke_free[at]),
            longest_stay_days=None if stay == FOREVER else stay,
            rent=block["rent"][at],
            dwelling_state=block["dwelling_state"][at],
            item=said.item if said else "",
            size=said.size if said else "",
            series=said.series if said else None,
            best_before=None if best_before == FOREVER else date.fromordinal(best_before),
            languages_from=frozenset(block["languages_from"][at]),
            languages_to=frozenset(block["languages_to"][at]),
            slots=slots_of(block["slots"][at]),
            remote=block["remote"][at],
        )

    def _windows(self, judged: Judged) -> list[tuple[int, ...]]:
        """The days of each row, in one column or in the two that say from when and until when."""
        block = judged.block
        if not block.places.keys() & {"available_from", "available_until"}:
            return block["available"]
        found: list[tuple[int, ...]] = []
        wrong: dict[int, str] = {}
        columns = zip(block["available"], block["available_from"], block["available_until"], strict=True)
        for at, (windows, first, last) in enumerate(columns):
            try:
                if windows and not first and not last:
                    found.append(windows)
                else:
                    found.append(_day_numbers(windows_of(windows, first, last, self.today)))
            except CellError as error:
                wrong[at] = str(error)
                found.append(())
        refused = np.zeros(len(block), np.bool_)
        refused[list(wrong)] = True
        judged.refuse(refused, "available_until", wrong.__getitem__)
        return found

    def _offered(self, block: Block) -> Callable[[int], Goods]:
        item, size, category, language = block["item"], block["size"], block["category"], get_language() or ""
        return lambda at: offered(item[at], size[at], category[at], language)

    def _smoke_free(self, judged: Judged, kinds: Ints) -> Bools:
        """As the file says; where it does not, as whole homes are."""
        block = judged.block
        said, smoking = (np.array(block[name], np.object_) for name in ("smoke_free", "smoking"))
        judged.refuse(
            np.array(
                [one is not None and one is other for one, other in zip(said, smoking, strict=True)], np.bool_
            ),
            "smoke_free",
            lambda _at: _("cette cellule contredit la colonne «\u00a0smoking\u00a0»."),
        )
        usual = self._kinds.table(
            lambda kind, category: kind == Kind.HOUSING and category in NOBODY_LIVES_THERE, np.bool_
        )[kinds]
        is_free = np.where(said == None, np.where(smoking == None, usual, smoking == False), said)  # noqa: E711, E712
        return self._kinds.are(Kind.HOUSING, kinds) & is_free.astype(np.bool_)

    def _joined(self) -> OfferColumns:
        part = self._part
        capacity, days = part("capacity"), part("window_days").astype(np.int64)
        none = np.zeros(0, np.int64)
        shared = (
            self._joined_shared()
            | {"is_open": part("is_open")}
            | stretches(
                window_offer=np.repeat(np.arange(len(self.ids)), part("window_count")),
                window_first=days[:, 0],
                window_last=days[:, 1],
                hold_offer=none,
                hold_first=none,
                hold_last=none,
                hold_quantity=none,
                capacity=capacity,
                is_stock=part("is_stock"),
            )
        )
        form = part("form")
        shared["languages"] = words_of_both(shared["languages"], shared["named_languages"])
        shared["reach_km"] = np.where(form >= 0, 0, shared["reach_km"])
        return OfferColumns(
            **shared,
            goods=part("goods"),
            best_before=part("best_before"),
            form=form,
            capacity=capacity,
            confirmed_day=part("confirmed_day"),
            asked=part("asked"),
            # Text sorts alike in NumPy and in Python: by code point.
            turn=turns(part("registered"), np.array(self.ids, np.str_)),
            shared_with_linked=np.zeros(len(self.ids), np.bool_),
            shared_home=part("shared_home"),
            accepts=part("accepts"),
            step_free=part("step_free"),
            pets_accepted=part("pets_accepted"),
            smoke_free=part("smoke_free"),
            notice_days=part("notice_days"),
            longest_stay=part("longest_stay"),
            rent=part("rent"),
            remote=part("remote"),
        )
