"""What an appeal says: the town's words, and its needs as everybody sees them."""

from collections.abc import Callable
from datetime import date, datetime

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Consent
from catalogue.times import day_range
from cities.days import local_day
from needs.selectors import PublicNeed
from notifications.endings import Ending
from notifications.models import Message
from notifications.reasons import Words, subject_id
from notifications.wording.texts import Text
from outreach.appeals import links, selectors
from outreach.appeals.models import Appeal
from outreach.appeals.selectors import EVENT

MOST_NEEDS = 5


def appeal(appeal: Appeal, *, language: str, now: datetime) -> Text:
    """An appeal in the language that is active; its button begins an offer for the most urgent of its needs."""
    city = appeal.city
    today = local_day(now, city)
    found = selectors.public_needs(appeal, today=today)
    lines = [_line(need, today=today) for need in found[:MOST_NEEDS]]
    parts = [
        _("Bonjour,"),
        appeal.words.get(language, ""),
        "\n".join([_("Il manque près de chez vous\u202f:"), *lines]),
        _("Pouvez-vous aider, même un peu\u202f? Si ce n’est pas le moment, ne faites rien."),
    ]
    first = found[0] if found else None
    return Text(
        title=_("%(city)s cherche\u202f: %(what)s") % {"city": city.name, "what": first.title}
        if first
        else _("%(city)s cherche de l’aide") % {"city": city.name},
        body="\n\n".join(filter(None, parts)),
        action_label=_("Je peux aider"),
        action_url=first.help_path(city, today=today) if first else reverse("needs:public", args=[city.slug]),
    )


def _line(need: PublicNeed, *, today: date) -> str:
    return f"– {need.title} · {need.commune} · {day_range(need.first_day, need.last_day, today=today)}"


def _still_asked() -> Exists:
    """While the appeal goes on, and whoever is asked still agrees to be."""
    agreed = Consent.objects.filter(
        user=OuterRef(OuterRef("recipient")), purpose=Consent.Purpose.APPEALS, withdrawn_at__isnull=True
    )
    return Exists(Appeal.objects.filter(Exists(agreed), pk=subject_id(), ended_at__isnull=True))


def _refuse(message: Message) -> str:
    assert message.city is not None
    return links.refuse_address(message.recipient, message.city)


REASONS: dict[str, Callable[[], Exists]] = {EVENT: _still_asked}
GONE: Words = {
    EVENT: gettext_lazy("l’appel est terminé, ou cette personne ne veut plus être sollicitée ainsi")
}
ENDINGS = {
    EVENT: Ending(
        why=gettext_lazy("Vous recevez ce message parce que vous avez accepté qu’on vous demande de l’aide."),
        label=gettext_lazy("Ne plus recevoir ces demandes"),
        address=_refuse,
    )
}
