"""The picture of offered goods, for its owner, the desk, and the browser that has just sent the offer."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import sign_in
from accounts.access import ANYBODY, town_page
from accounts.models import User
from catalogue.pictures import LONGEST_FORM, MOST_PIXELS, MOST_UNFOLDED, is_too_heavy, too_heavy
from cities.models import City
from offers import receipts, selectors, services
from offers.forms import PictureForm
from offers.models import Offer, OfferState


def takes_a_picture(page: Any) -> Any:
    """Pictures may be sent to this page (`config.uploads`)."""
    page.takes_files_up_to, page.may_send_files = LONGEST_FORM, _may_send
    return page


def _may_send(request: HttpRequest) -> bool:
    """Somebody signed in, or the browser that sent the offer; whose it is the page looks at."""
    found = request.resolver_match
    reference = found.kwargs["reference"].upper() if found else ""
    return request.user.is_authenticated or bool(receipts.sent_by_reference(request.session, reference))


@takes_a_picture
@town_page(ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def picture(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """Add it, change it, take it away."""
    offer, by, back = _whose(request, city, reference.upper())
    if request.method == "POST" and "remove" in request.POST:
        services.remove_picture(offer_id=offer.pk, by=by)
        messages.success(request, _("La photo est effacée."))
        return redirect(back, city.slug, offer.reference)
    if not selectors.takes_picture(offer):
        raise Http404
    form = PictureForm()
    if request.method == "POST":
        form = _sent(request)
        if _add(offer, form, by):
            messages.success(request, _("La photo est ajoutée."))
            return redirect(back, city.slug, offer.reference)
    context = {"offer": offer, "picture_form": form, "picture": selectors.picture_of(offer), "back": back}
    return render(request, "offers/picture.html", context, status=422 if form.errors else 200)


def _sent(request: HttpRequest) -> PictureForm:
    """What was sent, unless it is too much: a picture is decoded as soon as its form is looked at."""
    if not sign_in.is_within_limit(request, action="offer_picture"):
        return PictureForm.refused(_("Trop de photos à la fois. Réessayez plus tard."))
    if is_too_heavy(request):
        return PictureForm.refused(too_heavy())
    most = MOST_PIXELS if request.user.is_authenticated else MOST_UNFOLDED
    return PictureForm(request.POST, request.FILES, most_unfolded=most)


def _add(offer: Offer, form: PictureForm, by: User) -> bool:
    if not form.is_valid():
        return False
    try:
        services.add_picture(offer_id=offer.pk, picture=form.cleaned_data["file"], by=by, now=timezone.now())
    except ValidationError as refusal:
        form.add_error("file", refusal)
        return False
    return True


def _whose(request: HttpRequest, city: City, reference: str) -> tuple[Offer, User, str]:
    """The offer, who adds its picture, and the page that they come from.

    A browser without an account acts for the owner until the offer is confirmed: it may be the library's, or of
    somebody who wrote another's address.
    """
    try:
        offer = selectors.get_offer(request.user, city, reference)
    except Offer.DoesNotExist:
        if receipts.sent_by_reference(request.session, reference) is None:
            raise Http404 from None
        unproven = Offer.objects.filter(city=city, state=OfferState.UNCONFIRMED).select_related("owner")
        offer = get_object_or_404(unproven, reference=reference)
        return offer, offer.owner, "offers:sent"
    assert isinstance(request.user, User)
    return offer, request.user, "offers:detail"
