"""Sign-in by a six-digit code: the one place that touches django-allauth's internals.

Citizens post an offer first and prove their address afterwards, which allauth's public views do not foresee.
`allauth.account.internal` may change with any release, hence the upper bound in pyproject.toml; the tests of
this module play the whole flow and fail when it does.
"""

import logging
import math
import time
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypedDict
from urllib.parse import urlsplit

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
    record_authentication,
)
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.models import EmailAddress
from allauth.core import ratelimit
from allauth.core.internal import ratelimit as ratelimit_impl
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.db.models import Q
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import resolve_url
from django.urls import Resolver404, resolve, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from redis.exceptions import RedisError

from accounts import known_browsers
from accounts.models import User
from cities.models import City

logger = logging.getLogger(__name__)


# In the session: where the code that was asked for leads, and what it is for.
_CODE_FOR = "code_for"
# In a session: of a code that was typed on a page of its own, why it does not serve, until that page has said it.
_REFUSED = "code_refused"


# What there is beside a code by mail.
APPLICATION, PASSKEY = Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN

# In the session of whoever came in by ProConnect.
_PROCONNECT, _SIGNED = "proconnect", "signed_by_proconnect"

# Whoever finds a browser left open must take nothing away with it.
JUST_NOW = timedelta(minutes=10)


class Outcome(StrEnum):
    """What came of signing in, or of proving anew who one is, as the log says it."""

    IN = "signed in"
    WRONG_CODE = "wrong code"
    WRONG_FACTOR = "wrong second factor"
    WRONG_PASSKEY = "wrong passkey"
    LIMIT = "limit reached"
    REFUSED = "refused"


def note_outcome(outcome: Outcome, user: User | None) -> None:
    """A line of log with the person's number alone; of an address that nobody has there is none."""
    level = logging.INFO if outcome == Outcome.IN else logging.WARNING
    logger.log(level, "%s: user %s", outcome.value, user.pk if user else "unknown")


class CodeFor(TypedDict):
    """What somebody asked a code for: the town's name, and the reference of what they posted, "" without one."""

    town: str
    reference: str


class MailNotSentError(Exception):
    """The mail server did not take the message, or not in time."""


class _LimitError(Exception):
    """`wait` is how long it takes until the next one; nothing, where a new code is all that it takes."""

    def __init__(self, wait: timedelta = timedelta()) -> None:
        super().__init__()
        self.wait = wait


class TooManyCodesError(_LimitError):
    """This visitor, or others for this address, asked for as many codes as may be sent."""


class TooManyTriesError(_LimitError):
    """As many wrong codes were typed as may be: for this code, for this address, or by this visitor."""


# What a page must survive and explain: no mail server, no counter of attempts.
UNAVAILABLE = (MailNotSentError, RedisError)


def unavailable_message() -> str:
    return _(
        "Nous ne pouvons pas envoyer de code pour l’instant. Réessayez dans quelques minutes, ou appelez votre ville."
    )


def too_many_message(refused: TooManyCodesError) -> str:
    return _("Vous avez demandé plusieurs codes. Attendez %(wait)s avant d’en demander un autre.") % {
        "wait": _in_words(refused.wait)
    }


def too_many_tries_message(refused: TooManyTriesError) -> str:
    if not refused.wait:
        return _("Trop d’essais. Demandez un nouveau code.")
    return _("Trop d’essais. Attendez %(wait)s, puis demandez un nouveau code.") % {
        "wait": _in_words(refused.wait)
    }


def too_many_factors_message(request: HttpRequest, user: User) -> str:
    # As allauth counts them (allauth.mfa.base.internal.flows).
    wait = wait_for(request, action="login_failed", key=f"mfa-auth-user-{user.pk}")
    return _("Trop d’essais. Attendez %(wait)s.") % {"wait": _in_words(wait)}


