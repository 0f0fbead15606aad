"""The first town of an installation, and the end of one that was made by mistake."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import ADMINISTRATION, person, town_page
from cities.models import City
from town import links, selectors, services
from town.opening import OpeningForm


@require_http_methods(["GET", "HEAD", "POST"])
def first(request: HttpRequest, token: str) -> HttpResponse:
    """For whoever has the link that `manage.py open_town` prints, while there is no town."""
    if not links.opens_first_town(token):
        raise Http404
    form = OpeningForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            city = services.open_first_town(token=token, **form.town(), by=None, now=timezone.now())
        except ValidationError as refusal:
            form.refuse(refusal)
        except PermissionDenied:
            raise Http404 from None
        else:
            said = _("%(city)s existe, fermée au public. Connectez-vous pour la régler et l’ouvrir.")
            messages.success(request, said % {"city": city.name})
            return redirect("town:home", city.slug)
    return render(request, "town/first.html", {"form": form}, status=422 if form.errors else 200)


@town_page(ADMINISTRATION)
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, city: City) -> HttpResponse:
    """Close the town to the public; then, where nothing happened in it, remove it."""
    refused = ""
    if request.method == "POST":
        by, now = person(request), timezone.now()
        try:
            # As it was pressed: whoever closes a town that another has closed meanwhile removes nothing.
            if request.POST.get("act") != "remove":
                services.change_settings(city=city, fields={"is_open": False}, by=by, now=now)
                messages.success(request, _("La ville est fermée au public."))
            else:
                services.remove_town(city=city, typed=request.POST.get("slug", ""), by=by, now=now)
                messages.success(request, _("%(city)s est supprimée.") % {"city": city.name})
                return redirect("accounts:home")
            return redirect("town:close", city.slug)
        except ValidationError as refusal:
            refused = " ".join(refusal.messages)
    context = {"keeps": selectors.what_keeps(city), "refused": refused}
    return render(request, "town/close.html", context, status=422 if refused else 200)
