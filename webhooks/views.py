"""The administration's pages: which other systems are told what, their secrets, and what became of each delivery."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import ADMINISTRATION, person, town_page
from cities.models import City
from webhooks import selectors, services
from webhooks.forms import EndpointForm
from webhooks.models import Delivery, Endpoint

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

PER_PAGE = 25


@town_page(ADMINISTRATION)
@require_http_methods(["GET", "HEAD", "POST"])
@sensitive_variables("endpoint")
def endpoints(request: HttpRequest, city: City) -> HttpResponse:
    """All of the town, and the form for one more; its secret is in that answer and nowhere else."""
    user = person(request)
    form = EndpointForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            endpoint = services.add(city=city, by=user, now=timezone.now(), **form.cleaned_data)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return _one(request, endpoint, secret=endpoint.secret)
    context = {"endpoints": selectors.of_town(user, city), "form": form}
    return render(request, "webhooks/list.html", context, status=422 if form.errors else 200)


@town_page(ADMINISTRATION)
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """One of them: what it is told, and its log."""
    endpoint = _endpoint(request, city, pk)
    if request.method != "POST":
        return _one(request, endpoint)
    form = EndpointForm(request.POST)
    if form.is_valid():
        try:
            services.change(endpoint_id=pk, by=person(request), now=timezone.now(), **form.cleaned_data)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Vos changements sont enregistrés."))
            return redirect("webhooks:one", city.slug, pk)
    return _one(request, endpoint, form=form)


# What is done with an endpoint, and what its page says then.
ACTS: "dict[str, tuple[Callable[..., object], StrPromise]]" = {
    "essai": (services.send_test, gettext_lazy("Un essai part\u202f: regardez le journal.")),
    "pause": (services.pause, gettext_lazy("Rien ne part plus. Ce qui se passe est gardé trente jours.")),
    "reprendre": (services.resume, gettext_lazy("Ce qui attendait part maintenant.")),
}


@town_page(ADMINISTRATION)
@require_POST
def act(request: HttpRequest, city: City, pk: int, what: str) -> HttpResponse:
    """Try it out, pause it, go on."""
    if what not in ACTS:
        raise Http404
    endpoint = _endpoint(request, city, pk)
    service, done = ACTS[what]
    service(endpoint_id=endpoint.pk, by=person(request), now=timezone.now())
    messages.success(request, done)
    return redirect("webhooks:one", city.slug, pk)


@town_page(ADMINISTRATION)
@require_POST
@sensitive_variables("endpoint")
def rotate(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """A new secret, which is in this answer and nowhere else."""
    found = _endpoint(request, city, pk)
    endpoint = services.rotate(endpoint_id=found.pk, by=person(request), now=timezone.now())
    return _one(request, endpoint, secret=endpoint.secret)


@town_page(ADMINISTRATION)
@require_POST
def remove(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    endpoint = _endpoint(request, city, pk)
    services.remove(endpoint_id=endpoint.pk, by=person(request), now=timezone.now())
    messages.success(request, _("La destination est retirée."))
    return redirect("webhooks:list", city.slug)


@town_page(ADMINISTRATION)
@require_POST
def replay(request: HttpRequest, city: City, pk: int, delivery: int) -> HttpResponse:
    endpoint = _endpoint(request, city, pk)
    found = get_object_or_404(Delivery, pk=delivery, endpoint=endpoint)
    services.replay(delivery_id=found.pk, by=person(request), now=timezone.now())
    messages.success(request, _("L’envoi repart."))
    return redirect("webhooks:one", city.slug, pk)


def _endpoint(request: HttpRequest, city: City, pk: int) -> Endpoint:
    return get_object_or_404(Endpoint.objects.visible_to(person(request)), pk=pk, city=city)


def _one(
    request: HttpRequest, endpoint: Endpoint, *, form: EndpointForm | None = None, secret: str = ""
) -> HttpResponse:
    said = {"url": endpoint.url, "happenings": endpoint.happenings}
    log = Paginator(selectors.log_of(endpoint), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "endpoint": endpoint,
        "form": form or EndpointForm(initial=said),
        "secret": secret,
        "page_obj": log,
        "both_sign": len(endpoint.secrets_at(timezone.now())) > 1,
    }
    return render(request, "webhooks/one.html", context, status=422 if form else 200)
