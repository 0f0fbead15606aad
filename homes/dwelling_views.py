"""Empty dwellings on their way: the list, and one of them with its path, its costs and, when it is ready, its offer."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import COORDINATION, person, town_page
from accounts.services import log_contact_reading
from catalogue.contacts import shown
from catalogue.vocabulary import Category, DwellingState
from cities.models import City
from homes import presentation, selectors, services
from homes.forms import CONTACT, PATH, CostForm, DwellingForm, StepForm
from homes.models import Dwelling, Stage


@town_page(COORDINATION)
@require_safe
def dwellings(request: HttpRequest, city: City) -> HttpResponse:
    """All of the town by stage."""
    found = list(selectors.dwellings(person(request), city))
    groups = [
        {"label": stage.label, "dwellings": [one for one in found if one.stage == stage]} for stage in Stage
    ]
    context = {
        "groups": [group for group in groups if group["dwellings"]],
        "places": sum(one.capacity for one in found if one.stage != Stage.DROPPED),
        "today": timezone.localdate(),
    }
    return render(request, "homes/dwellings.html", context)


@town_page(COORDINATION)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, city: City) -> HttpResponse:
    form = DwellingForm(request.POST or None, city=city)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.find_dwelling(
                city=city, fields=form.cleaned_data, by=person(request), now=timezone.now()
            )
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Le logement est noté."))
            return redirect("homes:dwelling", city.slug, made.pk)
    return render(request, "homes/new_dwelling.html", {"form": form}, status=422 if form.errors else 200)


@town_page(COORDINATION)
@require_http_methods(["GET", "HEAD", "POST"])
def dwelling(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """One of them; what is known of it is corrected here. How its owner is reached is shown by `contact`."""
    found = _dwelling(request, city, pk)
    if request.method != "POST":
        return _page(request, city, found)
    # Sent from where the contact was not shown, it says nothing of it.
    form = DwellingForm(
        request.POST, city=city, hides_contact=not any(name in request.POST for name in CONTACT)
    )
    if form.is_valid():
        try:
            services.change_dwelling(
                dwelling_id=pk, fields=form.cleaned_data, by=person(request), now=timezone.now()
            )
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Vos changements sont enregistrés."))
            return redirect("homes:dwelling", city.slug, pk)
    return _page(request, city, found, form=form)


@town_page(COORDINATION)
@require_POST
def contact(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Show how its owner is reached; the reading is kept."""
    found = _dwelling(request, city, pk)
    log_contact_reading(
        subject=None,
        reason="dwelling",
        reference=selectors.offer_key(found),
        city=city,
        by=person(request),
        now=timezone.now(),
    )
    return _page(request, city, found, shows_contact=True)


@town_page(COORDINATION)
@require_POST
def step(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """The next stage, or another."""
    found = _dwelling(request, city, pk)
    form = StepForm(request.POST, dwelling=found)
    if form.is_valid():
        try:
            services.move_to(dwelling_id=pk, by=person(request), now=timezone.now(), **form.cleaned_data)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("L’étape est notée."))
            return redirect("homes:dwelling", city.slug, pk)
    return _page(request, city, found, stepping=form)


@town_page(COORDINATION)
@require_POST
def cost(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    found = _dwelling(request, city, pk)
    form = CostForm(request.POST, today=timezone.localdate())
    if form.is_valid():
        try:
            services.add_cost(dwelling_id=pk, by=person(request), now=timezone.now(), **form.cleaned_data)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("La dépense est notée."))
            return redirect("homes:dwelling", city.slug, pk)
    return _page(request, city, found, spending=form)


def _dwelling(request: HttpRequest, city: City, pk: int) -> Dwelling:
    found: Dwelling = get_object_or_404(selectors.dwellings(person(request), city), pk=pk)
    return found


def _page(
    request: HttpRequest,
    city: City,
    dwelling: Dwelling,
    *,
    form: DwellingForm | None = None,
    stepping: StepForm | None = None,
    spending: CostForm | None = None,
    shows_contact: bool = False,
) -> HttpResponse:
    hides_contact = not shows_contact and any(getattr(dwelling, name) for name in CONTACT)
    reached = PATH.index(Stage(dwelling.stage)) if dwelling.stage in PATH else -1
    context = {
        "dwelling": dwelling,
        "path": [
            {"label": stage.label, "is_done": n < reached, "is_now": n == reached}
            for n, stage in enumerate(PATH)
        ],
        "costs": list(dwelling.costs.select_related("by")),
        "events": presentation.path_of(dwelling, viewer=person(request), now=timezone.now()),
        "form": form or DwellingForm(city=city, dwelling=dwelling, hides_contact=hides_contact),
        "stepping": stepping or StepForm(dwelling=dwelling),
        "spending": spending or CostForm(today=timezone.localdate()),
        "offer": selectors.offer_of(dwelling),
        "hides_contact": hides_contact,
        "shows_contact": shows_contact,
        # The form of an offer takes the contact along.
        "filled_in": _filled_in(dwelling) if dwelling.stage == Stage.READY and not hides_contact else [],
    }
    wrong = any(one and one.errors for one in (form, stepping, spending))
    return render(request, "homes/dwelling.html", context, status=422 if wrong else 200)


def _filled_in(dwelling: Dwelling) -> list[tuple[str, Any]]:
    """What the form of an offer begins with: its own page takes it, and shows it to be completed and sent."""
    said = {
        "switch": "housing",
        "key": selectors.offer_key(dwelling),
        "name": dwelling.owner_name,
        "phone": shown(dwelling.owner_phone) if dwelling.owner_phone else "",
        "email": dwelling.owner_email,
        "title": dwelling.title,
        "category": Category.EMPTY_DWELLING,
        "dwelling_state": DwellingState.READY,
        "commune": dwelling.commune.label,
        "address": dwelling.address,
        "capacity": dwelling.capacity,
        "rent": "" if dwelling.rent is None else dwelling.rent,
        "reach_km": 10,
        "notice_days": 0,
        "first_day": f"{dwelling.lease_from:%Y-%m-%d}" if dwelling.lease_from else "",
        "last_day": f"{dwelling.lease_until:%Y-%m-%d}" if dwelling.lease_until else "",
    }
    return [(name, value) for name, value in said.items() if value != ""]
