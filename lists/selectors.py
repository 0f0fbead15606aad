"""What is read of lists: a town's own, a page of lines, and the questions that bad cells come down to."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from accounts.models import User
from catalogue.meaning import folded
from catalogue.spreadsheets import Column
from cities.models import City
from lists.kinds import COLUMNS, OWN
from lists.models import KEPT, Fate, Line, ListImport, Sender

PER_PAGE = 50
# Of so many bad lines the questions are made; a list with more has a wrong column.
_LOOKED_AT = 3_000
MOST_QUESTIONS = 30


@dataclass(frozen=True, slots=True)
class WordQuestion:
    """What a word means that stands in a column, and cannot be read there: asked once, whatever its lines."""

    column: Column
    text: str
    message: str
    choices: Sequence[str]  # what it may mean, where few things are likely
    lines: int

    @property
    def name(self) -> str:
        """Of its field in a form: a word is known by its letters."""
        return f"{self.column.name}:{folded(self.text)}"[:200]


def lists_of(user: User, city: City) -> QuerySet[ListImport]:
    """The town's lists, the last first."""
    found: QuerySet[ListImport] = ListImport.objects.visible_to(user).filter(city=city)
    return found.select_related("sender", "by", "undone_by", "city")


def senders_of(user: User, city: City, what: str) -> QuerySet[Sender]:
    """Who has sent such lists to the town."""
    found: QuerySet[Sender] = Sender.objects.visible_to(user).filter(city=city, what=what)
    return found


def same_file(one: ListImport) -> ListImport | None:
    """The same file, imported before."""
    same = ListImport.objects.filter(sender=one.sender, digest=one.digest, imported_at__isnull=False)
    return same.exclude(pk=one.pk).exclude(digest="").select_related("by").order_by("-imported_at").first()


def lines_of(one: ListImport, *, fate: str = "", kept: bool = False) -> QuerySet[Line]:
    """Its lines in their order: all, of one fate, or of an undone list those that stay."""
    lines = one.all_lines.select_related("offer", "need").order_by("number")
    if kept:
        return lines.filter(fate__in=(Fate.NEW, Fate.CHANGED), taken_back=False)
    return lines.filter(fate=fate) if fate else lines


def questions_of(one: ListImport) -> list[WordQuestion]:
    """Each word that is not understood, once, the most frequent first."""
    columns = {column.name: column for column in COLUMNS[one.sender.what]}
    found: dict[tuple[str, str], list[tuple[str, str, list[str]]]] = defaultdict(list)
    bad = one.all_lines.filter(fate=Fate.BAD).order_by("number")[:_LOOKED_AT]
    for said in bad.values_list("said", flat=True):
        for name, _letter, value, message, asked, choices in said.get("bad", ()):
            text = asked or value
            if name in columns and name not in OWN and text:
                found[name, folded(text)].append((text, message, choices))
    questions = [
        WordQuestion(columns[name], *cells[0], len(cells)) for (name, _folded), cells in found.items()
    ]
    return sorted(questions, key=lambda one: -one.lines)[:MOST_QUESTIONS]


def goes_on(one: ListImport) -> datetime:
    """Until when the file is kept."""
    return one.moved_at + KEPT


def tabs_of(one: ListImport) -> Sequence[tuple[str, int]]:
    """How many lines have which fate, those with something to do first."""
    order = (Fate.BAD, Fate.DISPUTED, Fate.NEW, Fate.CHANGED, Fate.KNOWN)
    return [(fate, count) for fate in order if (count := getattr(one, fate))]
