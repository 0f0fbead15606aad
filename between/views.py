"""Places between towns, for the coordination: one page, two forms, and what a person answered."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import COORDINATION, person, town_page
from between import presentation, selectors, services
from between.forms import YES, AnswerForm, HouseholdForm, PlacesForm
from between.models import Line, PublishedHousehold, PublishedPlaces
from cities.days import local_day
from cities.models import City


@town_page(COORDINATION)
@require_safe
def overview(request: HttpRequest, city: City) -> HttpResponse:
    today = local_day(timezone.now(), city)
    published, rows, plan = (
        list(selectors.households(today)),
        list(selectors.places(today)),
        selectors.plan(today),
    )
    towns = {town.pk for town in selectors.linked_towns(city)}
    context = {
        "linked": selectors.linked_towns(city),
        "asking": presentation.asking(selectors.asked_of(city, today)),
        "own": presentation.own_households(selectors.own_households(city), rows, plan, today=today),
        "own_places": selectors.own_places(city),
        "households": [
            selectors.shown(one, today)
            for one in published
            if one.city_id in towns and selectors.is_named(one, city)
        ],
        "places": [selectors.shown_places(row) for row in rows if row.city_id in towns],
        "plan": plan,
        "shares": selectors.shares(city, today),
    }
    return render(request, "between/overview.html", context)


@town_page(COORDINATION)
@require_http_methods(["GET", "HEAD", "POST"])
def publish_household(request: HttpRequest, city: City) -> HttpResponse:
    now = timezone.now()
    form = HouseholdForm(request.POST or None, city=city, today=local_day(now, city))
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            services.publish_household(
                need_id=said["need"].pk,
                wishes=form.wishes,
                how=said["how"],
                yes_on=said["yes_on"],
                by=person(request),
                now=now,
            )
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Ce foyer est proposé aux villes liées."))
            return redirect("between:overview", city.slug)
    return _form(request, form, "household")


@town_page(COORDINATION)
@require_http_methods(["GET", "HEAD", "POST"])
def publish_places(request: HttpRequest, city: City) -> HttpResponse:
    form = PlacesForm(request.POST or None, city=city)
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        try:
            services.publish_places(
                offer_id=said.pop("offer").pk, by=person(request), now=timezone.now(), **said
            )
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Ces places sont proposées aux villes liées."))
            return redirect("between:overview", city.slug)
    return _form(request, form, "places")


@town_page(COORDINATION)
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, city: City, pk: int, places_pk: int) -> HttpResponse:
    """What the person answered for these very places."""
    user, now = person(request), timezone.now()
    today = local_day(now, city)
    household = get_object_or_404(selectors.households_of(city), pk=pk)
    row = get_object_or_404(PublishedPlaces.objects.select_related("city", "offer"), pk=places_pk)
    # What was said can always be taken back; what nobody said yet is of what is published now.
    if not household.lines.filter(places=row).exists() and not selectors.may_be_asked(household, row, today):
        raise Http404
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            if said["answer"] == YES:
                services.record_yes(
                    household_id=pk,
                    places_id=places_pk,
                    how=said["how"],
                    yes_on=said["yes_on"],
                    by=user,
                    now=now,
                )
            else:
                services.record_no(household_id=pk, places_id=places_pk, by=user, now=now)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("C’est noté."))
            return redirect("between:overview", city.slug)
    context = {"shown": selectors.shown(household, today), "places": selectors.shown_places(row)}
    return _form(request, form, "answer", household=household, **context)


@town_page(COORDINATION)
@require_POST
def close_household(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    get_object_or_404(PublishedHousehold.objects.filter(city=city), pk=pk)
    services.close_household(household_id=pk, by=person(request), now=timezone.now())
    messages.success(request, _("Ce foyer n’est plus proposé aux autres villes."))
    return redirect("between:overview", city.slug)


@town_page(COORDINATION)
@require_POST
def close_places(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    get_object_or_404(PublishedPlaces.objects.filter(city=city), pk=pk)
    try:
        services.close_places(places_id=pk, by=person(request), now=timezone.now())
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Ces places ne sont plus proposées aux autres villes."))
    return redirect("between:overview", city.slug)


@town_page(COORDINATION)
@require_POST
def answer(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """The town of the places says yes, or no; a no without a reason."""
    get_object_or_404(Line.objects.filter(places__city=city), pk=pk)
    decide = services.agree if request.POST.get("answer") == YES else services.decline
    try:
        decide(line_id=pk, by=person(request), now=timezone.now())
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("C’est noté."))
    return redirect("between:overview", city.slug)


def _form(
    request: HttpRequest, form: HouseholdForm | PlacesForm | AnswerForm, about: str, **context: object
) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, "between/form.html", {"form": form, "about": about, **context}, status=status)
