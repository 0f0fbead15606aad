"""What ends with a change of contact that whoever had the contact takes back: who made it was in the account, and may
have left ways back into it. Each app says it of its own rows (`register`, in its AppConfig), since accounts knows
nothing above it.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from accounts.models import User


class Ends(Protocol):
    """Ends, in the transaction that takes the change back, what may have been made since then in the person's name."""

    def __call__(self, *, person: User, since: datetime, by: None, now: datetime) -> None: ...


_ends: list[Ends] = []


def register(ends: Ends) -> None:
    """Something else that opens, or tells, without a sign-in."""
    _ends.append(ends)


def registered() -> Sequence[Ends]:
    return _ends
