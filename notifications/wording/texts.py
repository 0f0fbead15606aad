"""What the product says: each text that a town may put into its own words, declared by the app that says it.

A `BuiltIn` is the text, for whom it is and what it promises; a `Text` is one message of it, with its values.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from notifications.wording.placeholders import PLACEHOLDERS, token

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

_VALUE = re.compile(r"%\((\w+)\)s")


class Reader(Enum):
    CITIZEN = _("À qui propose son aide")
    POSTER = _("À qui a posté un besoin")
    EITHER = _("Aux deux côtés")


@dataclass(frozen=True, slots=True)
class Text:
    """What a person reads: plain text, and one thing to do at most (`action_url` is a path of this site).

    `short` is what a town says where there is little room (SMS); without it that is made of the title and the body.
    `impersonal` stands where others may read along, on a locked screen or in a team's own channel: nothing of a person.
    """

    title: str
    body: str
    action_label: str = ""
    action_url: str = ""
    impersonal: str = ""
    filling: "Filling | None" = None
    short: str = ""

    def columns(self) -> dict[str, Any]:
        """As a message holds it."""
        return {
            "title": self.title[:200],
            "body": self.body,
            "short": self.short,
            "impersonal": self.impersonal[:200],
            "wording": self.filling.built_in.name if self.filling else "",
            "values": dict(self.filling.values) if self.filling else {},
            "action_label": self.action_label,
            "action_url": self.action_url,
        }


@dataclass(frozen=True, slots=True)
class BuiltIn:
    """`required`: what a body must name, whatever a town makes of it, because the message promises it."""

    name: str
    events: tuple[str, ...]
    reader: Reader
    title: "StrPromise"
    body: "StrPromise"
    required: tuple[str, ...]

    def names(self) -> list[str]:
        """The values that it is given, each once, in its order."""
        with translation.override(None):
            found = _VALUE.findall(f"{self.title}\n{self.body}")
        return list(dict.fromkeys(found))

    def tokens(self) -> list[str]:
        return [token(name) for name in self.names()]

    def required_tokens(self) -> list[str]:
        return [token(name) for name in self.required]

    def as_written(self) -> tuple[str, str]:
        """Title and body in the language that is active, as a town would write them: with placeholders in braces."""
        return tuple(  # type: ignore[return-value]
            _VALUE.sub(lambda found: "{" + token(found[1]) + "}", str(text))
            for text in (self.title, self.body)
        )

    def examples(self) -> dict[str, str]:
        """Values that nobody has, in the language that is active."""
        return {name: str(PLACEHOLDERS[name].example) for name in self.names()}

    def filled(
        self, values: Mapping[str, object], *, action_label: str = "", action_url: str = "", also: str = ""
    ) -> Text:
        """One message of it; `also` ends its body, whatever the words before."""
        said = {name: str(value) for name, value in values.items()}
        return Text(
            title=str(self.title) % said,
            body=ending_with(str(self.body) % said, also),
            action_label=action_label,
            action_url=action_url,
            filling=Filling(self, said, also=also),
        )


@dataclass(frozen=True, slots=True)
class Filling:
    """How a message was made: `frame` is set around the title, "Rappel : %(title)s"."""

    built_in: BuiltIn
    values: Mapping[str, str] = field(default_factory=dict)
    frame: str = "%(title)s"
    also: str = ""


def ending_with(body: str, also: str) -> str:
    return f"{body}\n\n{also}" if also else body


_texts: dict[str, BuiltIn] = {}


def register(texts: Iterable[BuiltIn]) -> None:
    """What an app says and a town may say otherwise (called in its AppConfig)."""
    _texts.update((text.name, text) for text in texts)


def all_texts() -> Mapping[str, BuiltIn]:
    """By name, those for one reader together."""
    order = list(Reader)
    return dict(sorted(_texts.items(), key=lambda item: order.index(item[1].reader)))


def text_of(name: str) -> BuiltIn | None:
    """None for a text that a later version has no more."""
    return _texts.get(name)
