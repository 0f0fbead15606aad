"""The towns that share offers with this one: asked, answered, ended by an administrator of either."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import ADMINISTRATION, person, town_page
from cities.models import City
from town import presentation, selectors, services
from town.forms import AskLinkForm
from town.models import LinkRequest


@town_page(ADMINISTRATION)
@require_http_methods(["GET", "HEAD", "POST"])
def linked(request: HttpRequest, city: City) -> HttpResponse:
    now = timezone.now()
    form = AskLinkForm(request.POST or None, towns=selectors.towns_to_link(city))
    if request.method == "POST" and form.is_valid():
        other = form.cleaned_data["other"]
        try:
            services.ask_link(city=city, other=other, by=person(request), now=now)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("C’est demandé à %(city)s.") % {"city": other.name})
            return redirect("town:linked", city.slug)
    edits = selectors.setting_edits(city, fields=["linked"])[:20]
    context = {
        "form": form,
        "requests": selectors.link_requests(city),
        "towns": city.linked.order_by("name"),
        "events": presentation.setting_events(edits, only=["linked"], now=now),
    }
    return render(request, "town/linked.html", context, status=422 if form.errors else 200)


@town_page(ADMINISTRATION)
@require_POST
def answer(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Accept, decline, or take back what this town asked."""
    user, now = person(request), timezone.now()
    row = get_object_or_404(LinkRequest.objects.visible_to(user), pk=pk)
    if row.city_id == city.pk:
        services.take_back_link(request_id=pk, by=user, now=now)
    else:
        services.answer_link(request_id=pk, accepts=request.POST.get("answer") == "yes", by=user, now=now)
    messages.success(request, _("C’est noté."))
    return redirect("town:linked", city.slug)


@town_page(ADMINISTRATION)
@require_POST
def end(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    other = get_object_or_404(city.linked, pk=pk)
    services.end_link(city=city, other=other, by=person(request), now=timezone.now())
    messages.success(request, _("Le lien avec %(city)s est rompu.") % {"city": other.name})
    return redirect("town:linked", city.slug)
