"""What gateways call, and the short addresses of our SMS. None is below a town's address: there is one gateway."""

import logging
from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from notifications.channels.sms import links, numbers, services, webhooks
from notifications.models import Message

log = logging.getLogger(__name__)


@require_safe
def link(request: HttpRequest, token: str) -> HttpResponse:
    """To the page that an SMS asks its reader to open, which does nothing by itself either."""
    message_id = links.message_id(token)
    message = get_object_or_404(Message, pk=message_id)
    if not message.action_url:
        raise Http404
    return redirect(message.action_url)


@csrf_exempt
def receipts(request: HttpRequest, secret: str) -> HttpResponse:
    """The gateway says what became of our messages."""

    def take(sent: object) -> None:
        reference, outcome = webhooks.receipt(sent)
        if outcome:
            services.receive_receipt(provider_ref=reference, outcome=outcome, by=None, now=timezone.now())

    return _answered(request, secret, take)


@csrf_exempt
def replies(request: HttpRequest, secret: str) -> HttpResponse:
    """The gateway brings what people wrote back."""

    def take(sent: object) -> None:
        written, text, reference = webhooks.reply(sent)
        number = numbers.e164(written)
        if not number:
            log.info("sms reply from what is no number")
            return
        services.receive_reply(number=number, text=text, provider_ref=reference, by=None, now=timezone.now())

    return _answered(request, secret, take)


def _answered(request: HttpRequest, secret: str, take: Callable[[object], None]) -> HttpResponse:
    """Empty, and 200 also for what is new to us: a gateway that is told no tries again for days."""
    try:
        for sent in webhooks.read(request, secret):
            take(sent)
    except webhooks.Refused as refused:
        return HttpResponse(status=refused.status)
    return HttpResponse(content_type="text/plain")
