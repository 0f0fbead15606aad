"""One message in given words, as its reader would have it: on the last one that left, or on values that nobody has."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from accounts.access import DESK, has_role
from accounts.models import User
from cities.models import City
from notifications import channel_folders
from notifications.models import Message
from notifications.selectors import last_said
from notifications.wording.models import Form, Wording
from notifications.wording.placeholders import MASK, PLACEHOLDERS
from notifications.wording.selectors import said_with
from notifications.wording.texts import BuiltIn

# A short address, as long as a real one.
_LIKE_A_TOKEN = "1a2b3-" + "x" * 12


@dataclass(frozen=True, slots=True)
class Sample:
    """`sms` is empty where these words have no room in one message; `said_at` when the real one was said, if it is."""

    title: str
    body: str
    action_label: str
    sms: str
    said_at: datetime | None

    @property
    def signs(self) -> int:
        return len(self.sms)

    @property
    def segments(self) -> int:
        return int(_of_sms("alphabet").segments(self.sms))

    @property
    def is_long_alphabet(self) -> bool:
        alphabet = _of_sms("alphabet")
        return bool(alphabet.alphabet_of(self.sms) == alphabet.UCS2)


def of_the_last(
    city: City, built_in: BuiltIn, *, form: Form, language: str, title: str, body: str, reader: User
) -> Sample:
    """On the last message that the town said in this language, without what its reader is not to see."""
    last = last_said(city, wording=built_in.name, language=language)
    if last is None or not last.values.keys() >= set(built_in.names()):
        return made_up(city, built_in, form=form, language=language, title=title, body=body, reader=reader)
    sees = has_role(reader, city, DESK)
    known = {name: _masked(name, last.values[name], sees=sees) for name in built_in.names()}
    return _sample(
        city, built_in, known, form=form, language=language, title=title, body=body, reader=reader, last=last
    )


def made_up(
    city: City, built_in: BuiltIn, *, form: Form, language: str, title: str, body: str, reader: User
) -> Sample:
    """On the examples that stand beside the placeholders."""
    with translation.override(language):
        known = built_in.examples() | {
            name: said
            for name, said in (("city", city.name), ("phone", city.phone))
            if name in built_in.names() and said
        }
    return _sample(
        city, built_in, known, form=form, language=language, title=title, body=body, reader=reader, last=None
    )


def _masked(name: str, value: str, *, sees: bool) -> str:
    """Contacts are read on their own page, which notes by whom; who is not of the desk sees no name at all."""
    if name == "contact" or (PLACEHOLDERS[name].personal and not sees):
        return MASK
    return str(value)


def _sample(
    city: City,
    built_in: BuiltIn,
    known: Mapping[str, str],
    *,
    form: Form,
    language: str,
    title: str,
    body: str,
    reader: User,
    last: Message | None,
) -> Sample:
    own = [Wording(name=built_in.name, language=language, form=form, title=title, body=body)] if body else []
    with translation.override(language):
        text = built_in.filled(known, action_label=last.action_label if last else _("Répondre"))
    text = said_with(text, own, language=language)
    message = Message(
        recipient=reader,
        city=city,
        event=built_in.events[0],
        language=language,
        title=text.title,
        body=text.body,
        short=text.short,
        action_label=text.action_label,
    )
    link = settings.SITE_URL + reverse("sms:link", args=[_LIKE_A_TOKEN])
    words = _of_sms("words")
    said = words.in_own_words if own and form == Form.SHORT else words.compose
    return Sample(
        title=text.title,
        body=text.body,
        action_label=text.action_label,
        sms=said(message, link=link) if form == Form.SHORT else "",
        said_at=last.created_at if last else None,
    )


def _of_sms(module: str) -> Any:
    """A part of the channel whose form is the short one."""
    return channel_folders.part(Form.SHORT.value, module)
