"""Six digits for whoever is signed in, or has sent a form: sent to a contact that they say is theirs, or had until now.

What is kept is a mark of the code, beside the counts of tries and not in the session: forty tries at once are forty,
and a right code serves once.
"""

import secrets
from datetime import timedelta
from typing import Any, Protocol

from django.core.cache import cache
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare, salted_hmac
from redis.exceptions import RedisError

from accounts.models import User
from accounts.sign_in import (
    Outcome,
    TooManyCodesError,
    TooManyTriesError,
    count,
    note_outcome,
    wait_for,
)

VALID_FOR = timedelta(minutes=10)
_SALT = "accounts.own_codes"


class Holder(Protocol):
    """Whose code it is: a person, or what a visitor has sent. `email`: an address that is theirs already."""

    pk: Any
    email: str | None


class Sends(Protocol):
    """Brings the code to the contact, or raises."""

    def __call__(self, *, code: str) -> None: ...


def send(*, request: HttpRequest, person: Holder, purpose: str, contact: str, by: Sends) -> None:
    """Send a code to this contact; the one before, for the same purpose, is worth nothing any more.

    Raises TooManyCodesError, and whatever `by` raises: then no code is waited for, and none counts. What goes to the
    person's own address counts for them alone: others who say that it is theirs could else use up its count.
    """
    counts = [("own_codes", f"{purpose}:{person.pk}")]
    if contact != person.email:
        counts.append(("own_codes_to_a_contact", contact.lower()))
    counted = []
    for action, key in counts:
        if (one := count(request, action=action, key=key)) is None:
            _note(Outcome.LIMIT, person)
            raise TooManyCodesError(wait_for(request, action=action, key=key))
        counted.append(one)
    code, number = f"{secrets.randbelow(1_000_000):06d}", secrets.token_urlsafe(9)
    kept = {"contact": contact, "number": number, "mark": _mark(code, number)}
    cache.set(_key(person, purpose), kept, VALID_FOR.total_seconds())
    try:
        by(code=code)
    except Exception:
        cache.delete(_key(person, purpose))
        for one in counted:
            one.rollback()
        raise


def waiting_for(*, person: Holder, purpose: str) -> str:
    """The contact to which the code went that is waited for; "" where none is, or where that is not known now: the page
    opens, and says so once something is sent.
    """
    try:
        kept = cache.get(_key(person, purpose))
    except RedisError:
        return ""
    return str(kept["contact"]) if kept else ""


def is_right(*, request: HttpRequest, person: Holder, purpose: str, contact: str, code: str) -> bool:
    """Whether this code was sent to this contact; `spend` says whether it serves. Raises TooManyTriesError."""
    kept = cache.get(_key(person, purpose))
    if not kept or kept["contact"] != contact:
        return False
    counts = (("tries_of_an_own_code", kept["number"]), ("tries_of_own_codes", f"{purpose}:{person.pk}"))
    for action, key in counts:
        if not count(request, action=action, key=key):
            _note(Outcome.LIMIT, person)
            of_one_code = action == "tries_of_an_own_code"
            raise TooManyTriesError(timedelta() if of_one_code else wait_for(request, action=action, key=key))
    is_right = constant_time_compare(_mark(code, kept["number"]), kept["mark"])
    if not is_right:
        _note(Outcome.WRONG_CODE, person)
    return is_right


def spend(*, person: Holder, purpose: str) -> bool:
    """A right code serves now, and never again: False where it has served in this very moment."""
    return bool(cache.delete(_key(person, purpose)))


def _note(outcome: Outcome, person: Holder) -> None:
    note_outcome(outcome, person if isinstance(person, User) else None)


def _key(person: Holder, purpose: str) -> str:
    return f"own-code:{purpose}:{person.pk}"


def _mark(code: str, number: str) -> str:
    return salted_hmac(_SALT, f"{number}:{code}", algorithm="sha256").hexdigest()
