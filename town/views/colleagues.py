"""Who is of an association, who is invited to it, who leaves, and who decides for it then."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import selectors as accounts
from accounts.access import SIGNED_IN, person, town_page
from accounts.models import Membership, Organisation, User
from cities.models import City
from town import selectors, services
from town.forms import ColleagueForm, MemberForm
from town.models import Invitation
from town.presentation import invitation_card


@town_page(SIGNED_IN)
@require_safe
def team(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """For its members, who they are; for its managers, who is invited, who is told, who has not come for long."""
    organisation = _own(request, city, pk)
    now = timezone.now()
    context = {
        "organisation": organisation,
        "members": accounts.team_of(organisation),
        "manages": services.may_invite(person(request), city, organisation),
        "away_since": now - accounts.AWAY,
        "invitations": [invitation_card(row, now=now) for row in selectors.invitations(city, organisation)],
    }
    return render(request, "town/association.html", context)


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    organisation = _managed(request, city, pk)
    form = ColleagueForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.invite_colleague(
                organisation=organisation, by=person(request), now=timezone.now(), **form.cleaned_data
            )
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("L’invitation est partie. Elle sert pendant sept jours."))
            return redirect("town:association", city.slug, pk)
    context = {"form": form, "organisation": organisation}
    return render(request, "town/invite_colleague.html", context, status=422 if form.errors else 200)


@town_page(SIGNED_IN)
@require_POST
def take_back(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    known = Invitation.objects.visible_to(person(request)).filter(city=city, organisation__isnull=False)
    row = get_object_or_404(known, pk=pk)
    services.take_back(invitation_id=row.pk, by=person(request), now=timezone.now())
    messages.success(request, _("L’invitation est reprise\u202f: son lien n’ouvre plus rien."))
    return redirect("town:association", city.slug, row.organisation_id)


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def member(request: HttpRequest, city: City, pk: int, person_pk: int) -> HttpResponse:
    """What a colleague is in the association."""
    organisation = _managed(request, city, pk)
    membership = get_object_or_404(accounts.team_of(organisation), user=person_pk)
    return _part(request, organisation, membership.user, role=membership.role)


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Somebody is of the association no more."""
    return _part(request, _own(request, city, pk), person(request), role=None)


def _part(request: HttpRequest, organisation: Organisation, user: User, *, role: str | None) -> HttpResponse:
    members = list(accounts.team_of(organisation))
    managers = {one.user_id for one in members if one.role == Membership.Role.MANAGER}
    heirs = [one.user for one in members if one.user_id != user.pk]
    form = MemberForm(
        request.POST if request.method == "POST" else None,
        role=role,
        heirs=heirs,
        asks_heir=managers == {user.pk},
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.change_colleague(
                organisation=organisation, user=user, by=person(request), now=timezone.now(), **form.part()
            )
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("C’est noté."))
            if accounts.organisations_of(person(request)).contains(organisation):
                return redirect("town:association", organisation.city.slug, organisation.pk)
            return redirect("accounts:home")
    context = {
        "form": form,
        "organisation": organisation,
        "user_shown": user,
        "leaves": role is None,
        "is_alone": not heirs,
    }
    return render(request, "town/colleague.html", context, status=422 if form.errors else 200)


def _own(request: HttpRequest, city: City, pk: int) -> Organisation:
    return get_object_or_404(accounts.organisations_of(person(request), city), pk=pk)


def _managed(request: HttpRequest, city: City, pk: int) -> Organisation:
    known = Organisation.objects.managed_by(person(request)).select_related("city")
    return get_object_or_404(known, pk=pk, city=city)
