"""Offers at the desk: entering a caller's, the town's list, visits and calls. Parse, one service call, render."""

import uuid

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import COORDINATION, DESK, has_role, person, town_page
from accounts.selectors import find_person
from accounts.services import log_contact_reading
from catalogue.fields import OFFER
from catalogue.references import is_reference
from catalogue.vocabulary import Kind
from cities.models import City
from offers import intake, naming, selectors, services, words
from offers.forms import CONTACT, CallForm, SearchForm, proposed_title, unchecked
from offers.own_views import offer_page, visible_offer

PER_PAGE = 50


@town_page(DESK)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, city: City) -> HttpResponse:
    """One screen for somebody on the line. Looking up and changing the kind keep all that was typed."""
    now = timezone.now()
    today = timezone.localdate(now)  # the town's: TownTime
    user = person(request)
    source = request.POST if request.method == "POST" else request.GET
    kind = source.get("switch") or source.get("nature") or Kind.HOUSING
    kind = kind if kind in Kind.values else Kind.HOUSING
    data = request.POST if request.method == "POST" else None
    key = source.get("key", "")[:60] or str(uuid.uuid4())
    is_sent = data is not None and not {"switch", "look_up"} & set(data)
    form = CallForm(data if is_sent else None, kind=kind, city=city, today=today)
    if data is not None and not is_sent:
        form = CallForm(None, kind=kind, city=city, today=today, initial=unchecked(form, data))
    caller, known = None, []
    if data is not None:
        caller = find_person(phone=data.get("phone"), email=data.get("email"))
        if caller is not None:
            known = selectors.known_offers(user, city, caller)
            log_contact_reading(subject=caller, reason="caller-look-up", by=user, now=now)
    if is_sent and form.is_valid():
        fields = OFFER.completed({"kind": kind, **form.offer_fields()})
        fields["title"] = fields["title"] or proposed_title(fields)
        if selectors.same_offer(known, fields) and not form.cleaned_data["not_a_duplicate"]:
            form.add_error(
                "not_a_duplicate",
                _("Cette personne propose déjà la même chose. Est-ce une autre proposition\u202f?"),
            )
        else:
            try:
                offer = intake.take_call(
                    city=city,
                    contact={name: form.cleaned_data[name] for name in CONTACT},
                    fields=fields,
                    windows=form.periods(),
                    external_key=f"call:{key}",
                    by=user,
                    now=now,
                )
            except ValidationError as error:
                form.add_service_errors(error)
            else:
                messages.success(
                    request,
                    _("Enregistrée sous la référence %(reference)s. Lisez-la à la personne.")
                    % {"reference": offer.reference},
                )
                for note in form.notes:
                    messages.info(request, note)
                return redirect("offers:detail", city.slug, offer.reference)
    if not known:
        form.fields.pop("not_a_duplicate", None)
    context = {
        "form": form,
        "kind": kind,
        "kinds": [
            {"value": value, "label": label, "current": value == kind} for value, label in Kind.choices
        ],
        "key": key,
        "person": caller,
        "known": known,
        "looked_up": data is not None and "look_up" in data,
    }
    return render(request, "offers/enter.html", context, status=422 if is_sent else 200)


@town_page(DESK)
@never_cache
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
@never_cache
@require_POST
def contact(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """Show the desk how to reach the owner; the reading is kept."""
    offer = visible_offer(request, city, reference)
    log_contact_reading(
        subject=offer.owner,
        reason="offer",
        reference=offer.reference,
        by=person(request),
        now=timezone.now(),
    )
    return offer_page(request, offer, contact=offer.owner)


@town_page(COORDINATION)
@require_POST
def vet(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """A button that says "visited": what was seen is noted on the page of the home's visits."""
    offer = visible_offer(request, city, reference)
    if offer.kind != Kind.HOUSING:
        raise Http404
    return redirect("homes:offer", city.slug, offer.reference)


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
