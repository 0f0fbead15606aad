"""What holds for every page: the town's own time, who writes, and no text that the database cannot keep."""

import logging
import re
import time
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode
from django.utils.translation import activate, get_language, gettext_noop
from django.utils.translation import gettext as _

from accounts import acting, sessions, sign_in
from accounts.access import are_withheld, is_in_a_team, language_with, town_of, withhold_roles
from accounts.problems import problem
from config import logs, metrics

log = logging.getLogger(__name__)

NUL = "\x00"
# What no page of ours asks of a browser, so that nothing that got into one could.
PERMISSIONS_POLICY = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"
OVER = gettext_noop(
    "Pour protéger les personnes, une session d’équipe s’arrête après douze heures, ou deux heures sans rien faire. "
    "Reconnectez-vous\u202f: vous reviendrez à la page demandée."
)
LONG_AGO = gettext_noop(
    "Vous étiez connecté ici depuis trois mois. Reconnectez-vous\u202f: vous reviendrez à la page demandée."
)
ADD_ONE = gettext_noop(
    "Votre rôle donne accès à ce que d’autres ont confié à la ville. Ajoutez d’abord une double vérification\u202f: "
    "cela prend deux minutes."
)
WITHOUT_FACTOR = frozenset(
    {
        *("set_language", "legal", "accessibility", "privacy", "healthz", "readyz", "manifest", "city_css"),
        *("status", "robots", "sitemap", "favicon", "front:picture"),
        "accounts:stop_change",
        "accounts:confirm",
    }
)
# A name given by a machine; nobody's own words.
REQUEST_ID = re.compile(r"[0-9a-f-]{16,64}")
# Asked every few seconds, by machines.
WATCHED = {"/healthz", "/readyz", "/metrics"}
MONITORED = {"/healthz", "/readyz"}
WORDLESS = frozenset({405, 410, 413, 429})
GetResponse = Callable[[HttpRequest], HttpResponse]


class Compressed(GZipMiddleware):
    """As Django's, but for what is sent in parts (`catalogue.ranges`): a part counts bytes that are not compressed."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        return response if "Accept-Ranges" in response else super().process_response(request, response)


class Told:
    """Each request has a name, the proxy's or ours, that its lines of log and its answer carry. One line says what
    came of it.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given, begin = request.headers.get("X-Request-ID", ""), time.monotonic()
        request.request_id = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex  # type: ignore[attr-defined]
        with logs.during(request):
            response = self.get_response(request)
            response.headers["X-Request-ID"] = request.request_id  # type: ignore[attr-defined]
            level = logging.DEBUG if request.path_info in WATCHED else logging.INFO
            seconds = time.monotonic() - begin
            said = {"method": request.method, "status": response.status_code, "ms": round(seconds * 1000)}
            log.log(level, "answered", extra=said)
            metrics.note_answer(request, status=response.status_code, seconds=seconds)
        return response


class Monitored:
    """Whoever watches over a machine knows its address, and not the site's name: whether it works is told under either.
    Under an address nothing else is.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info in MONITORED and _is_of_a_machine(request.META.get("HTTP_HOST", "")):
            request.META["HTTP_HOST"] = urlsplit(settings.SITE_URL).netloc
        return self.get_response(request)


def _is_of_a_machine(host: str) -> bool:
    """Whether it is an address such as 10.0.0.7:8000 or [::1], or the machine itself."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
        return name == "localhost" or bool(ip_address(name))
    except ValueError:
        return False


class KeptByNobody:
    """No browser and no proxy keeps a page, for there may be a person in it, unless its view says for how long.

    No other site shows one of them as its own, unless its view is made for other sites.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.headers["Permissions-Policy"] = PERMISSIONS_POLICY
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class WhoAsks(AuthenticationMiddleware):
    """Whoever is found to be of a team has a team's session from then on, whatever page it is: they may have signed in
    before they were given their part. Nobody is looked for where no page asks.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(partial(self._user_of, request))  # type: ignore[assignment]

    def _user_of(self, request: HttpRequest) -> Any:
        with acting.not_known_yet():
            user = get_user(request)
        if user.is_authenticated and is_in_a_team(user):
            sessions.become_a_team_s(request.session)
            if not sign_in.gave_second_factor(request, user):
                withhold_roles(user)
        return user


