"""The rota of a town's desk: who is on call, weeks shared out, a shift taken, given away or called off."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from accounts import selectors as accounts
from accounts.access import COORDINATION, STEERING, has_role, person, town_page
from cities.days import local_day
from cities.models import City
from oncall import presentation, selectors, services
from oncall.forms import CoverForm, ShareOutForm
from oncall.models import Shift

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise


@town_page(STEERING)
@require_http_methods(["GET", "HEAD", "POST"])
def rota(request: HttpRequest, city: City) -> HttpResponse:
    """Who is on call, and the form that shares weeks out."""
    user, now = person(request), timezone.now()
    form = ShareOutForm(
        request.POST or None, people=accounts.coordinators_of(city), today=local_day(now, city)
    )
    if request.method == "POST" and form.is_valid():
        made = services.share_out(
            city=city,
            people=list(form.cleaned_data["people"]),
            first_day=form.cleaned_data["first_day"],
            weeks=form.cleaned_data["weeks"],
            hand_over=form.hand_over(),
            by=user,
            now=now,
        )
        if made:
            words = ngettext("%(n)s astreinte est inscrite.", "%(n)s astreintes sont inscrites.", len(made))
            messages.success(request, words % {"n": len(made)})
        else:
            messages.info(request, _("Ces semaines sont déjà toutes réparties."))
        return redirect("oncall:rota", city.slug)
    context = {
        "lines": presentation.lines(city, user, now=now),
        "form": form,
        "on_call": selectors.on_call(city, now),
        "takes": has_role(user, city, COORDINATION),
    }
    return render(request, "oncall/rota.html", context, status=422 if form.errors else 200)


# What is done with a shift, and what its page says then.
ACTS: dict[str, tuple[Callable[..., Shift], "StrPromise"]] = {
    "prendre": (
        services.take_over,
        gettext_lazy("Vous êtes d’astreinte à sa place, et la personne le sait."),
    ),
    "remplacement": (services.ask_replacement, gettext_lazy("C’est demandé à vos collègues.")),
    "garder": (services.keep, gettext_lazy("Vous gardez votre astreinte.")),
    "annuler": (services.cancel, gettext_lazy("L’astreinte est annulée.")),
}


@town_page(STEERING)
@require_POST
def act(request: HttpRequest, city: City, pk: int, what: str) -> HttpResponse:
    """Do one thing with a shift."""
    if what not in ACTS:
        raise Http404
    user = person(request)
    shift = get_object_or_404(Shift.objects.visible_to(user), pk=pk, city=city)
    service, done = ACTS[what]
    try:
        service(shift_id=shift.pk, by=user, now=timezone.now())
    except services.NoShift:
        messages.info(request, _("Cette astreinte est finie ou annulée."))
    except services.AlreadyCovered:
        messages.info(request, _("Vous êtes déjà d’astreinte à ce moment."))
    else:
        messages.success(request, done)
    return redirect("oncall:rota", city.slug)


@town_page(COORDINATION)
@require_POST
def cover(request: HttpRequest, city: City) -> HttpResponse:
    """Take a span that nobody covers."""
    form = CoverForm(request.POST)
    try:
        if not form.is_valid():
            raise services.NoShift  # no button of ours sends this
        services.cover(city=city, by=person(request), now=timezone.now(), **form.cleaned_data)
    except services.AlreadyCovered:
        messages.info(request, _("Quelqu’un a pris ce créneau entre-temps."))
    except services.NoShift:
        messages.info(request, _("Cette astreinte est finie ou annulée."))
    else:
        messages.success(request, _("C’est noté\u202f: vous êtes d’astreinte."))
    return redirect("oncall:rota", city.slug)
