"""The page on which a town says what its score counts: look, see what would change, then save."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import STEERING, person, town_page
from catalogue.labels import listed
from catalogue.times import ago
from cities.models import City
from engine.vocabulary import DEFAULT_WEIGHTS, PARTS
from matching import weighting
from matching.models import WeightsChange
from matching.reasons.sentences import PART_LABELS, points_changed
from matching.weighting import Points
from matching.weighting.weight_forms import WeightsForm, as_text, first_values, from_text

CHANGES_PER_PAGE = 20


@town_page(STEERING)
@require_http_methods(["GET", "HEAD", "POST"])
def weights(request: HttpRequest, city: City) -> HttpResponse:
    """The six parts with their points; a preview of others; the history."""
    now = timezone.now()
    if request.method != "POST":
        shown = DEFAULT_WEIGHTS if "origine" in request.GET else city.weights
        form = WeightsForm(initial=first_values(shown, seen=city.weights))
        return _render(request, city, form, now=now)

    seen = from_text(request.POST.get("seen", ""))
    if seen is None or weighting.points_of(seen) != weighting.points_of(city.weights):
        return _changed_meanwhile(request, city, now=now)
    form = WeightsForm(request.POST)
    if not form.is_valid():
        return _render(request, city, form, now=now)
    if request.POST.get("step") != "save":
        preview = weighting.preview(city, form.weights, now=now)
        return _render(request, city, form, now=now, preview=preview)
    try:
        weighting.change(city_id=city.pk, weights=form.weights, seen=seen, by=person(request), now=now)
    except weighting.ChangedMeanwhile:
        city.refresh_from_db(fields=["weights"])
        return _changed_meanwhile(request, city, now=now)
    except weighting.OpinionMissing:
        messages.warning(request, _("La ville s’est engagée à entendre un conseil d’abord."))
    except weighting.SameWeights:
        messages.warning(request, _("Ces points sont déjà ceux de la ville."))
    except ValidationError as wrong:
        for sentence in wrong.messages:
            messages.error(request, sentence)
    else:
        messages.success(
            request, _("C’est enregistré. Les pistes se recalculent, les plus urgentes d’abord.")
        )
    return redirect("matching:weights", city_slug=city.slug)


def _changed_meanwhile(request: HttpRequest, city: City, *, now: datetime) -> HttpResponse:
    """Show what somebody else has saved, beside what was typed; the next step compares with theirs."""
    data = request.POST.copy()
    data["seen"] = as_text(city.weights)
    form = WeightsForm(data)
    form.is_valid()
    theirs = weighting.history(city).first()
    return _render(request, city, form, now=now, meanwhile=True, theirs=theirs)


def _render(
    request: HttpRequest,
    city: City,
    form: WeightsForm,
    *,
    now: datetime,
    preview: weighting.Preview | None = None,
    meanwhile: bool = False,
    theirs: WeightsChange | None = None,
) -> HttpResponse:
    page = Paginator(weighting.history(city), CHANGES_PER_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "form": form,
        "points": [form[part] for part in PARTS],
        "total": number_format(f"{form.total.normalize():f}", use_l10n=True),
        "meanwhile": meanwhile,
        "theirs": theirs,
        "current": _listed(city.weights),
        "is_default": weighting.points_of(city.weights) == weighting.points_of(DEFAULT_WEIGHTS),
        "preview": preview,
        "same": preview is not None
        and weighting.points_of(form.weights) == weighting.points_of(city.weights),
        "others": preview.open_needs - preview.looked_at if preview else 0,
        "page_obj": page,
        "events": [
            {
                "at": one.at,
                "when": ago(one.at, now),
                "text": points_changed(one.before, one.after),
                "note": str(one.by),
                "links": _opinion_links(city, one.opinion),
                "state": "",
            }
            for one in page.object_list
        ],
    }
    return render(request, "matching/weights.html", context)


def _opinion_links(city: City, number: str) -> list[dict[str, str]]:
    """To the council's opinion that a change followed."""
    if not number:
        return []
    url = reverse("voice:opinion", args=[city.slug, number])
    return [{"url": url, "text": _("Après l’avis %(number)s du conseil") % {"number": number}}]


def _listed(points: Points) -> str:
    """ "Proximité 30, Dates 25, …"."""
    return listed(
        f"{label} {number_format(points[part], use_l10n=True)}" for part, label in PART_LABELS.items()
    )
