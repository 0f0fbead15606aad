"""People, and offers, that are in here twice: side by side, made one, told apart, made two again."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import COORDINATION, person, town_page
from cities.models import City
from town import selectors, services
from town.models import Double, OfferDouble


@town_page(COORDINATION)
@require_safe
def doubles(request: HttpRequest, city: City) -> HttpResponse:
    now = timezone.now()
    context = {
        "pairs": selectors.likely_doubles(city),
        "merges": selectors.merges(city).filter(at__gt=now - selectors.UNDONE_WITHIN),
        "offer_pairs": selectors.likely_offer_doubles(city),
        "offer_merges": selectors.offer_merges(city).filter(at__gt=now - selectors.UNDONE_WITHIN),
    }
    return render(request, "town/doubles.html", context)


@town_page(COORDINATION)
@require_POST
def decide(request: HttpRequest, city: City, first: int, second: int) -> HttpResponse:
    """One person, or two. Only what the page shows can be said: nobody merges whom they may not see."""
    shown = {(one.user.pk, other.user.pk) for one, other in selectors.likely_doubles(city)}
    by, now = person(request), timezone.now()
    try:
        if (first, second) not in shown:
            raise ValidationError(_("Cela a changé entre-temps. Regardez de nouveau."))
        if request.POST.get("same") == "yes":
            services.merge(
                city=city,
                kept_id=first,
                other_id=second,
                has_called="has_called" in request.POST,
                by=by,
                now=now,
            )
            messages.success(
                request, _("C’est une seule personne désormais. Vous avez trente jours pour le défaire.")
            )
        else:
            services.tell_apart(city=city, kept_id=first, other_id=second, by=by, now=now)
            messages.success(request, _("C’est noté\u202f: ce sont deux personnes."))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect("town:doubles", city.slug)


@town_page(COORDINATION)
@require_POST
def undo(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    row = get_object_or_404(Double.objects.visible_to(person(request)), pk=pk, city=city)
    try:
        services.undo(double_id=row.pk, by=person(request), now=timezone.now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("C’est défait\u202f: chacune a de nouveau ce qu’elle avait."))
    return redirect("town:doubles", city.slug)


@town_page(COORDINATION)
@require_POST
def decide_offers(request: HttpRequest, city: City, first: int, second: int) -> HttpResponse:
    """One of two offers goes on, or they are two. Only what the page shows can be said."""
    shown = {(one.pk, other.pk) for one, other in selectors.likely_offer_doubles(city)}
    by, now = person(request), timezone.now()
    ways = {str(first): (first, second), str(second): (second, first)}
    try:
        if (first, second) not in shown:
            raise ValidationError(_("Cela a changé entre-temps. Regardez de nouveau."))
        if (way := ways.get(request.POST.get("keep", ""))) is not None:
            services.merge_offers(
                city=city,
                kept_id=way[0],
                other_id=way[1],
                has_called="has_called" in request.POST,
                by=by,
                now=now,
            )
            messages.success(
                request, _("C’est une seule proposition désormais. Vous avez trente jours pour le défaire.")
            )
        else:
            services.tell_offers_apart(city=city, kept_id=first, other_id=second, by=by, now=now)
            messages.success(request, _("C’est noté\u202f: ce sont deux propositions."))
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    return redirect("town:doubles", city.slug)


@town_page(COORDINATION)
@require_POST
def undo_offers(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    row = get_object_or_404(OfferDouble.objects.visible_to(person(request)), pk=pk, city=city)
    try:
        services.undo_offers(double_id=row.pk, by=person(request), now=timezone.now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("C’est défait\u202f: ce sont de nouveau deux propositions."))
    return redirect("town:doubles", city.slug)
