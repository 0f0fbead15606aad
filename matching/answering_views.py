"""After an offer that was made for a need: what has become of the need, then the offer's receipt."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.access import ANYBODY, town_page
from cities.models import City
from matching import answering
from offers import receipts
from offers.models import Offer


@town_page(ANYBODY)
@require_safe
def sent(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """For whoever sent the offer, in the browser that sent it or signed in. The page stands here, for offers do not
    know needs.
    """
    offer = _sent_by(request, city, reference)
    need = answering.need_of(offer)
    figures = {"reference": offer.answers_need}
    if need is None:
        said = _(
            "Le besoin %(reference)s n’est plus ouvert. Votre proposition reste utile pour d’autres besoins."
        )
        messages.info(request, said % figures)
    elif offer.is_open:
        said = _("La ville est prévenue\u202f: votre proposition répond au besoin %(reference)s.")
        messages.success(request, said % figures)
    else:
        said = _(
            "Votre proposition répond au besoin %(reference)s. La ville est prévenue dès que vous la confirmez."
        )
        messages.info(request, said % figures)
    name = "offers:detail" if request.user == offer.owner else "offers:sent"
    return redirect(name, city.slug, offer.reference)


def _sent_by(request: HttpRequest, city: City, reference: str) -> Offer:
    """The offer, for its owner and for the browser that sent it; of one that was made for no need there is no page."""
    made_for_one = Offer.objects.filter(city=city, reference=reference).exclude(answers_need="")
    offer = made_for_one.select_related("city", "owner").first()
    if offer is None:
        raise Http404
    known = receipts.sent_by_reference(request.session, offer.reference)
    if known is None and request.user != offer.owner:
        raise Http404
    return offer
