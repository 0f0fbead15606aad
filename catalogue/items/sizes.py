"""The series of sizes, in order, with the ways in which people write them.

Codes stand in the database, the API and files. No two series share one but those of beds and of duvets, by width in cm.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalogue.items.words import fold, spaced
from engine.goods import MIXED, Larger, Sizes

Span = tuple[int, int]

_SEVERAL = re.compile(
    r"\b(?:toutes? tailles?|tailles? uniques?|tailles? (?:diverses|differentes|variees|melangees)"
    r"|(?:diverses|differentes|plusieurs) tailles|mixed sizes?|all sizes|various sizes)\b"
    rf"|^\s*(?:{MIXED}|mixte|mixtes|divers|diverses)\s*$|{fold('مقاسات مختلفة')}"
)
# A cell that says that there is none to say; the "s" of "s/o" is no size.
_UNSAID = re.compile(r"(?:s ?/ ?o|n ?/ ?[acdr]|sans objet|[-–—_.?]+)")
# Behind a number alone: it counts something.
_NO_COUNT = (
    r"(?! ?(?:[€%$]|(?:x|kg|g|l|ml|cm|ans?|mois|euros?|eur|pieces?|paires?|paquets?|boites?|lots?|cartons?|packs?|pots?"
    r"|pcs)\b))"
)
# "6-8 ans", "S/M": the upper one is what the label means.
_RANGE = r"(?:\d{1,2} ?(?:-|/|a|to|–) ?)?"


def text_of(typed: str) -> str:
    """What sizes are looked for in: folded, digits apart from letters, one space between words."""
    return re.sub(r"\s+", " ", spaced(fold(typed))).strip()


def says_no_size(typed: str) -> bool:
    """Whether a cell of sizes is as good as empty."""
    return _UNSAID.fullmatch(text_of(typed)) is not None


@dataclass(frozen=True)
class Pattern:
    """One way of writing: what is found, and what code it stands for ("" when none)."""

    found: re.Pattern[str]
    code: Callable[[re.Match[str]], str]
    # A number alone, which may be a quantity: a size only after the thing.
    bare: bool = False


@dataclass(frozen=True)
class Series:
    """A series of sizes, as people read and write it."""

    code: str
    sizes: Sizes
    patterns: tuple[Pattern, ...]
    words: Callable[[str], str] = field(default=str)
    # Sizes that grown-ups have too: they do not tell that a child is meant.
    grown: frozenset[str] = frozenset()
    # Of adults' clothes that are cut for women or for men, and say so.
    cut: bool = False

    def read(self, text: str, *, bare_from: int = 0) -> tuple[tuple[str, ...], list[Span]]:
        """The sizes of `text_of` in the order written, or `MIXED`; and where they stand.

        Numbers alone count from `bare_from` on, and only where nothing clearer is written.
        """
        if several := _SEVERAL.search(text):
            return for_whom(_cut(text) if self.cut else (), (MIXED,)), [several.span()]
        for bare in (False, True):
            found = sorted(self._found(text, bare=bare, bare_from=bare_from))
            if found:
                codes = tuple(dict.fromkeys(code for _span, code in found))
                return for_whom(_cut(text), codes) if self.cut else codes, [span for span, _code in found]
        return (_cut(text) if self.cut else ()), []

    def _found(self, text: str, *, bare: bool, bare_from: int) -> Iterator[tuple[Span, str]]:
        taken: list[Span] = []
        for pattern in self.patterns:
            if pattern.bare is not bare:
                continue
            for match in pattern.found.finditer(text):
                code = pattern.code(match)
                free = all(match.end() <= first or last <= match.start() for first, last in taken)
                if free and not (bare and match.start() < bare_from):
                    # Of "60 x 120" neither side is a size by itself.
                    taken.append(match.span())
                    if code in self.sizes.codes:
                        yield match.span(), code

    def label(self, code: str) -> str:
        """A size as people say it: "6 ans", "140 cm"."""
        return _("tailles diverses") if code == MIXED else self.words(code)


# --- Children: months, then years ------------------------------------------------------------------------

_MONTHS = (0, 1, 3, 6, 9, 12, 18)
_YEARS = (2, 3, 4, 5, 6, 8, 10, 12, 14, 16)
_AGES = tuple(f"{month}m" for month in _MONTHS) + tuple(f"{year}y" for year in _YEARS)


def _from(steps: tuple[int, ...], unit: str, age: int) -> str:
    """The smallest size for that age: seven years wear "8 ans"."""
    return next((f"{step}{unit}" for step in steps if step >= age), "")


def _years(match: re.Match[str]) -> str:
    years = int(match[1])
    return _from(_YEARS, "y", years) if years > 1 else "12m"


def _months(match: re.Match[str]) -> str:
    return _from(_MONTHS, "m", int(match[1])) or _from(_YEARS, "y", -(-int(match[1]) // 12))


# The height in cm that labels give for each age.
_HEIGHTS = dict(
    zip((50, 56, 62, 68, 74, 80, 86, 92, 98, 104, 110, 116, 128, 140, 152, 164, 176), _AGES, strict=True)
)


def _height(match: re.Match[str]) -> str:
    """The smallest size for a child that is so tall."""
    cm = int(match[1])
    return next((age for tallest, age in _HEIGHTS.items() if 50 <= cm <= tallest), "")


# In the languages of the product, folded (catalogue.items.words.fold).
_MONTH = "mois|moi|months?|شهرا?|اشهر|شهور|m|місяц(?:ь|і|ів|я)|месяц(?:а|ев)?|mes|meses|ماه|ماهه"
_YEAR = "ans?|a|years?|yrs?|y|yo|سنه|سنوات|سنين|рік|роки|років|року|год|года|лет|anos?|سال|ساله"
_NEWBORN = (
    "nouveau[ -]ne|naissance|newborn|premature|مواليد|новонароджен\\w*|народження|новорожденн\\w*|рождения|"
    "recien nacido|nacimiento|نوزاد|تولد"
)
_HEIGHT = re.compile(r"\b(\d{2,3}) ?(?:cm|سم|см)\b")
_AGE_PATTERNS = (
    Pattern(re.compile(rf"\b{_RANGE}(\d{{1,2}}) ?-? ?(?:{_MONTH})\b(?!')"), _months),
    Pattern(re.compile(rf"\b{_RANGE}(\d{{1,2}}) ?-? ?(?:{_YEAR})\b"), _years),
    Pattern(re.compile(rf"\b(?:{_NEWBORN})\b"), lambda _match: "0m"),
    Pattern(_HEIGHT, _height),
    Pattern(re.compile(r"\b(?:tailles?|t) ?(\d{1,2})\b"), lambda match: f"{match[1]}y"),
    # What Arabic says without a figure.
    Pattern(re.compile(r"\bشهر واحد\b"), lambda _match: "1m"),
    Pattern(re.compile(r"\bشهر(?:ين|ان)\b"), lambda _match: "3m"),
    Pattern(re.compile(r"\bسنت(?:ين|ان)\b"), lambda _match: "2y"),
)


def says_an_age(text: str) -> bool:
    """Whether `text_of` what was typed names the years or months of a child."""
    months, years = _AGE_PATTERNS[:2]
    return bool(months.found.search(text)) or any(map(_years, years.found.finditer(text)))


def without_lengths(text: str) -> str:
    """`text_of` what was typed without centimetres that are no child's height: of labels, those that are round too.

    "Manteau long 110 cm" says how long it is.
    """
    return _HEIGHT.sub(
        lambda found: found[0] if int(found[1]) % 10 and int(found[1]) in _HEIGHTS else " ", text
    )


def _age_words(code: str) -> str:
    number = int(code[:-1])
    if number == 0:
        return _("naissance")
    if code.endswith("m"):
        return ngettext("%(n)s mois", "%(n)s mois", number) % {"n": number}
    return ngettext("%(n)s an", "%(n)s ans", number) % {"n": number}


def _ages(code: str, first: str, last: str) -> Series:
    codes = _AGES[_AGES.index(first) : _AGES.index(last) + 1]
    return Series(code, Sizes(codes, Larger.NEXT), _AGE_PATTERNS, _age_words)


CHILD = _ages("child", "0m", "16y")
BABY = _ages("baby", "0m", "2y")
YEARS = _ages("years", "2y", "16y")
CHILDRENS = (CHILD, BABY, YEARS)

# --- Adults, shoes ---------------------------------------------------------------------------------------

_ADULT = ("XS", "S", "M", "L", "XL", "XXL")
# Codes that nobody types for a letter; the longest, "masc-XXL", is as long as a size may be.
CUTS = WOMEN, MEN = "fem", "masc"
# Who it is cut for, in the languages of the product; "H" and "F" of French lists, but for the hours of "24 h".
_CUTS = {
    WOMEN: re.compile(
        r"\b(?:femmes?|dames?|feminine?s?|chemisiers?|tuniques?|tailleurs?|womens?|woman|ladies|lady|للنسا\w*|نسا\w*"
        r"|امراه|жіноч\w*|жінк\w*|жінок|женск\w*|женщин\w*|mujer(?:es)?|senoras?|زنانه|زن)\b"
        r"|(?<!\d )(?<!')\bf\b(?!')"
    ),
    MEN: re.compile(
        r"\b(?:hommes?|messieurs|monsieur|masculine?s?|mens?|man|للرجال|رجال\w*|رجل|чоловіч\w*|чоловік\w*|мужск\w*|мужчин\w*"
        r"|hombres?|caballeros?|مردانه|مرد)\b"
        r"|(?<!\d )(?<!')\bh\b(?!'| ?&)"
    ),
}


def _cut(text: str) -> tuple[str, ...]:
    """For women or for men, where the text says one of them alone."""
    found = tuple(code for code, words in _CUTS.items() if words.search(text))
    return found if len(found) == 1 else ()


def for_whom(said: Sequence[str], sizes: Sequence[str]) -> tuple[str, ...]:
    """Sizes given apart, as those of women or of men where they, or what is `said` of the thing, are of one of them.

    Of "several sizes" for whom is all that is left.
    """
    cuts = {code.partition("-")[0] for code in (*said, *sizes)} & _CUTS.keys()
    rest = tuple(size for size in sizes if size not in _CUTS)
    if len(cuts) != 1:
        # A letter of whoever goes without "for women, for men"; one of women alone does not go for men.
        return rest if any(size in _ADULT for size in rest) else tuple(sizes)
    (cut,) = cuts
    if MIXED in rest or not rest:
        return (cut,)
    return tuple(dict.fromkeys(f"{cut}-{size}" if size in _ADULT else size for size in rest))


def in_one(sizes: Sequence[str]) -> str:
    """What an offer keeps of them: one size; of several, that they are women's or men's where all are, or `MIXED`."""
    if len(sizes) < 2:
        return "".join(sizes)
    cuts = {size.partition("-")[0] for size in sizes}
    return cuts.pop() if len(cuts) == 1 and cuts <= _CUTS.keys() else MIXED


def _adult_words(code: str) -> str:
    cut, _hyphen, size = code.partition("-")
    if cut == WOMEN:
        return _("%(size)s femme") % {"size": size} if size else _("pour femme")
    if cut == MEN:
        return _("%(size)s homme") % {"size": size} if size else _("pour homme")
    return code


def _cut_sizes() -> Sizes:
    """Each letter of whoever, of women, of men; and of women or men without a letter.

    What does not say for whom would do for both, and the other way round; of a woman or a man alone, any letter. Of
    women's, of which the letter is not known or there are several, one may do.
    """
    of_cut = {cut: tuple(f"{cut}-{size}" for size in _ADULT) for cut in CUTS}
    instead: set[tuple[str, str]] = set()
    unsure: set[tuple[str, str]] = set()
    for cut, letters in of_cut.items():
        instead |= {*zip(letters, _ADULT, strict=True), *zip(_ADULT, letters, strict=True)}
        instead |= {(cut, size) for size in ("", *_ADULT, *letters)}
        unsure |= {(size, cut) for size in (*_ADULT, *letters)}
    codes = (*_ADULT, *chain.from_iterable(of_cut.values()), *CUTS)
    return Sizes(codes, instead=frozenset(instead), unsure=frozenset(unsure))


def _sizes_of_one(cut: str) -> Sizes:
    """Letters of what only women, or only men, wear: who asks for a woman's "M" of several things, asks for these."""
    instead = {(f"{cut}-{size}", size) for size in _ADULT} | {(cut, size) for size in ("", *_ADULT)}
    return Sizes(_ADULT, instead=frozenset(instead))


