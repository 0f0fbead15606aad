"""Whom lines of a plan would ask: which hold, which are asked together, how many people, by which channel."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from catalogue.labels import listed
from catalogue.vocabulary import Kind
from cities.days import local_day
from cities.models import City
from matching import linked_towns, presentation
from matching.lifecycle import ACTIVE, ANSWERED
from matching.models import Match, MatchState, Plan, PlanLine
from needs.models import Need
from needs.urgency import urgency_order
from notifications import channel_registry, reach

# Whoever concerns more people than this with one press is asked once more.
ONCE_MORE_ABOVE = 10
QUESTION = "match_question"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a line stands. `state`: open (can be asked), visit (a home to be visited first), asked, gone."""

    state: str
    words: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody has ticked: the `lines` that would be asked, the `others`, which hold no longer or were asked
    before, and the needs of `broken` homes in turn, of which one holds no longer, so that none is asked.
    """

    lines: tuple[PlanLine, ...]
    others: tuple[PlanLine, ...] = ()
    broken: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class Sending:
    """How many people lines concern, each once: those asked, by channel where it is this town that asks, those whose
    own town is asked first, and those whose consent is presumed.
    """

    lines: int
    asked: int
    presumed: int
    by_channel: Mapping[str, int]
    by_town: Mapping[str, int]

    @property
    def people(self) -> int:
        """Everybody concerned."""
        return self.asked + self.presumed

    @property
    def is_large(self) -> bool:
        """Whether one asks once more before it is sent."""
        return self.people > ONCE_MORE_ABOVE


# --- Which lines ---------------------------------------------------------------------------------------


def lines_of(plan: Plan, chosen: Q | None = None, *, today: date) -> list[PlanLine]:
    """Lines with all that is said of them: the most urgent needs first, and the lines of each in the order of days.

    Of a line about which a linked town was asked and has said nothing, `match` is None: it may be asked again.
    """
    lines = list(
        plan.lines.filter(chosen or Q())
        .select_related("need__organisation", "offer__commune", "offer__city", "offer__owner", "match")
        .order_by(*urgency_order(today, of="need__"), "first_day", "last_day", "pk")
    )
    suggested = [line for line in lines if line.match and line.match.state == MatchState.SUGGESTED]
    asked = linked_towns.are_asked(line.match for line in suggested if line.match)
    for line in suggested:
        if line.match_id not in asked:
            line.match = None
    return lines


def together(lines: Iterable[PlanLine]) -> list[tuple[PlanLine, ...]]:
    """Lines as they are asked: the homes that one household would have in turn all or none, any other by itself."""
    by_need: dict[int, list[PlanLine]] = defaultdict(list)
    for line in lines:
        by_need[line.need_id].append(line)
    found: list[tuple[PlanLine, ...]] = []
    for of_need in by_need.values():
        days = {(line.first_day, line.last_day) for line in of_need}
        in_turn = of_need[0].need.kind == Kind.HOUSING and len(days) > 1
        found += [tuple(of_need)] if in_turn else [(line,) for line in of_need]
    return found


def standings(lines: Sequence[PlanLine], *, today: date) -> dict[int, Standing]:
    """How each line stands, by its key: two queries, however many there are."""
    decided = defaultdict(list)
    needs = {line.need_id for line in lines}
    for match in Match.objects.filter(need__in=needs, state__in=[*ACTIVE, *ANSWERED]).order_by("pk"):
        decided[match.need_id, match.offer_id].append(match)
    paused = reach.paused({line.offer.owner_id for line in lines}, today)
    return {
        line.pk: _standing(
            line,
            decided[line.need_id, line.offer_id],
            is_paused=line.offer.owner_id in paused,
            today=today,
        )
        for line in lines
    }


def may_be_asked(standing_of: Sequence[Standing]) -> bool:
    """Whether lines that are asked together can be: one is open, and the others are or were asked."""
    states = {standing.state for standing in standing_of}
    return "open" in states and states <= {"open", "asked"}


def choice(plan: Plan, ticked: Collection[int], *, now: datetime) -> Choice:
    """What the ticked lines come to; of homes in turn one tick means all. `acceptance.accept` has the last word."""
    today = local_day(now, plan.city)
    lines = lines_of(plan, Q(need__in=plan.lines.filter(pk__in=ticked).values("need")), today=today)
    standing_of = standings(lines, today=today)
    kept: list[PlanLine] = []
    others: list[PlanLine] = []
    broken: list[Need] = []
    for group in together(lines):
        if not any(line.pk in ticked for line in group):
            continue
        waiting = [line for line in group if standing_of[line.pk].state != "asked"]
        others += [line for line in group if line not in waiting]
        if may_be_asked([standing_of[line.pk] for line in group]):
            kept += waiting
        elif len(group) == 1:
            others += waiting
        else:
            broken.append(group[0].need)
    return Choice(tuple(kept), tuple(others), tuple(broken))


def whole(plan: Plan, *, now: datetime) -> Choice:
    """Whatever of a plan can be asked; when there is nothing left, what was asked already."""
    today = local_day(now, plan.city)
    lines = lines_of(plan, today=today)
    standing_of = standings(lines, today=today)
    kept = [
        line
        for group in together(lines)
        if may_be_asked([standing_of[line.pk] for line in group])
        for line in group
        if standing_of[line.pk].state == "open"
    ]
    asked = [line for line in lines if standing_of[line.pk].state == "asked"]
    return Choice(tuple(kept), () if kept else tuple(asked))


def _standing(line: PlanLine, decided: Sequence[Match], *, is_paused: bool, today: date) -> Standing:
    if line.match is not None:
        state = MatchState(line.match.state)
        if state == MatchState.SUGGESTED:
            words = _("L’accord de %(city)s est demandé.") % {"city": line.offer.city.name}
            return Standing("asked", words, "planned")
        return Standing("asked", str(state.label), presentation.STATE_COLOURS.get(state, "planned"))
    for match in decided:
        same = (match.need_revision, match.offer_revision) == (line.need_revision, line.offer_revision)
        if match.state in ACTIVE or same:
            return Standing("gone", str(MatchState(match.state).label), "planned")
    if (line.need.revision, line.offer.revision) != (line.need_revision, line.offer_revision):
        return Standing("gone", _("A changé depuis"), "warn")
    posted = line.need.organisation is None or line.need.organisation.is_verified
    if not (line.need.is_open and line.offer.is_open and posted):
        return Standing("gone", _("N’est plus ouvert"), "warn")
    if line.first_day < today:
        return Standing("gone", _("Ses dates ont commencé"), "warn")
    if is_paused:
        return Standing("gone", _("En pause"), "warn")
    if line.offer.kind == Kind.HOUSING and line.offer.vetted_at is None:
        return Standing("visit", _("À visiter d’abord"), "warn")
    return Standing("open")


# --- How many people -----------------------------------------------------------------------------------


def sending(lines: Iterable[PlanLine], city: City) -> Sending:
    """Whom these lines of a town's plan concern."""
    count = 0
    asked: set[int] = set()
    concerned: set[int] = set()
    reached: dict[int, User] = {}
    by_channel: dict[str, set[int]] = defaultdict(set)
    by_town: dict[str, set[int]] = defaultdict(set)
    for line in lines:
        count += 1
        owner: User = line.offer.owner
        concerned.add(owner.pk)
        is_asked = city.asks_citizen(line.offer.kind)
        if is_asked:
            asked.add(owner.pk)
        if line.offer.city_id != city.pk:
            # How its citizens are reached is for their own town to know.
            by_town[line.offer.city.name].add(owner.pk)
        elif is_asked:
            reached[owner.pk] = owner
    for owner_id, ways in reach.reaching_each(reached.values(), QUESTION).items():
        by_channel[ways[0]].add(owner_id)
    order = [name for name in channel_registry.all_channels() if name in by_channel]
    return Sending(
        lines=count,
        asked=len(asked),
        presumed=len(concerned - asked),
        by_channel={name: len(by_channel[name]) for name in order},
        by_town={name: len(by_town[name]) for name in sorted(by_town)},
    )


