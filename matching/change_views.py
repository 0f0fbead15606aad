"""Changing an offer or a need. The pages stand here, because they name whoever counts on it."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import SIGNED_IN, person, town_page
from cities.days import local_day
from cities.models import City
from matching import counted_on, presentation
from needs import selectors as needs
from needs.forms import FORMS as NEED_FORMS
from needs.models import Need
from offers import selectors as offers
from offers.forms import OfferForm, current_values, edit_names, own_cut, period_formset
from offers.locating import located
from offers.models import Offer
from offers.services import note_address_read


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def offer(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """All the fields of the kind on one page, and the periods; once more when people count on what changes."""
    try:
        offer = offers.get_offer(request.user, city, reference)
    except Offer.DoesNotExist:
        raise Http404 from None
    if not offers.possible(offer).edit:
        messages.warning(request, _("Cette proposition ne peut plus être modifiée."))
        return redirect("offers:detail", offer.city.slug, offer.reference)
    now = timezone.now()
    today = timezone.localdate(now)  # the town's: TownTime
    names = edit_names(offer.kind)
    data = request.POST if request.method == "POST" else None
    form = OfferForm(
        data,
        city=offer.city,
        today=min(today, offer.best_before or today),
        kind=offer.kind,
        names=names,
        initial=current_values(offer, names),
        compact=True,
        item_sizes=own_cut(offer),
    )
    form.fields["title"].help_text = ""
    periods = period_formset(data, windows=offers.periods_of(offer), today=today)
    stakes: list[dict[str, Any]] = []
    # Both are asked, so that all that is wrong is shown at once.
    if data is not None and all([form.is_valid(), periods.is_valid()]):
        try:
            counted_on.change_offer(
                offer_id=offer.pk,
                fields=located(form.offer_fields(), before=offer),
                windows=periods.periods(),
                read=presentation.read_in(data),
                by=person(request),
                now=now,
            )
        except ValidationError as error:
            form.add_service_errors(error)
        except counted_on.NotRead as unread:
            stakes = presentation.stakes(unread.stakes, of_offer=True)
        else:
            return _saved(request, offer, form.notes, "offers:detail")
    note_address_read(offer=offer, by=person(request), now=now)
    context = {"offer": offer, "form": form, "periods": periods, "stakes": stakes}
    return render(request, "matching/edit_offer.html", context, status=_status(data, stakes))


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def need(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """Change an open need; once more when somebody has said yes to it."""
    try:
        need = needs.get_need(person(request), city, reference)
    except Need.DoesNotExist:
        raise Http404 from None
    if not need.is_open:
        messages.info(request, _("Ce besoin n’est plus ouvert, il ne change plus."))
        return redirect("needs:detail", need.city.slug, need.reference)
    now = timezone.now()
    data = request.POST if request.method == "POST" else None
    today = local_day(now, need.city)
    form = NEED_FORMS[need.kind](data, city=need.city, user=person(request), today=today, need=need)
    stakes: list[dict[str, Any]] = []
    if data is not None and form.is_valid():
        try:
            counted_on.change_need(
                need_id=need.pk,
                fields=form.answers(),
                read=presentation.read_in(data),
                by=person(request),
                now=now,
            )
        except ValidationError as refusal:
            form.add_refusal(refusal)
        except counted_on.NotRead as unread:
            stakes = presentation.stakes(unread.stakes, of_offer=False)
        else:
            return _saved(request, need, form.notes, "needs:detail")
    context = {"form": form, "need": need, "stakes": stakes}
    return render(request, "matching/edit_need.html", context, status=_status(data, stakes))


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def tonight(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """A need becomes one for tonight in one tap; once more when somebody is asked for it, or has said yes."""
    try:
        need = needs.get_need(person(request), city, reference)
    except Need.DoesNotExist:
        raise Http404 from None
    stakes: list[dict[str, Any]] = []
    if request.method == "POST":
        try:
            counted_on.need_tonight(
                need_id=need.pk,
                read=presentation.read_in(request.POST),
                by=person(request),
                now=timezone.now(),
            )
        except ValidationError as refusal:
            messages.warning(request, " ".join(refusal.messages))
            return redirect("needs:detail", need.city.slug, need.reference)
        except counted_on.NotRead as unread:
            stakes = presentation.stakes(unread.stakes, of_offer=False)
        else:
            messages.success(request, _looked_for_tonight(need))
            return redirect("needs:detail", need.city.slug, need.reference)
    context = {"need": need, "stakes": stakes}
    return render(request, "matching/need_tonight.html", context, status=409 if stakes else 200)


def _looked_for_tonight(need: Need) -> str:
    if need.organisation is not None and not need.organisation.is_verified:
        return _("C’est noté pour ce soir. Nous cherchons dès que la ville a vérifié votre association.")
    return _("C’est pour ce soir\u202f: nous cherchons tout de suite, et l’équipe de la ville est prévenue.")


def _saved(request: HttpRequest, row: Offer | Need, notes: list[str], page: str) -> HttpResponse:
    messages.success(request, _("Vos changements sont enregistrés."))
    for note in notes:
        messages.info(request, note)
    return redirect(page, row.city.slug, row.reference)


def _status(data: object, stakes: list[dict[str, Any]]) -> int:
    """To a form that was sent: what was wrong, or that somebody must be read of first."""
    if data is None:
        return 200
    return 409 if stakes else 422
