"""What a town's home shows, and what of it is the town's own."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import get_language

from accounts.models import Organisation
from cities.models import City
from front.models import HomePicture, HomePictureEdit, HomeWords, HomeWordsEdit
from front.words import FIELDS
from needs.selectors import PublicNeed, public_needs

FRENCH = settings.LANGUAGE_CODE
# Those of the product, by their codes.
LANGUAGES = dict(settings.LANGUAGES)
# More names than these are a list that nobody reads; the rest is counted.
MOST_NAMES = 24
# In the feed and in the frame.
MOST_NEEDS = 20


@dataclass(frozen=True, slots=True)
class Shown:
    """A picture on the page, with its description in the reader's language or, where it has none, in French."""

    digest: str
    width: int
    height: int
    description: str
    language: str


def own_words(city: City, language: str | None = None) -> HomeWords | None:
    """What the town has written for its home in a language, the page's where none is named."""
    return HomeWords.objects.filter(city=city, language=language or get_language()).first()


def picture(city: City, *, waiting: bool = False) -> Shown | None:
    """The picture that everybody sees or, for the preview, the one that waits. Without its bytes."""
    state = HomePicture.State.WAITING if waiting else HomePicture.State.SHOWN
    found = HomePicture.objects.filter(city=city, state=state).defer("small", "preview").first()
    if found is None:
        return None
    reader = get_language() or FRENCH
    language = reader if reader in found.descriptions else FRENCH
    return Shown(found.digest, found.width, found.height, found.descriptions[language], language)


def pictures(city: City) -> dict[str, HomePicture]:
    """The one that is shown and the one that waits, by state, as far as there are."""
    rows = HomePicture.objects.filter(city=city).exclude(state=HomePicture.State.GONE)
    return {row.state: row for row in rows.defer("small", "preview")}


def associations(city: City) -> tuple[list[str], int]:
    """The names of the verified ones, and how many more there are."""
    found = Organisation.objects.filter(city=city, state=Organisation.State.VERIFIED).order_by("name", "pk")
    names = list(found.values_list("name", flat=True))
    return names[:MOST_NAMES], max(0, len(names) - MOST_NAMES)


def needs_of_the_moment(city: City, *, today: date) -> list[tuple[PublicNeed, str]]:
    """The most urgent, each with the path to an offer that begins with it."""
    found = public_needs(city, today=today)[:MOST_NEEDS]
    return [(need, need.help_path(city, today=today)) for need in found]


def unsaid(city: City) -> dict[str, list[str]]:
    """By language, the fields that the town says in words of its own in French, and not in that language yet."""
    rows = {row.language: row for row in HomeWords.objects.filter(city=city)}
    french = rows.get(FRENCH)
    own = [name for name in FIELDS if getattr(french, name, "")]
    return {
        code: [name for name in own if not getattr(rows.get(code), name, "")]
        for code, _name in settings.LANGUAGES
        if code != FRENCH
    }


def counts_of_own(city: City) -> Mapping[str, int]:
    """By language, in how many fields the town has words of its own."""
    return {
        row.language: sum(1 for name in FIELDS if getattr(row, name))
        for row in HomeWords.objects.filter(city=city)
    }


def words_edits(city: City, *, languages: Collection[str] = ()) -> QuerySet[HomeWordsEdit]:
    """Who changed the texts, the latest first; of these languages alone, where any are named."""
    asked: dict[str, Any] = {"words__language__in": languages} if languages else {}
    edits = HomeWordsEdit.objects.filter(words__city=city, **asked)
    return edits.select_related("by", "words").order_by("-at", "-pk")


def picture_edits(city: City) -> QuerySet[HomePictureEdit]:
    """Who added, showed, described or took down a picture, the latest first."""
    edits = HomePictureEdit.objects.filter(picture__city=city).defer("picture__small", "picture__preview")
    return edits.select_related("by").order_by("-at", "-pk")