def sentences(sending: Sending) -> list[str]:
    """Who will be asked, and how: "5 personnes seront sollicitées\u202f: 4 par e-mail, 1 par téléphone."."""
    told = []
    if sending.asked:
        told.append(_asked(sending))
    for town, count in sending.by_town.items():
        told.append(
            ngettext(
                "Pour %(n)s personne, %(town)s donne d’abord son accord.",
                "Pour %(n)s personnes, %(town)s donne d’abord son accord.",
                count,
            )
            % {"n": count, "town": town}
        )
    if sending.presumed:
        told.append(
            ngettext(
                "%(n)s personne ne sera pas sollicitée\u202f: la ville présume son accord.",
                "%(n)s personnes ne seront pas sollicitées\u202f: la ville présume leur accord.",
                sending.presumed,
            )
            % {"n": sending.presumed}
        )
    return told


def _asked(sending: Sending) -> str:
    people = ngettext(
        "%(n)s personne sera sollicitée", "%(n)s personnes seront sollicitées", sending.asked
    ) % {"n": sending.asked}
    ways = [
        (
            _("%(n)s %(channel)s")
            if name in channel_registry.by_machine()
            else _("%(n)s %(channel)s (l’équipe s’en charge)")
        )
        % {"n": count, "channel": channel_registry.label(name)}
        for name, count in sending.by_channel.items()
    ]
    return (
        _("%(people)s\u202f: %(ways)s.") % {"people": people, "ways": listed(ways)} if ways else f"{people}."
    )


def act(sending: Sending) -> str:
    """What the button does: "Demander à 14 personnes"."""
    if sending.asked:
        return ngettext("Demander à %(n)s personne", "Demander à %(n)s personnes", sending.asked) % {
            "n": sending.asked
        }
    return ngettext("Envoyer %(n)s ligne", "Envoyer %(n)s lignes", sending.lines) % {"n": sending.lines}
