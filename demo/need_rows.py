"""What the invented associations and people ask for. Written in bulk like the offers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.utils import timezone
from django.utils.text import capfirst

from accounts.models import Organisation, User
from catalogue.fields.goods import name_needed
from catalogue.fields.needs import HOUSEHOLD
from catalogue.languages import language_name
from catalogue.vocabulary import LANGUAGE_PAIR_CATEGORIES, Kind, RentPayer, Rhythm, Source, Urgency
from cities.models import City, Commune
from demo import texts
from demo.offer_rows import DAYS, GOODS, HOURS, SKILLS, SPOKEN, reference
from demo.people import People
from demo.towns import Places
from needs.models import Need, NeedChange, NeedState
from needs.words import household_words

KINDS = {Kind.HOUSING: 40, Kind.GOODS: 35, Kind.SKILL: 25}
URGENCIES = {Urgency.TONIGHT: 8, Urgency.THIS_WEEK: 40, Urgency.PLANNED: 52}
# Of those that wait at this moment, by how long ago they were posted (minutes, the most).
WAITING = {Urgency.TONIGHT: 40, Urgency.THIS_WEEK: 3 * 24 * 60, Urgency.PLANNED: 14 * 24 * 60}
# Days from the posting to the first day asked, and days asked, by urgency: (least, most).
BEGINS: dict[str, tuple[int, int]] = {
    Urgency.TONIGHT: (0, 0),
    Urgency.THIS_WEEK: (3, 6),
    Urgency.PLANNED: (15, 35),
}
STAYS: dict[str, tuple[int, int]] = {
    Urgency.TONIGHT: (2, 15),
    Urgency.THIS_WEEK: (5, 30),
    Urgency.PLANNED: (10, 75),
}
PART_OF_THE_PAST = 0.4

Household = dict[str, Any]
# How often, and of whom.
HOUSEHOLDS: list[tuple[int, Household]] = [
    (22, {"adult_men": 1}),
    (18, {"adult_women": 1}),
    (12, {"adult_women": 1, "children_3_to_11": 1}),
    (8, {"adult_women": 1, "children_under_3": 1, "children_3_to_11": 1}),
    (4, {"adult_men": 1, "children_12_to_17": 1}),
    (8, {"adult_women": 1, "adult_men": 1, "couple": True}),
    (10, {"adult_women": 1, "adult_men": 1, "couple": True, "children_3_to_11": 2}),
    (5, {"adult_women": 1, "adult_men": 1, "couple": True, "children_under_3": 1}),
    (3, {"adult_women": 1, "adult_men": 1, "couple": True, "children_3_to_11": 2, "children_12_to_17": 1}),
    (4, {"adult_men": 2}),
    (3, {"adult_women": 2}),
    (3, {"lone_minor": True, "children_12_to_17": 1, "social_worker": "Léa, équipe des mineurs"}),
]


class NeedWriter:
    """Draws the needs of one town."""

    def __init__(self, city: City, people: People, places: Places, rng: Random, *, now: datetime) -> None:
        self.city, self.people, self.places, self.rng, self.now = city, people, places, rng, now
        self._posted = 0

    def draw_past(self, count: int) -> list[Need]:
        """Needs of the last three months, the oldest first."""
        ages = sorted((self.rng.uniform(6, 80) for _ in range(count)), reverse=True)
        return [self._need(self.now - timedelta(days=age)) for age in ages]

    def draw_waiting(self, count: int) -> list[Need]:
        """Needs posted lately, of all urgencies."""
        found = []
        for _ in range(count):
            urgency = self._pick(URGENCIES)
            minutes = self.rng.uniform(3, WAITING[urgency])
            found.append(self._need(self.now - timedelta(minutes=minutes), urgency=urgency))
        return found

    def certain(
        self,
        *,
        organisation: Organisation,
        commune: str,
        posted: timedelta,
        days: tuple[int, int],
        **fields: Any,
    ) -> Need:
        """One need that the story relies upon; `days` count from today."""
        today = timezone.localdate(self.now)
        need = self._base(self.places.named(commune), self.now - posted, **fields)
        need.first_day, need.last_day = today + timedelta(days=days[0]), today + timedelta(days=days[1])
        self._post(need, organisation)
        return need

    # --- By kind -----------------------------------------------------------------------------------------

    def _need(self, created: datetime, *, urgency: str | None = None) -> Need:
        kind = self._pick(KINDS)
        urgency = urgency or self._pick(URGENCIES)
        if kind != Kind.HOUSING and urgency == Urgency.TONIGHT:
            kind = Kind.HOUSING
        make = {Kind.HOUSING: self._home, Kind.GOODS: self._goods, Kind.SKILL: self._skill}[kind]
        need = make(created, urgency)
        self._poster(need)
        return need

    def _home(self, created: datetime, urgency: str) -> Need:
        rng = self.rng
        household = rng.choices([h for _w, h in HOUSEHOLDS], [w for w, _h in HOUSEHOLDS])[0]
        size = sum(count for name, count in household.items() if name in HOUSEHOLD)
        children = sum(count for name, count in household.items() if name.startswith("children"))
        need = self._base(
            self.places.draw(),
            created,
            kind=Kind.HOUSING,
            category="",
            urgency=urgency,
            title=capfirst(
                household_words(
                    women=household.get("adult_women", 0),
                    men=household.get("adult_men", 0),
                    children=children,
                    couple=household.get("couple", False),
                    lone_minor=household.get("lone_minor", False),
                )
            ),
            text=texts.spoken(rng, rng.choice(texts.HOUSEHOLD_TEXTS if children else texts.NEED_TEXTS)),
            quantity=size,
            people=size,
            reach_km=rng.choice([5, 8, 10, 15, 20]),
            languages=self._languages(),
            step_free_needed=rng.random() < 0.07,
            pets=rng.random() < 0.05,
            smoke_free_needed=rng.random() < 0.1,
            **self._rent(),
            shared_home_ok=rng.random() < 0.8,
            **household,
        )
        asked = self._days(need, created, urgency, STAYS[urgency])
        if rng.random() < 0.5 and asked > 4:
            need.min_days = max(2, asked // 2)
        return need

    def _rent(self) -> dict[str, Any]:
        """One household in four can pay, or has somebody who does."""
        if self.rng.random() >= 0.25:
            return {}
        payer = self.rng.choice([RentPayer.HOUSEHOLD, RentPayer.ASSOCIATION, RentPayer.AID])
        return {"rent_up_to": self.rng.choice([250, 350, 450, 600]), "rent_payer": payer.value}

    def _goods(self, created: datetime, urgency: str) -> Need:
        rng = self.rng
        category = self._pick(GOODS)
        title, least, most = rng.choice(texts.GOODS_NEEDS[category])
        quantity = rng.randint(least, most)
        if quantity == 1 and "{n}" in title:
            quantity = 2
        need = self._base(
            self.places.draw(),
            created,
            kind=Kind.GOODS,
            category=category,
            urgency=urgency,
            title=texts.spoken(rng, title.replace("{n}", str(quantity))),
            text=texts.spoken(rng, rng.choice(texts.NEED_TEXTS)),
            quantity=quantity,
            part_useful=quantity > 2,
            people=max(1, quantity // 3),
            reach_km=rng.choice([5, 8, 10, 15]),
        )
        self._days(need, created, urgency, (7, 30))
        return need

    def _skill(self, created: datetime, urgency: str) -> Need:
        rng = self.rng
        category = self._pick(SKILLS)
        title = rng.choice(texts.SKILL_NEEDS[category])
        spoken = self._pick(SPOKEN)
        pair: dict[str, list[str]] = {}
        if category in LANGUAGE_PAIR_CATEGORIES:
            title = title.replace("{language}", language_name(spoken))
            pair = {"languages_from": [spoken], "languages_to": ["fr"]}
        slots = []
        if rng.random() < 0.4:
            days = sorted(rng.sample(range(len(DAYS)), rng.choice([1, 2, 3])))
            slots = [f"{DAYS[day]} {rng.choice(HOURS)}" for day in days]
        need = self._base(
            self.places.draw(),
            created,
            kind=Kind.SKILL,
            category=category,
            urgency=urgency,
            title=texts.spoken(rng, title),
            text=texts.spoken(rng, rng.choice(texts.NEED_TEXTS)),
            rhythm=Rhythm.WEEKLY,
            quantity=rng.choice([1, 1, 2, 2, 3]),
            part_useful=rng.random() < 0.5,
            people=rng.choice([1, 1, 1, 2, 3]),
            reach_km=rng.choice([5, 8, 12]),
            languages=self._languages(),
            slots=slots,
            remote_ok=rng.random() < 0.4,
            **pair,
        )
        self._days(need, created, urgency, (20, 80))
        return need

    # --- What all have -----------------------------------------------------------------------------------

    def _base(self, commune: Commune, created: datetime, **fields: Any) -> Need:
        if "latitude" not in fields:
            fields["latitude"], fields["longitude"] = self.places.point(commune)
        return Need(
            city=self.city,
            commune=commune,
            reference=reference("B", self.rng),
            state=NeedState.OPEN,
            created_at=created,
            changed_at=created,
            scan_due_at=created,
            **name_needed(fields),
        )

    def _days(self, need: Need, created: datetime, urgency: str, length: tuple[int, int]) -> int:
        """Set the days asked, and return how many."""
        need.first_day = timezone.localdate(created) + timedelta(days=self.rng.randint(*BEGINS[urgency]))
        asked = self.rng.randint(*length)
        need.last_day = need.first_day + timedelta(days=asked - 1)
        return asked

    def _languages(self) -> list[str]:
        rng = self.rng
        found = [self._pick(SPOKEN)]
        if rng.random() < 0.4:
            found.append("fr")
        if rng.random() < 0.3:
            found.append("en")
        return list(dict.fromkeys(found))

    def _poster(self, need: Need) -> None:
        """One need in eight comes from the person concerned; the first association posts the most."""
        rng, people = self.rng, self.people
        if people.concerned and rng.random() < 0.12:
            person = rng.choice(people.concerned)
            need.person = person
            need.entered_by = person if person.email else people.operator
            need.source = Source.WEB if person.email else Source.PHONE
            return
        known = [row for row in people.organisations if row.created_at <= need.created_at]
        weights = [6 if row == people.association else 1 for row in known]
        self._post(need, rng.choices(known, weights)[0])

    def _post(self, need: Need, organisation: Organisation) -> None:
        self._posted += 1
        need.organisation = organisation
        need.entered_by = self.people.members[organisation.pk]
        if not need.case_reference:
            need.case_reference = f"C-{200 + self._posted}"
        if need.kind == Kind.HOUSING and not need.social_worker:
            need.social_worker = self.people.members[organisation.pk].name

    def _pick(self, weighted: dict[Any, int]) -> Any:
        return self.rng.choices(list(weighted), list(weighted.values()))[0]


def write(needs: Sequence[Need]) -> list[Need]:
    """Write needs with the first line of their history."""
    written = Need.objects.bulk_create(needs, batch_size=500)
    NeedChange.objects.bulk_create(
        NeedChange(
            need=need,
            act="register",
            from_state=NeedState.DRAFT,
            to_state=NeedState.OPEN,
            by=need.entered_by,
            at=need.created_at,
        )
        for need in written
    )
    return written


def member_of(need: Need, people: People) -> User:
    """Who answers on the need's side."""
    if need.person is not None:
        return need.person
    assert need.organisation_id is not None  # need_has_a_poster
    return people.members[need.organisation_id]
