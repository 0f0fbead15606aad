"""Reading the cards of those who answer: which of them somebody reads, and which answer to what is typed."""

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.access import TEAM, has_role
from accounts.models import User
from catalogue import meaning
from cities.models import City
from directory import selectors
from directory.models import AgentCard
from directory.themes import Theme, themes_named


def read_by(user: User, city: City) -> QuerySet[AgentCard]:
    """The cards of a town that somebody reads."""
    return AgentCard.objects.visible_to(user).filter(city=city).select_related("city", "organisation")


def public_in(city: City) -> QuerySet[AgentCard]:
    """Those that everybody reads."""
    return AgentCard.objects.filter(city=city).public().select_related("city", "organisation")


def may_read(user: User, city: City) -> bool:
    """Whether somebody works with others in the town: its team, a verified association."""
    return has_role(user, city, TEAM) or selectors.organisations_to_keep_for(user, city).exists()


def languages_of(cards: QuerySet[AgentCard]) -> list[str]:
    """The languages of these cards, each once."""
    return selectors.spoken_in(cards)


def found(
    cards: QuerySet[AgentCard], *, theme: str = "", languages: Collection[str] = (), words: str = ""
) -> list[AgentCard]:
    """Those for a theme who speak one of the languages and to whom each word leads, by name. Names are sealed: it is
    looked at one by one.
    """
    if theme:
        cards = cards.filter(themes__contains=[theme])
    asked = [_asked(word) for word in selectors.words_of(words)]
    matching = [
        card
        for card in cards
        if (not languages or any(selectors.is_spoken(one, card.languages) for one in languages))
        and _leads_to(asked, card)
    ]
    return sorted(matching, key=lambda card: (meaning.folded(card.name), card.pk))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a typed word may mean."""

    said: str
    themes: AbstractSet[Theme]
    languages: Collection[str]


def _asked(word: str) -> _Asked:
    return _Asked(meaning.folded(word), themes_named(word), selectors.languages_named(word))


def _leads_to(asked: Iterable[_Asked], card: AgentCard) -> bool:
    organisation = card.organisation.name if card.organisation else ""
    line = meaning.folded(f"{card.name} {card.words} {card.hours} {organisation}")
    return all(
        word.said in line
        or not word.themes.isdisjoint(card.themes)
        or any(selectors.is_spoken(language, card.languages) for language in word.languages)
        for word in asked
    )
