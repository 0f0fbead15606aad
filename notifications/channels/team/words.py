"""What a team reads: in short, and where to look. Nothing of a person: others may be in the room."""

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from notifications.models import Message


def text(message: Message) -> str:
    return "\n".join(filter(None, (message.impersonal, _link(message.action_url))))


def trial(language: str) -> str:
    with translation.override(language):
        return _("Essai d’Accorde\u202f: ce canal reçoit les alertes de la ville.")


def _link(path: str) -> str:
    return settings.SITE_URL + path if path else ""
