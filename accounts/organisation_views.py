"""Associations introduced, verified and suspended, and who of one is told: parse, one service call, render."""

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import registered, selectors, services, visitors
from accounts.access import COORDINATION, PUBLIC, own_page, person, town_page
from accounts.forms import OrganisationByVisitorForm, OrganisationForm, SuspendForm, ToldForm
from accounts.models import Organisation
from cities.models import City
from outside import registers

ORGANISATIONS_PER_PAGE = 50
# In the session of a visitor: the association that they introduce, until their address is proven.
_ASSOCIATION = "association"


@town_page(PUBLIC)
@require_http_methods(["GET", "POST"])
def register_organisation(request: HttpRequest, city: City) -> HttpResponse:
    """An association introduces itself. Of a visitor the answers stay in their browser's session until their address is
    proven: then they, and nobody else who signs in there, find them here once more, and send them.
    """
    draft = request.session.get(_ASSOCIATION, {})
    is_theirs = draft.get("person") == request.user.pk and draft.get("city") == city.slug
    kept = draft.get("fields", {}) if request.user.is_authenticated and is_theirs else {}
    form_class = OrganisationForm if request.user.is_authenticated else OrganisationByVisitorForm
    form = form_class(request.POST or None, initial=kept)
    if (
        request.method == "POST"
        and form.is_valid()
        and visitors.passes(request, visitors.Act.ASSOCIATION, form)
    ):
        try:
            return _register(request, city, form)
        except ValidationError as refusal:
            form.refuse(refusal)
    context = {"form": form, "city": city, "is_proven": bool(kept)}
    return render(request, "accounts/organisation_form.html", context, status=422 if form.errors else 200)


def _register(request: HttpRequest, city: City, form: OrganisationForm) -> HttpResponse:
    now = timezone.now()
    if request.user.is_authenticated:
        services.register_organisation(**form.cleaned_data, city=city, by=request.user, now=now)
        request.session.pop(_ASSOCIATION, None)
        messages.success(request, _("Votre association est inscrite. La ville va la vérifier."))
        return redirect("accounts:home")
    answers = {name: str(value) for name, value in form.cleaned_data.items()}
    newcomer = services.ensure_person(
        email=answers.pop("person_email"),
        name=answers.pop("person_name"),
        language=get_language() or settings.LANGUAGE_CODE,
        now=now,
    )
    request.session[_ASSOCIATION] = {"city": city.slug, "person": newcomer.pk, "fields": answers}
    here = reverse("accounts:register_organisation", args=[city.slug])
    return services.start_code_sign_in(request=request, user=newcomer, next_url=here, city=city)


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def told(request: HttpRequest, pk: int) -> HttpResponse:
    """A manager says to whom of an association its messages go."""
    user = person(request)
    organisation = get_object_or_404(Organisation.objects.managed_by(user).select_related("city"), pk=pk)
    form = ToldForm(request.POST or None, team=selectors.team_of(organisation))
    if request.method == "POST" and form.is_valid():
        try:
            services.choose_told(organisation=organisation, **form.chosen(), by=user, now=timezone.now())
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("C’est noté."))
            return redirect("accounts:told", pk)
    context = {"form": form, "organisation": organisation}
    return render(request, "accounts/told.html", context, status=422 if form.errors else 200)


@town_page(COORDINATION)
@require_GET
def organisations(request: HttpRequest, city: City) -> HttpResponse:
    """The associations of a city, those to verify first; `association`, the number of one, shows it alone, with what
    the State's directory says of it where it is asked.
    """
    found = selectors.organisations_to_review(person(request), city)
    is_alone = (number := request.GET.get("association", "")).isdecimal()
    if is_alone:
        found = found.filter(pk=number[:18])
    paginator = Paginator(found, ORGANISATIONS_PER_PAGE)
    page = paginator.get_page(request.GET.get("page"))
    selectors.note_same_numbers(page.object_list)
    looked = [one for organisation in page for one in registered.look_up(organisation)] if is_alone else []
    context = {
        "city": city,
        "page_obj": page,
        "away_since": timezone.now() - selectors.AWAY,
        "looked": looked,
        "numbers_of_two": registered.are_of_two(looked),
        "asks_register": registers.is_on() and not is_alone,
    }
    return render(request, "accounts/organisations.html", context)


@town_page(COORDINATION)
@require_POST
def verify_organisation(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    organisation = _organisation(request, city, pk)
    try:
        services.verify_organisation(organisation=organisation, by=person(request), now=timezone.now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("%(name)s est vérifiée.") % {"name": organisation})
    return redirect("accounts:organisations", city.slug)


@town_page(COORDINATION)
@require_POST
def suspend_organisation(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    organisation = _organisation(request, city, pk)
    form = SuspendForm(request.POST)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["reason"])))
        return redirect("accounts:organisations", city.slug)
    services.suspend_organisation(
        organisation=organisation,
        reason=form.cleaned_data["reason"],
        by=person(request),
        now=timezone.now(),
    )
    messages.success(request, _("%(name)s est suspendue.") % {"name": organisation})
    return redirect("accounts:organisations", city.slug)


def _organisation(request: HttpRequest, city: City, pk: int) -> Organisation:
    return get_object_or_404(Organisation.objects.visible_to(request.user), city=city, pk=pk)
