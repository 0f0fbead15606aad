"""Offers at the desk: the town's list, visits and calls. Parse, one service call, render."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import COORDINATION, DESK, has_role, person, town_page
from accounts.services import log_contact_reading
from catalogue.references import is_reference
from catalogue.vocabulary import Kind
from cities.models import City
from offers import naming, selectors, services, words
from offers.forms import SearchForm
from offers.own_views import offer_page, visible_offer

PER_PAGE = 50


@town_page(DESK)
@require_safe
def enter(request: HttpRequest, city: City) -> HttpResponse:
    """Where an offer was entered before needs were taken on the same screen: people have kept the address."""
    return redirect("callers:enter", city.slug)


@town_page(DESK)
@require_safe
def town(request: HttpRequest, city: City) -> HttpResponse:
    """The desk's list: search, those to call."""
    user = person(request)
    form = SearchForm(request.GET)
    search = form.cleaned_data if form.is_valid() else {}
    offers = selectors.town_offers(user, city, **search)
    view = request.GET.get("vue", "")
    if view == "appels":
        offers = selectors.to_call(offers)
    page = Paginator(offers, PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {
            "offer": offer,
            "tag": words.tag(offer),
            "periods": selectors.periods_of(offer),
            "to_visit": offer.kind == Kind.HOUSING and offer.is_open and offer.vetted_at is None,
        }
        for offer in page.object_list
    ]
    numbers = selectors.counts(user, city)
    here = reverse("offers:town", args=[city.slug])
    tabs = [
        {"url": here, "text": _("Toutes"), "current": view != "appels", "count": None},
        {
            "url": f"{here}?vue=appels",
            "text": _("À appeler"),
            "current": view == "appels",
            "count": numbers["to_call"],
        },
    ]
    if has_role(user, city, COORDINATION):
        visits = reverse("homes:visits", args=[city.slug])
        tabs.append({"url": visits, "text": _("Visites"), "current": False, "count": numbers["to_visit"]})
        sorting = f"{reverse('matching:sorting', args=[city.slug])}?quoi=propositions"
        to_sort = naming.to_sort(user, city).count()
        tabs.append(
            {
                "url": reverse("lists:lists", args=[city.slug]),
                "text": _("Prendre ou sortir une liste"),
                "current": False,
                "count": None,
            }
        )
        tabs.append({"url": sorting, "text": _("À classer"), "current": False, "count": to_sort})
    filters = {name: value for name, value in {**search, "vue": view}.items() if value}
    context = {
        "form": form,
        "view": view,
        "tabs": tabs,
        "rows": rows,
        "page_obj": page,
        "query": urlencode(filters),
        "is_search": any(search.values()),
    }
    return render(request, "offers/town.html", context)


@town_page(DESK)
@require_POST
def contact(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """Show the desk how to reach the owner; the reading is kept."""
    offer = visible_offer(request, city, reference)
    log_contact_reading(
        subject=offer.owner,
        reason="offer",
        reference=offer.reference,
        city=city,
        by=person(request),
        now=timezone.now(),
    )
    return offer_page(request, offer, contact=offer.owner)


@town_page(DESK)
@require_POST
def called(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """Somebody without an e-mail confirmed their offer to an operator on the phone."""
    offer = visible_offer(request, city, reference)
    if services.prove_contact(owner=offer.owner, by=person(request), now=timezone.now(), offer_id=offer.pk):
        messages.success(request, _("Confirmée au téléphone. La proposition est active."))
    case = request.POST.get("case", "")
    if is_reference(case):
        return redirect("desk:case", city.slug, case)
    if request.POST.get("from") == "list":
        return HttpResponseRedirect(reverse("offers:town", args=[city.slug]) + "?vue=appels")
    return redirect("offers:detail", city.slug, offer.reference)
