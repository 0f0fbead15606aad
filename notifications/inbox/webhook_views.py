"""The other door for mails that come back: a mail server, or a provider, posts each as it came."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.views.decorators.csrf import csrf_exempt

from notifications.inbox import services
from notifications.inbox.mailbox import LONGEST


@csrf_exempt
def receive(request: HttpRequest, secret: str) -> HttpResponse:
    """The body is the mail itself (message/rfc822); `?to=` may say at which address it arrived."""
    known = settings.MAIL_REPLY_SECRET
    if not (known and constant_time_compare(secret.encode(), known.encode())):
        return HttpResponse(status=404)  # to whoever does not know the word there is nothing here
    if request.method != "POST":
        return HttpResponse(status=405)
    length = request.headers.get("Content-Length") or "0"
    if not length.isascii() or not length.isdigit() or int(length[:12]) > LONGEST:
        return HttpResponse(status=413)
    if request.content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
        return HttpResponse(status=415)
    raw = request.read()
    if not raw.strip():
        return HttpResponse(status=400)
    services.receive_mail(raw=raw, to=request.GET.get("to", ""), by=None, now=timezone.now())
    return HttpResponse(content_type="text/plain")
