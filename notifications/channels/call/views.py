"""The desk's list of people to call, and of messages that did not arrive."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from accounts import services as people
from accounts.access import DESK, person, town_page
from catalogue.times import since
from cities.models import City
from notifications import channel_registry, presentation, reach
from notifications import selectors as outbox_read
from notifications import services as outbox
from notifications.channels.call import selectors, services
from notifications.events import Priority
from notifications.models import Message, MessageState

PAGE_SIZE = 50


@town_page(DESK)
@require_GET
def calls(request: HttpRequest, city: City) -> HttpResponse:
    """Whom to call, the longest waiting first."""
    now = timezone.now()
    to_call = selectors.calls_to_make(city).visible_to(request.user)
    page = Paginator(to_call, PAGE_SIZE).get_page(request.GET.get("page"))
    bounced = reach.bounced([message.recipient for message in page])
    rows = [
        {
            "message": message,
            "waiting": since(message.created_at, now),
            "tonight": message.priority == Priority.NIGHT,
            "has_bounced": message.recipient_id in bounced,
        }
        for message in page
    ]
    return render(request, "call/list.html", {"rows": rows, "page_obj": page})


@town_page(DESK)
@require_GET
def undelivered(request: HttpRequest, city: City) -> HttpResponse:
    """What was refused or interrupted, all of it or of one kind, and since when which channel does not work."""
    now = timezone.now()
    kind, states = _kind(request.GET)
    messages_of_kind = outbox_read.undelivered(city).visible_to(request.user).filter(state__in=states)
    page = Paginator(messages_of_kind.select_related("recipient", "repeated_by"), PAGE_SIZE)
    page_obj = page.get_page(request.GET.get("page"))
    bounced = reach.bounced([message.recipient for message in page_obj])
    context = {
        "rows": [
            {
                "message": message,
                "channel": channel_registry.label(message.channel),
                "waiting": since(message.created_at, now),
                # It is said once more by itself.
                "repeats_itself": hasattr(message, "repeated_by"),
                "has_bounced": message.channel in bounced.get(message.recipient_id, ()),
            }
            for message in page_obj
        ],
        "page_obj": page_obj,
        "kind": kind,
        "tabs": [
            {"url": f"?kind={name}", "text": text, "current": name == kind, "count": None}
            for name, text in (("", _("Tous")), ("failed", _("Refusés")), ("uncertain", _("Interrompus")))
        ],
        "spendings": channel_registry.spendings(city, now),
        "outages": [
            {"channel": channel_registry.label(outage.channel), "since": since(outage.since, now)}
            for outage in outbox_read.outages().order_by("since")
        ],
        "figures": presentation.figures(person(request), city, now=now),
    }
    return render(request, "call/undelivered.html", context)


@town_page(DESK)
@require_GET
def call(request: HttpRequest, city: City, message_id: int) -> HttpResponse:
    """One call: the number, which is a contact whose reading is logged, and what to say."""
    message = get_object_or_404(selectors.calls(city).visible_to(request.user), pk=message_id)
    if not selectors.calls_to_make(city).filter(pk=message_id).exists():
        messages.info(request, _("Cet appel n’est plus à faire."))
        return redirect("notifications:call:list", city.slug)
    people.log_contact_reading(
        subject=message.recipient,
        reason="call",
        reference=f"message:{message.pk}",
        by=person(request),
        now=timezone.now(),
    )
    context = {
        "message": message,
        "phone": message.recipient.phone,
        "has_bounced": bool(reach.bounced([message.recipient])),
    }
    return render(request, "call/one.html", context)


@town_page(DESK)
@require_POST
def called(request: HttpRequest, city: City, message_id: int) -> HttpResponse:
    """The person was told."""
    message = get_object_or_404(selectors.calls(city).visible_to(request.user), pk=message_id)
    services.mark_called(message_id=message.pk, by=person(request), now=timezone.now())
    messages.success(request, _("Appel noté. Merci."))
    return redirect("notifications:call:list", city.slug)


@town_page(DESK)
@require_POST
def send_again(request: HttpRequest, city: City, message_id: int) -> HttpResponse:
    """Send a message again that was refused or interrupted."""
    message = get_object_or_404(Message.objects.visible_to(request.user).filter(city=city), pk=message_id)
    outbox.retry_uncertain(message_id=message.pk, by=person(request), now=timezone.now())
    messages.success(request, _("Le message va repartir."))
    back = request.POST.get("back", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return redirect(back)
    return redirect("notifications:call:undelivered", city.slug)


@town_page(DESK)
@require_POST
def send_all_again(request: HttpRequest, city: City) -> HttpResponse:
    """Send all again that the list shows, on whatever page of it."""
    kind, states = _kind(request.POST)
    count = outbox.retry_all(city=city, states=states, by=person(request), now=timezone.now())
    messages.success(
        request,
        ngettext("%(count)s message va repartir.", "%(count)s messages vont repartir.", count)
        % {"count": count},
    )
    return redirect(f"{reverse('notifications:call:undelivered', args=[city.slug])}?kind={kind}")


def _kind(asked: QueryDict) -> tuple[str, list[MessageState]]:
    """Which of them are meant: of one kind, or all."""
    kinds = [MessageState.FAILED, MessageState.UNCERTAIN]
    kind = asked.get("kind", "")
    return (kind, [MessageState(kind)]) if kind in kinds else ("", kinds)
