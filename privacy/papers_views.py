"""What everybody may know of their data and of security; a town's papers, and its register of official requests."""

from datetime import UTC, timedelta

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ADMINISTRATION, person, town_page
from cities.models import City
from outside import geocoder
from privacy import official, papers, promises, retention
from privacy.papers_forms import OfficialRequestForm
from town import selectors
from town.services import note_official_request

# RFC 9116 advises less than a year; it is said anew each time that it is read.
VALID_FOR = timedelta(days=180)


@require_safe
def public(request: HttpRequest) -> HttpResponse:
    """What exists about somebody, who sees it, for how long, and how often authorities asked."""
    context = {
        "chapters": promises.CHAPTERS,
        "rules": retention.RULES,
        "counts": official.counts(),
        "legal": settings.LEGAL,
        "asks_geocoder": geocoder.is_on(),
    }
    return render(request, "privacy/public.html", context)


@require_safe
def security(request: HttpRequest) -> HttpResponse:
    """How to tell of a weakness."""
    return render(request, "privacy/security.html", {"contact": settings.LEGAL["security"]})


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """The same for machines (RFC 9116); without a contact there is none."""
    contact = settings.LEGAL["security"]
    if not contact:
        raise Http404
    expires = (timezone.now() + VALID_FOR).astimezone(UTC).replace(microsecond=0)
    lines = [
        f"Contact: {contact if '://' in contact else f'mailto:{contact}'}",
        f"Expires: {expires.isoformat().replace('+00:00', 'Z')}",
        f"Preferred-Languages: {', '.join(code for code, _name in settings.LANGUAGES)}",
        f"Canonical: {settings.SITE_URL}{reverse('security_txt')}",
        f"Policy: {settings.SITE_URL}{reverse('security')}",
    ]
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


@town_page(ADMINISTRATION)
@require_safe
def town_papers(request: HttpRequest, city: City) -> HttpResponse:
    """The record of processing and what an impact assessment needs, to be printed."""
    words = {promise.key: promise.words for promise in promises.PROMISES}
    risks = [(risk, [words[key] for key in keys]) for risk, keys in papers.RISKS]
    context = {"record": papers.record(), "risks": risks, "legal": settings.LEGAL}
    return render(request, "privacy/papers.html", context)


@town_page(ADMINISTRATION)
@require_http_methods(["GET", "HEAD", "POST"])
def official_requests(request: HttpRequest, city: City) -> HttpResponse:
    """What authorities asked of the town, and what it answered."""
    form = OfficialRequestForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            note_official_request(city=city, **form.cleaned_data, by=person(request), now=timezone.now())
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("La demande est comptée."))
            return redirect("papers:official", city.slug)
    context = {"form": form, "requests": selectors.official_requests(city)}
    return render(request, "privacy/official.html", context, status=422 if form.errors else 200)
