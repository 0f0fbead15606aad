"""Skills that are needed once: an appointment with its day and hour, or a day that can still be chosen."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils.translation import override

from accounts.models import Organisation, User
from catalogue.vocabulary import Source
from cities.models import City
from needs import services
from needs.models import Need
from needs.words import amount, facts, when_words
from tests.factories.needs import NeedFactory

NEW = "/strasbourg/besoins/poster/"
TUESDAY = date(2026, 12, 8)
AT_TWO = "tue 14:00-15:30"
Answers = Callable[..., dict[str, Any]]
SignIn = Callable[[User], Client]


@pytest.fixture
def tuesday(today: date) -> date:
    """The next one that is not today."""
    return today + timedelta(days=(1 - today.weekday()) % 7 or 7)


def at_two(day: date | None, **changes: Any) -> dict[str, Any]:
    """The answers about an appointment at two o'clock, for an hour and a half."""
    said = {
        "rhythm": "once",
        "appointment_day": day.isoformat() if day else "",
        "appointment_hour": "14:00",
        "appointment_length": "90",
    }
    return said | changes


def refused(response: Any) -> dict[str, list[str]]:
    assert response.status_code == 422
    return dict(response.context["form"].errors)


# --- The page ------------------------------------------------------------------------------------------


def test_an_appointment_is_posted_with_its_day_and_hour(
    as_user: SignIn, member: User, answers: Answers, tuesday: date
) -> None:
    assert as_user(member).post(NEW, answers("skill", **at_two(tuesday), part_useful="on")).status_code == 302
    need = Need.objects.get()
    assert (need.rhythm, need.first_day, need.last_day) == ("once", tuesday, tuesday)
    assert (need.slots, need.quantity, need.part_useful, need.min_days) == (
        ["tue 14:00-15:30"],
        2,
        False,
        None,
    )
    assert need.title.startswith("Interprétariat (tigrigna, français), mardi ")
    assert need.title.endswith(", 14\u00a0h à 15\u00a0h\u00a030")


def test_what_is_needed_once_may_leave_the_day_to_choose(
    as_user: SignIn, member: User, answers: Answers, today: date
) -> None:
    sent = answers("skill", **at_two(None, appointment_hour=""), quantity="3")
    assert as_user(member).post(NEW, sent).status_code == 302
    need = Need.objects.get()
    assert (need.rhythm, need.first_day, need.last_day) == ("once", today, today + timedelta(days=17))
    assert (need.slots, need.quantity) == ([], 3)
    assert need.title == "Interprétariat (tigrigna, français), 3\u00a0h"


def test_each_week_no_appointment_is_kept(
    as_user: SignIn, member: User, answers: Answers, tuesday: date
) -> None:
    sent = answers("skill", **at_two(tuesday, rhythm="weekly", appointment_hour="soon"))
    assert as_user(member).post(NEW, sent).status_code == 302
    need = Need.objects.get()
    assert (need.rhythm, need.slots, need.quantity) == ("weekly", [], 2)
    assert need.first_day != tuesday or need.last_day != tuesday


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"appointment_day": ""}, "appointment_day"),
        ({"appointment_day": "2020-01-07"}, "appointment_day"),
        ({"appointment_day": "2090-01-03"}, "appointment_day"),
        ({"appointment_day": "31/02/2026"}, "appointment_day"),
        ({"appointment_hour": ""}, "appointment_hour"),
        ({"appointment_hour": "25:00"}, "appointment_hour"),
        ({"appointment_hour": "23:00"}, "appointment_length"),
        ({"appointment_length": "7"}, "appointment_length"),
        ({"urgency": "tonight"}, "appointment_day"),
        ({"rhythm": None}, "rhythm"),
    ],
)
def test_what_is_wrong_with_an_appointment_stands_beside_its_field(
    as_user: SignIn, member: User, answers: Answers, tuesday: date, wrong: dict[str, str], field: str
) -> None:
    assert refused(as_user(member).post(NEW, answers("skill", **at_two(tuesday) | wrong))).keys() == {field}
    assert not Need.objects.exists()


@pytest.mark.parametrize("typed", ["14:00", "14h", "14h00", "14 h"])
def test_an_hour_may_be_typed_as_it_is_said(
    as_user: SignIn, member: User, answers: Answers, tuesday: date, typed: str
) -> None:
    as_user(member).post(NEW, answers("skill", **at_two(tuesday, appointment_hour=typed)))
    assert Need.objects.get().slots == ["tue 14:00-15:30"]


def test_an_appointment_is_moved_where_it_was_made(
    as_user: SignIn, member: User, organisation: Organisation, city: City, tuesday: date, answers: Answers
) -> None:
    need = NeedFactory(
        city=city,
        organisation=organisation,
        skill=True,
        rhythm="once",
        first_day=tuesday,
        last_day=tuesday,
        slots=["tue 14:00-14:50"],
    )
    edit = f"/strasbourg/besoins/{need.reference}/modifier/"
    page = as_user(member).get(edit)
    form = page.context["form"]
    shown = {
        name: form[name].value() for name in ("rhythm", "appointment_day", "appointment_length", "slots")
    }
    assert shown == {
        "rhythm": "once", "appointment_day": tuesday, "appointment_length": "50", "slots": []
    }  # fmt: skip
    assert 'value="14:00"' in page.content.decode()
    moved = at_two(tuesday + timedelta(days=1), appointment_length="50")
    response = as_user(member).post(edit, answers("skill", **moved, first_day=tuesday, last_day=tuesday))
    assert response.status_code == 302
    need.refresh_from_db()
    assert (need.first_day, need.last_day, need.slots) == (
        tuesday + timedelta(days=1),
        tuesday + timedelta(days=1),
        ["wed 14:00-14:50"],
    )


