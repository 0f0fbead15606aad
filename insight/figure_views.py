"""The team's figures, and the indicators that a town defines itself."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import COORDINATION, PUBLIC, person, town_page
from catalogue.spreadsheets.writing import FORMATS
from cities.days import local_day
from cities.models import City
from insight import exports, figures, own, services
from insight.forms import FiguresForm, OwnIndicatorForm
from insight.published import LEAST, published
from insight.today import coordinators


@town_page(PUBLIC)
@require_safe
def public(request: HttpRequest, city: City) -> HttpResponse:
    """What everybody may know: months that are over, without a number that tells of a few people."""
    found = published(city, today=local_day(timezone.now(), city))
    context = {"tables": figures.published_tables(found), "least": LEAST}
    return render(request, "insight/public.html", context)


@town_page(COORDINATION)
@require_safe
def team(request: HttpRequest, city: City) -> HttpResponse:
    """Some months of a town by month, kind or commune. What stands today comes after it."""
    now, user = timezone.now(), person(request)
    form = FiguresForm(request.GET, city=city)
    scope = figures.scope_of(city, form.asked(), now=now)
    context = {
        "form": form,
        "sections": figures.sections(scope, now=now),
        "own": figures.own_tables(user, scope),
        "coordinators": coordinators(scope),
        "query": request.GET.urlencode(),
        "exports": exports.What.choices,
        "formats": list(FORMATS),
    }
    return render(request, "insight/team.html", context)


@town_page(COORDINATION)
@require_safe
def today(request: HttpRequest, city: City) -> HttpResponse:
    """What stands today, and who was asked how often: loaded by the page of figures, or a page by itself."""
    now = timezone.now()
    scope = figures.scope_of(city, FiguresForm(request.GET, city=city).asked(), now=now)
    context = {
        **figures.by_state_today(scope),
        "freshness": figures.freshness_today(scope, now=now),
        "unserved": figures.unserved_today(scope),
        "asked": figures.asked_table(scope),
        "query": request.GET.urlencode(),
    }
    is_part = "HX-Request" in request.headers
    return render(request, "insight/_today.html" if is_part else "insight/today.html", context)


@town_page(COORDINATION)
@require_http_methods(["GET", "HEAD", "POST"])
def indicators(request: HttpRequest, city: City) -> HttpResponse:
    """Those of the town, and the form of one more."""
    form = OwnIndicatorForm(request.POST or None, city=city)
    if request.method == "POST" and form.is_valid():
        try:
            services.define(city=city, fields=form.cleaned_data, by=person(request), now=timezone.now())
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Cet indicateur est compté sur la page des chiffres."))
            return redirect("insight:indicators", city.slug)
    defined = [(one, figures.definition(one)) for one in own.of(person(request), city)]
    context = {"form": form, "defined": defined}
    return render(request, "insight/indicators.html", context, status=422 if form.errors else 200)


@town_page(COORDINATION)
@require_POST
def remove(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    indicator = get_object_or_404(own.of(person(request), city), pk=pk)
    services.remove(indicator_id=indicator.pk, by=person(request), now=timezone.now())
    messages.success(request, _("«\u00a0%(name)s\u00a0» n’est plus compté.") % {"name": indicator.name})
    return redirect("insight:indicators", city.slug)


@town_page(COORDINATION)
@require_POST
def export(request: HttpRequest, city: City) -> HttpResponse:
    """A file of all offers, needs or matches; POST, for it is kept who took it."""
    what, form = request.POST.get("what", ""), request.POST.get("form", "")
    if what not in exports.What.values or form not in FORMATS:
        return HttpResponseBadRequest()
    now = timezone.now()
    file = exports.export(city=city, what=exports.What(what), form=form, by=person(request), now=now)
    name = f"{city.slug}-{what}-{local_day(now, city).isoformat()}.{form}"
    response = FileResponse(file, as_attachment=True, filename=name)
    response["Cache-Control"] = "no-store"
    return response  # type: ignore[return-value]  # a response like any other, but for its name
