"""What whoever wrote is answered, and what the desk reads of it."""

from dataclasses import replace

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.phones import people_at
from cities.models import City
from notifications.channels.sms.models import Became, Reply
from notifications.services import Text
from notifications.understanding import Said

# Of their own words, so much is said back.
LONGEST_QUOTED = 60


def acknowledgement(reply: Reply) -> Text:
    """What became of their SMS, in a sentence or two, with the question that it was about."""
    asked = reply.message
    if reply.said == Said.START:
        return Text(title=_("C’est noté."), body=_("Vous recevez de nouveau nos SMS."))
    if reply.said == Said.CALL_ME:
        return Text(
            title=_("C’est noté, la ville vous appelle."),
            body=_("Vous avez écrit\u202f: «\u00a0%(text)s\u00a0».") % {"text": reply.text[:LONGEST_QUOTED]},
        )
    if asked is None or reply.became == Became.READ_BY_DESK:
        return Text(
            title=_("Bien reçu, merci."),
            body=_("Une personne de la ville lit votre message et vous rappelle."),
        )
    said = {
        Became.APPLIED: _yes_or_no(reply),
        Became.WAITS: _("D’accord. La question reste ouverte\u202f: répondez OUI ou NON dès que possible."),
        Became.DISAGREES: _(
            "Votre première réponse reste enregistrée. Une personne de la ville lit celle-ci et vous rappelle."
        ),
        Became.LATE: _(
            "Merci. Le délai est passé, rien n’est promis. La ville regarde si vous pouvez encore aider, et vous "
            "rappelle."
        ),
        Became.CLOSED: _("Cette question a déjà sa réponse, ou n’en attend plus. Rien n’a changé. Merci."),
    }[Became(reply.became)]
    return Text(
        title=said,
        body=_("Votre réponse concerne\u202f: %(question)s") % {"question": asked.title},
        action_label=asked.action_label if reply.became == Became.WAITS else _("Voir où cela en est"),
        action_url=asked.action_url,
    )


def _yes_or_no(reply: Reply) -> str:
    if reply.said == Said.YES:
        return _("Merci, votre oui est enregistré.")
    return _("Merci, votre non est enregistré.")


def to_read(reply: Reply) -> Text:
    """To whoever calls back: what was asked and what came, in their own words; and with whom they share the number."""
    text = _to_read(reply)
    assert reply.person is not None  # sms_reply_of_somebody
    holders = people_at(reply.person.phone, city=reply.city)
    if len(holders) < 2:
        return text
    names = " / ".join(str(holder) for holder in holders)
    which = _("Plusieurs personnes ont ce numéro\u202f: %(names)s. Demandez d’abord qui a écrit.") % {
        "names": names
    }
    return replace(text, body=f"{which}\n\n{text.body}")


def _to_read(reply: Reply) -> Text:
    asked = reply.message
    wants_call = reply.said == Said.CALL_ME
    if asked is None:
        return Text(
            title=_("Demande par SMS à être appelée")
            if wants_call
            else _("A écrit par SMS\u202f: à rappeler"),
            body=_("Cette personne a écrit\u202f:\n\n%(text)s") % {"text": reply.text},
        )
    titles = {
        Became.DISAGREES: _("Dit maintenant autre chose par SMS\u202f: à rappeler"),
        Became.LATE: _("Dit oui par SMS après le délai\u202f: peut-être encore utile"),
    }
    title = titles.get(Became(reply.became), _("A répondu par SMS\u202f: à rappeler"))
    return Text(
        title=_("Demande par SMS à être appelée") if wants_call else title,
        body=_("À la question «\u00a0%(question)s\u00a0», cette personne a répondu\u202f:\n\n%(text)s")
        % {"question": asked.title, "text": reply.text},
        action_label=asked.action_label,
        action_url=asked.action_url,
    )


def to_read_tonight(reply: Reply, town: City) -> Text:
    """To the coordinators: their words stand on the list of calls, not in a mail."""
    return Text(
        title=_("Pour ce soir\u202f: une réponse par SMS à lire"),
        body=_(
            "Bonjour,\n\n%(person)s a répondu par SMS à une question pour ce soir, autrement que par oui ou non. Sa "
            "réponse est dans les appels à faire."
        )
        % {"person": reply.person},
        action_label=_("Appels à faire"),
        action_url=reverse("notifications:call:list", args=[town.slug]),
    )
