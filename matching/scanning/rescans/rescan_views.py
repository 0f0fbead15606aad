"""The page on which a coordinator has everything of the town looked at again, and sees how far that is."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts import selectors as accounts
from accounts.models import User
from cities.models import City
from matching.scanning import rescans


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def rescan_page(request: HttpRequest, city_slug: str) -> HttpResponse:
    """The town's last rescans, the one under way live; a button for another. 404 for all but its coordinators."""
    city = get_object_or_404(City, slug=city_slug)
    user = request.user
    if not isinstance(user, User) or not accounts.is_coordinator(user, city):
        raise Http404
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
