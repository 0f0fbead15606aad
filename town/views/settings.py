"""What an administrator sets, and who has set what; the charter as everybody reads it."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ADMINISTRATION, PUBLIC, person, town_page
from cities.models import City
from town import presentation, selectors, services
from town.forms import SettingsForm
from town.groups import BY_SLUG, GROUPS

PER_PAGE = 20


@town_page(ADMINISTRATION)
@require_safe
def home(request: HttpRequest, city: City) -> HttpResponse:
    """All that an administrator sees to, and the history of the settings."""
    now = timezone.now()
    page = Paginator(selectors.setting_edits(city), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "groups": GROUPS,
        "page_obj": page,
        "events": presentation.setting_events(page, now=now),
    }
    return render(request, "town/home.html", context)


@town_page(ADMINISTRATION)
@require_http_methods(["GET", "HEAD", "POST"])
def group(request: HttpRequest, city: City, slug: str) -> HttpResponse:
    """One group of settings, and who has changed it."""
    if slug not in BY_SLUG:
        raise Http404
    shown, now = BY_SLUG[slug], timezone.now()
    # A page of boxes alone, none of them ticked, sends nothing.
    form = SettingsForm(request.POST if request.method == "POST" else None, city=city, group=shown)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_settings(city=city, fields=form.changes(), by=person(request), now=now)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Vos changements sont enregistrés."))
            return redirect("town:settings", city.slug, slug)
    edits = selectors.setting_edits(city, fields=shown.fields)[:PER_PAGE]
    context = {
        "form": form,
        "group": shown,
        "events": presentation.setting_events(edits, only=shown.fields, now=now),
    }
    return render(request, "town/settings.html", context, status=422 if form.errors else 200)


@town_page(PUBLIC)
@require_safe
def charter(request: HttpRequest, city: City) -> HttpResponse:
    """What those who receive somebody commit themselves to, where the town has said so."""
    if city.charter_url:
        return redirect(city.charter_url)
    if not city.charter_text:
        raise Http404
    return render(request, "town/charter.html")
