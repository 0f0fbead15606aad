"""Categories by number, as statements and arrays speak of them: 1 is the first, 0 none."""

from catalogue.vocabulary import CATEGORIES

CATEGORY_KINDS = [(str(kind), str(one)) for kind, some in CATEGORIES.items() for one in some]
CATEGORY_NUMBER = {category: number for number, (_, category) in enumerate(CATEGORY_KINDS, start=1)}
NUMBERED = "unnest(%(categories)s::text[]) WITH ORDINALITY AS c (category, number)"
NUMBERED_PARAMS = {"categories": [category for _, category in CATEGORY_KINDS]}
