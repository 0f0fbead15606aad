"""How a mail ends: why it came, and how to stop. An app with a list of its own says it for its own events."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from notifications import links
from notifications.models import Message

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@dataclass(frozen=True, slots=True)
class Ending:
    """`address`: where one stops, without signing in. With `is_list` a mail programme's own button posts there."""

    why: "StrPromise"
    label: "StrPromise"
    address: Callable[[Message], str]
    is_list: bool = True


USUAL = Ending(
    why=_(
        "Accorde met en relation les habitants et les associations. Vous recevez ce message parce que vous avez fait "
        "une proposition ou une demande."
    ),
    label=_("Choisir mes messages"),
    address=lambda message: links.address(message.recipient, message.city),
    is_list=False,
)

_endings: dict[str, Ending] = {}


def register(endings: Mapping[str, Ending]) -> None:
    _endings.update(endings)


def ending_of(name: str) -> Ending:
    """Of the mails of the event of that name."""
    return _endings.get(name, USUAL)
