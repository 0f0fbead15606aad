"""Being told on a device: saying so, and taking it back."""

from pathlib import Path

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from accounts.access import own_page, person
from notifications.channels.push import services, words

_WORKER = (Path(__file__).parent / "worker.js").read_text(encoding="utf-8")


@cache_control(no_cache=True)
@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """No static file: a browser asks for it at the same address for years."""
    return HttpResponse(_WORKER, content_type="text/javascript; charset=utf-8")


@own_page
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """What the browser has agreed with its push service."""
    user = person(request)
    try:
        services.add(
            person=user,
            endpoint=request.POST.get("endpoint", ""),
            p256dh=request.POST.get("p256dh", ""),
            auth=request.POST.get("auth", ""),
            name=words.device_name(request.headers.get("User-Agent", "")),
            by=user,
            now=timezone.now(),
        )
    except ValidationError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("C’est noté. Cet appareil vous préviendra."))
    return redirect("my_messages")


@own_page
@require_POST
def remove(request: HttpRequest, device_id: int) -> HttpResponse:
    """One tap, no question: it is as quickly said anew."""
    user = person(request)
    services.remove(person=user, device_id=device_id, by=user, now=timezone.now())
    messages.success(request, _("C’est noté. Cet appareil ne vous préviendra plus."))
    return redirect("my_messages")
