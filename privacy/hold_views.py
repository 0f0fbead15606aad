"""The page of a town's administration on which data are held for a court, and let go again."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import ADMINISTRATION, person, town_page
from cities.models import City
from privacy import holds as services
from privacy import selectors
from privacy.forms import HoldForm
from privacy.models import LegalHold

DECIDED: dict[str, Callable[..., LegalHold]] = {
    "accepter": services.agree,
    "lever": services.lift,
    "maintenir": lambda *, now, **asked: services.keep(**asked),  # that it goes on has no moment of its own
}


@town_page(ADMINISTRATION)
@require_http_methods(["GET", "HEAD", "POST"])
def holds(request: HttpRequest, city: City) -> HttpResponse:
    """Those that stand or are asked for; a form for one more."""
    form = HoldForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        subject = selectors.by_reference(form.cleaned_data["reference"], city)
        try:
            if subject is None:
                raise ValidationError({"reference": _("Nous ne connaissons personne sous cette référence.")})
            services.ask(
                city=city,
                person=subject,
                reason=form.cleaned_data["reason"],
                by=person(request),
                now=timezone.now(),
            )
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("C’est noté. Une autre personne de l’administration doit accepter."))
            return redirect("privacy:holds", city.slug)
    context = {
        "form": form,
        "holds": LegalHold.objects.visible_to(person(request))
        .filter(city=city, lifted_at=None)
        .select_related("person", "asked_by", "set_by", "lifting_by"),
    }
    return render(request, "privacy/holds.html", context, status=422 if form.errors else 200)


@town_page(ADMINISTRATION)
@require_POST
def decide(request: HttpRequest, city: City, pk: int, what: str) -> HttpResponse:
    """Agree to one, ask for its end or agree to that, or have it go on."""
    hold = get_object_or_404(LegalHold.objects.visible_to(person(request)), pk=pk, city=city)
    if what not in DECIDED:
        raise Http404
    try:
        DECIDED[what](hold_id=hold.pk, by=person(request), now=timezone.now())
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("C’est noté."))
    return redirect("privacy:holds", city.slug)
