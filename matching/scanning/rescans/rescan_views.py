"""The page on which a coordinator has everything of the town looked at again, and sees how far that is."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import COORDINATION, person, town_page
from cities.models import City
from matching.scanning import rescans


@town_page(COORDINATION)
@require_http_methods(["GET", "HEAD", "POST"])
def rescan_page(request: HttpRequest, city: City) -> HttpResponse:
    """The town's last rescans, the one under way live; a button for another."""
    user = person(request)
    last = rescans.of_city(city, user)
    current = next((progress for progress in last if not progress.is_over), None)
    if request.method == "POST":
        if current is not None:
            messages.info(request, _("Un recalcul est déjà en cours."))
        else:
            asked = rescans.ask(cities=[city], by=user, now=timezone.now())
            if asked.finished_at is not None:
                messages.info(request, _("Aucun besoin n’est ouvert\u202f: il n’y a rien à recalculer."))
        return redirect("matching:rescans", city_slug=city.slug)
    return render(
        request,
        "matching/rescans.html",
        {"current": current, "past": [progress for progress in last if progress.is_over]},
    )
