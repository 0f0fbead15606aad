"""How relays are shown in a case. Shapes for templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.labels import listed
from catalogue.saying import titled
from catalogue.times import day_range
from catalogue.vocabulary import Kind
from matching import presentation
from matching.models import Match
from matching.relays.finding import Found, Relay
from matching.relays.proposing import NotWhole, Wanted


@dataclass(frozen=True, slots=True)
class PartCard:
    """One home of a relay. `town`: the linked town whose agreement is needed, and whether it was asked."""

    match: Match
    days: str
    reasons: list[dict[str, str]]
    parts: list[dict[str, Any]]
    needs_visit: bool
    town: str
    town_asked: bool


@dataclass(frozen=True, slots=True)
class RelayCard:
    """`wanted`: its parts as the form carries them. `left`: the days that still are nobody's, in words."""

    title: str
    left: str
    parts: list[PartCard]
    wanted: list[str]
    need_revision: int

    @property
    def needs_visit(self) -> bool:
        return any(part.needs_visit and not part.town for part in self.parts)


def cards(found: Found, suggested: Sequence[Match], *, today: date) -> list[RelayCard]:
    """The relays of a case, whose parts are explained. Suggestions carry `town_asked` (`selectors.suggestions`)."""
    asked = {match.offer_id for match in suggested if match.town_asked}  # type: ignore[attr-defined]
    return [_card(relay, found.nights, asked, today) for relay in found.relays]


def refusal(failure: NotWhole) -> str:
    """Which home cannot be asked, and why; that nobody was."""
    offer = failure.offer
    return _("Rien n’est demandé. «\u00a0%(offer)s\u00a0»\u202f: %(why)s") % {
        "offer": titled(offer),
        "why": presentation.refusal_words(failure.failure),
    }


def _card(relay: Relay, nights: int, asked: set[int], today: date) -> RelayCard:
    figures = {"n": relay.nights, "all": nights}
    of_all = ngettext("%(n)s nuit sur %(all)s", "%(n)s nuits sur %(all)s", relay.nights) % figures
    if nights < relay.parts[0].need.days:
        of_all = (
            ngettext(
                "%(n)s nuit sur les %(all)s qui restent",
                "%(n)s nuits sur les %(all)s qui restent",
                relay.nights,
            )
            % figures
        )
    return RelayCard(
        title=presentation.in_turn(of_all, [part.first_day for part in relay.parts[1:]], today=today),
        left=listed(day_range(first, last, today=today) for first, last in relay.left),
        parts=[
            PartCard(
                match=part,
                days=f"{day_range(part.first_day, part.last_day, today=today)} · {_nights(part)}",
                reasons=presentation.reasons(part),
                parts=presentation.parts(part),
                needs_visit=part.offer.kind == Kind.HOUSING and part.offer.vetted_at is None,
                town=part.offer.city.name if part.is_across else "",
                town_asked=part.offer_id in asked,
            )
            for part in relay.parts
        ],
        wanted=[str(Wanted.of(part)) for part in relay.parts],
        need_revision=relay.parts[0].need_revision,
    )


def _nights(part: Match) -> str:
    return presentation.nights_words((part.last_day - part.first_day).days + 1)
