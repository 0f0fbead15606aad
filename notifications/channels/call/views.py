"""The desk's list of people to call, and of messages that did not arrive."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import Resolver404, ResolverMatch, resolve, reverse
from django.utils import timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import acting
from accounts.access import DESK, person, town_page
from accounts.models import User
from accounts.way_back import way_back
from catalogue.labels import language_names
from catalogue.times import since, until
from cities.models import City
from notifications import channel_registry, presentation, queued, reach
from notifications import selectors as outbox_read
from notifications.channels.call import selectors, services, words
from notifications.channels.call.forms import OutcomeForm
from notifications.channels.call.models import COMES_BACK, Call, Outcome
from notifications.events import Priority
from notifications.models import Message, MessageState

PAGE_SIZE = 50


@town_page(DESK)
@require_GET
def calls(request: HttpRequest, city: City) -> HttpResponse:
    """Whom to call now, the most urgent first, and who is to be called again later."""
    now = timezone.now()
    to_call = selectors.calls_to_make(city).visible_to(request.user)
    page = Paginator(selectors.to_call_now(to_call, now), PAGE_SIZE).get_page(request.GET.get("page"))
    later = list(selectors.to_call_later(to_call, now)[:PAGE_SIZE])
    shown = [*page, *later]
    known: dict[str, Any] = {
        "bounced": reach.bounced([message.recipient for message in shown]),
        "taken": selectors.under_way({message.recipient_id for message in shown}, now),
        "before": selectors.last_outcomes([message.pk for message in shown]),
    }
    context = {
        "rows": [_row(message, person(request), known, now) for message in page],
        "later": [_row(message, person(request), known, now) for message in later],
        "page_obj": page,
    }
    return render(request, "call/list.html", context)


def _row(message: Message, user: User, known: dict[str, Any], now: datetime) -> dict[str, Any]:
    taken = known["taken"].get(message.recipient_id)
    return {
        "message": message,
        "waiting": since(message.created_at, now),
        "tonight": message.priority == Priority.NIGHT,
        "is_late": message.deadline is not None and message.deadline <= now,  # type: ignore[attr-defined]
        "has_bounced": message.recipient_id in known["bounced"],
        "taken": taken if taken is not None and taken.by_id != user.pk else None,
        "before": known["before"].get(message.pk),
    }


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
    """One call: what to ask. The number, the message and its link are for whoever has taken it."""
    message = get_object_or_404(selectors.calls(city).visible_to(request.user), pk=message_id)
    return _one(request, city, message, OutcomeForm(initial={"again_at": request.GET.get("again_at")}))


@town_page(DESK)
@require_POST
def take(request: HttpRequest, city: City, message_id: int) -> HttpResponse:
    """Whoever calls says so: for some minutes nobody else does. Keeps the hour that they had written."""
    message = get_object_or_404(selectors.calls(city).visible_to(request.user), pk=message_id)
    try:
        services.take(message_id=message.pk, by=person(request), now=timezone.now())
    except services.Taken as taken:
        messages.warning(request, _is_taken(taken.call))
    except ValidationError as refusal:
        messages.info(request, " ".join(refusal.messages))
        return redirect("notifications:call:list", city.slug)
    page = reverse("notifications:call:one", args=[city.slug, message.pk])
    again_at = request.POST.get("again_at", "")
    return redirect(f"{page}?{urlencode({'again_at': again_at})}" if again_at else page)


@town_page(DESK)
@require_POST
def recognise(request: HttpRequest, city: City, message_id: int) -> HttpResponse:
    """At a number that nobody has proven: it is them who answer."""
    message = get_object_or_404(selectors.calls(city).visible_to(request.user), pk=message_id)
    try:
        services.recognise(message_id=message.pk, by=person(request), now=timezone.now())
    except services.Taken as taken:
        messages.warning(request, _is_taken(taken.call))
    except ValidationError as refusal:
        messages.info(request, " ".join(refusal.messages))
    return redirect("notifications:call:one", city.slug, message.pk)


@town_page(DESK)
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, city: City, message_id: int) -> HttpResponse:
    """The page that the message asks its person to open, for whoever has them on the line: what is noted there is noted
    by the desk, which never holds a link by which anybody answers as the person.
    """
    message = get_object_or_404(selectors.calls(city).visible_to(request.user), pk=message_id)
    behind, (_taken, is_mine) = _behind_link(message), _whose(message, person(request), timezone.now())
    if behind is None or not is_mine or not services.is_known_at_number(message.recipient):
        return redirect("notifications:call:one", city.slug, message.pk)
    with acting.noted_by_desk():
        page: HttpResponse = behind.func(request, *behind.args, **behind.kwargs)
    return page


def _behind_link(message: Message) -> ResolverMatch | None:
    """The page of the message's link, where that is a signed one."""
    try:
        found = resolve(urlsplit(message.action_url).path)
    except Resolver404:
        return None
    return found if "token" in found.kwargs else None


