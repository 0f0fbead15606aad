"""What appears on a locked screen: what the message says in short, or only that there is one. Nothing of a person."""

import json
from typing import Any

from django.utils import translation
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext as _

from notifications.events import Priority
from notifications.models import Message


def payload(message: Message) -> str:
    """What the page of the device is handed, as JSON: `worker.js` reads it."""
    city = message.city
    with translation.override(message.language):
        said: dict[str, Any] = {
            "title": message.impersonal or _("Un nouveau message"),
            "body": f"Accorde · {city.name}" if city else "Accorde",
            "lang": message.language,
            "dir": "rtl" if get_language_bidi() else "ltr",
        }
    return json.dumps(
        {
            **said,
            "url": message.action_url or "/",
            # The same one twice takes its own place on the screen.
            "tag": f"message-{message.repeat_of_id or message.pk}",
            "rings": message.priority == Priority.NIGHT,
        },
        ensure_ascii=False,
    )


def device_name(user_agent: str) -> str:
    """By what people know a browser again: "Firefox · Android"."""
    browsers = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("FxiOS", "Firefox"),
                ("Chrome/", "Chrome"), ("CriOS", "Chrome"), ("Safari/", "Safari"))  # fmt: skip
    systems = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
               ("CrOS", "ChromeOS"), ("Mac OS", "Mac"), ("Linux", "Linux"))  # fmt: skip
    found = [next((name for sign, name in known if sign in user_agent), "") for known in (browsers, systems)]
    return " · ".join(filter(None, found)) or _("Un navigateur")
