"""The directory as everybody reads it: a search whose address can be kept, a page for each service, two feeds."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts.access import PUBLIC, town_page
from cities.models import City
from directory import answerers, data_inclusion, presentation, selectors
from directory.forms import SearchForm

PER_PAGE = 20
MINUTES = 5
# Names of filters, as the address has them.
_MORE = ("parle", "lieu", "quand")


@town_page(PUBLIC)
@require_safe
def public(request: HttpRequest, city: City) -> HttpResponse:
    """What answers to the filters, all of them in the address."""
    now = timezone.now()
    form = SearchForm(request.GET, city=city)
    search = form.search()
    page = Paginator(selectors.found(city, search, now=now), PER_PAGE).get_page(request.GET.get("page"))
    asked = request.GET.copy()
    asked.pop("page", None)
    # A card has neither a place nor a week that can be asked for.
    agents = (
        []
        if search.commune or search.when
        else answerers.found(
            answerers.public_in(city),
            theme=search.theme,
            languages=[search.language] if search.language else [],
            words=search.words,
        )
    )
    context = {
        "agents": [presentation.agent(one, now=now) for one in agents],
        "reads_cards": request.user.is_authenticated and answerers.may_read(request.user, city),
        "form": form,
        "first": [form["besoin"], form["mots"]],
        "more": [form[name] for name in _MORE],
        "asks_more": any(form.cleaned_data.get(name) for name in _MORE),
        "asks": any(form.cleaned_data.values()),
        "page_obj": page,
        "count": page.paginator.count,
        "cards": presentation.cards(page.object_list, now=now),
        "query": asked.urlencode(),
    }
    return render(request, "directory/public.html", context)


@town_page(PUBLIC)
@require_safe
def detail(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """All that is known of one service."""
    service = get_object_or_404(selectors.shown(city), pk=pk)
    place = ", ".join(part for part in (service.address, service.commune.name) if part)
    context = {
        "card": presentation.card(service, now=timezone.now()),
        "week": presentation.week(service),
        "facts": [
            {"label": _("Adresse"), "value": place},
            {"label": _("Comment venir"), "value": service.how_to_come},
            {"label": _("Prix"), "value": service.get_fees_display()},
        ],
    }
    return render(request, "directory/detail.html", context)


@town_page(PUBLIC)
@require_safe
@cache_control(public=True, max_age=MINUTES * 60)
def structures_feed(request: HttpRequest, city: City) -> JsonResponse:
    """Who runs the town's services, as data.inclusion has it."""
    return _feed(data_inclusion.structures(selectors.shown(city)))


@town_page(PUBLIC)
@require_safe
@cache_control(public=True, max_age=MINUTES * 60)
def services_feed(request: HttpRequest, city: City) -> JsonResponse:
    """The town's services, as data.inclusion has them."""
    address = settings.SITE_URL + reverse("directory:public", args=[city.slug])
    return _feed(data_inclusion.services(selectors.shown(city), address=address))


def _feed(rows: list[dict[str, object]]) -> JsonResponse:
    response = JsonResponse(rows, safe=False, json_dumps_params={"ensure_ascii": False})
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
