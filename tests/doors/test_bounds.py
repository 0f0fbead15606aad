"""One bound, whatever the door: the pages, the API, the files and the services refuse the same."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils.timezone import localdate, now

from accounts.models import User
from catalogue.fields import FARTHEST, NEED, OFFER, Day, Field, Languages, Number, Slots, Table, Text
from catalogue.fields.needs import CHILDREN, HOUSEHOLD
from catalogue.languages import COMMON, MOST_LANGUAGES
from catalogue.serializers import EntrySerializer
from catalogue.slots import MOST_SLOTS, WEEKDAYS
from catalogue.spreadsheets import CellError, Column
from cities.models import City
from needs import services as need_services
from needs.columns import COLUMNS as NEED_COLUMNS
from needs.forms import FORMS
from needs.models import Need
from needs.serializers import NeedChangeSerializer
from offers import services as offer_services
from offers.columns import COLUMNS as OFFER_COLUMNS
from offers.forms import CallForm, OfferForm, edit_names
from offers.models import Offer
from offers.serializers import OfferChangeSerializer
from tests.factories.accounts import CityRoleFactory
from tests.factories.cities import CityFactory
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory

pytestmark = pytest.mark.django_db
SLOTS = [f"{day} {hour:02}:00-{hour + 1:02}:00" for hour in range(8, 18) for day in WEEKDAYS]
CATEGORY = {"housing": "separate_room", "goods": "bedding", "skill": "meals"}


def edges(row: Field, kind: str) -> tuple[list[Any], list[Any]]:
    """What just fits, and what just does not."""
    match row.shape:
        case Number() as shape:
            most, step = shape.most_of(kind), 1 if shape.whole else 0.5
            return [shape.least, most], [shape.least - step, most + step]
        case Text(longest=longest):
            return ["x" * longest], ["x" * (longest + 1)]
        case Languages():
            return [list(COMMON[:MOST_LANGUAGES])], [list(COMMON[: MOST_LANGUAGES + 1])]
        case Slots():
            return [SLOTS[:MOST_SLOTS]], [SLOTS[: MOST_SLOTS + 1]]
        case Day():
            return [FARTHEST], [FARTHEST + timedelta(days=1)]  # from the day of the test
    return [], []


def cases(table: Table) -> list[Any]:
    found = []
    for row in table.asked():
        for kind in row.kinds if isinstance(row.shape, Number) else row.kinds[:1]:
            category = row.categories[0] if row.categories else CATEGORY[kind]
            if row.asked_of(kind, category if table is OFFER or kind != "housing" else ""):
                fit, wrong = edges(row, kind)
                found += [
                    pytest.param(row, kind, category, value, True, id=f"{row.name}-{kind}-in")
                    for value in fit
                ]
                found += [
                    pytest.param(row, kind, category, value, False, id=f"{row.name}-{kind}-out")
                    for value in wrong
                ]
    return found


def a_day(value: Any) -> Any:
    """A distance in days, as the day that it is now: a suite may run past midnight."""
    return localdate() + value if isinstance(value, timedelta) else value


def typed(value: Any) -> Any:
    """As a browser sends it."""
    return value if isinstance(value, list) else str(value)


def cell(value: Any) -> str:
    return "|".join(value) if isinstance(value, list) else str(value)


def accepts(act: Callable[[], Any]) -> bool:
    try:
        act()
    except (ValidationError, CellError):
        return False
    return True


def programs_agree(
    serve: Callable[[Any], bool],
    serializer: type[EntrySerializer],
    columns: Iterable[Column],
    name: str,
    value: Any,
    fits: bool,
) -> None:
    """The service takes this value of a field, or refuses it, and so do the doors of programs before it."""
    assert serve(value) is fits, "the service"
    api = serializer(data={name: value}, partial=True)
    assert (api.is_valid() and serve(api.validated_data[name])) is fits, "the API"
    column = next(column for column in columns if column.name == name)

    def imported() -> bool:
        read = column.parse(cell(value))
        return serve(list(read) if isinstance(read, tuple) else read)

    assert (accepts(lambda: column.parse(cell(value))) and imported()) is fits, "the import"


# --- Offers --------------------------------------------------------------------------------------------


def an_offer(city: City, kind: str, category: str) -> Offer:
    pair = {"languages_from": ["ti"], "languages_to": ["fr"]} if category == "interpreting" else {}
    return OfferFactory(
        city=city, kind=kind, category=category, capacity=2, shared_home=False, vetted_at=None, **pair
    )


@pytest.mark.parametrize(("row", "kind", "category", "value", "fits"), cases(OFFER))
def test_an_offer(row: Field, kind: str, category: str, value: Any, fits: bool) -> None:
    city = CityFactory()
    offer = an_offer(city, kind, category)
    name, value = row.name, a_day(value)

    def serve(value: Any) -> bool:
        return accepts(
            lambda: offer_services.change(
                offer_id=offer.pk, fields={name: value}, windows=None, by=offer.owner, now=now()
            )
        )

    programs_agree(serve, OfferChangeSerializer, OFFER_COLUMNS, name, value, fits)
    forms = {
        "the question": OfferForm(
            {name: typed(value)},
            city=city,
            today=localdate(),
            kind=kind,
            category=category,
            names=[name],
        ),
        "the page of changes": OfferForm(
            {name: typed(value)},
            city=city,
            today=localdate(),
            kind=kind,
            names=edit_names(kind),
            compact=True,
        ),
        "the call": CallForm({name: typed(value)}, city=city, today=localdate(), kind=kind),
    }
    for door, form in forms.items():
        if name not in form.fields:
            continue  # what this kind is asked elsewhere
        form.is_valid()
        if not fits:
            assert name in form.errors, door
        elif not getattr(row.shape, "usual", ()):
            assert name not in form.errors, door


def test_the_days_of_an_offer() -> None:
    offer = an_offer(CityFactory(), "goods", "bedding")
    today = localdate()
    first, farthest = today + timedelta(days=1), today + FARTHEST
    for last, fits in ((farthest, True), (farthest + timedelta(days=1), False)):

        def serve(last: Any = last) -> Any:
            return offer_services.change(
                offer_id=offer.pk, fields={}, windows=[(first, last)], by=offer.owner, now=now()
            )

        assert accepts(serve) is fits
        sent = {"windows": [{"first_day": first.isoformat(), "last_day": last.isoformat()}]}
        assert OfferChangeSerializer(data=sent, partial=True).is_valid() is fits
        days = {"first_day": first.isoformat(), "last_day": last.isoformat()}
        form = OfferForm(days, city=offer.city, today=today, kind="goods", names=["first_day", "last_day"])
        assert form.is_valid() is fits


# --- Needs ---------------------------------------------------------------------------------------------


@pytest.fixture
def desk() -> User:
    return CityRoleFactory(role="coordinator").user


def beside(name: str, value: Any) -> dict[str, Any]:
    """What must be said with an answer for it to make sense: somebody is there, children are with an adult."""
    if name in HOUSEHOLD:
        adult = "adult_women" if name == "adult_men" else "adult_men"
        alone = name in CHILDREN and value > 0
        others = {"adult_women": 0, "adult_men": 0, "children_3_to_11": 0, "lone_minor": alone}
        others |= {"social_worker": "Léa"} if alone else {}
        return others | ({} if alone or value >= 50 else {adult: 1})
    if name == "rent_up_to" and value:
        return {"rent_payer": "household"}
    return {}


@pytest.mark.parametrize(("row", "kind", "category", "value", "fits"), cases(NEED))
def test_a_need(desk: User, row: Field, kind: str, category: str, value: Any, fits: bool) -> None:
    name, value = row.name, a_day(value)
    if (name, fits) == ("min_days", True):
        # A stretch lies within the days asked.
        value = min(value, (FARTHEST + timedelta(days=1)).days)
    need = NeedFactory(skill=kind == "skill", goods=kind == "goods")
    stored: dict[str, Any] = {"first_day": a_day(timedelta(0)), "last_day": a_day(FARTHEST)}
    if kind != "housing":
        stored["category"] = category
    Need.objects.filter(pk=need.pk).update(**stored)

    def serve(value: Any) -> bool:
        fields = {**beside(name, value), name: value}
        return accepts(
            lambda: need_services.change(
                need_id=need.pk, fields=fields, by=desk, now=now(), today=localdate()
            )
        )

    programs_agree(serve, NeedChangeSerializer, NEED_COLUMNS, name, value, fits)
    form = FORMS[kind](
        {"category": category, name: typed(value)}, city=need.city, user=desk, today=localdate()
    )
    form.is_valid()
    if name in form.fields and not fits:
        assert name in form.errors, "the page"
