"""What a provider calls: below no town's address, for there is one provider."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from notifications.channels.email import services, webhooks


@csrf_exempt
def news(request: HttpRequest, secret: str) -> HttpResponse:
    """Empty, and 200 also for what is new to us: a provider that is told no tries again for days."""
    try:
        said = webhooks.read(request, secret)
    except webhooks.Refused as refused:
        return HttpResponse(status=refused.status)
    for one in said:
        services.take_news(news=one, by=None, now=timezone.now())
    return HttpResponse(content_type="text/plain")
