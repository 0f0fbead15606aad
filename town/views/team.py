"""Who is of the team, who is invited, who leaves, and what is to be handed over then."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import selectors as accounts
from accounts.access import ADMINISTRATION, ANYBODY, TEAM, has_role, person, town_page
from accounts.contact_mails import tell_of_reset
from accounts.models import User
from accounts.services import reset_second_factor, start_code_sign_in
from accounts.sign_in import UNAVAILABLE
from cities.models import City
from followups import selectors as followups
from town import links, selectors, services
from town.forms import InvitationForm, PartForm
from town.models import Invitation
from town.presentation import invitation_card
from town.words import role_names


@town_page(TEAM)
@require_safe
def team(request: HttpRequest, city: City) -> HttpResponse:
    """Who has which role; for administrators, who is invited and what those who left still have."""
    now = timezone.now()
    invitations = [invitation_card(row, now=now) for row in selectors.invitations(city)]
    context = {
        "people": [
            {"person": one, "roles": role_names(part.role for part in one.roles_here)}  # type: ignore[attr-defined]
            for one in accounts.team_in(city)
        ],
        "readers": [one.pk for one in followups.named_readers(city)],
        "unread": len(followups.unread(city)),
        "invitations": invitations,
        "left_behind": selectors.left_behind(city, now=now),
    }
    return render(request, "town/team.html", context)


@town_page(ADMINISTRATION)
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: HttpRequest, city: City) -> HttpResponse:
    form = InvitationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.invite(city=city, by=person(request), now=timezone.now(), **form.cleaned_data)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("L’invitation est partie. Elle sert pendant sept jours."))
            return redirect("town:team", city.slug)
    return render(request, "town/invite.html", {"form": form}, status=422 if form.errors else 200)


@town_page(ADMINISTRATION)
@require_POST
def take_back(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    row = get_object_or_404(
        Invitation.objects.visible_to(person(request)), pk=pk, city=city, organisation=None
    )
    services.take_back(invitation_id=row.pk, by=person(request), now=timezone.now())
    messages.success(request, _("L’invitation est reprise\u202f: son lien n’ouvre plus rien."))
    return redirect("town:team", city.slug)


@town_page(ADMINISTRATION)
@require_http_methods(["GET", "HEAD", "POST"])
def member(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Somebody's roles, and what is still theirs."""
    now = timezone.now()
    known = accounts.team_in(city) | selectors.left_behind(city, now=now)
    user = get_object_or_404(User, pk__in=known.order_by().values("pk"), pk=pk)
    return _part(request, city, user, roles=accounts.roles_held(user, city))


@town_page(ADMINISTRATION)
@require_POST
def reset_factor(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Somebody of the team has lost the application and the spare codes."""
    user = get_object_or_404(accounts.team_in(city).exclude(pk=person(request).pk), pk=pk)
    try:
        with transaction.atomic():
            reset = reset_second_factor(
                user=user,
                city=city,
                note=request.POST.get("note", "")[:500],
                by=person(request),
                now=timezone.now(),
            )
            tell_of_reset(reset)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    except UNAVAILABLE:
        messages.error(request, _("Le message à cette personne n’est pas parti, et rien n’a changé."))
    else:
        messages.success(
            request,
            _("C’est fait. La personne ajoutera une double vérification en se connectant."),
        )
    return redirect("town:member", city.slug, user.pk)


@town_page(TEAM)
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, city: City) -> HttpResponse:
    """Somebody lays down what they are in the town."""
    return _part(request, city, person(request), roles=None)


def _part(request: HttpRequest, city: City, user: User, *, roles: set[str] | None) -> HttpResponse:
    now = timezone.now()
    owned = selectors.owned(user, city, now=now)
    colleagues = accounts.coordinators_of(city).exclude(pk=user.pk)
    form = PartForm(
        request.POST if request.method == "POST" else None,
        roles=roles,
        reads_reports=user in followups.named_readers(city),
        owned=owned,
        colleagues=colleagues,
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.change_part(city=city, user=user, by=person(request), now=now, **form.part())
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("C’est noté."))
            stays = roles is not None and has_role(person(request), city, TEAM)
            return redirect("town:team", city.slug) if stays else redirect("accounts:home")
    context = {
        "form": form,
        "user_shown": user,
        "owned": owned,
        "leaves": roles is None,
        "can_reset_factor": bool(roles) and user != person(request) and accounts.has_way_to_reset(user),
    }
    return render(request, "town/member.html", context, status=422 if form.errors else 200)


@town_page(ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """Behind the link of the mail: shown on GET; accepted by whoever has proven the address by a code."""
    key = links.invited(token)
    if key is None:
        raise Http404
    rows = Invitation.objects.select_related("person", "invited_by", "organisation")
    row = get_object_or_404(rows, pk=key, city=city)
    now = timezone.now()
    refusal = "" if row.accepted_at or row.is_open(now) else str(services.CLOSED)
    is_theirs = request.user.is_authenticated and request.user.pk == row.person_id
    if request.method == "POST" and not refusal:
        if not request.user.is_authenticated:
            return start_code_sign_in(request=request, user=row.person, next_url=request.path, city=city)
        if is_theirs:
            try:
                services.accept(invitation_id=row.pk, by=person(request), now=now)
            except ValidationError as closed:
                refusal = " ".join(closed.messages)
            else:
                return _welcome(request, city, row)
    context = {
        "invitation": row,
        "roles": role_names(row.roles),
        "refusal": refusal,
        "is_anothers": request.user.is_authenticated and not is_theirs,
    }
    return render(request, "town/invitation.html", context)


def _welcome(request: HttpRequest, city: City, row: Invitation) -> HttpResponse:
    if row.organisation is None:
        messages.success(request, _("Bienvenue dans l’équipe de %(city)s.") % {"city": city.name})
        return redirect("town:team", city.slug)
    messages.success(request, _("Bienvenue chez %(association)s.") % {"association": row.organisation.name})
    return redirect("town:association", city.slug, row.organisation.pk)
