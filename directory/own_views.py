"""The services that somebody keeps: the town's team all of them, an association its own."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import SIGNED_IN, TEAM, has_role, person, town_page
from accounts.models import Organisation, User
from accounts.selectors import organisations_of
from cities.models import City
from directory import presentation, selectors, services
from directory.forms import EntryForm

PER_PAGE = 40


@town_page(SIGNED_IN)
@require_safe
def kept(request: HttpRequest, city: City) -> HttpResponse:
    """What one keeps, what nobody has looked at for longest first."""
    user, now = person(request), timezone.now()
    _keeps(user, city)
    page = Paginator(selectors.kept_by(user, city), PER_PAGE).get_page(request.GET.get("page"))
    is_team = has_role(user, city, TEAM)
    cards = [
        {
            **presentation.card(one, now=now),
            "may_reopen": one.closed_at is not None and (is_team or selectors.may_reopen(user, one)),
        }
        for one in page.object_list
    ]
    context = {"page_obj": page, "cards": cards}
    return render(request, "directory/kept.html", context)


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, city: City) -> HttpResponse:
    """Enter a service."""
    user = person(request)
    organisations = _keeps(user, city)
    form = EntryForm(
        request.POST or None,
        city=city,
        organisations=organisations,
        may_be_others=has_role(user, city, TEAM),
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.add(city=city, fields=form.fields_said(), by=user, now=timezone.now())
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Le service est dans l’annuaire."))
            return redirect("directory:kept", city.slug)
    return render(request, "directory/edit.html", {"form": form}, status=422 if form.errors else 200)


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Change a service, say that it holds, take it out, put it back."""
    user, now = person(request), timezone.now()
    service = get_object_or_404(selectors.kept_by(user, city), pk=pk)
    if not selectors.may_keep(user, service):
        raise Http404
    act = request.POST.get("act", "")
    may_reopen = service.closed_at is not None and selectors.may_reopen(user, service)
    if act == "reopen" and service.closed_at is not None and not may_reopen:
        raise Http404
    if request.method == "POST" and act in _ACTS:
        done, words = _ACTS[act]
        done(service_id=pk, by=user, now=now)
        messages.success(request, words())
        return redirect("directory:kept", city.slug)
    form = EntryForm(
        request.POST or None,
        city=city,
        organisations=_keeps(user, city),
        may_be_others=has_role(user, city, TEAM),
        service=service,
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.change(service_id=pk, fields=form.fields_said(), by=user, now=now)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("C’est enregistré et vérifié d’aujourd’hui."))
            return redirect("directory:kept", city.slug)
    context = {
        "form": form,
        "service": service,
        "card": presentation.card(service, now=now),
        "may_reopen": may_reopen,
    }
    return render(request, "directory/edit.html", context, status=422 if form.errors else 200)


_ACTS = {
    "confirm": (services.confirm, lambda: _("C’est noté\u202f: vérifié aujourd’hui.")),
    "close": (services.close, lambda: _("Le service est retiré de l’annuaire.")),
    "reopen": (services.reopen, lambda: _("Le service est de nouveau dans l’annuaire.")),
}


def _keeps(user: User, city: City) -> QuerySet[Organisation]:
    """In whose names somebody may enter services. To whoever keeps none, there is no such page."""
    verified = Organisation.objects.filter(city=city, state=Organisation.State.VERIFIED).order_by(
        "name", "pk"
    )
    if has_role(user, city, TEAM):
        return verified
    own = verified.filter(pk__in=organisations_of(user, city).values("pk"))
    if not own.exists():
        raise Http404
    return own
