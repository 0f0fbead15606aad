"""To a coordinator, from a colleague."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from catalogue.saying import titled
from notifications.services import Text


def mentioned(need: Any, by: User) -> Text:
    """A note names them. What it says stands on the case alone."""
    return Text(
        title=_("%(name)s vous nomme dans une note") % {"name": by.name},
        body=_(
            "Bonjour,\n\n%(name)s vous nomme dans une note du dossier «\u00a0%(need)s\u00a0» (%(reference)s)."
        )
        % {"name": by.name, "need": titled(need), "reference": need.reference},
        action_label=_("Ouvrir le dossier"),
        action_url=reverse("desk:case", args=[need.city.slug, need.reference]),
    )