class SessionsEnd:
    """Whoever works for a town signs in again after a day's work, or when the screen was left alone; everybody else
    after three months.

    How long that is: accounts/sessions.py. What an open page asks by itself is no use of it, and leaves the page as it
    is, with what was typed, until the next click.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        now, asks_by_itself = timezone.now(), "HX-Request" in request.headers and request.method == "GET"
        if sessions.is_over(request.session, now=now):
            if asks_by_itself:
                return HttpResponse(status=204)
            said = OVER if sessions.is_a_team_s(request.session) else LONG_AGO
            logout(request)
            messages.info(request, _(said))
        elif not asks_by_itself:
            sessions.note_use(request.session, now=now)
        return self.get_response(request)


class TeamLanguage:
    """Whoever works for a town reads a language that has all of its pages (accounts.access.language_with)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if get_language() in settings.LANGUAGES_FOR_THE_PUBLIC and SESSION_KEY in request.session:
            activate(language_with(request.user, get_language()))
        return self.get_response(request)


class SecondFactor:
    """Whoever works for a town shows a second factor, and adds one at once where they have none, before anything opens:
    a mailbox alone is not enough for what others have entrusted to a town.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:
        found = request.resolver_match
        assert found is not None  # it found the view
        if SESSION_KEY not in request.session or _opens_without(found.view_name):
            return None
        if not request.user.is_authenticated or not are_withheld(request.user):
            return None
        if found.route.startswith("api/"):
            title = _("Votre rôle demande une double vérification. Connectez-vous de nouveau.")
            return problem("second_factor_required", title, 403)
        if is_mfa_enabled(request.user):
            page = sign_in.factor_page(request.user)
        else:
            page = "mfa_activate_totp"
            messages.info(request, _(ADD_ONE))
        return redirect(f"{reverse(page)}?{urlencode({'next': _comes_back_to(request)})}")


def _comes_back_to(request: HttpRequest) -> str:
    """What was asked; of what was sent, and is lost, the town's first page or one's own: the address opens nothing."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    town = town_of(request)
    return reverse("home", args=[town.slug]) if town else reverse("accounts:home")


def _opens_without(name: str) -> bool:
    """Signing in and out, adding the factor, and what is everybody's."""
    return name.startswith(("mfa_", "account_", "demo:")) or name in WITHOUT_FACTOR


class TownTime:
    """Below a town's address every moment is told, and every day begins, in the town's time.

    Without it a page for Nouméa would tell of an evening in Paris. Mails have no address: they name their town's zone.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(None):  # whatever this request activates ends with it
            return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Mapping[str, Any]) -> None:
        town = town_of(request)
        if town is not None:
            timezone.activate(ZoneInfo(town.timezone))


class Acting:
    """What a request writes is kept by the database with who sent it (docs/adr/0028)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting.during(request):
            return self.get_response(request)


class SaidInWords:
    """A refusal without a word (405, 410, 413, 429) says to a person what to do, in their language."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code not in WORDLESS or response.streaming or response.content:
            return response
        # Programs do not ask for a page.
        if "text/html" not in request.headers.get("Accept", ""):
            return response
        page = render(request, f"{response.status_code}.html", status=response.status_code)
        for name in ("Allow", "Retry-After"):
            if name in response.headers:
                page.headers[name] = response.headers[name]
        return page


class NoNul:
    """PostgreSQL keeps no NUL in a text, not even to look for it: nothing is found by an address or a question that
    has one, and nothing is sent with one. The API says by itself which value is wrong.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Mapping[str, Any]) -> None:
        assert request.resolver_match is not None  # it found the view
        if request.resolver_match.route.startswith("api/"):
            return
        asked = [text for _name, values in request.GET.lists() for text in values]
        if any(NUL in str(text) for text in (*kwargs.values(), *asked)):
            request.resolver_match = (
                None  # what is said of it asks the database for nothing that was in the address
            )
            raise Http404
        if any(NUL in str(text) for _name, values in request.POST.lists() for text in values):
            raise BadRequest
