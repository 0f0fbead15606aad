"""What the invented citizens offer, in Strasbourg's published mix: half goods, a quarter homes, a quarter hours.

Rows are written in bulk, with the history and the receipts that the services would have left; the tests check that
each of them is one that the forms would have accepted.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

from django.utils import timezone

from accounts.models import User
from catalogue.fields.goods import name_offered
from catalogue.languages import language_name
from catalogue.references import ALPHABET
from catalogue.vocabulary import LANGUAGE_PAIR_CATEGORIES, Category, Household, Kind, Source
from cities.models import City, Commune
from demo import texts
from demo.people import People
from demo.towns import Places
from offers.models import (
    Condition,
    DwellingState,
    HandOver,
    Offer,
    OfferChange,
    OfferState,
    Window,
)
from offers.periods import Period

# Of twenty homes, fifteen rooms and two independent rooms lie in the citizen's own home: 85 %.
HOMES = (
    [(Category.SHARED_ROOM, True)] * 15
    + [(Category.SEPARATE_ROOM, True)] * 2
    + [(Category.SEPARATE_ROOM, False)]
    + [(Category.WHOLE_DWELLING, False)]
    + [(Category.EMPTY_DWELLING, False)]
)
GOODS = {
    Category.CLOTHES: 20, Category.FURNITURE: 20, Category.HOUSEHOLD_EQUIPMENT: 19, Category.BEDDING: 11,
    Category.BABY: 8, Category.HYGIENE: 5, Category.FOOD: 5, Category.SCHOOL: 4, Category.BICYCLE: 4,
    Category.DIGITAL: 4,
}  # fmt: skip
# Towns call for what is asked: it is offered so many times more often than the rest.
ASKED_MORE = 10
SKILLS = {
    Category.FRENCH_LESSONS: 20, Category.INTERPRETING: 16, Category.SCHOOL_SUPPORT: 10, Category.PAPERWORK: 10,
    Category.TRANSPORT: 8, Category.MEALS: 8, Category.SPONSORSHIP: 8, Category.TRANSLATION: 5, Category.OUTINGS: 5,
    Category.JOB_MENTORING: 4, Category.LEGAL_HELP: 3, Category.HEALTH_ORIENTATION: 3,
}  # fmt: skip
# Languages met at these desks, by how often somebody there translates them.
SPOKEN = {
    "ar": 20, "en": 10, "uk": 9, "ru": 9, "prs": 8, "ps": 5, "ti": 6, "so": 4, "sq": 6, "ka": 4, "hy": 3, "tr": 6,
    "ff": 3, "ln": 3, "pt": 2, "es": 3, "fa": 4, "am": 2,
}  # fmt: skip
NEIGHBOUR = {"strasbourg": "de", "grenoble": "it"}
STATES = {
    OfferState.ACTIVE: 82, OfferState.EXPIRED: 7, OfferState.PAUSED: 5, OfferState.WITHDRAWN: 4,
    OfferState.UNCONFIRMED: 2,
}  # fmt: skip
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat")
HOURS = ("09:00-12:00", "14:00-18:00", "18:00-21:00")


@dataclass(slots=True)
class Drawn:
    """An offer before it is written, with its days and what happened to it."""

    offer: Offer
    windows: list[Period]
    history: list[dict[str, Any]] = field(default_factory=list)


class OfferWriter:
    """Draws the offers of one town."""

    def __init__(self, city: City, people: People, places: Places, rng: Random, *, now: datetime) -> None:
        self.city, self.people, self.places, self.rng, self.now = city, people, places, rng, now
        self.today = timezone.localdate(now)
        self._owners = self._citizens()

    def draw(self, count: int, *, beside: Sequence[Drawn]) -> list[Drawn]:
        """So many offers that, with those `beside`, half of `count` are goods, a quarter homes, a quarter hours."""
        wanted = Counter({Kind.HOUSING: round(count / 4), Kind.SKILL: round(count / 4)})
        wanted[Kind.GOODS] = count - wanted.total()
        wanted.subtract(Kind(one.offer.kind) for one in beside)
        kinds = list(wanted.elements())
        self.rng.shuffle(kinds)
        homes = Counter(HOMES[number % len(HOMES)] for number in range(round(count / 4)))
        homes.subtract(
            (Category(one.offer.category), one.offer.shared_home)
            for one in beside
            if one.offer.kind == Kind.HOUSING
        )
        self._homes = self._in_turn(list(homes.elements()))
        makers = {Kind.HOUSING: self._home, Kind.GOODS: self._goods, Kind.SKILL: self._skill}
        return [self._lived(makers[kind](), next(self._owners)) for kind in kinds]

    def certain(
        self,
        *,
        owner: User,
        commune: str,
        windows: list[Period],
        confirmed_days_ago: int,
        vetted: bool = False,
        created_days_ago: int = 60,
        **fields: Any,
    ) -> Drawn:
        """One offer that the story relies upon, active."""
        created = self._moment(created_days_ago, 18)
        drawn = Drawn(self._base(self.places.named(commune), **fields), windows)
        drawn.offer.confirmed_at = self._moment(confirmed_days_ago, 9)
        if vetted:
            drawn.offer.vetted_at, drawn.offer.vetted_by = (
                created + timedelta(days=9),
                self.people.coordinators[0],
            )
        self._begin(drawn, owner, created)
        return drawn

    # --- By kind -----------------------------------------------------------------------------------------

    def _home(self) -> Drawn:
        rng = self.rng
        form, shared = next(self._homes)
        most = {Category.SHARED_ROOM: 4, Category.SEPARATE_ROOM: 3}.get(form, 6)
        beds = min(most, rng.choices([1, 2, 3, 4, 5, 6], [42, 28, 15, 8, 4, 3])[0])
        one, several = rng.choice(texts.HOMES[form])
        words = rng.sample(texts.HOME_TEXTS, 2)
        extra: dict[str, Any] = {}
        if form == Category.EMPTY_DWELLING:
            words = [rng.choice(texts.EMPTY_TEXTS)]
            extra = {
                "dwelling_state": rng.choice([DwellingState.LIGHT_WORKS, DwellingState.TO_RENOVATE]),
                "rent": rng.choice([250, 350, 420, 500]),
            }
        elif form == Category.WHOLE_DWELLING:
            extra = {"dwelling_state": DwellingState.READY, "rent": rng.choice([0, 300, 450, 600])}
        offer = self._base(
            self.places.draw(),
            kind=Kind.HOUSING,
            category=form,
            title=texts.spoken(rng, one if beds == 1 else several.replace("{n}", str(beds))),
            text=texts.spoken(rng, " ".join(words)),
            capacity=beds,
            reach_km=0,
            shared_home=shared,
            accepts=self._accepted(beds),
            # No whole home without steps by chance: those that the story needs are its own.
            step_free=shared and rng.random() < 0.3,
            pets_accepted=rng.random() < 0.2,
            smoking=rng.random() < 0.1,
            longest_stay_days=rng.choice([None, 14, 30, 60, 90]),
            notice_days=rng.choice([0, 0, 1, 2, 7]),
            nearest_stop=rng.choice(texts.STOPS[self.city.slug]),
            **extra,
        )
        return Drawn(offer, self._windows(shortest=10, longest=150))

    def _accepted(self, beds: int) -> list[str]:
        if self.rng.random() < 0.2:
            return []
        chosen = [Household.WOMEN]
        if self.rng.random() < 0.55:
            chosen.append(Household.MEN)
        if beds >= 2:
            chosen += [word for word in (Household.COUPLES, Household.FAMILIES) if self.rng.random() < 0.7]
        if self.rng.random() < 0.06:
            chosen.append(Household.LONE_MINORS)
        return [str(word) for word in chosen]

    def _goods(self) -> Drawn:
        rng = self.rng
        category = self._pick(GOODS)
        titles = texts.GOODS[category]
        likely = [ASKED_MORE if texts.is_asked(category, title) else 1 for title, _least, _most in titles]
        title, least, most = rng.choices(titles, likely)[0]
        delivered = rng.random() < 0.4
        food = category == Category.FOOD
        offer = self._base(
            self.places.draw(),
            kind=Kind.GOODS,
            category=category,
            title=texts.spoken(rng, title),
            text=texts.spoken(rng, rng.choice(texts.GOODS_TEXTS)),
            capacity=rng.randint(least, most),
            reach_km=rng.choice([5, 10, 15]) if delivered else 0,
            condition="" if food else rng.choices(list(Condition), [2, 6, 2])[0],
            best_before=self.today + timedelta(days=rng.randint(20, 200)) if food else None,
            hand_over=HandOver.DELIVERED if delivered else HandOver.COLLECTED,
        )
        return Drawn(offer, self._windows(shortest=20, longest=90))

    def _skill(self) -> Drawn:
        rng = self.rng
        category = self._pick(SKILLS)
        title = rng.choice(texts.SKILLS[category])
        pair: dict[str, list[str]] = {}
        languages = None
        if category in LANGUAGE_PAIR_CATEGORIES:
            spoken = self._pick(SPOKEN)
            title = title.replace("{language}", language_name(spoken))
            pair = {"languages_from": [spoken], "languages_to": ["fr"]}
            languages = ["fr", spoken]
        slots = []
        if rng.random() < 0.7:
            days = sorted(rng.sample(range(len(DAYS)), rng.choice([1, 2, 3])))
            slots = [f"{DAYS[day]} {rng.choice(HOURS)}" for day in days]
        offer = self._base(
            self.places.draw(),
            languages=languages,
            kind=Kind.SKILL,
            category=category,
            title=_first_upper(texts.spoken(rng, title)),
            text=texts.spoken(rng, rng.choice(texts.SKILL_TEXTS)),
            capacity=rng.choice([1, 2, 2, 3, 4, 6]),
            reach_km=rng.choice([3, 5, 8, 10, 20]),
            slots=slots,
            remote=rng.random() < (0.6 if pair else 0.2),
            diploma=texts.DIPLOMAS.get(category, ""),
            **pair,
        )
        return Drawn(offer, self._windows(shortest=60, longest=250))

    # --- What all have -----------------------------------------------------------------------------------

    def _base(self, commune: Commune, *, languages: list[str] | None = None, **fields: Any) -> Offer:
        rng = self.rng
        if "latitude" not in fields:
            fields["latitude"], fields["longitude"] = self.places.point(commune)
        return Offer(
            city=self.city,
            commune=commune,
            address=f"{rng.randint(1, 60)} {rng.choice(texts.STREETS)}",
            languages=languages or self._languages(),
            reference=reference("P", rng),
            **name_offered(fields),
        )

    def _languages(self) -> list[str]:
        rng = self.rng
        found = ["fr"]
        for code, chance in (("en", 0.45), (NEIGHBOUR[self.city.slug], 0.2), ("es", 0.12), ("ar", 0.08)):
            if rng.random() < chance:
                found.append(code)
        if rng.random() < 0.06:
            found.append(self._pick(SPOKEN))
        return list(dict.fromkeys(found))

    def _windows(self, *, shortest: int, longest: int) -> list[Period]:
        """One period that has begun or is about to, open-ended in half; a break in one of ten."""
        rng = self.rng
        first = self.today - timedelta(days=rng.randint(-10, 110))
        if rng.random() < 0.5:
            return [(first, None)]
        last = max(first, self.today) + timedelta(days=rng.randint(shortest, longest))
        if rng.random() < 0.2:
            pause = last + timedelta(days=rng.randint(5, 20))
            return [(first, last), (pause, None)]
        return [(first, last)]

    def _lived(self, drawn: Drawn, owner: User) -> Drawn:
        """Give an offer its owner, its state and the history that led there."""
        rng, offer = self.rng, drawn.offer
        state = rng.choices(list(STATES), list(STATES.values()))[0]
        if owner.email is None and state == OfferState.UNCONFIRMED:
            state = OfferState.ACTIVE  # a caller is proven by the call
        if state == OfferState.UNCONFIRMED:
            self._begin(drawn, owner, self.now - timedelta(minutes=rng.randint(10, 3000)), state=state)
            return drawn
        confirmed = self._moment(round(44 * rng.random() ** 1.6), rng.randint(8, 21))
        if state == OfferState.EXPIRED:
            confirmed = self._moment(rng.randint(46, 120), rng.randint(8, 21))
        again = rng.random() < 0.6
        created = confirmed - timedelta(days=rng.randint(20, 180)) if again else confirmed
        offer.confirmed_at = confirmed
        if offer.kind == Kind.HOUSING and offer.category != Category.EMPTY_DWELLING and rng.random() < 0.68:
            # Soon after it came in, and before anything else happened to it.
            visited = min(
                created + timedelta(days=rng.randint(3, 25)), confirmed + (self.now - confirmed) * 0.15
            )
            if visited > created:
                offer.vetted_at, offer.vetted_by = visited, rng.choice(self.people.coordinators)
        if offer.kind == Kind.HOUSING and offer.vetted_at is None and offer.capacity > 2:
            # The first home shown for tonight's family is to be one that may be proposed at once.
            offer.accepts = [Household.WOMEN, Household.MEN]
        self._begin(drawn, owner, created)
        if again:
            self._then(drawn, "reconfirm", OfferState.ACTIVE, confirmed, by=owner)
        remind = confirmed + timedelta(days=self.city.remind_after_days)
        if remind < self.now:
            offer.reminded_at = remind
        if state == OfferState.EXPIRED:
            ended = confirmed + timedelta(days=self.city.expire_after_days, hours=10)
            self._then(drawn, "expire", state, ended, by=None)
        elif state in (OfferState.PAUSED, OfferState.WITHDRAWN):
            act = "pause" if state == OfferState.PAUSED else "withdraw"
            ended = confirmed + (self.now - confirmed) * (0.2 + 0.7 * rng.random())
            self._then(drawn, act, state, ended, by=owner if owner.email else self.people.operator)
        return drawn

    def _begin(self, drawn: Drawn, owner: User, created: datetime, *, state: str = OfferState.ACTIVE) -> None:
        offer = drawn.offer
        offer.owner, offer.state, offer.created_at, offer.changed_at = owner, state, created, created
        if owner.email is None:
            offer.source, offer.entered_by = Source.PHONE, self.people.operator
        if offer.confirmed_at is not None and offer.confirmed_at < created:
            offer.confirmed_at = created
        by = offer.entered_by or owner
        drawn.history.append(
            {"act": "register", "from_state": OfferState.DRAFT, "to_state": state, "by": by, "at": created}
        )
        if offer.vetted_at:
            row = {"act": "vet", "from_state": state, "to_state": state}
            drawn.history.append(row | {"by": offer.vetted_by, "at": offer.vetted_at})

    def _then(self, drawn: Drawn, act: str, state: str, at: datetime, *, by: User | None) -> None:
        offer = drawn.offer
        drawn.history.append({"act": act, "from_state": offer.state, "to_state": state, "by": by, "at": at})
        offer.state, offer.changed_at = state, at
        offer.revision += 1

    def _moment(self, days_ago: int, hour: int) -> datetime:
        """That many days ago at that hour of the town, and never later than an hour ago."""
        day, at = self.today - timedelta(days=days_ago), time(hour, self.rng.randint(0, 59))
        local = datetime.combine(day, at, timezone.get_default_timezone())
        return min(local, self.now - timedelta(hours=1))

    def _pick(self, weighted: dict[Any, int]) -> Any:
        return self.rng.choices(list(weighted), list(weighted.values()))[0]

    def _citizens(self) -> Iterator[User]:
        """Everybody offers once; some offer again."""
        yield from self.people.citizens
        while True:
            yield self.rng.choice(self.people.citizens)

    def _in_turn(self, things: Sequence[Any]) -> Iterator[Any]:
        while True:
            yield from self.rng.sample(things, len(things))


def reference(prefix: str, rng: Random) -> str:
    """A reference drawn from the seed, so that the same seed gives the same ones."""
    symbols = "".join(rng.choices(ALPHABET, k=8))
    return f"{prefix}-{symbols[:4]}-{symbols[4:]}"


def write(drawn: Sequence[Drawn]) -> list[Offer]:
    """Write offers with their days and history."""
    offers = Offer.objects.bulk_create([one.offer for one in drawn], batch_size=500)
    Window.objects.bulk_create(
        Window(offer=one.offer, first_day=first, last_day=last)
        for one in drawn
        for first, last in one.windows
    )
    OfferChange.objects.bulk_create(
        OfferChange(offer=one.offer, **change)
        for one in drawn
        for change in sorted(one.history, key=lambda change: change["at"])
    )
    return offers


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]
