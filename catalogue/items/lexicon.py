"""The words of the catalogue in one language, ready to be looked up."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from django.conf import settings
from django.utils import translation

from catalogue.items.item import UNSURE, Item
from catalogue.items.table import ITEMS
from catalogue.items.words import Grammar, fold, grammar_of

Words = frozenset[str]
WORD = re.compile(r"[^\W_]+")
# Signs after which another thing may be named; not the comma of "37,5", the stroke of "6-8" or "S/M".
_BREAK = re.compile(r"(?<!\d)[.,]|[.,](?!\d)|[;:()+&!?|\n•\[\]،؛]|\s[-–—/]\s|(?<=[^\W\d]{3})/(?=[^\W\d]{3})")
_HYPHENED = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)+")
# A word must be this long to be taken for one that differs by a letter; what it is taken for, to be so for certain:
# "crèche" may be "cruche", and may be none.
LONG, SURELY = 6, 7


@dataclass(frozen=True, slots=True)
class Owners:
    """Whose phrase it is: `sure` of whoever means nothing else by it, `unsure` of whoever might be meant too."""

    sure: list[Item] = field(default_factory=list)
    unsure: list[Item] = field(default_factory=list)


class Lexicon:
    """What every item is called in one language, as sets of words: their order does not matter."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.grammar: Grammar = grammar_of(language)
        self.phrases: dict[Words, Owners] = defaultdict(Owners)
        # Phrases that name two things which are one item: "table et chaises".
        self.pairs: set[Words] = set()
        with translation.override(language):
            names = {item: item.words(source=language == settings.LANGUAGE_CODE) for item in ITEMS}
        self._written = {
            self.grammar.lemma(word)
            for given in names.values()
            for word in WORD.findall(fold(" ".join(given)))
        }
        for item, given in names.items():
            for name in given:
                self._take(item, name, names)
        self.vocabulary = {word for phrase in self.phrases for word in phrase}
        self._holding: dict[str, list[Words]] = defaultdict(list)
        for phrase in self.phrases:
            for word in phrase:
                self._holding[word].append(phrase)
        self.compounding = self._compounding()

    def phrases_with(self, words: Iterable[str]) -> set[Words]:
        """Those that share a word with these."""
        return {phrase for word in words for phrase in self._holding.get(word, ())}

    def folded(self, text: str) -> str:
        """A text as it is compared, with a conjunction apart from the word that it is written with."""
        joined = self.grammar.joined_and
        if not joined:
            return fold(text)
        return WORD.sub(
            lambda found: (
                f"{joined} {found[0][1:]}"
                if found[0].startswith(joined) and self.grammar.lemma(found[0][1:]) in self._written
                else found[0]
            ),
            fold(text),
        )

    def lemma(self, word: str) -> str:
        """A folded word in the form in which it is compared; numbers in words as figures."""
        return self.grammar.lemma(self.grammar.numbers.get(word, word))

    def says_something(self, word: str) -> bool:
        """Whether a folded word is more than an article or a link."""
        grammar = self.grammar
        return word not in grammar.silent and word not in grammar.links and word not in grammar.between

    def clauses(self, folded: str) -> list[str]:
        """A text cut where another thing may begin."""
        clauses = []
        for part in _BREAK.split(folded):
            current: list[str] = []
            for word in part.split():
                if word in self.grammar.between:
                    clauses.append(current)
                    current = []
                current.append(word)
            clauses.append(current)
        return [" ".join(clause) for clause in clauses if clause]

    def _take(self, item: Item, name: str, names: Iterable[Item]) -> None:
        sure, name = name[0] not in UNSURE, name.lstrip(UNSURE)
        folded = self.folded(name)
        words = frozenset(self.lemma(word) for word in WORD.findall(folded) if self.says_something(word))
        self._own(item, words, sure=sure)
        if len(self.clauses(folded)) > 1 or re.search(self.grammar.beside, folded):
            self.pairs.add(words)
        if _HYPHENED.fullmatch(folded):  # "lavelinge"
            self._own(item, frozenset([self.lemma(folded.replace("-", ""))]), sure=sure)
        for smaller in (other for other in names if other.like == item.code):
            if self.grammar.child:
                self._own(smaller, words | {self.grammar.child}, sure=sure)
                self._own(smaller, words | {self.grammar.baby}, sure=False)
            self._own(smaller, words, sure=False)

    def _own(self, item: Item, words: Words, *, sure: bool) -> None:
        owners = self.phrases[words]
        if sure and item in owners.unsure:
            owners.unsure.remove(item)
        held = owners.sure if sure else owners.unsure
        if words and item not in owners.sure and item not in held:
            held.append(item)

    def _compounding(self) -> set[str]:
        """Words like "table" and "sac", of which the next word makes other things."""
        alone = {
            word: {*self.phrases[one].sure}
            for word in self.vocabulary
            if (one := frozenset([word])) in self.phrases
        }
        plain = self.grammar.neutral | {self.grammar.child}
        return {
            word
            for word, owners in alone.items()
            if any(
                phrase - plain > {word} and not owners & {*self.phrases[phrase].sure}
                for phrase in self._holding[word]
                if self.phrases[phrase].sure
            )
        }


def _one_letter_apart(one: str, other: str) -> bool:
    """One letter more, less, other, or two that changed places; the first letter is right."""
    if one[0] != other[0] or abs(len(one) - len(other)) > 1:
        return False
    if len(one) == len(other):
        apart = [place for place in range(len(one)) if one[place] != other[place]]
        first = apart[0]
        return len(apart) == 1 or (
            len(apart) == 2
            and apart[1] == first + 1
            and (one[first], one[first + 1]) == (other[first + 1], other[first])
        )
    short, long = sorted((one, other), key=len)
    return any(long[:place] + long[place + 1 :] == short for place in range(len(long)))


@lru_cache(maxsize=32)
def lexicon(language: str) -> Lexicon:
    """Made once per process and language."""
    return Lexicon(language)


def lexicons() -> list[Lexicon]:
    """One for each language of the product."""
    return [lexicon(language) for language, _name in settings.LANGUAGES]


@lru_cache(maxsize=8192)
def meant(language: str, word: str) -> str:
    """The lemma of a folded word; of one that no language knows, the only lemma that differs from it by a letter."""
    words = lexicon(language)
    lemma, grammar = words.lemma(word), words.grammar
    said = grammar.neutral | grammar.holders | grammar.changing
    if len(lemma) < LONG or not lemma.isalpha() or lemma in said:
        return lemma
    if any(other.lemma(word) in other.vocabulary for other in lexicons()):
        return lemma
    close = [
        known for known in words.vocabulary if len(known) >= LONG - 1 and _one_letter_apart(lemma, known)
    ]
    return close[0] if len(close) == 1 else lemma
