"""Text as people type it, compared in the database: lower case, without accents, words apart (accounts, 0005)."""

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models


def folded(*fields: str) -> models.Func:
    """These fields as one line of words. An index of trigrams on it finds a part of a word, and a word with a slip.

    Such an index is written anew with each change of its row, and what it gives is compared once more: it is for what
    changes seldom and is short.
    """
    return models.Func(*fields, function="folded", output_field=models.TextField())


class Words(models.Model):
    """What an offer or a need is found by, beside its row: the engine's marks change that row all day, and none of
    these.

    The database keeps it itself, with whatever writes the row. `words` finds by the beginnings of words, in a text of
    any length; `name`, the title and item, by likeness.
    """

    words = SearchVectorField(editable=False)
    name = models.TextField(editable=False)

    class Meta:
        abstract = True
        indexes = [
            GinIndex(fields=["words"], name="%(class)s_words"),
            GinIndex(fields=["name"], opclasses=["gin_trgm_ops"], name="%(class)s_name"),
        ]