# What French labels say in numbers, up to which each letter goes.
_NUMBERED = {34: "XS", 36: "S", 40: "M", 44: "L", 48: "XL", 60: "XXL"}


def _letter(match: re.Match[str]) -> str:
    """The size of a number: where a label has two ("38/40"), the larger is what fits."""
    return next((size for number, size in _NUMBERED.items() if 32 <= int(match[1]) <= number), "")


def _bare_letter(match: re.Match[str]) -> str:
    """The size of a number that stands alone: behind a colon or within brackets it counts."""
    before = match.string[: match.start()].rstrip()
    return "" if before.endswith(":") or before.rfind("(") > before.rfind(")") else _letter(match)


def _no_size(found: str) -> list[Pattern]:
    """What looks like a size, and is none: somebody is asked."""
    return [Pattern(re.compile(found), lambda _match: "", bare=bare) for bare in (False, True)]


# "W32 L34": waist and length in inches.
_INCHES = _no_size(r"\bw ?\d\d\b(?: ?[-/x]? ?l ?\d\d\b)?")
_ADULT_PATTERNS = (
    *_INCHES,
    # Not the "l" of "l'hiver", nor metres, nor "H&M".
    Pattern(
        re.compile(r"(?<![\w'&])(?<!\d )(?<!& )(xxl|xl|xs|s|m|l)\b(?!')"),
        lambda match: match[1].upper(),
    ),
    Pattern(re.compile(r"\b(?:[2-6] ?xl|xxx+l)\b"), lambda _match: "XXL"),
    Pattern(re.compile(r"\b(?:taille |size )?(small|medium)\b"), lambda match: match[1][0].upper()),
    Pattern(re.compile(r"\bsize large\b"), lambda _match: "L"),
    Pattern(re.compile(r"\b(?:tailles?|t|size|eu|مقاس|قياس) ?:? ?(?:\d\d ?[-/] ?)?(\d\d)\b"), _letter),
    Pattern(
        re.compile(rf"(?<!\bde )(?<!\bx )\b(?:\d\d ?[-/] ?)?(3[468]|4[02468]|5[024])\b{_NO_COUNT}"),
        _bare_letter,
        bare=True,
    ),
)
# Clothes that only women, or only men, wear; and all others.
WOMENS = Series("womens", _sizes_of_one(WOMEN), _ADULT_PATTERNS)
MENS = Series("mens", _sizes_of_one(MEN), _ADULT_PATTERNS)
CUT = Series("cut", _cut_sizes(), _ADULT_PATTERNS, _adult_words, cut=True)
# Of trousers "32/34" may be inches too.
TROUSERS = replace(CUT, code="trousers", patterns=(*_no_size(r"\b[23]\d ?[-/] ?[23]\d\b"), *_ADULT_PATTERNS))
GROWN_UP = (WOMENS, MENS, CUT, TROUSERS)
_SHOE = tuple(str(number) for number in range(18, 49))
SHOES = Series(
    "shoes",
    Sizes(_SHOE),
    (
        Pattern(
            re.compile(r"\b(?:pointures?|tailles?|size|t|eu|du|en|مقاس|قياس|نمره) ?(\d\d)\b"),
            lambda match: match[1],
        ),
        Pattern(re.compile(r"\b(\d\d)\b"), lambda match: match[1], bare=True),
    ),
)

