"""The desk reads what people wrote back: parse, one service call, render."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import DESK, person, town_page
from accounts.way_back import way_back
from cities.models import City
from notifications.inbox import presentation, selectors, services

PAGE_SIZE = 30


@town_page(DESK)
@require_safe
def replies(request: HttpRequest, city: City) -> HttpResponse:
    """What waits to be read, or all of it: who wrote, when, how it was understood, what came of it."""
    is_all = "toutes" in request.GET
    listed = selectors.listed(person(request), city, unread=not is_all)
    page = Paginator(listed, PAGE_SIZE).get_page(request.GET.get("page"))
    found = selectors.fetched(page.object_list)
    context = {
        "rows": presentation.rows(found, now=timezone.now()),
        "page_obj": page,
        "is_all": is_all,
        "tabs": [
            {"url": request.path, "text": _("À lire"), "current": not is_all, "count": None},
            {"url": f"{request.path}?toutes=1", "text": _("Toutes"), "current": is_all, "count": None},
        ],
    }
    return render(request, "inbox/list.html", context)


@town_page(DESK)
@require_POST
def seen(request: HttpRequest, city: City, word: str, pk: int) -> HttpResponse:
    """Somebody has read it."""
    model = selectors.kinds().get(word)
    if model is None:
        raise Http404
    heard = get_object_or_404(model.objects.visible_to(person(request)).filter(city=city), pk=pk)
    services.mark_seen(heard=heard, by=person(request), now=timezone.now())
    return way_back(request, "back", "notifications:inbox:list", city.slug)
