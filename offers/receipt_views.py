"""The receipt of an offer that a visitor sent, on which the code is typed that makes it active."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import sign_in
from accounts.access import ANYBODY, SIGNED_IN, person, town_page
from accounts.forms import OneCodeForm
from cities.models import City
from offers import proving, receipts, selectors, services
from offers.forms import PictureForm
from offers.models import Offer, OfferState


@town_page(ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def sent(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """The receipt of a visitor, in the browser that sent the offer: its reference, and what remains to be done."""
    known = receipts.sent_by_reference(request.session, reference.upper())
    if known is None:
        raise Http404
    offer = get_object_or_404(Offer.objects.select_related("owner"), city=city, reference=known["reference"])
    is_unproven = offer.state == OfferState.UNCONFIRMED
    if not is_unproven and request.user == offer.owner:
        return redirect("offers:detail", city.slug, offer.reference)
    by_number = proving.takes_codes(offer)
    form = _code_form(sign_in.refused_on(request))
    if request.method == "POST" and "again" in request.POST and not by_number and offer.owner.email:
        if is_unproven:
            receipts.note_code_url(request.session, offer.reference, proving.send_code(request, city, offer))
        return redirect("offers:sent", city.slug, offer.reference)
    if request.method == "POST" and by_number and is_unproven:
        form = OneCodeForm(request.POST)
        if "again" in request.POST:
            proving.send_to_number(request, offer)
            return redirect("offers:sent", city.slug, offer.reference)
        if proving.proves_number(request, offer, form):
            messages.success(request, _("C’est confirmé. Merci."))
            return redirect("offers:sent", city.slug, offer.reference)
    is_mailed = known["code_url"].startswith(reverse("account_confirm_login_code"))
    waits = by_number and proving.waits_for_code(offer)
    context = {
        "offer": offer,
        "received_at": timezone.localtime(offer.created_at),
        "service": city.name,
        "contact": city.phone or city.email,
        "steps": _steps(offer, is_mailed=is_mailed, waits=waits),
        "is_open": offer.is_open,
        "form": form,
        # Where the code is typed: by mail that signs in as well.
        "code_url": known["code_url"] if offer.owner.email else "",
        "is_mailed": is_mailed,
        # In another browser than the one that sent it: the code is asked for here.
        "asks_code": bool(offer.owner.email) and is_unproven,
        "by_number": by_number,
        "waits": waits,
        "picture": selectors.picture_of(offer) if is_unproven else None,
        "picture_form": PictureForm(),
        "takes_picture": is_unproven and selectors.takes_picture(offer),
    }
    return render(
        request, "offers/sent.html", context, status=422 if form.errors and request.method == "POST" else 200
    )


def _code_form(refused: str) -> OneCodeForm:
    """The box for the code, with what was wrong with the one that was typed, if any."""
    if not refused:
        return OneCodeForm()
    form = OneCodeForm({})
    form.errors.clear()
    form.add_error("code", refused)
    return form


def _steps(offer: Offer, *, is_mailed: bool, waits: bool) -> list[str]:
    """ "Et maintenant"."""
    then = _("Nous cherchons un besoin qui correspond, et nous vous posons la question.")
    if offer.is_open:
        return [then]
    if offer.owner.email:
        first = (
            _("Nous vous avons envoyé un code à 6 chiffres par e-mail.")
            if is_mailed
            else _("Demandez un code à 6 chiffres\u202f: il arrive par e-mail.")
        )
        return [first, _("Saisissez-le\u202f: votre proposition devient active."), then]
    if waits:
        return [
            _("Nous vous envoyons un code à 6 chiffres par SMS."),
            _("Saisissez-le\u202f: votre proposition devient active."),
            _("Quand un besoin correspond, nous vous posons la question."),
        ]
    return [
        _("La ville vous appelle au numéro que vous avez donné, pour confirmer."),
        _("Votre proposition devient alors active."),
        _("Quand un besoin correspond, nous vous rappelons."),
    ]


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def proven(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """After the code: the offer becomes active. Only in the browser that sent it, or at a press of the button."""
    offer = get_object_or_404(selectors.own_offers(person(request), city), reference=reference.upper())
    here = receipts.sent_by_reference(request.session, offer.reference) is not None
    if request.method == "POST" or here:
        user = person(request)
        if services.prove_contact(owner=user, by=user, now=timezone.now(), offer_id=offer.pk):
            messages.success(request, _("C’est confirmé. Merci."))
            if offer.answers_need:
                return redirect("matching:offer_for_need", city.slug, offer.reference)
    return redirect("offers:detail", city.slug, offer.reference)
