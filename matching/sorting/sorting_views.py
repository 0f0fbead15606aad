"""The page on which the desk says what goods are: one tap each. Parse, one service call, render."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import COORDINATION, person, town_page
from catalogue.items import LONGEST_TYPED
from catalogue.saying import what
from cities.days import local_day
from cities.models import City
from engine.goods import OTHER
from matching.sorting import sorting_lists
from needs import naming as needs
from needs.models import Need
from offers import naming as offers

PER_PAGE = 20


@town_page(COORDINATION)
@require_safe
def page(request: HttpRequest, city: City) -> HttpResponse:
    """Needs or offers whose item is not known, with the likeliest first."""
    queues = sorting_lists.queues(person(request), city)
    here = reverse("matching:sorting", args=[city.slug])
    counts = {name: rows.count() for name, rows in queues.items()}
    shown = request.GET.get("quoi", "")
    if shown not in queues:
        shown = next((name for name, number in counts.items() if number), "besoins")
    page = Paginator(queues[shown], PER_PAGE).get_page(request.GET.get("page"))
    labels = {"besoins": _("Besoins"), "propositions": _("Propositions")}
    context = {
        "tabs": [
            {
                "url": f"{here}?quoi={name}",
                "text": labels[name],
                "current": name == shown,
                "count": counts[name],
            }
            for name in queues
        ],
        "shown": shown,
        "cards": sorting_lists.cards(page.object_list),
        "page_obj": page,
        "query": urlencode({"quoi": shown}),
        "longest": LONGEST_TYPED,
    }
    return render(request, "matching/sorting.html", context)


@town_page(COORDINATION)
@require_POST
def sort(request: HttpRequest, city: City, kind: str, reference: str) -> HttpResponse:
    """One of them is this item, or none. A second press changes nothing."""
    user, now = person(request), timezone.now()
    queues = sorting_lists.queues(user, city)
    entry = queues[kind].filter(reference=reference).first() if kind in queues else None
    if entry is None:
        if kind not in queues:
            raise Http404
        messages.info(request, _("C’était déjà classé."))
        return _back(city, kind)
    item = (request.POST.get("item") or request.POST.get("words") or "").strip()[:LONGEST_TYPED]
    try:
        if isinstance(entry, Need):
            sorted_: object = needs.sort_item(
                need_id=entry.pk, item=item, by=user, now=now, today=local_day(now, city)
            )
        else:
            sorted_ = offers.sort_item(offer_id=entry.pk, item=item, by=user, now=now)
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    else:
        said = _("laissé tel quel") if item == OTHER else what(sorted_)
        messages.success(
            request, _("«\u00a0%(title)s\u00a0»\u202f: %(what)s.") % {"title": entry.title, "what": said}
        )
    return _back(city, kind)


def _back(city: City, kind: str) -> HttpResponse:
    return redirect(f"{reverse('matching:sorting', args=[city.slug])}?{urlencode({'quoi': kind})}")
