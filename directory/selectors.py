"""Reading the directory: what everybody finds, what somebody keeps, what is to be looked at again."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import DateTimeField, ExpressionWrapper, F, Func, Q, QuerySet, TextField, Value

from accounts.access import DESK, TEAM, has_role, speaks_for
from accounts.models import LowerCaseEmailField, Organisation, User
from accounts.selectors import organisations_of
from catalogue import meaning
from catalogue.folding import folded
from catalogue.slots import WeeklySlot, parse_slot
from cities.days import TownDay, local_time
from cities.models import City, Commune
from directory.models import (
    CHECKED_FOR,
    WAITING,
    AgentCard,
    Referral,
    ReferralChange,
    ReferralState,
    Service,
)
from directory.themes import THEMATICS, Theme, themes_named
from engine.spoken import spoken_as
from needs.models import OPEN_STATES, Need, NeedState

# When somebody means to come.
NOW, EVENING, WEEKEND = "maintenant", "soir", "week-end"
_EVENING_FROM = 18 * 60
_DAY_MINUTES = 24 * 60
MOST_WORDS = 8
_LONGER_THAN_A_CODE = 4
# The act by which the history keeps that a service read it.
READ = "read"


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for; "" asks nothing of that."""

    theme: str = ""
    language: str = ""
    commune: str = ""
    when: str = ""
    words: str = ""


def found(city: City, search: Search, *, now: datetime) -> QuerySet[Service] | list[Service]:
    """What everybody finds in a town's directory, by name; a list where rows had to be looked at one by one."""
    services = shown(city)
    if search.theme:
        services = services.filter(thematics__overlap=list(THEMATICS[Theme(search.theme)]))
    if search.commune:
        services = services.filter(commune=search.commune)
    if search.words:
        services = services.alias(line=folded("name", "run_by", "about"), called=folded("organisation__name"))
    for word in words_of(search.words):
        said = Func(Value(word, TextField()), function="folded", output_field=TextField())
        means = Q(line__contains=said) | Q(called__contains=said)
        if themes := themes_named(word):
            means |= Q(thematics__overlap=[code for theme in themes for code in THEMATICS[theme]])
        for language in languages_named(word):
            means |= Q(pk__in=where_spoken(shown(city), language))
        services = services.filter(means)
    if not (search.language or search.when):
        return services
    rows = list(services)
    if search.language:
        rows = [one for one in rows if is_spoken(search.language, one.languages)]
    if search.when:
        rows = [one for one in rows if _open_when(one, search.when, city, now)]
    return rows


def shown(city: City) -> QuerySet[Service]:
    """A town's directory, as everybody reads it."""
    services: QuerySet[Service] = Service.objects.filter(city=city).shown()
    return services.select_related("organisation", "commune", "city").order_by("name", "pk")


def shown_in_open_towns() -> QuerySet[Service]:
    """The directories of all towns that are open."""
    services: QuerySet[Service] = Service.objects.filter(city__in=City.objects.open()).shown()
    return services.select_related("organisation", "city")


def where_spoken(services: QuerySet[Service], language: str) -> QuerySet[Service]:
    """Those at which a language is spoken: read are the languages that there are, not the services."""
    there: Any = services.order_by().annotate(one=Func(F("languages"), function="unnest"))
    spoken = [one for one in there.values_list("one", flat=True).distinct() if is_spoken(language, [one])]
    return services.filter(languages__overlap=spoken)


def is_spoken(language: str, languages: Collection[str]) -> bool:
    """Whether one of these is spoken for the language."""
    return spoken_as(language, [language], languages) is not None


def words_of(typed: str) -> list[str]:
    """What is looked for, word by word."""
    return typed.replace("\x00", "").split()[:MOST_WORDS]


def languages_named(word: str) -> tuple[str, ...]:
    """The languages that a typed word is the name of; a code of two or three letters is a word like any."""
    if (word.isascii() and len(word) < _LONGER_THAN_A_CODE) or not meaning.names_language(word):
        return ()
    return meaning.read_languages(word).value


def languages_of(city: City) -> list[str]:
    """The languages that are spoken at some service of the town, or by somebody whose card everybody reads."""
    services: Any = Service.objects.filter(city=city).shown()
    return spoken_in(services, AgentCard.objects.filter(city=city).public())


