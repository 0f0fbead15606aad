"""What whoever wrote is answered, and what the desk reads of it."""

from collections.abc import Callable
from functools import partial

from django.db.models import Exists
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cities.models import City
from notifications.heard import Heard
from notifications.inbox import selectors
from notifications.inbox.models import MailReply
from notifications.models import Message
from notifications.reasons import Words, subject_id
from notifications.services import Text


def acknowledgement(reply: MailReply, asked: Message, *, is_question: bool) -> Text:
    """That a person reads it; a question is answered by its button alone."""
    lines = []
    if reply.became == MailReply.Became.CALL_WANTED:
        lines.append(_("C’est noté, la ville vous appelle."))
    else:
        lines.append(_("Une personne de la ville lit votre message."))
    if is_question:
        lines.append(_("Pour répondre tout de suite par oui ou par non, ouvrez la page de la question."))
    if reply.files:
        lines.append(_("Les pièces jointes ne nous parviennent pas."))
    if reply.is_cut:
        lines.append(_("Votre message est long\u202f: la fin ne nous parvient pas."))
    lines.append(_("Votre message concerne\u202f: %(question)s") % {"question": asked.title})
    return Text(
        title=_("Bien reçu, merci."),
        body="\n\n".join(lines),
        action_label=asked.action_label,
        action_url=asked.action_url,
    )


def to_read(reply: MailReply, asked: Message) -> Text:
    """To whoever calls back: what was asked and what came, in their own words."""
    return Text(
        title=_("A répondu par e-mail\u202f: à lire"),
        body=_("À la question «\u00a0%(question)s\u00a0», cette personne a répondu\u202f:\n\n%(text)s")
        % {"question": asked.title, "text": reply.text},
        action_label=asked.action_label,
        action_url=asked.action_url,
    )


def to_read_tonight(reply: MailReply, town: City) -> Text:
    """To the coordinators: the words stand on the page, not in a mail."""
    return Text(
        title=_("Pour ce soir\u202f: une réponse par e-mail à lire"),
        body=_("Bonjour,\n\n%(person)s a répondu par e-mail à une question pour ce soir.")
        % {"person": reply.person},
        action_label=_("Lire les réponses"),
        action_url=reverse("notifications:inbox:list", args=[town.slug]),
    )


def reasons() -> dict[str, Callable[[], Exists]]:
    """What the desk has seen need be told nobody any more."""
    return {model.EVENT: partial(_still_to_read, model) for model in selectors.kinds().values()}


def _still_to_read(model: type[Heard]) -> Exists:
    return Exists(model.objects.filter(pk=subject_id(), seen_at__isnull=True))


def gone() -> Words:
    return dict.fromkeys(reasons(), gettext_lazy("la réponse est lue"))
