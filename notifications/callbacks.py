"""Somebody would rather be called: the desk's list has them, with what it is about and when it suits.

It is asked on the page of a question's link; by SMS see `understanding.py`.
"""

import logging
from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import TextChoices
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import selectors as accounts
from accounts.models import User
from cities.models import City
from notifications import answers, channel_registry, selectors
from notifications.events import Priority
from notifications.models import Message
from notifications.outcomes import note_answered
from notifications.services import Text, queue

log = logging.getLogger(__name__)

EVENT = "call_wanted"


class Suits(TextChoices):
    """When a call suits, in the words of whoever asks for it."""

    SOON = "soon", gettext_lazy("dès que possible")
    MORNING = "morning", gettext_lazy("plutôt le matin")
    AFTERNOON = "afternoon", gettext_lazy("plutôt l’après-midi")
    EVENING = "evening", gettext_lazy("plutôt en fin de journée")


@transaction.atomic
def ask_for_call(
    *, person: User, city: City, about: str, suits: Suits, number: str = "", by: User, now: datetime
) -> Message:
    """Put this person on the town's list of calls about a thing ("match:12"); the entry, also when it waits already.

    `number`: where they are to be called this time, when we have none of theirs. The question that was put to them goes
    on by no other channel. For tonight the coordinators are told at once.
    """
    waiting = selectors.call_wanted(person, about)
    if waiting is not None:
        return waiting
    asked = selectors.question_about(person, about)
    is_for_tonight = asked is not None and asked.priority == Priority.NIGHT
    priority = Priority.NIGHT if is_for_tonight else None
    key = f"{about}:{now:%Y%m%d%H%M%S}"
    message = queue(
        recipient=person,
        event=EVENT,
        subject_key=key,
        city=city,
        compose=partial(_for_whoever_calls, asked, suits, number),
        now=now,
        priority=priority,
        channel=channel_registry.by_person(),
        language=settings.LANGUAGE_CODE,
    )
    if message is None:  # pressed twice in a second
        return Message.objects.get(recipient=person, event=EVENT, subject_key=key)
    if asked is not None:
        events = answers.events()
        note_answered(recipient=person, events=events, subject_key=asked.subject_key, by=by, now=now)
    if is_for_tonight:
        for coordinator in accounts.coordinators_of(city):
            queue(
                recipient=coordinator,
                event=EVENT,
                subject_key=f"call:{message.pk}",
                city=city,
                compose=partial(_for_coordinators, message, city),
                now=now,
                priority=Priority.NIGHT,
            )
    log.info("user %s wants a call about %s, asked by user %s", person.pk, about, by.pk)
    return message


def _for_whoever_calls(asked: Message | None, suits: Suits, number: str) -> Text:
    lines = [_("Cette personne préfère qu’on l’appelle, %(when)s.") % {"when": suits.label}]
    if number:
        lines.append(_("Son numéro\u202f: %(number)s") % {"number": number})
    if asked is not None:
        lines.append(_("La question\u202f: %(question)s") % {"question": asked.title})
    return Text(
        title=_("Demande à être appelée, %(when)s") % {"when": suits.label},
        body="\n\n".join(lines),
        action_label=asked.action_label if asked else "",
        action_url=asked.action_url if asked else "",
    )


def _for_coordinators(message: Message, city: City) -> Text:
    return Text(
        title=_("Pour ce soir\u202f: une personne demande à être appelée"),
        body=_("Bonjour,\n\n%(person)s préfère répondre par téléphone à une question pour ce soir.")
        % {"person": message.recipient},
        action_label=_("Appels à faire"),
        action_url=reverse("notifications:call:list", args=[city.slug]),
    )
