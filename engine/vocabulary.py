"""The words and numbers of the algorithm, in one home: towns, forms, the database and spreadsheets take them from here.

The values are stable: they stand in the database, in the API and in files.
"""

from typing import Literal

Kind = Literal["housing", "goods", "skill"]
Urgency = Literal["tonight", "this_week", "planned"]
Rhythm = Literal["weekly", "once"]

HOUSING: Kind = "housing"
GOODS: Kind = "goods"
SKILL: Kind = "skill"
KINDS = (HOUSING, GOODS, SKILL)
# What helping one person is worth in the plan, before the score is added to it. In the order of the queue.
PRIORITIES: dict[Urgency, int] = {"tonight": 4, "this_week": 2, "planned": 1}
URGENCIES = tuple(PRIORITIES)
# A need that presses in so many days, or sooner, is as urgent as this, however it was posted.
URGENT_WITHIN_DAYS: dict[Urgency, int] = {"tonight": 1, "this_week": 7}
# Of a skill: week after week, or on one day (an appointment, a document, a move).
WEEKLY: Rhythm = "weekly"
ONCE: Rhythm = "once"
RHYTHMS = (WEEKLY, ONCE)
# What a home may be like that somebody can move into; without a word nothing is to be done.
DWELLING_STATES = ("ready", "light_works", "to_renovate")
READY = ("", "ready")
# Shared, whatever its host says.
SHARED_ROOM = "shared_room"
# Shared as well, and no host lives there.
COLLECTIVE_PLACE = "collective_place"
# Whole homes: nobody lives there who smokes.
NOBODY_LIVES_THERE = ("whole_dwelling", "empty_dwelling")
# Whom a host may say that they receive.
ACCEPTS = ("women", "men", "couples", "families", "lone_minors")
INTERPRETING = "interpreting"
TRANSLATION = "translation"
# Where two languages meet, the languages themselves are what is offered.
LANGUAGE_CATEGORIES = (INTERPRETING, TRANSLATION)

EARTH_RADIUS_KM = 6371.0088  # the mean radius (IUGG)
UNKNOWN_CONFIRMATION_DAYS = 45
# A place as far away as this is worth half as much as one next door.
HALF_AS_NEAR_KM = 10.0
# The fit of a home, for each rare thing that it has and the need does not ask for.
THRIFT = 0.9
# How far back a citizen's being asked counts: `asked_last_30_days`.
ASKED_DAYS = 30
# The points of the six parts of the score, 100 together, unless a town chooses others.
DEFAULT_WEIGHTS = {"proximity": 25, "dates": 20, "fit": 25, "language": 10, "freshness": 10, "courtesy": 10}
PARTS = tuple(DEFAULT_WEIGHTS)
# Languages that contain others: the macrolanguages of ISO 639-3 (iso639-3.sil.org, Macrolanguage Mappings) that our
# towns meet, and the names that CLDR has for the same (unicode-org/cldr, supplementalMetadata.xml, languageAlias).
PARTS_OF_LANGUAGES = {
    "fa": ("pes", "prs"),
    "ku": ("ckb", "kmr", "sdh"),
    "ar": (
        "aao", "abh", "abv", "acm", "acq", "acw", "acx", "acy", "adf", "aeb", "aec", "afb", "ajp", "apc", "apd",
        "arb", "arq", "ars", "ary", "arz", "auz", "avl", "ayh", "ayl", "ayn", "ayp", "pga", "shu", "ssh",
    ),
    "zh": ("cmn", "gan", "hak", "hsn", "nan", "wuu", "yue"),
    "sh": ("bs", "hr", "sr"),
    "pt": ("pt-BR", "pt-PT"),
}  # fmt: skip
SAME_LANGUAGES = {
    "fa-AF": "prs", "fa-IR": "pes", "zh-Hans": "zh", "zh-Hant": "zh", "en-US": "en", "en-GB": "en", "en-CA": "en",
    "en-AU": "en", "fr-CA": "fr", "fr-CH": "fr", "es-419": "es", "es-ES": "es", "es-MX": "es", "de-AT": "de",
    "de-CH": "de", "ro-MD": "ro", "nl-BE": "nl", "sw-CD": "sw", "nds-NL": "nds", "ar-001": "arb",
    "hi-Latn": "hi",
}  # fmt: skip