def spoken_in(*tables: Any) -> list[str]:
    """The languages of the rows of these tables, each once."""
    each = Func(F("languages"), function="unnest")
    return sorted(
        {one for rows in tables for one in rows.order_by().annotate(one=each).values_list("one", flat=True)}
    )


def communes_with_services(city: City) -> list[Commune]:
    services = Service.objects.filter(city=city).shown().order_by().values("commune")
    return list(Commune.objects.filter(pk__in=services).order_by("name"))


def kept_by(user: User, city: City) -> QuerySet[Service]:
    """What somebody keeps in a town: closed ones last, those that nobody has looked at for longest first."""
    services = Service.objects.visible_to(user).filter(city=city)
    return services.select_related("organisation", "commune", "city").order_by(
        F("closed_at").asc(nulls_first=True), "checked_at", "pk"
    )


def organisations_to_keep_for(user: User, city: City) -> QuerySet[Organisation]:
    """In whose names somebody may enter services and cards: the verified associations of the town, or their own."""
    verified = Organisation.objects.filter(city=city, state=Organisation.State.VERIFIED).order_by(
        "name", "pk"
    )
    if has_role(user, city, TEAM):
        return verified
    return verified.filter(pk__in=organisations_of(user, city).values("pk"))


def may_keep(user: User, kept: Service | AgentCard) -> bool:
    """Whether somebody writes it: the town's team, or who speaks for its verified association."""
    if has_role(user, kept.city, TEAM):
        return True
    organisation = kept.organisation
    return (
        organisation is not None
        and organisation.city_id == kept.city_id
        and organisation.is_verified
        and speaks_for(user, organisation)
    )


def may_reopen(user: User, service: Service) -> bool:
    """Whether somebody puts it back. What the town's team took out, by its history, nobody but the team does."""
    if has_role(user, service.city, TEAM):
        return True
    closed = [edit for edit in service.edits.select_related("by") if "closed_at" in edit.what]
    by = closed[-1].by if closed else None
    return (
        may_keep(user, service)
        and by is not None
        and service.organisation is not None
        and speaks_for(by, service.organisation)
        and not has_role(by, service.city, TEAM)
    )


def to_ask_about(
    model: type[Service] | type[AgentCard], now: datetime, *, asked_every: timedelta
) -> QuerySet[Any]:
    """What is shown and old, and was not asked about lately."""
    old: Any = model.objects.filter(checked_at__lte=now - CHECKED_FOR).shown()
    return old.filter(Q(asked_at=None) | Q(asked_at__lte=now - asked_every)).order_by("pk")


def no_longer_listed(city: City, seen: Mapping[str, Collection[str]]) -> list[str]:
    """Of the lists in `seen`, by their sources: what the directory has from them and they no longer have."""
    return [
        str(one)
        for source, numbers in seen.items()
        for one in Service.objects.filter(city=city, source=source, closed_at=None)
        .exclude(source_id__in=list(numbers))
        .order_by("name", "pk")
    ]


# --- Sending people to a service -----------------------------------------------------------------------


def referrals() -> QuerySet[Referral]:
    return Referral.objects.select_related(
        "need__city", "need__organisation", "need__commune", "need__person", "asked_by",
        "service__city", "service__organisation", "service__commune",
    )  # fmt: skip


def referrals_of(need: Need) -> QuerySet[Referral]:
    """Which services were asked for a need, the latest first."""
    return referrals().filter(need=need).order_by("-asked_at", "-pk")


def changes_of_referrals(need: Need) -> list[ReferralChange]:
    """What happened with them, but who read what."""
    changes = ReferralChange.objects.filter(referral__need=need).exclude(act=READ)
    return list(changes.select_related("by", "referral__service").order_by("at", "pk"))


def may_refer(user: User, need: Need) -> bool:
    """Whether somebody sends its people to a service: the town's desk, or who speaks for its association."""
    return has_role(user, need.city, DESK) or (
        need.organisation is not None and speaks_for(user, need.organisation)
    )


def may_answer(user: User, referral: Referral) -> bool:
    """Whether somebody says what the service answers: who is written to for it, or who may ask, from the telephone."""
    service = referral.service
    if service.organisation is not None:
        answers = service.organisation.is_verified and speaks_for(user, service.organisation)
    else:
        answers = (
            bool(service.email)
            and user.is_active
            and user.email == LowerCaseEmailField.normalised(service.email)
        )
    return answers or may_refer(user, referral.need)


