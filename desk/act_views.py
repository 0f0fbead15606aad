"""What is decided on a case. Parse, one service call, back to the case."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.access import COORDINATION, person, town_page
from accounts.models import User
from accounts.services import log_contact_reading
from catalogue.references import row_number
from cities.days import local_day
from cities.models import City
from desk import calling, presentation, selectors
from desk.views import back_to_case
from matching import asked_words, households, services, tonight
from matching.forms import REASONS, ReasonForm
from matching.lifecycle import Act, NotPossible
from matching.models import Match, MatchState
from matching.presentation import ACT_WORDS, refusal_words
from matching.selectors import contacts_are_open
from notifications.channel_registry import BeingSaid


@town_page(COORDINATION)
@require_POST
def take(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """This coordinator looks after the case, and the reminders end."""
    user = person(request)
    need = selectors.need(user, city, reference)
    try:
        tonight.take(need=need, by=user, now=timezone.now())
    except tonight.AlreadyTaken as taken:
        messages.warning(request, _taken_words(taken))
    else:
        messages.success(request, _("Vous vous occupez de ce dossier."))
    return back_to_case(request, city, reference)


@town_page(COORDINATION)
@require_POST
def give_back(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """Nobody looks after the case any more."""
    user = person(request)
    tonight.give_back(need=selectors.need(user, city, reference), by=user, now=timezone.now())
    messages.success(request, _("Le dossier attend de nouveau quelqu’un."))
    return back_to_case(request, city, reference)


@town_page(COORDINATION)
@require_POST
def hand_over(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """A colleague looks after the case, and is told. The page says with whom it was."""
    user = person(request)
    need = selectors.need(user, city, reference)
    to = User.objects.filter(pk=row_number(request.POST.get("to"))).first()
    seen = User.objects.filter(pk=row_number(request.POST.get("seen"))).first()
    if to is None:
        messages.warning(request, _("Choisissez quelqu’un de l’équipe."))
        return back_to_case(request, city, reference)
    try:
        tonight.hand_over(need=need, to=to, seen=seen, by=user, now=timezone.now())
    except tonight.NotOfTheTeam:
        messages.warning(
            request,
            _(
                "Cette personne n’est plus dans l’équipe. Confiez le dossier à quelqu’un d’autre, ou gardez-le."
            ),
        )
    except tonight.AlreadyTaken as taken:
        messages.warning(request, _taken_words(taken))
    else:
        messages.success(request, _("%(name)s s’occupe de ce dossier.") % {"name": to})
    return back_to_case(request, city, reference)


@town_page(COORDINATION)
@require_POST
def act(request: HttpRequest, city: City, pk: int, act: str) -> HttpResponse:
    """One decision of the desk on one match, then back to its case."""
    user, now, typed = person(request), timezone.now(), ""
    match = get_object_or_404(Match.objects.visible_to(user).select_related("need"), pk=pk, city=city)
    if act not in services.BY_HAND:
        raise Http404
    answer: dict[str, Any] = {}
    if Act(act) in REASONS:
        prefix = presentation.dismiss_prefix(pk) if act == Act.DISMISS else f"{act}{pk}"
        form = ReasonForm(request.POST, act=Act(act), prefix=prefix)
        typed = request.POST.get(f"{prefix}-note", "").strip()
        if not form.is_valid():
            messages.error(request, _kept(_("Choisissez une raison."), typed))
            return back_to_case(request, city, match.need.reference)
        answer = {"reason": form.cleaned_data["reason"], "note": form.cleaned_data["note"]}
    try:
        match = services.BY_HAND[Act(act)](match_id=pk, by=user, now=now, **answer)
    except NotPossible as failure:
        said = [refusal_words(failure)]
        if failure.why == "state":
            said.append(presentation.done_by(selectors.decision_on(user, pk), by=user, now=now))
        messages.warning(request, _kept(" ".join(filter(None, said)), typed))
    else:
        messages.success(request, _done(match, Act(act), now=now))
    return back_to_case(request, city, match.need.reference)


@town_page(COORDINATION)
@require_POST
def call(request: HttpRequest, city: City, pk: int, side: str) -> HttpResponse:
    """Call a side of a match, from its case: the script, the number and what came of it are the call's own page. The
    host to whom nothing is to be said stays within reach: their contact, and the reading is logged.
    """
    user, now = person(request), timezone.now()
    matches = Match.objects.visible_to(user).select_related(
        "city", "offer__owner", "offer__commune", "need__organisation", "need__person", "need__city"
    )
    match = get_object_or_404(matches, pk=pk, city=city)
    if side not in calling.sides(match, today=local_day(now, city)):
        raise Http404
    try:
        message = calling.begin(match=match, side=side, by=user, now=now)
    except calling.NothingToSay:
        if side == calling.HOST:
            return _contact(request, city, match, by=user, now=now)
        messages.info(request, _("Il n’y a rien à dire par téléphone pour l’instant."))
    except BeingSaid as said:
        messages.warning(request, _("%(name)s appelle déjà cette personne.") % {"name": said.by})
    else:
        return redirect("notifications:call:one", city.slug, message.pk)
    return back_to_case(request, city, match.need.reference)


@town_page(COORDINATION)
@require_POST
def contact(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """The citizen's contact, for the desk; each reading is logged."""
    user = person(request)
    matches = Match.objects.visible_to(user).select_related("offer__owner", "offer__commune", "need")
    match = get_object_or_404(matches, pk=pk, city=city)
    if match.is_across and not contacts_are_open(match, today=local_day(timezone.now(), city)):
        raise Http404  # of another town's citizen nothing is known before the confirmation
    return _contact(request, city, match, by=user, now=timezone.now())


