"""One's own data, to take along and to see who read them; and the copy that a desk hands over. Parse, call, render."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import selectors, services, sign_in
from accounts.access import DESK, own_page, person, town_page
from accounts.models import Consent, User
from accounts.services import log_contact_reading
from cities.models import City
from privacy import copying, readings
from privacy.copy_forms import CallerForm, HandOverForm
from privacy.dossier import PAGE

NAME = "mes-donnees.zip"
READINGS_A_PAGE = 50


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest) -> HttpResponse:
    """All about oneself in one archive, once one has just proven who one is."""
    user, now = person(request), timezone.now()
    proof_url = sign_in.proof_url(request, user, next_url=reverse("my_data:mine"))
    if "take" in request.POST and not proof_url:
        made = copying.take(person=user, by=user, now=now)
        # A response like any other, but for its name.
        return FileResponse(made, as_attachment=True, filename=NAME)  # type: ignore[return-value]
    return render(request, "privacy/mine.html", {"proof_url": proof_url})


@own_page
@require_safe
def who_read(request: HttpRequest) -> HttpResponse:
    """Who read how one is reached: when, for which town or association, and why."""
    page = Paginator(readings.of(person(request)), READINGS_A_PAGE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "lines": readings.lines(page.object_list)}
    return render(request, "privacy/readings.html", context)


@town_page(DESK)
@require_http_methods(["GET", "HEAD", "POST"])
def of_caller(request: HttpRequest, city: City) -> HttpResponse:
    """The copy of somebody who only phoned: recognised by number and name, then printed to be handed over or posted."""
    user, now = person(request), timezone.now()
    sent = request.POST if request.method == "POST" else None
    form = CallerForm(sent, city=city)
    giving = HandOverForm(sent if sent and "how" in sent else None)
    caller = None
    # Before anybody is looked for: who guesses numbers learns nothing from a refusal either.
    if sent is not None and not sign_in.is_within_limit(request, action="caller_look_up"):
        messages.warning(request, _("Trop de recherches à la fois. Réessayez dans une minute."))
        return redirect("my_data:of_caller", city.slug)
    if sent is not None and form.is_valid():
        caller = form.person
        if giving.is_bound and giving.is_valid():
            page = copying.hand_over(
                person=caller, how=giving.cleaned_data["how"], city=city, by=user, now=now
            )
            # Not shown here: the page brings its own style, which no page of ours may.
            return HttpResponse(page, headers={"Content-Disposition": f'attachment; filename="{PAGE}"'})
        log_contact_reading(subject=caller, reason="caller-look-up", city=city, by=user, now=now)
        _note_consent(request, caller, city)
    context = {
        "form": form,
        "giving": giving,
        "caller": caller,
        "consents": selectors.consents_of(caller) if caller else [],
    }
    return render(request, "privacy/of_caller.html", context, status=422 if form.errors else 200)


def _note_consent(request: HttpRequest, caller: User, city: City) -> None:
    """The caller takes a consent back, or gives it again."""
    for word, service, said in (
        (
            "withdraw",
            services.withdraw_consent,
            _("Son accord est retiré\u202f: ce qui en dépendait s’arrête."),
        ),
        ("give", services.give_consent_again, _("Son accord est redonné.")),
    ):
        number = request.POST.get(word, "")
        consent = Consent.objects.filter(user=caller, pk=number[:18]).first() if number.isdecimal() else None
        if consent is not None:
            service(consent=consent, by=person(request), city=city, now=timezone.now())
            messages.success(request, said)
