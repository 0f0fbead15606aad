"""What somebody chooses about the messages to them: by the link in a mail, without signing in, or in their account; and
that they would rather be called.
"""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.access import ANYBODY, own_page, person, town_page
from accounts.models import User
from cities.models import City
from notifications import callbacks, channel_folders, links, preferences, selectors
from notifications.events import Refusable
from notifications.forms import CallMeForm, PreferenceForm


@town_page(ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """The link stands for its person, who need not sign in. What it shows, it shows of the choices alone."""
    reader = links.person_of(token)
    if reader is None:
        return _broken_link(request)
    return _choices(request, reader)


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def choose_signed_in(request: HttpRequest) -> HttpResponse:
    """The same, of whoever is signed in, and what channels have people choose beside it."""
    reader = person(request)
    folders = [name for name in channel_folders.names() if channel_folders.has(name, "choices")]
    parts = [channel_folders.part(name, "choices") for name in folders]
    sections = [(part.TEMPLATE, section) for part in parts if (section := part.of(reader)) is not None]
    return _choices(request, reader, sections)


@csrf_exempt
@town_page(ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def refuse(request: HttpRequest, city: City, token: str, sort: str) -> HttpResponse:
    """A mail programme's own button posts here (RFC 8058): no cookie, no form, and it follows no redirection."""
    reader = links.person_of(token)
    if reader is None:
        return _broken_link(request)
    if sort not in Refusable:
        raise Http404
    if request.method != "POST":
        return redirect("notifications:choose", city.slug, token)
    preferences.refuse(person=reader, sort=Refusable(sort), by=reader, now=timezone.now())
    return HttpResponse(_("C’est noté."), content_type="text/plain; charset=utf-8")


@town_page(ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def call_me(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """Somebody who was asked something would rather be called; afterwards, that they will be. No signing in."""
    known = links.who_wants_call(token)
    if known is None:
        return _broken_link(request)
    reader, about = known
    form = CallMeForm(request.POST or None, has_number=bool(reader.phone))
    if request.method == "POST" and form.is_valid():
        callbacks.ask_for_call(
            person=reader,
            city=city,
            about=about,
            suits=callbacks.Suits(form.cleaned_data["suits"]),
            number=form.given_number(),
            by=reader,
            now=timezone.now(),
        )
        return redirect(request.path)
    asked = selectors.question_about(reader, about)
    context = {
        "form": form,
        "asked": asked,
        "wanted": selectors.call_wanted(reader, about),
    }
    return render(request, "notifications/call_me.html", context, status=422 if form.errors else 200)


def _choices(request: HttpRequest, reader: User, sections: Sequence[tuple[str, Any]] = ()) -> HttpResponse:
    now = timezone.now()
    form = PreferenceForm(
        request.POST or None,
        person=reader,
        chosen=selectors.preference_of(reader),
        today=timezone.localdate(now),
    )
    if request.method == "POST" and form.is_valid():
        try:
            preferences.choose(person=reader, **form.chosen(), by=reader, now=now)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("C’est noté."))
            return redirect(request.path)
    context = {"form": form, "sections": sections}
    return render(request, "notifications/choose.html", context, status=422 if form.errors else 200)


def _broken_link(request: HttpRequest) -> HttpResponse:
    return render(request, "notifications/no_choices.html", status=404)