def _in_words(wait: timedelta) -> str:
    """Never shorter than it is."""
    minutes = max(1, math.ceil(wait.total_seconds() / 60))
    if minutes < 60:
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
    hours = math.ceil(minutes / 60)
    return ngettext("%(n)s heure", "%(n)s heures", hours) % {"n": hours}


def wait_for(request: HttpRequest, *, action: str, key: str | None = None) -> timedelta:
    """How long until one more act under this key counts as one of those that may be; nothing, where it may be now."""
    waits = [0.0]
    for rate in ratelimit_impl.get_rates(app="allauth.account", action=action):
        counted = ratelimit_impl.get_cache_key(
            request, app="allauth.account", action=action, rate=rate, key=key
        )
        latest_first = cache.get(counted, [])
        if len(latest_first) >= rate.amount:
            waits.append(latest_first[rate.amount - 1] + rate.duration - time.time())
    return timedelta(seconds=max(waits))


def has_proven_address(user: User) -> bool:
    """Whether a code sent to the person's present address came back."""
    return (
        bool(user.email) and EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists()
    )


def send_code(
    *, request: HttpRequest, user: User | None, email: str, next_url: str = "", about: CodeFor | None = None
) -> None:
    """Mail a code to a person, or to an unknown address the news that it has no account.

    The mail leads to `next_url`, a safe one, and names what the code is `about`: asked again for the same page, what it
    was about before, else the town of that page.

    Both take the same time and lead to the same page. The address of a person becomes a row of allauth's,
    which marks it as verified once the code comes back.

    Raises TooManyCodesError, and MailNotSentError: then the request does not count, so that trying again, as the page
    says, leads to a code and not to the limit.
    """
    key = _counted_for(request, email)
    counted = ratelimit_impl.consume(request, app="allauth.account", action="request_login_code", key=key)
    if counted is None:
        note_outcome(Outcome.LIMIT, user)
        raise TooManyCodesError(wait_for(request, action="request_login_code", key=key))
    if user is not None and not user.can_sign_in:
        user = None
    if user is not None:
        # Rows that an administrator's correction of an address left behind would block the proof.
        EmailAddress.objects.filter(Q(user=user) | Q(email=user.email)).exclude(
            user=user, email=user.email
        ).delete()
        EmailAddress.objects.get_or_create(
            user=user, email=user.email, defaults={"primary": True, "verified": False}
        )
    before = request.session.get(_CODE_FOR, {})
    if about is not None:
        request.session[_CODE_FOR] = {"next_url": next_url, **about}
    elif before.get("next_url") != next_url:
        request.session[_CODE_FOR] = {"next_url": next_url, "town": _town_of(next_url), "reference": ""}
    try:
        LoginCodeVerificationProcess.initiate(request=request, user=user, email=email)
    except MailNotSentError:
        counted.rollback()
        raise


def count_try(*, request: HttpRequest, email: str, code_of: str) -> ratelimit_impl.RateLimitUsage:
    """Count a try of a code before it is looked at; a right one is given back by `rollback()`.

    `code_of` names the code among those of this session. The counts are kept beside the sessions, where forty requests
    at once are forty (a session would keep what the last of them wrote): for one code, for a visitor, and for an
    address, whether somebody has it or not (settings.ACCOUNT_RATE_LIMITS).

    Raises TooManyTriesError, and once a day tells the address so, when it is the address's own count that is used up.
    """
    of_code = f"{request.session.session_key}:{code_of}"
    counts = (
        ("tries_of_a_code", of_code),
        ("tries_of_a_visitor", None),
        ("tries", _counted_for(request, email)),
    )
    usage = []
    for action, key in counts:
        counted = ratelimit_impl.consume(request, app="allauth.account", action=action, key=key)
        if counted is None:
            if action == "tries":
                _tell_once_a_day(request, email=email.lower(), mail="wrong_codes")
            # Of one code no wait is worth its while: another one has tries of its own.
            wait = timedelta() if action == "tries_of_a_code" else wait_for(request, action=action, key=key)
            raise TooManyTriesError(wait)
        if action != "tries_of_a_code":  # three looks at a code, right or wrong
            usage += counted.usage
    return ratelimit_impl.RateLimitUsage(usage)


