"""Django's sessions in the database, with whose each is beside it (settings.SESSION_ENGINE); and how long one is worth.

Whoever works for a town sees what others have entrusted to it: a day's work, and no screen left alone (NIST 800-63B
asks for twelve hours; two of rest let a visit or a meeting pass). Everybody else has thirty days, ninety at most.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore

A_DAYS_WORK = timedelta(hours=12)
LEFT_ALONE = timedelta(hours=2)
# Of everybody else: each use begins their thirty days anew, but not for ever.
AT_MOST = timedelta(days=90)
# A session is written again when its last use is older than this.
NOTED_EVERY = timedelta(minutes=5)

# In a session that is signed in; the moment is an ISO text.
_SIGNED_IN_AT = "signed_in_at"
_DEVICE = "device"
_OF_A_TEAM = "of_a_team"

# The first that a browser's own description of itself holds; those that pretend to be others stand before them.
_BROWSERS = {
    "Edg": "Edge", "OPR": "Opera", "SamsungBrowser": "Samsung Internet", "FxiOS": "Firefox", "Firefox": "Firefox",
    "CriOS": "Chrome", "Chrome": "Chrome", "Safari": "Safari",
}  # fmt: skip
_SYSTEMS = {
    "Android": "Android", "iPhone": "iPhone", "iPad": "iPad", "Windows": "Windows", "CrOS": "ChromeOS",
    "Macintosh": "Mac", "Linux": "Linux",
}  # fmt: skip


class SessionStore(DatabaseStore):
    """As Django's; each save copies person, device and beginning into columns.

    The last use stands in its column alone: to note it writes nothing else, so that it overwrites no draft that another
    request of the same browser keeps at this moment.
    """

    used_at: datetime | None = None

    @classmethod
    def get_model_class(cls) -> Any:
        return apps.get_model("accounts", "Session")

    def _get_session_from_db(self) -> Any:
        row: Any = super()._get_session_from_db()  # type: ignore[misc]  # the stubs leave it out
        if row is not None:
            self.used_at = row.used_at
        return row

    def create_model_instance(self, data: Mapping[str, Any]) -> Any:
        row: Any = super().create_model_instance(data)  # type: ignore[arg-type]  # the stubs want a dict
        row.user_id = data.get(SESSION_KEY)
        if row.user_id is not None:
            row.device = data.get(_DEVICE, "")
            row.signed_in_at, row.used_at = _begun(data), self.used_at
        return row


def begin(session: SessionBase, *, description: str, of_a_team: bool, now: datetime) -> None:
    """Somebody has signed in, with a browser that describes itself so."""
    session[_SIGNED_IN_AT], _own(session).used_at = now.isoformat(), now
    session[_DEVICE] = device_of(description)
    if of_a_team:
        become_a_team_s(session)


def become_a_team_s(session: SessionBase) -> None:
    """From now on it ends as those of a team do: its person may have signed in before they were given their part."""
    if not session.get(_OF_A_TEAM):
        session[_OF_A_TEAM] = True


def is_a_team_s(session: SessionBase) -> bool:
    """Whether it ends as those of a team do."""
    return bool(session.get(_OF_A_TEAM))


def is_over(session: SessionBase, *, now: datetime) -> bool:
    """Whether whoever is signed in has to sign in again."""
    begun, used = _begun(session), _own(session).used_at
    if not is_a_team_s(session):
        return begun is not None and now - begun > AT_MOST
    return begun is None or used is None or now - begun > A_DAYS_WORK or now - used > LEFT_ALONE


def note_use(session: SessionBase, *, now: datetime) -> None:
    """Somebody signed in has done something; written every five minutes at most."""
    own = _own(session)
    if SESSION_KEY in own and (own.used_at is None or now - own.used_at > NOTED_EVERY):
        own.used_at = now
        own.get_model_class().objects.filter(pk=own.session_key).update(used_at=now)


def device_of(description: str) -> str:
    """What a person recognises of a browser's description of itself; "" of what says nothing.

    >>> device_of("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0")
    'Firefox · Android'
    """
    browser = next((name for word, name in _BROWSERS.items() if re.search(rf"\b{word}/", description)), "")
    system = next((name for word, name in _SYSTEMS.items() if word in description), "")
    return " · ".join(filter(None, (browser, system)))


def _own(session: SessionBase) -> SessionStore:
    assert isinstance(session, SessionStore)  # settings.SESSION_ENGINE
    return session


def _begun(data: Any) -> datetime | None:
    return datetime.fromisoformat(data[_SIGNED_IN_AT]) if _SIGNED_IN_AT in data else None
