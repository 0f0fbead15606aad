"""An association of which one member is left, who does not come while questions wait for them: the desk is told, once.

Nobody else there reads what is asked. Whoever answers by the link in a mail need not sign in, and is not meant.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import selectors as accounts
from accounts.models import Organisation, User
from notifications import answers
from notifications.models import Message, MessageState
from notifications.reasons import Words, subject_id
from notifications.services import NewMessage, Text, queue_many

SILENT = "association_silent"
# A question that nobody has opened for so long.
UNOPENED = timedelta(days=1)
_UNREAD = (
    MessageState.QUEUED,
    MessageState.HELD,
    MessageState.SENT,
    MessageState.DELIVERED,
    MessageState.FAILED,
)


@transaction.atomic
def tell_desks(*, by: None, now: datetime) -> int:
    """Tell each desk of such associations, once for each time; how many messages."""
    alone = accounts.lone_members(now)
    unread = Message.objects.filter(
        recipient__in=[member for _organisation, member in alone],
        event__in=answers.events(),
        state__in=_UNREAD,
        created_at__lte=now - UNOPENED,
    ).with_reason()
    waited_for = set(unread.values_list("recipient", flat=True))
    drafts = [
        NewMessage(
            recipient=person,
            event=SILENT,
            subject_key=f"organisation:{organisation.pk}:{_since(member)}",
            city=organisation.city,
            compose=partial(_text, organisation, member),
        )
        for organisation, member in alone
        if member.pk in waited_for
        for person in accounts.coordinators_of(organisation.city)
    ]
    return len(queue_many(drafts=drafts, now=now))


def _since(member: User) -> str:
    return f"{member.last_login:%Y%m%d}" if member.last_login else "never"


def reasons_of_silence() -> dict[str, Callable[[], Exists]]:
    """It is so while the association may ask for something."""
    verified = Organisation.objects.filter(pk=subject_id(), state=Organisation.State.VERIFIED)
    return {SILENT: lambda: Exists(verified)}


GONE: Words = {SILENT: gettext_lazy("l’association est suspendue")}


def _text(organisation: Organisation, member: User) -> Text:
    return Text(
        title=_("%(name)s ne répond plus") % {"name": organisation.name},
        body=_(
            "Bonjour,\n\n%(person)s est la seule personne inscrite pour %(name)s, et n’est pas venue depuis "
            "longtemps. Des questions l’attendent.\n\nAppelez l’association\u202f: une deuxième personne inscrite "
            "recevrait aussi les messages."
        )
        % {"person": member, "name": organisation.name},
        action_label=_("Voir les associations"),
        action_url=reverse("accounts:organisations", args=[organisation.city.slug]),
    )