def _contact(request: HttpRequest, city: City, match: Match, *, by: User, now: datetime) -> HttpResponse:
    log_contact_reading(
        subject=match.offer.owner,
        reason="desk",
        reference=match.offer.reference,
        city=city,
        by=by,
        now=now,
    )
    return render(request, "desk/contact.html", {"match": match})


@town_page(COORDINATION)
@require_POST
def same_household(request: HttpRequest, city: City, reference: str, other: str) -> HttpResponse:
    """Two needs are of one household, of which this one goes on, or of two."""
    user, now = person(request), timezone.now()
    found = {
        need.reference: need for need in selectors.needs(user, city).filter(reference__in=[reference, other])
    }
    if len(found) != 2:
        raise Http404
    need, twin = found[reference], found[other]
    if request.POST.get("same") != "yes":
        households.tell_apart(need=need, other=twin, by=user, now=now)
        messages.success(request, _("Ce sont deux foyers\u202f: les deux demandes restent."))
    else:
        try:
            households.join(kept=need, closed=twin, by=user, now=now)
        except households.InHand:
            messages.warning(
                request,
                _("La demande %(other)s est déjà en cours\u202f: ouvrez-la, et fermez plutôt celle-ci.")
                % {"other": other},
            )
        except ValidationError as error:
            messages.warning(request, " ".join(error.messages))
        else:
            messages.success(request, _("Une seule demande reste pour ce foyer\u202f: celle-ci."))
    return back_to_case(request, city, reference)


def _taken_words(taken: tonight.AlreadyTaken) -> str:
    if taken.by is None:
        return _("Ce dossier vient d’être rendu.")
    return _("%(name)s vient de prendre ce dossier.") % {"name": taken.by}


def _kept(said: str, typed: str) -> str:
    """What is said to whoever comes too late, with what they had typed."""
    if not typed:
        return said
    return _("%(said)s Vous aviez écrit\u202f: «\u00a0%(typed)s\u00a0»") % {"said": said, "typed": typed}


def _done(match: Match, act: Act, *, now: datetime) -> str:
    if act == Act.PROPOSE and match.state == MatchState.PROPOSED:
        return " ".join(asked_words.sentences([match], now=now))
    return f"{ACT_WORDS[act.value]}."
