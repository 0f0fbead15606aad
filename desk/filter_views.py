"""What a coordinator asks of the queue, and the views that they keep of it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import COORDINATION, person, town_page
from accounts.selectors import coordinators_of
from cities.models import City
from desk import selectors, services
from desk.baskets import basket_of, query_of, wanted_of
from desk.forms import FilterForm, ViewForm


@town_page(COORDINATION)
@require_http_methods(["GET", "HEAD", "POST"])
def filters(request: HttpRequest, city: City) -> HttpResponse:
    """Choose what the queue shows; sent by GET to the queue itself. POST keeps what is shown under a name."""
    user = person(request)
    basket, wanted = basket_of(request.GET), wanted_of(request.GET)
    query = query_of(basket, wanted)
    naming = ViewForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and naming.is_valid():
        name = naming.cleaned_data["name"]
        try:
            services.save_view(city=city, name=name, query=query, by=user, now=timezone.now())
        except ValidationError as refusal:
            naming.add_error(None, refusal.messages)
        else:
            messages.success(request, _("Vue enregistrée."))
            return redirect(f"{reverse('desk:queue', args=[city.slug])}?{query}")
    found = selectors.choices(user, city)
    context = {
        "form": FilterForm(
            initial={"panier": basket, **wanted.named()},
            organisations=found.organisations,
            communes=found.communes,
            team=coordinators_of(city),
        ),
        "naming": naming,
        "query": query,
        "views": selectors.views_by_name(user, city),
    }
    return render(request, "desk/filters.html", context)


@town_page(COORDINATION)
@require_POST
def forget_view(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """One's own view is no more."""
    user = person(request)
    view = get_object_or_404(selectors.views_of(user, city), pk=pk)
    services.forget_view(view=view, by=user, now=timezone.now())
    messages.success(request, _("Vue effacée."))
    return redirect("desk:filters", city_slug=city.slug)
