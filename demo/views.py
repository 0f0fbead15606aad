"""The demonstration's own pages: be somebody, and read what everybody received. They exist in demo mode alone."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.translation import get_language_info
from django.views.decorators.http import require_POST, require_safe

from accounts.models import User
from accounts.sign_in import note_second_factor
from accounts.way_back import way_back
from demo import mail, selectors
from notifications import channel_registry
from notifications.models import Message

PER_PAGE = 20
BACKEND = "accounts.backends.Backend"
# Signed links: whoever holds one may answer, without being signed in.
OPEN_TO_ALL = {"matching:answer", "followups:answer"}


def demo_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """404 outside the demonstration, whatever the addresses say."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not settings.DEMO or settings.PRODUCTION:
            raise Http404
        return view(request, *args, **kwargs)

    return guarded


@demo_only
@require_safe
def enter(request: HttpRequest) -> HttpResponse:
    """The people whom a visitor can be, with what to try."""
    return render(request, "demo/enter.html", {"entrances": selectors.entrances()})


@demo_only
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Be somebody invented, in one tap."""
    number = request.POST.get("person", "")
    user = selectors.invented(int(number)) if number.isdecimal() and len(number) < 19 else None
    if user is None:
        raise Http404
    login(request, user, backend=BACKEND)
    # Nobody has an application for somebody invented: of the demonstration alone (`demo_only`).
    note_second_factor(request=request, user=user)
    return way_back(request, "next", selectors.first_page(user))


@demo_only
@require_safe
def mailbox(request: HttpRequest) -> HttpResponse:
    """What everybody, or one person, received: the newest first, the sign-in codes on top."""
    number = request.GET.get("personne", "")
    reader = User.objects.filter(pk=number).first() if number.isdecimal() and len(number) < 19 else None
    page = Paginator(selectors.letters(reader), PER_PAGE).get_page(request.GET.get("page"))
    wanted = (reader.email or "-") if reader else ""
    return render(
        request,
        "demo/mailbox.html",
        {
            "reader": reader,
            "can_be_reader": reader is not None and selectors.invented(reader.pk) is not None,
            "entrances": selectors.entrances(),
            "readers": selectors.readers(),
            "codes": mail.codes(address=wanted) if page.number == 1 else [],
            "letters": [_letter(message) for message in page.object_list],
            "page_obj": page,
            "query": f"personne={reader.pk}" if reader else "",
        },
    )


def _letter(message: Message) -> dict[str, Any]:
    """A message as its reader sees it; `open_to_all` when its link needs no signing in."""
    language = get_language_info(message.language)
    try:
        found = resolve(message.action_url).view_name if message.action_url else ""
    except Resolver404:
        found = ""
    return {
        "message": message,
        "direction": "rtl" if language["bidi"] else "ltr",
        "by_a_person": message.channel not in channel_registry.by_machine(),
        "channel": channel_registry.label(message.channel),
        "open_to_all": found in OPEN_TO_ALL,
    }
