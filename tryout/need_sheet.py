"""A spreadsheet of needs, straight into the engine's columns: no record, no database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

import engine
from catalogue.fields import NEED
from catalogue.fields.needs import CHILDREN
from catalogue.fields.shared import LARGEST
from catalogue.labels import listed
from catalogue.spreadsheets import NOTHING_SAID, Answers, BadCell, Block, Column, FileAnswers, one_of, texts
from catalogue.vocabulary import CATEGORIES, HOUSING_FORMS, Kind, Rhythm
from engine import NeedColumns, Vocabulary
from engine.arrays import Bools, Floats, Ints, code
from engine.columns import UNKNOWN
from engine.filling import given_columns, need_quantities
from engine.hours import longest_in_halves
from engine.household import household_codes
from engine.vocabulary import ONCE, PRIORITIES, WEEKLY
from needs.columns import COLUMNS as IMPORTED
from needs.models import Need
from tryout.blocks import Codes, Judged
from tryout.communes import Places
from tryout.goods import Goods, wanted
from tryout.placing import points_of
from tryout.saying import slots_of
from tryout.table import (
    Reader,
    Tally,
    are_empty,
    converted,
    masks_of,
    not_from_one,
    parted,
    refusal_by,
    shared_columns,
)


def read_needs(
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
) -> tuple[NeedColumns, Tally]:
    """As `read_offers`, in the vocabulary of the offers that they meet."""
    return Needs(words, places).read(path, answers, complain, progress, today, means, for_all)


def _columns() -> tuple[list[Column], list[Column]]:
    of = {column.name: column for column in IMPORTED}
    changed = [
        *shared_columns(of),
        converted(of["first_day"], date.toordinal, UNKNOWN),
        converted(of["last_day"], date.toordinal, UNKNOWN),
        *(replace(of[name], default=0) for name in ("min_days", "quantity", "people", "rent_up_to")),
        replace(of["children"], default=UNKNOWN),
        # A file may name no item: any of the category.
        Column("items", texts, default=()),
        Column("sizes", texts, default=()),
        Column("rhythm", one_of(Rhythm), default=WEEKLY),
    ]
    return parted(IMPORTED, changed, {*NEED.words, "as_of"} - {"title"})


@dataclass(frozen=True, slots=True)
class _Facts:
    """Of the block in hand, what its rows say together with others."""

    goods: list[Goods | None]
    quantity: Ints
    lat: Floats
    lon: Floats


class Needs(Reader[NeedColumns]):
    columns, passed_over = _columns()
    sheet = gettext_lazy("Besoins")

    def __init__(self, words: Vocabulary, places: Places) -> None:
        super().__init__(words, places)
        self._forms = Codes()

    def _take(self, judged: Judged) -> None:
        block = judged.block
        goods, pieces = self._goods(judged, self._wanted(block), "quantity")
        kinds = self._kinds.of(list(zip(block["kind"], block["category"], strict=True)))
        housing = self._kinds.are(Kind.HOUSING, kinds)
        skill = self._kinds.are(Kind.SKILL, kinds)
        forms = self._categories(judged, kinds, housing)
        household, codes = self._household(judged, housing)
        quantity = self._quantity(judged, kinds, housing, household, pieces)
        first, last, least_days = self._days(judged)
        lat, lon = points_of(judged, self.places)
        names_languages = self._kinds.name_languages(kinds)
        judged.refuse(
            names_languages & are_empty(block["languages_from"]) & are_empty(block["languages_to"]),
            "languages_from",
            lambda _at: refusal_by(Need, "need_language_pair_given"),
        )

        self._keep_shared(judged, kinds, lat, lon)
        self._facts = _Facts(goods, quantity, lat, lon)
        part_useful = ~housing & np.array(block["part_useful"], np.bool_)
        people = np.maximum(np.array(block["people"], np.int32), 1)
        self._keep(
            judged,
            forms=np.where(housing, forms, self._forms[()]),
            first_day=first,
            last_day=last,
            least_days=least_days,
            one_day=~housing & (~skill | np.array([one == ONCE for one in block["rhythm"]], np.bool_)),
            goods=np.fromiter(
                (0 if one is None else code(self.words.goods.wanted, one.said) for one in goods),
                np.int32,
                len(block),
            ),
            quantity=quantity,
            part_useful=part_useful,
            people=np.where(housing, household, people).astype(np.int32),
            priority=np.fromiter(map(PRIORITIES.__getitem__, block["urgency"]), np.int32, len(block)),
            is_housing=housing,
            household=codes,
            step_free_needed=housing & np.array(block["step_free_needed"], np.bool_),
            pets=housing & np.array(block["pets"], np.bool_),
            smoke_free_needed=housing & np.array(block["smoke_free_needed"], np.bool_),
            rent_up_to=np.where(housing, np.array(block["rent_up_to"], np.int32), 0).astype(np.int32),
            refuses_shared_home=housing & ~np.array(block["shared_home_ok"], np.bool_),
            remote_ok=skill & np.array(block["remote_ok"], np.bool_),
        )

    def _record(self, judged: Judged, at: int) -> engine.Need:
        block, facts = judged.block, self._facts
        kind, category, goods = block["kind"][at], block["category"][at], facts.goods[at]
        said: Any = goods.said if goods else None
        housing = kind == Kind.HOUSING
        children = block["children"][at]
        if children == UNKNOWN:
            children = sum(block[band][at] for band in CHILDREN)
        forms = block["forms"][at] or ((category,) if category else ())
        return engine.Need(
            id=block["id"][at],
            kind=kind,
            category="" if housing else category,
            city=block["city"][at],
            lat=float(facts.lat[at]),
            lon=float(facts.lon[at]),
            reach_km=block["reach_km"][at],
            languages=frozenset(block["languages"][at]),
            first_day=date.fromordinal(block["first_day"][at]),
            last_day=date.fromordinal(block["last_day"][at]),
            min_days=block["min_days"][at] or None,
            quantity=int(facts.quantity[at]),
            part_useful=block["part_useful"][at],
            people=None if housing else max(block["people"][at], 1),
            urgency=block["urgency"][at],
            adult_women=block["adult_women"][at] if housing else 0,
            adult_men=block["adult_men"][at] if housing else 0,
            children=children if housing else 0,
            couple=housing and block["couple"][at],
            lone_minor=housing and block["lone_minor"][at],
            step_free_needed=block["step_free_needed"][at],
            pets=block["pets"][at],
            smoke_free_needed=block["smoke_free_needed"][at],
            shared_home_ok=block["shared_home_ok"][at],
            rent_up_to=block["rent_up_to"][at],
            forms=frozenset(forms) if housing else frozenset(),
            items=said.items if said else (),
            sizes=said.sizes if said else (),
            series=said.series if said else (),
            rhythm=block["rhythm"][at],
            languages_from=frozenset(block["languages_from"][at]),
            languages_to=frozenset(block["languages_to"][at]),
            slots=slots_of(block["slots"][at]),
            remote_ok=block["remote_ok"][at],
        )

    def _wanted(self, block: Block) -> Callable[[int], Goods]:
        items, sizes, category, language = (
            block["items"],
            block["sizes"],
            block["category"],
            get_language() or "",
        )
        return lambda at: wanted(items[at], sizes[at], category[at], language)

    def _categories(self, judged: Judged, kinds: Ints, housing: Bools) -> Ints:
        """Codes of the forms that each home may have: those listed, else the one in `category`, else any."""
        block = judged.block
        right = self._kinds.table(lambda kind, category: category in CATEGORIES[kind], np.bool_)[kinds]
        judged.refuse(
            ~housing & ~right,
            "category",
            lambda at: (
                _("une catégorie de la nature «\u00a0%(kind)s\u00a0» est attendue\u202f: %(known)s.")
                % {"kind": block["kind"][at], "known": listed(CATEGORIES[block["kind"][at]])}
            ),
        )
        categories, named = block["category"], block["forms"]
        forms = [some or ((one,) if one else ()) for some, one in zip(named, categories, strict=True)]
        found = self._forms.of(forms)
        foreign = [next((form for form in some if form not in HOUSING_FORMS), "") for some in self._forms]
        is_foreign = housing & np.array([bool(form) for form in foreign], np.bool_)[found]
        for column, here in (("forms", ~are_empty(named)), ("category", are_empty(named))):
            judged.refuse(
                is_foreign & here,
                column,
                lambda at: (
                    _("«\u00a0%(text)s\u00a0» n’est pas une forme de logement\u202f: %(known)s.")
                    % {"text": foreign[found[at]], "known": listed(HOUSING_FORMS)}
                ),
            )
        judged.refuse(
            housing
            & np.array(
                [one != "" and one not in some for some, one in zip(forms, categories, strict=True)], np.bool_
            ),
            "category",
            lambda _at: _("cette forme n’est pas parmi celles de la colonne «\u00a0forms\u00a0»."),
        )
        return found

    def _household(self, judged: Judged, housing: Bools) -> tuple[Ints, Ints]:
        """How many persons look for a home (0 for other kinds), and the household as the engine knows it."""
        block = judged.block
        self._spread(judged)
        women, men, total = (
            np.array(block[name], np.int64) for name in ("adult_women", "adult_men", "children")
        )
        by_age = np.array([block[band] for band in CHILDREN], np.int64).sum(axis=0)
        judged.refuse(
            housing & (total != UNKNOWN) & (by_age > 0) & (total != by_age),
            "children",
            lambda at: (
                _("%(total)s enfants ici, et %(sum)s par tranches d’âge.")
                % {"total": total[at], "sum": by_age[at]}
            ),
        )
        children = np.where(total == UNKNOWN, by_age, total)
        household = np.where(housing, women + men + children, 0)
        judged.refuse(
            housing & (household == 0),
            "adult_women",
            lambda _at: _("dites combien de personnes cherchent un logement."),
        )
        judged.refuse(
            household > LARGEST[Kind.HOUSING],
            "adult_women",
            lambda _at: refusal_by(Need, "need_quantity_plausible"),
        )
        lone, couple = np.array(block["lone_minor"], np.bool_), np.array(block["couple"], np.bool_)
        judged.refuse(
            housing & lone & ((women + men > 0) | couple),
            "lone_minor",
            lambda _at: refusal_by(Need, "need_lone_minor_is_alone"),
        )
        judged.refuse(
            housing & couple & (women + men < 2),
            "couple",
            lambda _at: refusal_by(Need, "need_couple_is_two"),
        )
        codes = household_codes(women=women, men=men, children=children, couple=couple, lone_minor=lone)
        return household, np.where(housing, codes, 0).astype(np.int32)

    def _spread_ages(self, judged: Judged) -> None:
        """The ages of children, into the columns that count them."""
        block = judged.block
        twice = np.zeros(len(block), np.bool_)
        for at, counts in enumerate(block["children_ages"]):
            if not counts:
                continue
            twice[at] = any(block[band][at] for band in CHILDREN)
            for band, number in zip(CHILDREN, counts, strict=True):
                block[band][at] = number
        judged.refuse(
            twice,
            "children_ages",
            lambda _at: _("ces âges sont donnés deux fois, dans des colonnes différentes."),
        )

    def _spread(self, judged: Judged) -> None:
        """Households told in words, into the columns that count them."""
        block = judged.block
        if "children_ages" in block.places:
            self._spread_ages(judged)
        if "household" not in block.places:
            return
        counts = ("adult_women", "adult_men", *CHILDREN, "couple", "lone_minor")
        twice = np.zeros(len(block), np.bool_)
        for at, people in enumerate(block["household"]):
            if people is None:
                continue
            twice[at] = any(block[name][at] for name in counts) or block["children"][at] != UNKNOWN
            for name in counts:
                block[name][at] = getattr(people, name)
        judged.refuse(
            twice, "household", lambda _at: _("ce foyer est dit deux fois, ici et dans d’autres colonnes.")
        )

    def _quantity(self, judged: Judged, kinds: Ints, housing: Bools, household: Ints, quantity: Ints) -> Ints:
        most = self._kinds.table(lambda kind, _category: LARGEST[Kind(kind)], np.int64)[kinds]
        judged.refuse(
            ~housing & ((quantity == 0) | (quantity > most)),
            "quantity",
            lambda at: not_from_one(int(most[at]), str(quantity[at]) if quantity[at] else ""),
        )
        return np.where(housing, household, quantity)

    def _days(self, judged: Judged) -> tuple[Ints, Ints, Ints]:
        """First and last day, and the shortest run that helps (0: nothing said)."""
        block = judged.block
        first, last, least = (
            np.array(block[name], np.int32) for name in ("first_day", "last_day", "min_days")
        )
        asked = last - first + 1
        judged.refuse(asked < 1, "last_day", lambda _at: refusal_by(Need, "need_days_in_order"))
        judged.refuse(least > asked, "min_days", lambda _at: refusal_by(Need, "need_min_days_within"))
        return first, last, least

    def _joined(self) -> NeedColumns:
        part = self._part
        forms = masks_of(list(self._forms), self.words.forms)[part("forms")]
        one_day, none = part("one_day"), np.zeros(0, np.int64)
        shared = self._joined_shared()
        asked, quantity, least_quantity = need_quantities(
            asked=part("quantity"),
            given=np.zeros(len(one_day), np.int64),
            one_day=one_day,
            part_useful=part("part_useful"),
            longest=longest_in_halves(shared["slots_from"], shared["slot_start"], shared["slot_end"]),
        )
        names = (
            "first_day", "last_day", "least_days", "goods", "people", "priority", "is_housing",
            "household", "step_free_needed", "pets", "smoke_free_needed", "refuses_shared_home", "rent_up_to",
            "remote_ok",
        )  # fmt: skip
        own: dict[str, Any] = {name: part(name) for name in names}
        own |= given_columns(need=none, first_day=none, last_day=none, quantity=none, rows=len(one_day))
        return NeedColumns(
            **shared,
            **own,
            one_day=one_day,
            forms=forms,
            asked=asked,
            quantity=quantity,
            least_quantity=least_quantity,
        )
