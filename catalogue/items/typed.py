"""Which item somebody means by the words that they typed, in any language of the product.

An answer is *certain* when nobody would read the words otherwise: then a title alone gives its item. In doubt there are
suggestions, and a person chooses.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings

from catalogue.items.item import Item
from catalogue.items.lexicon import SURELY, WORD, Lexicon, Owners, Words, lexicons, meant
from catalogue.items.quantities import said_quantity
from catalogue.items.sizes import CHILDRENS, GROWN_UP, says_an_age, text_of, without_lengths
from catalogue.items.table import ITEMS
from catalogue.items.words import fold

MOST_SUGGESTIONS = 8
# Between two things; not that of "S/M" or "6/8 ans".
_STROKE = r"(?<=[^\W\d]{3})\s*/\s*(?=[^\W\d]{3})"
_PLACE = {item: place for place, item in enumerate(ITEMS)}


@dataclass(frozen=True)
class Found:
    """What typed words say. `sizes` and the numbers are read only when the item is certain."""

    suggestions: tuple[Item, ...] = ()
    certain: Item | None = None
    sizes: tuple[str, ...] = ()
    # "10 draps": 10. None when no number is said, or it is unclear of what.
    count: int | None = None
    # "lot de 6": each of what is counted is six pieces.
    pack: int = 1


@dataclass(frozen=True)
class _Clause:
    """What one part of a text names."""

    owners: Owners | None = None
    words: Words = frozenset()
    # Something is said that is neither the thing nor known to leave it as it is.
    doubtful: bool = False


def find_item(typed: str, *, category: str = "", language: str = "") -> Found:
    """The item that is typed. `category`: where the person is, it decides between items that share a word.

    `language` is the reader's: it decides where languages disagree ("pan" is bread in Spanish).
    """
    beside = _side_by_side(typed, category, language)
    if len(beside) > 1:
        return Found(tuple(beside))
    readings = [_Reading(typed, words, category) for words in lexicons()]
    certain = _agreed([reading for reading in readings if reading.item], language)
    suggestions = _suggested(readings, certain.item if certain else None, category)
    if certain is None or certain.item is None or certain.item not in (beside or [certain.item]):
        return Found(tuple(dict.fromkeys([*beside, *suggestions])))
    count, pack = said_quantity(certain.unsized(), certain.place(), certain.lexicon.grammar)
    return Found(suggestions, certain.item, certain.sizes, count, pack)


def alternatives(typed: str, *, category: str = "", language: str = "") -> list[str]:
    """The things of "couette ou couverture", any of which would do; the text itself where it does not name several.

    Of "couette/couverture" nobody knows whether either would do.
    """
    if find_item(typed, category=category, language=language).certain:
        return [typed]
    for words in lexicons():
        parts = _parted(typed, words.grammar.either)
        if len(parts) > 1 and all(
            find_item(part, category=category, language=language).certain for part in parts
        ):
            return parts
    return [typed]


def _parted(typed: str, between: frozenset[str]) -> list[str]:
    """What is written between these words, as it is written."""
    parts: list[list[str]] = [[]]
    for word in typed.split():
        if fold(word) in between:
            parts.append([])
        else:
            parts[-1].append(word)
    return [" ".join(part) for part in parts]


def _side_by_side(typed: str, category: str, language: str) -> list[Item]:
    """The things that "assiettes/verres" names; nothing without a stroke."""
    parts = re.split(_STROKE, typed)
    if len(parts) == 1:
        return []
    named = [find_item(part, category=category, language=language).certain for part in parts]
    return list(dict.fromkeys(item for item in named if item))


def read_sizes(item: Item, typed: str) -> tuple[str, ...]:
    """The sizes that are typed of an item alone, in words or by code: "6 ans", "140", "mixte"."""
    if item.sizes is None:
        return ()
    return (typed.strip(),) if typed.strip() in item.sizes.sizes.codes else item.sizes.read(text_of(typed))[0]


class _Reading:
    """A text as one language reads it."""

    def __init__(self, typed: str, words: Lexicon, category: str) -> None:
        self.lexicon, self.category = words, category
        self.text = text_of(typed)
        self.folded = words.folded(typed)
        self.words = [self._meant(word) for word in WORD.findall(self.folded) if words.says_something(word)]
        # Short words that are only like what was written.
        self.guessed = {
            lemma
            for word in WORD.findall(self.folded)
            if (lemma := self._meant(word)) != words.lemma(word) and len(lemma) < SURELY
        }
        self.phrase: Words = frozenset()
        self.item: Item | None = None
        self.sizes: tuple[str, ...] = ()
        self.explained = 0
        self._decide()

    def place(self) -> int:
        """Where the thing is named in `text`."""
        for match in WORD.finditer(self.text):
            if self._meant(match[0]) in self.phrase:
                return match.start()
        return 0

    def unsized(self) -> str:
        """The text, blank where sizes stand."""
        text = self.text
        if self.item and self.item.sizes:
            for first, last in self.item.sizes.read(self.text, bare_from=self.place())[1]:
                text = text[:first] + " " * (last - first) + text[last:]
        return text

    def _meant(self, word: str) -> str:
        return meant(self.lexicon.language, word)

    # --- What is named -----------------------------------------------------------------------------------

    def _decide(self) -> None:
        owners = self._pair()
        if owners is None:
            owners = self._only_thing()
        if owners is None:
            return
        if self.phrase & self.guessed:
            return
        self.item = self._one_of(owners)
        if self.item and self.item.sizes:
            self.sizes, _spans = self.item.sizes.read(self.text, bare_from=self.place())
        grammar = self.lexicon.grammar
        self.explained = sum(word in self.phrase or word in grammar.neutral for word in self.words)

    def _pair(self) -> Owners | None:
        """Two things that are one item: "table et quatre chaises"."""
        grammar = self.lexicon.grammar
        if set(WORD.findall(self.folded)) & grammar.without:
            return None
        said = frozenset(word for word in self.words if not word.isdigit() and word not in grammar.holders)
        for phrase in self.lexicon.pairs:
            if phrase <= said and said - phrase <= grammar.neutral:
                self.phrase = phrase
                return self.lexicon.phrases[phrase]
        return None

    def _only_thing(self) -> Owners | None:
        grammar = self.lexicon.grammar
        named: list[_Clause] = []
        for clause in self.lexicon.clauses(self._without_what_comes_beside()):
            read = self._clause(clause)
            unknown = read.owners is None and read.doubtful
            adds = clause.split()[0] in grammar.between
            if read.doubtful and (read.owners is not None or adds or not named):
                return None
            if read.owners is not None:
                named.append(read)
            elif unknown:
                continue  # after the thing, a remark
        if not named or any(not _same_item(read.owners, named[0].owners) for read in named):
            return None
        self.phrase = named[0].words
        return named[0].owners

    def _without_what_comes_beside(self) -> str:
        """The text without "avec matelas", "sans housse", "et sa chaise", up to the next comma."""
        grammar = self.lexicon.grammar
        beside = grammar.beside
        if grammar.without:
            beside += rf"|\b(?:{'|'.join(sorted(grammar.without))})\b"
        return re.sub(rf"(?:{beside})[^,;:()+]*", " ", self.folded)

    def _clause(self, clause: str) -> _Clause:
        """The longest phrase of the clause, when what is left of it changes nothing."""
        words, linked = self._parsed(clause)
        content = frozenset(words)
        inside = [phrase for phrase in self.lexicon.phrases_with(content) if phrase <= content]
        whole = [phrase for phrase in inside if self._names(phrase)]
        if not whole:
            return _Clause(doubtful=any(not self._says_nothing(word) for word in words))
        longest = max(map(self._length, whole))
        best = [phrase for phrase in whole if self._length(phrase) == longest]
        if len(best) > 1 and any(
            not _same_item(self.lexicon.phrases[phrase], self.lexicon.phrases[best[0]]) for phrase in best
        ):
            return _Clause(self.lexicon.phrases[best[0]], best[0], doubtful=True)
        phrase = best[0]
        owners = self.lexicon.phrases[phrase]
        head = next((word for word in words if not self._says_nothing(word) or word in phrase), "")
        doubtful = (self.lexicon.grammar.thing_first and head not in phrase) or any(
            word not in phrase and self._doubts(word, owners, phrase, linked=word in linked) for word in words
        )
        return _Clause(owners, phrase, doubtful)

    def _length(self, phrase: Words) -> tuple[int, int]:
        """Words that say what it is count before "enfant" and "deux places"."""
        return sum(not self._says_nothing(word) for word in phrase), len(phrase)

    def _names(self, phrase: Words) -> bool:
        """Whether it names a thing by itself: "enfant", "hiver" alone do not."""
        return any(not self._says_nothing(word) for word in phrase) or bool(self.lexicon.phrases[phrase].sure)

    def _parsed(self, clause: str) -> tuple[list[str], set[str]]:
        """The words of a clause, and those that a link ties to what is before them."""
        grammar = self.lexicon.grammar
        words: list[str] = []
        linked: set[str] = set()
        tied = False
        for word in WORD.findall(clause):
            if word in grammar.links:
                tied = True
            elif self.lexicon.says_something(word):
                lemma = self._meant(word)
                words.append(lemma)
                if tied:
                    linked.add(lemma)
                tied = False
        return words, linked

    def _says_nothing(self, word: str) -> bool:
        grammar = self.lexicon.grammar
        return (
            any(char.isdigit() for char in word)
            or word in grammar.neutral
            or word in grammar.holders
            or len(word) == 1
        )

    def _doubts(self, word: str, owners: Owners, phrase: Words, *, linked: bool) -> bool:
        """Whether a word beside the thing leaves room for another thing."""
        grammar = self.lexicon.grammar
        if word in grammar.changing:
            return True
        if word in (grammar.child, grammar.baby) and word:
            return not self._for_children(owners, word)
        if self._says_nothing(word) or word in _SIZE_WORDS:
            return False
        if (
            linked
            or not grammar.thing_first
            or any(words.lemma(word) in words.vocabulary for words in lexicons())
        ):
            return True
        return any(one in self.lexicon.compounding for one in phrase)

    def _for_children(self, owners: Owners, word: str) -> bool:
        """Whether "enfant" or "bébé" leaves the thing what it is: adults' clothes it does not."""
        items = owners.sure or owners.unsure
        if word == self.lexicon.grammar.baby:
            return all(item.category in ("baby", "hygiene", "food") for item in items)
        return not any(item.sizes in GROWN_UP for item in items)

    def _one_of(self, owners: Owners) -> Item | None:
        """The one that is meant among those that share the phrase: its sizes tell, then the category."""
        pool, narrowed = [*owners.sure, *owners.unsure], False
        bare_from = self.place()
        heights = self.text if self._names_a_child() else without_lengths(self.text)
        sized = [
            item
            for item in pool
            if item.sizes
            and {*item.sizes.read(heights if item.sizes in CHILDRENS else self.text, bare_from=bare_from)[0]}
            - item.sizes.grown
        ]
        if sized and len(sized) < len(pool):
            pool, narrowed = sized, True
        sure = [item for item in pool if item in owners.sure]
        if len(sure) == 1:
            return self._of_that_age(sure[0], owners)
        here = [item for item in sure or pool if item.category == self.category]
        if len(here) == 1:
            return here[0]
        return pool[0] if narrowed and len(pool) == 1 else None

    def _names_a_child(self) -> bool:
        grammar = self.lexicon.grammar
        return bool({grammar.child, grammar.baby} & {*self.words} - {""})

    def _of_that_age(self, item: Item, owners: Owners) -> Item:
        """The same for children, where an age is said: "gants 6 ans" are no adult's."""
        smaller = [other for other in owners.unsure if other.like == item.code]
        return smaller[0] if len(smaller) == 1 and says_an_age(self.text) else item


