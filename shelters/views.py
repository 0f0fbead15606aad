"""The places of a town, and one of them: its night, its nights to come, its shifts."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import COORDINATION, SIGNED_IN, has_role, person, town_page
from accounts.services import log_contact_reading
from cities.days import local_day
from cities.models import City
from matching.models import Match
from matching.selectors import contacts_are_open
from shelters import presentation, selectors, services
from shelters.forms import ClosedForm, NightsForm, ShelterForm, ShiftForm
from shelters.models import Nights, Shelter

# Somebody works on a page: opening it again is the same look.
ONE_LOOK = timedelta(minutes=15)


@town_page(SIGNED_IN)
@require_safe
def shelters(request: HttpRequest, city: City) -> HttpResponse:
    """Those of one's associations, or of the town, with their beds tonight."""
    user, now = person(request), timezone.now()
    is_member = user.memberships.filter(organisation__city=city).exists()
    if not is_member and not has_role(user, city, COORDINATION):
        raise Http404
    lines = presentation.lines(list(selectors.shelters_of(user, city)), today=local_day(now, city))
    context = {"lines": lines, "may_found": selectors.may_found(user, city).exists()}
    return render(request, "shelters/list.html", context)


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, city: City) -> HttpResponse:
    """Enter a place."""
    user = person(request)
    organisations = selectors.may_found(user, city)
    if not organisations.exists():
        raise Http404
    form = ShelterForm(request.POST or None, city=city, organisations=organisations)
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        try:
            made = services.found(
                city=city, organisation=said.pop("organisation"), fields=said, by=user, now=timezone.now()
            )
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Le lieu est enregistré. Dites maintenant combien de places il a."))
            return redirect("shelters:add_nights", city.slug, made.pk)
    return _form(request, form, _("Ajouter un lieu collectif"))