def _counted_for(request: HttpRequest, email: str) -> str:
    """Under which key an address is counted: in a browser that has proven it, apart from everybody else, so that
    strangers who use up its count keep nobody out who works with it every day.
    """
    address, browser = email.lower(), known_browsers.number(request, email)
    return f"{address} {browser}" if browser else address


def tell_of_wrong_factors(*, request: HttpRequest, email: str) -> None:
    """Somebody who can read the mail of this address has typed too many wrong codes of the application."""
    _tell_once_a_day(request, email=email, mail="wrong_second_factors")


def _tell_once_a_day(request: HttpRequest, *, email: str, mail: str) -> None:
    told = ratelimit_impl.consume(request, app="allauth.account", action=f"told_{mail}", key=email)
    if told is None:
        return
    try:
        get_adapter().send_mail(f"account/email/{mail}", email, {})
    except MailNotSentError:
        told.rollback()


def code_mail_context(request: HttpRequest, code: str) -> dict[str, Any]:
    """What the mail with a code says beside it: for which town and what, and a link to the page, filled in.

    The link is worth no more than the code: it opens nothing outside the browser in which the code was asked for.
    """
    known = request.session[_CODE_FOR]
    query = {"code": code} | ({"next": known["next_url"]} if known["next_url"] else {})
    return {
        "town": known["town"],
        "reference": known["reference"],
        "code_url": f"{settings.SITE_URL}{reverse('account_confirm_login_code')}?{urlencode(query)}",
    }


def _town_of(url: str) -> str:
    """The name of the town below whose address a page of ours stands."""
    try:
        slug = resolve(urlsplit(url).path).kwargs.get("city_slug")
    except Resolver404:
        return ""
    return City.objects.filter(slug=slug).values_list("name", flat=True).first() or "" if slug else ""


def count(request: HttpRequest, *, action: str, key: str) -> ratelimit_impl.RateLimitUsage | None:
    """Count one more act under this key (settings.ACCOUNT_RATE_LIMITS), given back by `rollback()`; None where that is
    one too many.
    """
    return ratelimit_impl.consume(request, app="allauth.account", action=action, key=key)


def is_within_limit(request: HttpRequest, *, action: str) -> bool:
    """Count one more act of this visitor; without Redis nobody is held back, so that no form is lost."""
    try:
        return ratelimit.consume(request, action=action)
    except RedisError:
        return True


def note_second_factor(*, request: HttpRequest, user: User) -> None:
    """The person has just typed a code of the second factor: don't ask for it again on the next page."""
    record_authentication(request, user, method="mfa", reauthenticated=True)


def note_code(*, request: HttpRequest, user: User) -> None:
    """The person has just typed a code that their mail brought. Of a second factor it proves nothing."""
    record_authentication(request, user, method="code")
    request.session.cycle_key()


def note_proconnect(*, request: HttpRequest, user: User, signed: str) -> None:
    """ProConnect has seen two factors of the person; what it signed of it is what signing out there takes."""
    record_authentication(request, user, method="mfa", type=_PROCONNECT)
    request.session[_SIGNED] = signed


def came_by_proconnect(request: HttpRequest, user: User | None) -> bool:
    """Whether ProConnect has let the person in, in this session."""
    return any(record.get("type") == _PROCONNECT for record in get_authentication_records(request, user))


def signed_by_proconnect(request: HttpRequest) -> str:
    """What it signed of whoever came in by it in this session; "" of all others."""
    return str(request.session.get(_SIGNED, ""))


def gave_second_factor(request: HttpRequest, user: User) -> bool:
    """Whether this session has seen a second factor of the person."""
    return any(record["method"] == "mfa" for record in get_authentication_records(request, user))


