"""One's own messages in a town: the list, and each; opening it is reading it."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import SIGNED_IN, person, town_page
from catalogue.times import ago
from cities.models import City
from notifications import contacts, outcomes
from notifications.channels.inapp import selectors
from notifications.channels.inapp.channel import UNREAD
from notifications.presentation import gone_words

PAGE_SIZE = 50


@town_page(SIGNED_IN)
@require_safe
def own(request: HttpRequest, city: City) -> HttpResponse:
    """Unread first, then the latest."""
    now = timezone.now()
    page = Paginator(selectors.own(person(request), city), PAGE_SIZE).get_page(request.GET.get("page"))
    gone = gone_words(page.object_list)
    rows = [
        {
            "message": message,
            "is_unread": message.state in UNREAD,
            "when": ago(message.created_at, now),
            "gone": gone.get(message.pk, ""),
        }
        for message in page.object_list
    ]
    return render(request, "inapp/list.html", {"rows": rows, "page_obj": page})


@town_page(SIGNED_IN)
@require_safe
def one(request: HttpRequest, city: City, message_id: int) -> HttpResponse:
    """What it says, and where it leads. The same said by another channel is read with it."""
    user, now = person(request), timezone.now()
    message = get_object_or_404(selectors.own(user, city), pk=message_id)
    outcomes.note_read(message_id=message.pk, by=user, now=now)
    is_open = contacts.is_open(message)
    if is_open:
        contacts.note_read(message, by=user, now=now)
    context = {
        "message": message,
        "is_open": is_open,
        "when": ago(message.created_at, now),
        "gone": gone_words([message]).get(message.pk, ""),
    }
    return render(request, "inapp/one.html", context)
