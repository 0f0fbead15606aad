"""One item of the catalogue."""

from dataclasses import dataclass

from django.utils.functional import Promise

from catalogue.items.sizes import Series
from catalogue.vocabulary import Category
from engine.goods import Sizes

# In `locale/` and in the table alike: the name, further words; "?" before one that may mean another item too.
SEPARATOR = "|"
UNSURE = "?؟"


@dataclass(frozen=True, eq=False)
class Item:
    """A thing that is offered and asked for. `code` stands in the database, the API and files: it never changes."""

    code: str
    category: Category
    # The name, and what the reader's language calls it besides.
    texts: str | Promise
    # What else French calls it.
    synonyms: str = ""
    like: str = ""
    sizes: Series | None = None
    # Codes of the particular things of this general one: who asks for it takes each of them (of shoes: trainers).
    kinds: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """In the reader's language."""
        return str(self.texts).split(SEPARATOR)[0]

    @property
    def series(self) -> Sizes | None:
        """As the engine compares them."""
        return self.sizes.sizes if self.sizes else None

    def words(self, *, source: bool) -> list[str]:
        """All that it is called in the active language, the name first; `source`: that is French."""
        names = str(self.texts).split(SEPARATOR)
        return names + (self.synonyms.split(SEPARATOR) if source and self.synonyms else [])

    def __str__(self) -> str:
        return self.name
