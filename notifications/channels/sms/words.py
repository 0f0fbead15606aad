"""What stands in an SMS: the town, what it is about, where to answer, why it came and how to stop."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from cities.models import City
from notifications import answers
from notifications.channels.sms.alphabet import for_sms, segments
from notifications.models import Message
from notifications.services import Text

CUT = "…"
_SPACE = re.compile("( )")
_SENTENCE_END = re.compile(r"(\n|(?<=[.!?؟…])[ \u00a0\u202f]+)")
# "Bonjour,", "Hola:" or "Здравствуйте!" on a line of its own: a letter's, for which an SMS has no room.
_GREETING = re.compile(r"\A[^\n.!?؟:]{1,30}[,،:!]\s*\n\s*")


def hears_answers() -> bool:
    """Whether what people write back reaches us: a name as sender ("STRASBOURG") cannot be answered."""
    sender = settings.SMS_SENDER.lstrip("+")
    return bool(settings.SMS_WEBHOOK_SECRET) and (not sender or sender.isdecimal())


def nearly_spent(city: City, count: int) -> Text:
    """To the desk: most of what the town allows itself this month is gone."""
    return Text(
        title=_("SMS\u202f: la limite du mois approche"),
        body=_(
            "Bonjour,\n\n%(count)s SMS sont partis ce mois-ci, sur %(limit)s. Au-delà, seuls partent ceux qui décident "
            "d’une nuit\u202f; les autres personnes sont à appeler. L’administration peut relever la limite."
        )
        % {"count": count, "limit": city.sms_monthly_limit},
        action_label=_("Voir les messages non remis"),
        action_url=reverse("notifications:call:undelivered", args=[city.slug]),
    )


def compose(message: Message, *, link: str) -> str:
    """The text of a message, in its language, in SMS_MAX_SEGMENTS at most.

    An answer by SMS is asked for only where the whole question stands in it: nobody says yes to half of one. What has
    no room is left out in this order: the end of the body, why it came, the end of the title. The town, the link and
    how to stop always stand. What the town says in its own words is said whole or not at all.
    """
    own = in_own_words(message, link=link)
    if own:
        return own
    parts = _parts(message, link)
    title = _one_line(message.title)
    body = _body(message.body, title)
    if _hears_answer_to(message, link):
        # Why it came stands in the question itself.
        whole = _text(message, (parts.invites, link, parts.stop), body, title)
        if _fits(whole):
            return whole
    to_open, stop = parts.to_open, parts.stop
    for ending in ((*to_open, parts.why, stop), (*to_open, stop)):
        part = partial(_text, message, ending, title=title)
        if _fits(part("")):
            return _longest([*_beginnings(body), body], part)
    return _longest(_beginnings(title, at=_SPACE), partial(_text, message, (*to_open, stop), ""))


def in_own_words(message: Message, *, link: str) -> str:
    """What the town says, with the town, the link, why it came and how to stop; "" without such words, or room."""
    if not message.short:
        return ""
    parts = _parts(message, link)
    to_open = (parts.invites, link) if _hears_answer_to(message, link) else parts.to_open
    own = _text(message, (*to_open, parts.why, parts.stop), "", message.short)
    return own if _fits(own) else ""


@dataclass(frozen=True, slots=True)
class _Parts:
    """What stands in each SMS, beside what it says."""

    to_open: tuple[str, ...]
    invites: str
    why: str
    stop: str


def _parts(message: Message, link: str) -> _Parts:
    with translation.override(message.language):
        return _Parts(
            to_open=(message.action_label + pgettext("avant une adresse", "\u202f:"), link) if link else (),
            invites=_("Répondez OUI ou NON à ce SMS, ou ouvrez ce lien\u202f:"),
            why=_("Vous avez fait une proposition ou une demande."),
            stop=_how_to_stop(message),
        )


def _text(message: Message, ending: tuple[str, ...], said: str, title: str) -> str:
    with translation.override(message.language):
        opening = _("%(town)s\u202f: %(title)s")
    town = message.city.name if message.city else "Accorde"
    return for_sms("\n".join(filter(None, (opening % {"town": town, "title": title}, said, *ending))))


def _hears_answer_to(message: Message, link: str) -> bool:
    return bool(link) and hears_answers() and message.event in answers.events()


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _how_to_stop(message: Message) -> str:
    if hears_answers():
        return _("Pour ne plus recevoir de SMS, répondez STOP.")
    if message.city and message.city.phone:
        return _("Pour ne plus recevoir de SMS, appelez le %(phone)s.") % {"phone": message.city.phone}
    return _("Pour ne plus recevoir de SMS, dites-le à la ville.")


def _body(body: str, title: str) -> str:
    """Its lines, without the greeting, and without those that the title says already."""
    lines = (line.strip() for line in _GREETING.sub("", body.strip()).splitlines())
    return "\n".join(line for line in lines if line not in title)


def _fits(text: str) -> bool:
    return segments(text) <= settings.SMS_MAX_SEGMENTS


def _beginnings(text: str, *, at: re.Pattern[str] = _SENTENCE_END) -> list[str]:
    """The text cut after each sentence, or word, with a sign where something is left out."""
    pieces = at.split(text)
    return ["".join(pieces[: end + 1]) + "\u00a0" + CUT for end in range(0, len(pieces) - 1, 2)]


def _longest(parts: list[str], text: Callable[[str], str]) -> str:
    """The text made of the last of these parts, which grow, that fits; without any when none does."""
    return next((made for made in map(text, reversed(parts)) if _fits(made)), text(""))