# --- Whatever the door ---------------------------------------------------------------------------------


def register(city: City, organisation: Organisation, member: User, **changes: Any) -> Need:
    fields: dict[str, Any] = {
        "kind": "skill",
        "category": "interpreting",
        "title": "Interprète à la préfecture",
        "languages_from": ["ti"],
        "languages_to": ["fr"],
        "rhythm": "once",
        "quantity": 2,
        "commune": city.seat,
        "reach_km": 10,
        "first_day": TUESDAY,
        "last_day": TUESDAY,
        "slots": ["tue 14:00-15:30"],
    }
    return services.register(
        city=city,
        organisation=organisation,
        person=None,
        fields=fields | changes,
        source=Source.API,
        by=member,
        now=NeedFactory.build(city=city, organisation=organisation).created_at,
        today=date(2026, 12, 1),
    )


@pytest.mark.parametrize(
    ("days", "slots", "accepted"),
    [
        (1, ["tue 14:00-15:30"], True),
        (1, [], True),
        (1, ["mon 14:00-15:30"], False),
        (1, ["tue 14:00-15:30", "mon 14:00-15:30"], False),
        (3, ["wed 14:00-15:30", "thu 09:00-10:00"], True),
        (3, ["fri 14:00-15:30"], False),
        (7, ["mon 14:00-15:30"], True),
        (90, ["mon 14:00-15:30"], True),
    ],
)
def test_an_appointment_is_on_the_weekday_of_its_date(
    city: City, organisation: Organisation, member: User, days: int, slots: list[str], accepted: bool
) -> None:
    changes = {"last_day": TUESDAY + timedelta(days=days - 1), "slots": slots}
    if accepted:
        assert register(city, organisation, member, **changes).slots == slots
        return
    with pytest.raises(ValidationError) as refusal:
        register(city, organisation, member, **changes)
    assert refusal.value.message_dict.keys() == {"slots"}
    weekly = register(city, organisation, member, **changes, rhythm="weekly")
    assert weekly.slots == slots, "week after week, the days may begin and end anywhere"


def test_the_refusal_says_which_day_it_is(city: City, organisation: Organisation, member: User) -> None:
    with pytest.raises(ValidationError) as refusal:
        register(city, organisation, member, slots=["mon 14:00-15:30"])
    assert refusal.value.message_dict["slots"] == [
        "Le 8 décembre 2026 est un mardi. Choisissez un moment de ce jour-là, ou une autre date."
    ]


def test_what_nobody_says_is_each_week(city: City, organisation: Organisation, member: User) -> None:
    assert register(city, organisation, member, rhythm="").rhythm == "weekly"


# --- In words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "said", "how_much"),
    [
        (
            {"slots": ["tue 14:00-15:30"]},
            "mardi 8 décembre, 14\u00a0h à 15\u00a0h\u00a030",
            "1\u00a0h\u00a030",
        ),
        ({"slots": []}, "mardi 8 décembre", "2\u00a0h"),
        ({"slots": ["tue 14:00-18:00"]}, "mardi 8 décembre, 14\u00a0h à 18\u00a0h", "2\u00a0h"),
        ({"slots": ["tue 14:00-14:30"]}, "mardi 8 décembre, 14\u00a0h à 14\u00a0h\u00a030", "30\u00a0min"),
        ({"last_day": date(2026, 12, 12)}, "une fois, du 8 au 12 décembre", "2\u00a0h"),
        ({"rhythm": "weekly"}, "le 8 décembre", "2\u00a0h par semaine"),
    ],
)
def test_days_and_hours_as_people_say_them(
    city: City, changes: dict[str, Any], said: str, how_much: str
) -> None:
    once = {"skill": True, "rhythm": "once", "first_day": TUESDAY, "last_day": TUESDAY}
    need = NeedFactory.build(city=city, **once | changes)
    assert when_words(need, need.first_day, need.last_day) == said
    assert amount(need) == how_much


def test_an_appointment_is_one_line_of_its_page(city: City) -> None:
    once = {"rhythm": "once", "first_day": TUESDAY, "last_day": TUESDAY, "slots": ["tue 14:00-15:30"]}
    need = NeedFactory(city=city, skill=True, **once)
    told = {str(fact["label"]): fact["value"] for fact in facts(need, date(2026, 12, 1))}
    assert told["Quand"] == "Mardi 8 décembre, 14\u00a0h à 15\u00a0h\u00a030"
    assert told["Rythme"] == "une seule fois"
    assert "Moments de la semaine" not in told


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "Tuesday 8 December, 14:00 to 15:30"), ("ar", "الثلاثاء 8 ديسمبر، من 14:00 إلى 15:30")],
)
def test_an_appointment_in_other_languages(city: City, language: str, said: str) -> None:
    need = NeedFactory.build(city=city, skill=True, rhythm="once", slots=["tue 14:00-15:30"])
    with override(language):
        assert when_words(need, TUESDAY, TUESDAY) == said


@pytest.mark.parametrize(
    ("asked", "slots", "given", "share"),
    [(2, [AT_TWO], 2, 1), (3, [AT_TWO], 2, 1), (2, [AT_TWO], 1, 2 / 3), (3, [], 2, 2 / 3)],
)
def test_an_appointment_is_covered_by_the_hours_that_it_lasts(
    asked: int, slots: list[str], given: int, share: float
) -> None:
    need = NeedFactory.build(skill=True, organisation=None, rhythm="once", quantity=asked, slots=slots)
    assert need.share(given, 1) == pytest.approx(share)
