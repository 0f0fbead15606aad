"""Matches across two linked towns: one desk asks the other, which answers on a page of its own."""

from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts.access import COORDINATION, person, town_page
from catalogue.vocabulary import Kind
from cities.models import City
from matching import linked_towns, presentation
from matching.forms import ReasonForm
from matching.lifecycle import Act, NotPossible
from matching.models import Match, MatchState, TownAgreement
from needs.words import public_title_of, when_words

PER_PAGE = 50


@town_page(COORDINATION)
@require_POST
def ask(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Ask the offer's town whether its citizen may be asked."""
    user = person(request)
    match = get_object_or_404(Match.objects.visible_to(user).select_related("need"), pk=pk, city=city)
    try:
        agreement = linked_towns.ask(match_id=pk, by=user, now=timezone.now())
    except NotPossible as failure:
        messages.warning(request, presentation.refusal_words(failure))
    else:
        messages.success(request, _("C’est demandé à %(city)s.") % {"city": agreement.city.name})
    return redirect("desk:case", city_slug=city.slug, reference=match.need.reference)


@town_page(COORDINATION)
@require_safe
def page(request: HttpRequest, city: City) -> HttpResponse:
    """What other towns ask of this one, and what became of it: of a need no more than its citizen would see."""
    asked = [
        {
            **_line(agreement.match, linked_towns.days_asked(agreement, agreement.match)),
            "agreement": agreement,
            "needs_visit": agreement.match.offer.kind == Kind.HOUSING
            and agreement.match.offer.vetted_at is None,
            "form": ReasonForm(act=Act.DISMISS, prefix=f"a{agreement.pk}"),
        }
        for agreement in linked_towns.asked_of(city)
    ]
    page_obj = Paginator(linked_towns.matches_across(city), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "asked": asked,
        "matches": [_line(match, (match.first_day, match.last_day)) for match in page_obj.object_list],
        "page_obj": page_obj,
    }
    return render(request, "matching/linked_towns.html", context)


@town_page(COORDINATION)
@require_POST
def answer(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """Agree, and the citizen is asked; or say why not."""
    user, now = person(request), timezone.now()
    get_object_or_404(TownAgreement.objects.visible_to(user), pk=pk, city=city)
    try:
        if request.POST.get("answer") == "yes":
            linked_towns.agree(agreement_id=pk, by=user, now=now)
            messages.success(request, _("Merci. La personne est interrogée."))
        else:
            form = ReasonForm(request.POST, act=Act.DISMISS, prefix=f"a{pk}")
            if form.is_valid():
                linked_towns.decline(agreement_id=pk, by=user, now=now, **form.cleaned_data)
                messages.success(request, _("C’est noté. L’autre ville est prévenue."))
            else:
                messages.error(request, _("Choisissez une raison."))
    except NotPossible as failure:
        messages.warning(request, presentation.refusal_words(failure))
    return redirect("matching:linked_towns", city_slug=city.slug)


def _line(match: Match, days: tuple[date, date]) -> dict[str, object]:
    need = match.need
    title = public_title_of(need, quantity=match.quantity)
    return {
        "match": match,
        "title": title,
        "when": when_words(need, *days),
        "colour": presentation.STATE_COLOURS.get(MatchState(match.state), "planned"),
    }