def shows_contact(referral: Referral, today: date) -> bool:
    """Whether the service still reads how the person is reached: until a month after the day that it gave."""
    is_over = referral.forget_on is not None and today > referral.forget_on
    return bool(referral.contact) and not is_over


def to_remind(now: datetime) -> QuerySet[Referral]:
    """What is halfway to the end of its wait and was not asked again."""
    halfway = F("asked_at") + (F("answer_by") - F("asked_at")) / Value(2)
    return referrals().filter(
        Q(answer_by__gt=now), state=ReferralState.ASKED, reminded_at=None, asked_at__lte=now,
    ).alias(halfway=ExpressionWrapper(halfway, DateTimeField())).filter(halfway__lte=now).order_by("pk")  # fmt: skip


def of_closed_needs(now: datetime) -> QuerySet[Referral]:
    """What waits for an answer to a need that is over; of one that was withdrawn, or whose person is gone, also an
    appointment to come.
    """
    waits = Q(state__in=WAITING) & ~Q(need__state__in=OPEN_STATES)
    is_to_come = Q(state=ReferralState.ACCEPTED, day__gte=TownDay(now, "need__city__timezone"))
    nobody_comes = Q(need__state=NeedState.WITHDRAWN) | Q(need__person__anonymised_at__isnull=False)
    return referrals().filter(waits | is_to_come & nobody_comes).order_by("pk")


def to_forget(now: datetime) -> QuerySet[Referral]:
    """Whose contact is to go: in no town is it the day before any more."""
    return Referral.objects.filter(forget_on__lt=now.date() - timedelta(days=1))


def over(now: datetime) -> QuerySet[Referral]:
    """What nobody has answered in time, and what nobody can answer: its association is not verified any more."""
    unheard = Q(service__organisation__isnull=False) & ~Q(
        service__organisation__state=Organisation.State.VERIFIED
    )
    return referrals().filter(Q(answer_by__lte=now) | unheard, state__in=WAITING).order_by("pk")


def was_taken_back_since(need: Need, service: Service, moment: datetime) -> bool:
    """Whether somebody has taken back the same question."""
    taken_back = ReferralChange.objects.filter(
        referral__need=need, referral__service=service, to_state=ReferralState.WITHDRAWN
    )
    return taken_back.filter(by__isnull=False, at__gt=moment).exists()


# --- Hours ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether it is open by its usual week. `until`, `at`: minutes after midnight; no `until` where it stays open for a
    day or longer; `in_days`: until it opens next.
    """

    is_open: bool
    until: int | None = None
    in_days: int = 0
    at: int = 0


def opening(service: Service, now: datetime) -> Opening | None:
    """None where its week is not known."""
    if not service.slots:
        return None
    here = local_time(now, service.city)
    minute = here.hour * 60 + here.minute
    slots = [parse_slot(slot) for slot in service.slots]
    for slot in slots:
        if slot.weekday == here.weekday() and slot.start_minute <= minute < slot.end_minute:
            return Opening(True, until=_open_until(slot, slots, minute))
    coming = [((slot.weekday - here.weekday()) % 7, slot.start_minute) for slot in slots]
    in_days, at = min((days, start) if days or start > minute else (7, start) for days, start in coming)
    return Opening(False, in_days=in_days, at=at)


def _open_until(slot: WeeklySlot, slots: Iterable[WeeklySlot], minute: int) -> int | None:
    """Through each slot that begins where another ends, also at midnight; None of a day and longer."""
    by_start = {(one.weekday, one.start_minute): one for one in slots}
    closes, days = slot.end_minute, 0
    while days * _DAY_MINUTES + closes - minute < _DAY_MINUTES:
        passes = closes == _DAY_MINUTES
        day, start = (slot.weekday + passes) % 7, closes % _DAY_MINUTES
        following = by_start.get((day, start))
        if following is None:
            return closes
        days, slot, closes = days + passes, following, following.end_minute
    return None


def _open_when(service: Service, when: str, city: City, now: datetime) -> bool:
    if when == NOW:
        state = opening(service, now)
        return state is not None and state.is_open
    return any(_fits(slot, when) for slot in _week(service.slots))


def _fits(slot: WeeklySlot, when: str) -> bool:
    return slot.weekday > 4 if when == WEEKEND else slot.end_minute > _EVENING_FROM


def _week(slots: Iterable[str]) -> list[WeeklySlot]:
    return [parse_slot(slot) for slot in slots]