# --- Beds and what lies on them, by width ----------------------------------------------------------------

_ONE = re.compile(
    r"\b(?:1|une?|one) (?:seule )?(?:places?|personnes?|pers|person)\b"
    r"|\b(?:lits?|matelas|draps?) simples?\b|\bsingle\b|\b(?:مفرد|مفرده|شخص واحد)\b"
)
_TWO = re.compile(
    r"\b(?:2|deux|two) (?:places?|personnes?|pers|people|persons?)\b|\bdoubles?\b|\b(?:مزدوج|مزدوجه|شخصين)\b"
)
_AREA = re.compile(r"\b(\d{2,3}) ?(?:cm)? ?(?:x|\*|sur|by|في) ?(\d{2,3})\b")
_CM = re.compile(r"\b(\d{2,3}) ?(?:cm|سم|centimetres?)\b")
# Not one side of an area.
_BARE_CM = re.compile(r"(?<!\bx )(?<!\* )(?<!\bsur )\b(\d{2,3})\b(?! ?(?:x|\*|sur|by|في) ?\d)")


def _widths(
    code: str, widths: tuple[str, ...], *, one: str, two: str, larger: Larger, close: Mapping[str, str]
) -> Series:
    def width(match: re.Match[str]) -> str:
        cm = str(min(int(number) for number in match.groups()))
        return close.get(cm, cm)

    return Series(
        code,
        Sizes(widths, larger),
        (
            Pattern(_AREA, width),
            Pattern(_CM, width),
            Pattern(_ONE, lambda _match: one),
            Pattern(_TWO, lambda _match: two),
            Pattern(_BARE_CM, width, bare=True),
        ),
        lambda cm: _("%(n)s\u00a0cm") % {"n": cm},
    )