def _whose(message: Message, user: User, now: datetime) -> tuple[Call | None, bool]:
    """Who is calling this person, and whether it is oneself, about this message."""
    taken = selectors.under_way([message.recipient_id], now).get(message.recipient_id)
    return taken, taken is not None and taken.by_id == user.pk and taken.message_id == message.pk


@town_page(DESK)
@require_POST
def outcome(request: HttpRequest, city: City, message_id: int) -> HttpResponse:
    """What came of the call."""
    message = get_object_or_404(selectors.calls(city).visible_to(request.user), pk=message_id)
    form = OutcomeForm(request.POST)
    if form.is_valid():
        try:
            noted = services.note(
                message_id=message.pk,
                outcome=Outcome(form.cleaned_data["outcome"]),
                again_at=form.cleaned_data["again_at"],
                by=person(request),
                now=timezone.now(),
            )
        except services.Taken as taken:
            messages.warning(request, _is_taken(taken.call))
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _said(Outcome(form.cleaned_data["outcome"]), noted))
            return redirect("notifications:call:list", city.slug)
    return _one(request, city, message, form)


def _one(request: HttpRequest, city: City, message: Message, form: OutcomeForm) -> HttpResponse:
    now, user = timezone.now(), person(request)
    if not selectors.is_to_make(message):
        messages.info(request, _("Cet appel n’est plus à faire."))
        return redirect("notifications:call:list", city.slug)
    taken, is_mine = _whose(message, user, now)
    if is_mine:
        services.log_reading(message, by=user, now=now)
    context = {
        "message": message,
        "phone": message.recipient.phone,
        "has_bounced": bool(reach.bounced([message.recipient])),
        "is_mine": is_mine,
        "is_known": services.is_known_at_number(message.recipient),
        "taken": taken if taken is not None and taken.by_id != user.pk else None,
        "opening": words.opening(town=city.name, person=str(message.recipient)),
        "script": words.script(message.event),
        "speaks": language_names([message.language]) if message.language != get_language() else "",
        "before": selectors.outcomes(message),
        "answer_by": selectors.deadline_of(message),
        "page_url": reverse("notifications:call:answer", args=[city.slug, message.pk])
        if _behind_link(message)
        else message.action_url,
        "form": form,
    }
    return render(request, "call/one.html", context, status=422 if form.errors else 200)


def _is_taken(call: Call) -> str:
    return _("%(name)s appelle déjà cette personne.") % {"name": call.by}


def _said(outcome: Outcome, noted: services.Noted) -> str:
    """What follows from it, as whoever called reads it."""
    if outcome == Outcome.LEFT:
        return _("Cet appel reste à faire.")
    if outcome == Outcome.WRONG_NUMBER:
        return _("C’est noté. Le message est parmi ceux qui n’ont pas été remis.")
    if outcome not in COMES_BACK:
        return _("Appel noté. Merci.")
    now = timezone.now()
    when = until(noted.message.due_at, now)
    if noted.answer_by is None:
        return _("C’est noté. L’appel revient %(when)s.") % {"when": when}
    return _("C’est noté. La réponse est attendue %(deadline)s\u202f: l’appel revient avant, %(when)s.") % {
        "deadline": until(noted.answer_by, now),
        "when": when,
    }


@town_page(DESK)
@require_POST
def send_again(request: HttpRequest, city: City, message_id: int) -> HttpResponse:
    """Send a message again that was refused or interrupted."""
    message = get_object_or_404(Message.objects.visible_to(request.user).filter(city=city), pk=message_id)
    queued.retry_uncertain(message_id=message.pk, by=person(request), now=timezone.now())
    messages.success(request, _("Le message va repartir."))
    return way_back(request, "back", "notifications:call:undelivered", city.slug)


@town_page(DESK)
@require_POST
def send_all_again(request: HttpRequest, city: City) -> HttpResponse:
    """Send all again that the list shows, on whatever page of it."""
    kind, states = _kind(request.POST)
    count = queued.retry_all(city=city, states=states, by=person(request), now=timezone.now())
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
