"""What somebody keeps, services and cards: the town's team all of them, an association its own; and who answers."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import SIGNED_IN, TEAM, has_role, person, town_page
from accounts.models import Organisation, User
from cities.models import City
from directory import agents, answerers, presentation, selectors, services
from directory.forms import AgentForm, EntryForm, WhoForm
from directory.models import AgentCard

PER_PAGE = 40


@town_page(SIGNED_IN)
@require_safe
def kept(request: HttpRequest, city: City) -> HttpResponse:
    """What one keeps, what nobody has looked at for longest first."""
    user, now = person(request), timezone.now()
    _keeps(user, city)
    page = Paginator(selectors.kept_by(user, city), PER_PAGE).get_page(request.GET.get("page"))
    is_team = has_role(user, city, TEAM)
    cards = [
        {
            **presentation.card(one, now=now),
            "may_reopen": one.closed_at is not None and (is_team or selectors.may_reopen(user, one)),
        }
        for one in page.object_list
    ]
    context = {"page_obj": page, "cards": cards}
    return render(request, "directory/kept.html", context)


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, city: City) -> HttpResponse:
    """Enter a service."""
    user = person(request)
    organisations = _keeps(user, city)
    form = EntryForm(
        request.POST or None,
        city=city,
        organisations=organisations,
        may_be_others=has_role(user, city, TEAM),
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.add(city=city, fields=form.fields_said(), by=user, now=timezone.now())
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Le service est dans l’annuaire."))
            return redirect("directory:kept", city.slug)
    return render(request, "directory/edit.html", {"form": form}, status=422 if form.errors else 200)


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Change a service, say that it holds, take it out, put it back."""
    user, now = person(request), timezone.now()
    service = get_object_or_404(selectors.kept_by(user, city), pk=pk)
    if not selectors.may_keep(user, service):
        raise Http404
    act = request.POST.get("act", "")
    may_reopen = service.closed_at is not None and selectors.may_reopen(user, service)
    if act == "reopen" and service.closed_at is not None and not may_reopen:
        raise Http404
    if request.method == "POST" and act in _ACTS:
        done, words = _ACTS[act]
        done(service_id=pk, by=user, now=now)
        messages.success(request, words())
        return redirect("directory:kept", city.slug)
    form = EntryForm(
        request.POST or None,
        city=city,
        organisations=_keeps(user, city),
        may_be_others=has_role(user, city, TEAM),
        service=service,
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.change(service_id=pk, fields=form.fields_said(), by=user, now=now)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("C’est enregistré et vérifié d’aujourd’hui."))
            return redirect("directory:kept", city.slug)
    context = {
        "form": form,
        "service": service,
        "card": presentation.card(service, now=now),
        "may_reopen": may_reopen,
    }
    return render(request, "directory/edit.html", context, status=422 if form.errors else 200)


@town_page(SIGNED_IN)
@require_safe
def who(request: HttpRequest, city: City) -> HttpResponse:
    """Who answers, a person or a desk, for those who work together in the town."""
    user, now = person(request), timezone.now()
    own = set(_keeps(user, city).values_list("pk", flat=True))
    cards, is_team = answerers.read_by(user, city), has_role(user, city, TEAM)
    form = WhoForm(request.GET, languages=answerers.languages_of(cards))
    found = answerers.found(cards, **form.search())
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    asked = request.GET.copy()
    asked.pop("page", None)
    context = {
        "form": form,
        "asks": any(form.cleaned_data.values()),
        "page_obj": page,
        "count": page.paginator.count,
        "lines": [
            {**presentation.agent(one, now=now), "may_keep": is_team or one.organisation_id in own}
            for one in page.object_list
        ],
        "query": asked.urlencode(),
    }
    return render(request, "directory/who.html", context)


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def who_new(request: HttpRequest, city: City) -> HttpResponse:
    """Say who answers."""
    user = person(request)
    form = _agent_form(request, city, user)
    if request.method == "POST" and form.is_valid():
        try:
            agents.add(city=city, fields=form.cleaned_data, by=user, now=timezone.now())
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("La fiche est enregistrée."))
            return redirect("directory:who", city.slug)
    return render(request, "directory/who_edit.html", {"form": form}, status=422 if form.errors else 200)


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def who_edit(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Change a card, say that it holds, remove it."""
    user, now = person(request), timezone.now()
    card = get_object_or_404(answerers.read_by(user, city), pk=pk)
    if not selectors.may_keep(user, card):
        raise Http404
    act = request.POST.get("act", "")
    if request.method == "POST" and act in _ACTS_ON_CARDS:
        done, words = _ACTS_ON_CARDS[act]
        try:
            done(card_id=pk, by=user, now=now)
        except AgentCard.DoesNotExist:
            raise Http404 from None
        messages.success(request, words())
        return redirect("directory:who", city.slug)
    form = _agent_form(request, city, user, card)
    if request.method == "POST" and form.is_valid():
        try:
            agents.change(card_id=pk, fields=form.cleaned_data, by=user, now=now)
        except ValidationError as refusal:
            form.refuse(refusal)
        except AgentCard.DoesNotExist:
            raise Http404 from None
        else:
            messages.success(request, _("C’est enregistré et vérifié d’aujourd’hui."))
            return redirect("directory:who", city.slug)
    context = {"form": form, "card": card, "line": presentation.agent(card, now=now)}
    return render(request, "directory/who_edit.html", context, status=422 if form.errors else 200)


def _agent_form(request: HttpRequest, city: City, user: User, card: AgentCard | None = None) -> AgentForm:
    organisations = _keeps(user, city)
    if card is not None:
        # A card stays its association's, once that is suspended too.
        mine = Q(pk__in=organisations.values("pk")) | Q(pk=card.organisation_id)
        organisations = Organisation.objects.filter(mine).order_by("name", "pk")
    return AgentForm(
        request.POST or None,
        city=city,
        organisations=organisations,
        may_be_of_town=has_role(user, city, TEAM),
        card=card,
    )


_ACTS_ON_CARDS: dict[str, tuple[Callable[..., object], Callable[[], str]]] = {
    "confirm": (agents.confirm, lambda: _("C’est noté\u202f: vérifié aujourd’hui.")),
    # That it is gone has no moment of its own.
    "remove": (lambda *, now, **asked: agents.remove(**asked), lambda: _("La fiche est effacée.")),
}
_ACTS = {
    "confirm": (services.confirm, lambda: _("C’est noté\u202f: vérifié aujourd’hui.")),
    "close": (services.close, lambda: _("Le service est retiré de l’annuaire.")),
    "reopen": (services.reopen, lambda: _("Le service est de nouveau dans l’annuaire.")),
}


def _keeps(user: User, city: City) -> QuerySet[Organisation]:
    """In whose names somebody may enter what they keep. To whoever keeps nothing, there is no such page."""
    if not answerers.may_read(user, city):
        raise Http404
    return selectors.organisations_to_keep_for(user, city)