BED = _widths(
    "bed", ("70", "80", "90", "120", "140", "160", "180", "200"), one="90", two="140",
    larger=Larger.NONE, close={},
)  # fmt: skip
# 140 cm are made for one, 220 for two; whoever names the width of a bed for one means the former.
DUVET = _widths(
    "duvet", ("100", "140", "200", "220", "240", "260"), one="140", two="220", larger=Larger.ANY,
    close={"80": "140", "90": "140", "150": "140", "180": "200"},
)  # fmt: skip

# --- Nappies, wheels -------------------------------------------------------------------------------------

NAPPIES = Series(
    "nappies",
    Sizes(tuple("123456")),
    (
        Pattern(
            re.compile(r"\b(?:tailles?|t|size|n°?|numero|no|مقاس|قياس) ?([1-6])\b"), lambda match: match[1]
        ),
        Pattern(
            re.compile(r"\b([1-6])\b(?! ?(?:kg|g|paquet|lot|carton|pack))"), lambda match: match[1], bare=True
        ),
    ),
    lambda code: _("taille %(n)s") % {"n": code},
)
WHEELS = Series(
    "wheels",
    Sizes(tuple(f"{inches}in" for inches in (12, 14, 16, 18, 20, 24, 26))),
    (
        Pattern(
            re.compile(r"\b(\d\d) ?(?:pouces?|inch(?:es)?|in\b|''|\"|”|بوصه)"), lambda match: f"{match[1]}in"
        ),
        Pattern(
            re.compile(rf"\b(\d\d)\b(?! ?(?!\w\b)(?:{_YEAR}|{_MONTH})\b)"),
            lambda match: f"{match[1]}in",
            bare=True,
        ),
    ),
    lambda code: ngettext("%(n)s pouce", "%(n)s pouces", int(code[:-2])) % {"n": code[:-2]},
    grown=frozenset(["26in"]),
)

