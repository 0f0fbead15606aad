"""A draft goes on elsewhere: its link, its code to scan and its number; and the page to which the link leads."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import sign_in
from accounts.access import PUBLIC, town_page
from accounts.links import LinkBroken
from catalogue.scanning import qr_code
from cities.models import City
from offers import begun, links, selectors
from offers.models import SharedDraft
from offers.question_views import device_url, draft_of, next_url, sent_elsewhere
from offers.services.drafts import VALID_FOR
from offers.wizard import Draft


@town_page(PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def device(request: HttpRequest, city: City) -> HttpResponse:
    """The link and the number of a draft. They are made at a press of the button, and end after two days."""
    draft, now = draft_of(request, city), timezone.now()
    if offer := draft.sent_elsewhere():
        return sent_elsewhere(request, city, draft, offer)
    if not draft.is_begun:
        return redirect(next_url(city, draft))
    if request.method == "POST":
        if draft.shared is None and not sign_in.is_within_limit(request, action="share_draft"):
            messages.warning(request, _("Trop de liens à la fois. Réessayez plus tard, ou appelez la ville."))
        else:
            draft.share(now=now)
        return redirect(device_url(city, draft))
    shared = draft.shared
    url = f"{settings.SITE_URL}{links.draft_path(shared)}" if shared else ""
    context = {
        "shared": shared,
        "days": VALID_FOR.days,
        "draft_number": draft.number,
        "link": url,
        "code": qr_code(url) if url else "",
        "ends_at": timezone.localtime(shared.ends_at) if shared else None,
        "taken": draft.taken,
        "back_url": next_url(city, draft),
    }
    return render(request, "offers/device.html", context)


@town_page(PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def go_on(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """In the other browser: what the draft is about, and at a press of the button its answers."""
    try:
        key = links.read_draft(token)
    except LinkBroken:
        raise Http404 from None
    shared = selectors.shared_draft(city, key, now=timezone.now())
    if shared is None:
        return render(request, "offers/draft_over.html", status=410)
    number = begun.number_of(request.session, city, shared.answers["key"])
    if number is None:
        draft = draft_of(request, city, begun.next_number(request.session, city))
    else:
        draft = draft_of(request, city, number)
    if request.method == "POST":
        draft.take_over(shared)
        return redirect(next_url(city, draft))
    return render(request, "offers/go_on.html", {"title": _title(request, city, shared), "shared": shared})


def _title(request: HttpRequest, city: City, shared: SharedDraft) -> str:
    """What it offers, and nothing of whoever began it."""
    return Draft.of_shared(shared, city=city, today=timezone.localdate()).title()
