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
from catalogue.pictures import MOST_BYTES
from cities.models import City
from offers import receipts, selectors, services
from offers.forms import PictureForm
from offers.models import Offer


def takes_a_picture(page: Any) -> Any:
    """Pictures may be sent to this page (`config.uploads`); its form is a little longer than its file."""
    page.takes_files_up_to = MOST_BYTES + 64 * 1024
    return page


@takes_a_picture
@town_page(ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def picture(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """Add it, change it, take it away."""
    offer, by, back = _whose(request, city, reference.upper())
    if not selectors.takes_picture(offer):
        raise Http404
    form = PictureForm()
    if request.method == "POST" and "remove" in request.POST:
        services.remove_picture(offer_id=offer.pk, by=by)
        messages.success(request, _("La photo est effacée."))
        return redirect(back, city.slug, offer.reference)
    if request.method == "POST":
        length = int(request.META.get("CONTENT_LENGTH") or 0)
        form = PictureForm(request.POST, request.FILES, length=length)
        if _add(request, offer, form, by):
            messages.success(request, _("La photo est ajoutée."))
            return redirect(back, city.slug, offer.reference)
    context = {"offer": offer, "picture_form": form, "picture": selectors.picture_of(offer), "back": back}
    return render(request, "offers/picture.html", context, status=422 if form.errors else 200)


def _add(request: HttpRequest, offer: Offer, form: PictureForm, by: User) -> bool:
    if not sign_in.is_within_limit(request, action="offer_picture"):
        form.add_error("file", _("Trop de photos à la fois. Réessayez plus tard."))
    if not form.is_valid():
        return False
    try:
        services.add_picture(offer_id=offer.pk, picture=form.cleaned_data["file"], by=by, now=timezone.now())
    except ValidationError as refusal:
        form.add_error("file", refusal)
        return False
    return True


def _whose(request: HttpRequest, city: City, reference: str) -> tuple[Offer, User, str]:
    """The offer, who adds its picture, and the page that they come from."""
    try:
        offer = selectors.get_offer(request.user, city, reference)
    except Offer.DoesNotExist:
        if receipts.sent_by_reference(request.session, reference) is None:
            raise Http404 from None
        offer = get_object_or_404(Offer.objects.select_related("owner"), city=city, reference=reference)
        return offer, offer.owner, "offers:sent"
    assert isinstance(request.user, User)
    return offer, request.user, "offers:detail"