_SIZE_WORDS = frozenset(["xs", "xl", "xxl", "xxxl", "single", "double", "small", "medium", "large"])


def _same_item(one: Owners | None, other: Owners | None) -> bool:
    return one is other or (
        one is not None and other is not None and bool(one.sure) and one.sure == other.sure
    )


def _agreed(certain: Sequence[_Reading], language: str) -> _Reading | None:
    """The reading of the language that explains most; on a tie that of the reader's own."""
    if not certain:
        return None
    most = max(reading.explained for reading in certain)
    best = [reading for reading in certain if reading.explained == most]
    if any(reading.item is not best[0].item for reading in best):
        own = language or settings.LANGUAGE_CODE
        return next((one for one in best if one.lexicon.language == own), None)
    return best[0]


def _suggested(readings: Sequence[_Reading], certain: Item | None, category: str) -> tuple[Item, ...]:
    """Items that share words with the text, the likeliest first; the last word may be unfinished."""
    scores: dict[Item, float] = {}
    for reading in readings:
        words = [word for word in reading.words if not reading._says_nothing(word)] or reading.words
        for phrase, hit in _hits(reading.lexicon, words).items():
            score = 2 * hit / (len(phrase) + len(set(words)))
            owners = reading.lexicon.phrases[phrase]
            for item in owners.sure:
                scores[item] = max(scores.get(item, 0), score)
            for item in owners.unsure:
                scores[item] = max(scores.get(item, 0), 0.9 * score)
    for item in scores:
        scores[item] += 0.05 * (item.category == category)
    ranked = sorted(scores, key=lambda item: (item is not certain, -scores[item], _PLACE[item]))
    return tuple(ranked[:MOST_SUGGESTIONS])


def _hits(words: Lexicon, said: Sequence[str]) -> dict[Words, float]:
    """For each phrase that shares words with those said: how many, a beginning counted for less."""
    found: dict[Words, float] = {}
    for phrase in words.phrases_with(said):
        found[phrase] = len(phrase & set(said))
    last = said[-1] if said else ""
    if len(last) >= 2 and last not in words.vocabulary:
        begun = [word for word in words.vocabulary if word.startswith(last)]
        for phrase in words.phrases_with(begun):
            found[phrase] = found.get(phrase, 0) + 0.7
    return found