# --- Infant formula, by the baby's age -------------------------------------------------------------------

_STAGE_UNTIL = {6: "stage1", 12: "stage2", 99: "stage3"}
_STAGE_WORDS = {"premier": "1", "deuxieme": "2", "second": "2", "troisieme": "3"}


def _stage(match: re.Match[str]) -> str:
    return f"stage{_STAGE_WORDS.get(match[1], match[1])}"


def _stage_from(match: re.Match[str]) -> str:
    """For a baby of so many months; of "0-6 mois" the last."""
    months = int(match[2]) if match[2] else int(match[1]) + 1
    return next(stage for until, stage in _STAGE_UNTIL.items() if months <= until)


FORMULA = Series(
    "formula",
    Sizes(tuple(_STAGE_UNTIL.values())),
    (
        Pattern(
            re.compile(r"\b([123]|premier|deuxieme|second|troisieme) ?(?:er|e|eme|nd|st|rd)? age\b"), _stage
        ),
        Pattern(re.compile(rf"\b(\d{{1,2}}) ?(?:(?:-|/|a|to) ?(\d{{1,2}}) ?)?(?:{_MONTH})\b"), _stage_from),
        Pattern(re.compile(r"\b(?:croissance|growing[ -]up|toddler)\b"), lambda _match: "stage3"),
        Pattern(re.compile(rf"\b([123])\b{_NO_COUNT}"), _stage, bare=True),
    ),
    lambda code: {"stage1": _("1er âge"), "stage2": _("2e âge"), "stage3": _("3e âge")}[code],
)
SERIES = {one.code: one for one in (*CHILDRENS, *GROWN_UP, SHOES, BED, DUVET, NAPPIES, WHEELS, FORMULA)}