def forget_second_factor(request: HttpRequest) -> None:
    """The factor is gone: what it opened in this session is closed."""
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY) or []
    kept = [record for record in records if record["method"] != "mfa"]
    request.session[AUTHENTICATION_METHODS_SESSION_KEY] = kept


def factors_of(user: User) -> set[str]:
    """Which second factors somebody has: APPLICATION, PASSKEY; spare codes count beside one of them alone."""
    has = Authenticator.objects.filter(user=user, type__in=[APPLICATION, PASSKEY])
    return set(has.values_list("type", flat=True))


def factor_page(user: User) -> str:
    """The name of the page on which they show theirs again; a passkey first, for nobody is tricked out of it."""
    return "mfa_reauthenticate_webauthn" if PASSKEY in factors_of(user) else "mfa_reauthenticate"


def proof_url(request: HttpRequest, user: User, *, next_url: str) -> str:
    """Where somebody shows once more who they are before they go on to `next_url`, by their second factor or else by a
    code in a mail; "" for whoever has just done so. What opens or ends more than a page asks for it.
    """
    if has_just_signed_in(request, user, within=JUST_NOW):
        return ""
    return _with_next(factor_page(user) if is_mfa_enabled(user) else "accounts:confirm", next_url)


def has_just_signed_in(request: HttpRequest, user: User, *, within: timedelta) -> bool:
    """Whether the person has shown who they are in the last minutes, by whatever of theirs is strongest."""
    shown = {"mfa"} if is_mfa_enabled(user) else {"mfa", "code"}
    records = get_authentication_records(request, user)
    latest = max((one["at"] for one in records if one["method"] in shown), default=0)
    return time.time() - float(latest) <= within.total_seconds()


def start_code_sign_in(
    *, request: HttpRequest, user: User, next_url: str, city: City | None, reference: str = ""
) -> HttpResponseRedirect:
    """After a form that a visitor posted, or where somebody proves anew who they are: mail a code to `user`, and go to
    the page that asks for it.

    Once the code is right the person is signed in and lands on `next_url`; the mail names the town and the `reference`
    of what they posted. To be called after the form's transaction. It never fails: what was posted is kept, and where
    no code can be sent (mail server or Redis down, too many asked) the answer is the sign-in page with the reason.
    Somebody without an address, or already signed in, goes straight to `next_url`.
    """
    if not get_adapter().is_safe_url(next_url):
        next_url = resolve_url(settings.LOGIN_REDIRECT_URL)
    if request.user.is_authenticated or not user.email:
        return HttpResponseRedirect(next_url)
    try:
        send_code(
            request=request,
            user=user,
            email=user.email,
            next_url=next_url,
            about={"town": city.name if city else "", "reference": reference},
        )
        return HttpResponseRedirect(_with_next("account_confirm_login_code", next_url))
    except TooManyCodesError as refused:
        messages.warning(request, too_many_message(refused))
    except UNAVAILABLE as failure:
        logger.warning("no sign-in code sent: %s", type(failure).__name__)
        messages.warning(request, unavailable_message())
    return HttpResponseRedirect(_with_next("account_login", next_url))


def refuse_on(request: HttpRequest, page: str, said: str) -> HttpResponseRedirect:
    """Say of a code, beside the box of the page on which it was typed, why it does not serve."""
    request.session[_REFUSED] = {"page": page, "said": said}
    return HttpResponseRedirect(f"{page}#code")


def refused_on(request: HttpRequest) -> str:
    """What was said of the code that was typed on this page, once; "" of none."""
    refused = request.session.get(_REFUSED)
    if not refused or refused["page"] != request.path:
        return ""
    del request.session[_REFUSED]
    return str(refused["said"])


def _with_next(name: str, next_url: str) -> str:
    return f"{reverse(name)}?{urlencode({'next': next_url})}"