@town_page(SIGNED_IN)
@require_safe
def shelter(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """One place, for who runs it."""
    found, user, now = _shelter(request, city, pk), person(request), timezone.now()
    today = local_day(now, city)
    rows = selectors.nights_of(found)
    days = presentation.days_ahead(today)
    holds = selectors.holds_of(rows, first_day=today, last_day=days[-1])
    shifts = selectors.shifts_of(found, now=now)
    volunteers = selectors.volunteers_of(shifts, today=today)
    runs = selectors.runs(user, found)
    named = _named(request, city, volunteers) if runs else []
    tonight, *coming = presentation.nights(rows, holds, days)
    context = {
        "shelter": found,
        "arrivals": presentation.arrivals(found),
        "rows": rows,
        "tonight": tonight,
        "coming": coming,
        "guests": presentation.guests(holds, today, reader=user),
        "slots": presentation.slots(shifts, named, today=today),
        "runs": runs and found.closed_at is None,
        "to_see": presentation.to_see(rows),
        "may_see": selectors.may_see(user, found),
        "is_answered_for": selectors.answers(found.host, found),
    }
    return render(request, "shelters/shelter.html", context)


def _named(request: HttpRequest, city: City, volunteers: list[Match]) -> list[Match]:
    """Those of whom the page says the name, as the page of each match would; that it was read is kept."""
    user, now = person(request), timezone.now()
    named = [match for match in volunteers if contacts_are_open(match, today=local_day(now, city))]
    for match in named:
        if match.offer.owner_id != user.pk:
            log_contact_reading(
                subject=match.offer.owner,
                reason="shift",
                reference=match.offer.reference,
                city=city,
                by=user,
                now=now,
                once_in=ONE_LOOK,
            )
    return named


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Correct what is said of a place."""
    found, user = _run(request, city, pk), person(request)
    hosts = selectors.may_host(found, user)
    form = ShelterForm(request.POST or None, city=city, shelter=found, hosts=hosts)
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        try:
            services.change(shelter_id=pk, host=said.pop("host"), fields=said, by=user, now=timezone.now())
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Vos changements sont enregistrés."))
            return redirect("shelters:shelter", city.slug, pk)
    return _form(request, form, found.name, shelter=found)


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def add_nights(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """So many beds, on which nights."""
    found, now = _run(request, city, pk), timezone.now()
    form = NightsForm(request.POST or None, today=local_day(now, city))
    if request.method == "POST" and form.is_valid():
        try:
            services.add_nights(shelter_id=pk, by=person(request), now=now, key=form.key, **form.said())
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Les places sont enregistrées."))
            return redirect("shelters:shelter", city.slug, pk)
    return _form(request, form, _("Ajouter des places"), shelter=found)


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def nights(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Change beds, their nights, or for whom they are."""
    row, now = _nights(request, city, pk), timezone.now()
    form = NightsForm(request.POST or None, today=local_day(now, city), offer=row.offer)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_nights(nights_id=pk, by=person(request), now=now, **form.said())
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Vos changements sont enregistrés."))
            return redirect("shelters:shelter", city.slug, row.shelter_id)
    return _nights_page(request, row, form=form)


@town_page(SIGNED_IN)
@require_POST
def resume(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """These beds may be proposed again."""
    row = _nights(request, city, pk)
    try:
        services.resume(nights_id=pk, by=person(request), now=timezone.now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Vos changements sont enregistrés."))
    return redirect("shelters:shelter", city.slug, row.shelter_id)


@town_page(SIGNED_IN)
@require_safe
def of_offer(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """From the page of an offer to the place whose beds it is."""
    found = selectors.place_of(person(request), city, reference)
    if found is None:
        raise Http404
    return redirect("shelters:shelter", city.slug, found.pk)


@town_page(SIGNED_IN)
@require_POST
def close_some(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """No beds on some nights."""
    row, now = _nights(request, city, pk), timezone.now()
    form = ClosedForm(request.POST, prefix="closed")
    if form.is_valid():
        try:
            services.close_some(nights_id=pk, by=person(request), now=now, **form.cleaned_data)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Ces nuits sont fermées."))
            return redirect("shelters:shelter", city.slug, row.shelter_id)
    return _nights_page(request, row, closing=form)


@town_page(SIGNED_IN)
@require_POST
def take_back(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """These beds are there no more."""
    row = _nights(request, city, pk)
    try:
        services.take_back(nights_id=pk, by=person(request), now=timezone.now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("shelters:nights", city.slug, pk)
    messages.success(request, _("Ces places sont retirées."))
    return redirect("shelters:shelter", city.slug, row.shelter_id)


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def add_shifts(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Ask for volunteers."""
    found, now = _run(request, city, pk), timezone.now()
    form = ShiftForm(request.POST or None, today=local_day(now, city))
    if request.method == "POST" and form.is_valid():
        try:
            posted = services.add_shifts(
                shelter_id=pk, by=person(request), now=now, key=form.key, **form.said()
            )
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            words = ngettext(
                "C’est demandé\u202f: %(n)s bénévole est cherché.",
                "C’est demandé\u202f: %(n)s bénévoles sont cherchés.",
                len(posted),
            )
            messages.success(request, words % {"n": len(posted)})
            return redirect("shelters:shelter", city.slug, pk)
    return _form(request, form, _("Demander des bénévoles"), shelter=found)


@town_page(COORDINATION)
@require_POST
def see(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """The town has seen the place."""
    found = _shelter(request, city, pk)
    try:
        services.see(shelter_id=found.pk, by=person(request), now=timezone.now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("C’est noté\u202f: ses places peuvent être proposées."))
    return redirect("shelters:shelter", city.slug, pk)


@town_page(SIGNED_IN)
@require_POST
def close(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Close the place."""
    _run(request, city, pk)
    try:
        services.close(shelter_id=pk, by=person(request), now=timezone.now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Le lieu est fermé."))
    return redirect("shelters:shelter", city.slug, pk)


def _shelter(request: HttpRequest, city: City, pk: int) -> Shelter:
    found: Shelter = get_object_or_404(selectors.shelters_of(person(request), city), pk=pk)
    return found


def _run(request: HttpRequest, city: City, pk: int) -> Shelter:
    """One on which the reader decides; of a suspended association only the town does."""
    found = _shelter(request, city, pk)
    if not selectors.runs(person(request), found):
        raise Http404
    return found


def _nights(request: HttpRequest, city: City, pk: int) -> Nights:
    own = selectors.shelters_of(person(request), city).values("pk")
    rows = Nights.objects.filter(shelter__in=own).exclude(offer__state__in=selectors.GONE)
    row: Nights = get_object_or_404(
        rows.select_related("shelter__city", "shelter__organisation", "offer"), pk=pk
    )
    if not selectors.runs(person(request), row.shelter):
        raise Http404
    return row


def _nights_page(
    request: HttpRequest, row: Nights, *, form: NightsForm | None = None, closing: ClosedForm | None = None
) -> HttpResponse:
    today = local_day(timezone.now(), row.shelter.city)
    context = {
        "row": row,
        "shelter": row.shelter,
        "form": form or NightsForm(today=today, offer=row.offer),
        "closing": closing or ClosedForm(prefix="closed"),
    }
    wrong = any(one is not None and one.errors for one in (form, closing))
    return render(request, "shelters/nights.html", context, status=422 if wrong else 200)


def _form(request: HttpRequest, form: Form, heading: str, **context: Any) -> HttpResponse:
    said = {"form": form, "heading": heading, **context}
    return render(request, "shelters/form.html", said, status=422 if form.errors else 200)
