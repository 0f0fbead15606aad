"""One's own agenda: the page with its secret address, and what calendar programs read there."""

import hashlib

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.cache import get_conditional_response
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import own_page, person
from agenda import links, presentation, selectors, services
from catalogue.calendars import feed as as_feed
from notifications.services import language_of


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The address, and its two buttons: another one, or none."""
    user, now = person(request), timezone.now()
    if request.method == "POST":
        if request.POST.get("what") == "revoke":
            services.revoke(person=user, by=user, now=now)
            messages.success(request, _("C’est fait\u202f: l’ancienne adresse ne montre plus rien."))
        else:
            services.renew(person=user, by=user, now=now)
            messages.success(request, _("Votre adresse est prête."))
        return redirect("agenda:page")
    found = selectors.subscription_of(user)
    address = links.address(found) if found else ""
    context = {
        "subscription": found,
        "address": address,
        # Opened by a calendar program where there is one.
        "subscribe": address.replace("https://", "webcal://", 1).replace("http://", "webcal://", 1),
    }
    return render(request, "agenda/page.html", context)


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """What a calendar program reads, again and again; of what it has already, it is told so (304)."""
    found = selectors.subscription_at(token)
    if found is None:
        raise Http404
    now = timezone.now()
    services.note_read(subscription=found, by=None, now=now)
    language = language_of(found.person)
    with translation.override(language):
        name = _("Accorde\u202f: mon agenda")
        entries = presentation.entries(found.person, now=now)
    etag = f'"{hashlib.sha256(repr((language, name, entries)).encode()).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(as_feed(name, entries), content_type="text/calendar; charset=utf-8")
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["X-Robots-Tag"] = "noindex"
    return response
