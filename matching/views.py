"""The desk's pages and the answers of citizens and associations: parse, one service call, render."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import ANYBODY, COORDINATION, DESK, SIGNED_IN, has_role, person, town_page
from accounts.models import User
from accounts.services import log_contact_reading
from catalogue.saying import titled
from cities.days import local_day
from cities.models import City
from matching import (
    answering,
    conditions,
    households,
    links,
    presentation,
    progress,
    relays,
    selectors,
    services,
    tonight,
)
from matching.forms import REASONS, ReasonForm
from matching.lifecycle import HOLDING, Act, NotPossible, Reason, Role, way_back
from matching.link_pages import behind_link
from matching.messages import other_days
from matching.models import Match, MatchState
from matching.reasons import facts
from matching.relays import relay_presentation
from matching.sorting import sorting_lists
from needs.models import Need
from needs.selectors import edits_of
from needs.words import progress_words, public_title_of

PER_PAGE = 50
CONCERNED = frozenset({Role.CITIZEN, Role.ASSOCIATION, Role.COORDINATOR})
DESK_ACTS: dict[Act, Callable[..., Match]] = {
    Act.PROPOSE: services.propose,
    Act.DISMISS: services.dismiss,
    Act.ACCEPT: services.accept,
    Act.DECLINE: services.decline,
    Act.CONFIRM: services.confirm,
    Act.RECONFIRM: services.reconfirm,
    Act.REFUSE: services.refuse,
    Act.CANCEL: services.cancel,
    Act.BREAK_OFF: services.break_off,
}


@town_page(COORDINATION)
@never_cache
@require_safe
def queue(request: HttpRequest, city: City) -> HttpResponse:
    """What is to be done: the queue, with its first case open."""
    user = person(request)
    page = _page(request, user, city)
    first = page.object_list[0] if page.object_list else None
    return _render_case(request, user, city, page, first, desk_first="queue")


@town_page(COORDINATION)
@never_cache
@require_safe
def case(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """One need with its suggestions, its near misses and its thread."""
    user = person(request)
    need = _need(user, city, reference)
    return _render_case(request, user, city, _page(request, user, city), need, desk_first="case")


@town_page(COORDINATION)
@require_POST
def take(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """This coordinator looks after the case, and the reminders end."""
    user = person(request)
    need = _need(user, city, reference)
    try:
        tonight.take(need=need, by=user, now=timezone.now())
    except tonight.AlreadyTaken:
        messages.warning(request, _("Quelqu’un d’autre vient de prendre ce dossier."))
    else:
        messages.success(request, _("Vous vous occupez de ce dossier."))
    return redirect("matching:case", city_slug=city.slug, reference=reference)


@town_page(COORDINATION)
@require_POST
def give_back(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """Nobody looks after the case any more."""
    user = person(request)
    tonight.give_back(need=_need(user, city, reference), by=user, now=timezone.now())
    messages.success(request, _("Le dossier attend de nouveau quelqu’un."))
    return redirect("matching:case", city_slug=city.slug, reference=reference)


@town_page(COORDINATION)
@require_POST
def act(request: HttpRequest, city: City, pk: int, act: str) -> HttpResponse:
    """One decision of the desk on one match, then back to its case."""
    user = person(request)
    match = get_object_or_404(Match.objects.visible_to(user).select_related("need"), pk=pk, city=city)
    if act not in DESK_ACTS:
        raise Http404
    answer: dict[str, Any] = {}
    if Act(act) in REASONS:
        prefix = f"d{pk}" if act == Act.DISMISS else f"{act}{pk}"
        form = ReasonForm(request.POST, act=Act(act), prefix=prefix)
        if not form.is_valid():
            messages.error(request, _("Choisissez une raison."))
            return redirect("matching:case", city_slug=city.slug, reference=match.need.reference)
        answer = {"reason": form.cleaned_data["reason"], "note": form.cleaned_data["note"]}
    try:
        match = DESK_ACTS[Act(act)](match_id=pk, by=user, now=timezone.now(), **answer)
    except NotPossible as failure:
        messages.warning(request, presentation.refusal_words(failure))
    else:
        messages.success(request, _done(match, Act(act)))
    return redirect("matching:case", city_slug=city.slug, reference=match.need.reference)


@town_page(COORDINATION)
@require_POST
def contact(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """The citizen's contact, for the desk; each reading is logged."""
    user = person(request)
    matches = Match.objects.visible_to(user).select_related("offer__owner", "offer__commune", "need")
    match = get_object_or_404(matches, pk=pk, city=city)
    if match.is_across and not selectors.contacts_are_open(match, today=local_day(timezone.now(), city)):
        raise Http404  # of another town's citizen nothing is known before the confirmation
    log_contact_reading(
        subject=match.offer.owner,
        reason="desk",
        reference=match.offer.reference,
        by=user,
        now=timezone.now(),
    )
    return render(request, "matching/contact.html", {"match": match})


@town_page(ANYBODY)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@behind_link(signed_in="matching:mine_one")
def answer(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """The page behind a link in a mail: yes or no, and what became of it. No signing in."""
    grant = links.read(token)
    match = get_object_or_404(_answerable(), pk=grant.subject_id, city=city)
    asked = get_object_or_404(User, pk=grant.user_id, is_active=True)
    return _answer(request, match, asked, by=_on_the_phone(request, match) or asked)


@town_page(SIGNED_IN)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def mine_one(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """The same page for whoever is signed in."""
    user = person(request)
    match = get_object_or_404(_answerable().visible_to(user), pk=pk, city=city)
    return _answer(request, match, user, by=user)


def _on_the_phone(request: HttpRequest, match: Match) -> User | None:
    """Who of the town's desk notes the answer of a caller whose link they opened; the decision is then theirs."""
    return person(request) if has_role(request.user, match.offer.city, DESK) else None


@town_page(SIGNED_IN)
@never_cache
@require_safe
def mine(request: HttpRequest, city: City) -> HttpResponse:
    """What I am asked, and what became of what I was asked: a citizen's and an association's list."""
    user = person(request)
    page = Paginator(selectors.concerning(user, city), PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {
            "match": match,
            "title": _title_for(match, user),
            "colour": presentation.STATE_COLOURS.get(MatchState(match.state), "planned"),
            "to_answer": _question(match, _role_in_own_list(user, match)) is not None,
        }
        for match in page.object_list
    ]
    questions = conditions.waiting_for(user, city)
    return render(request, "matching/mine.html", {"rows": rows, "questions": questions, "page_obj": page})


def _role_in_own_list(user: User, match: Match) -> frozenset[Role]:
    """What `services.roles_of` says of a match that concerns somebody, without asking for each row."""
    if match.offer.owner_id == user.pk:
        return frozenset({Role.CITIZEN})
    organisation = match.need.organisation
    is_left = organisation is not None and organisation.is_suspended
    return frozenset() if is_left else frozenset({Role.ASSOCIATION})


@town_page(COORDINATION)
@require_POST
def same_household(request: HttpRequest, city: City, reference: str, other: str) -> HttpResponse:
    """Two needs are of one household, of which this one goes on, or of two."""
    user, now = person(request), timezone.now()
    found = {need.reference: need for need in _needs(user, city).filter(reference__in=[reference, other])}
    if len(found) != 2:
        raise Http404
    need, twin = found[reference], found[other]
    if request.POST.get("same") != "yes":
        households.tell_apart(need=need, other=twin, by=user, now=now)
        messages.success(request, _("Ce sont deux foyers : les deux demandes restent."))
    else:
        try:
            households.join(kept=need, closed=twin, by=user, now=now)
        except households.InHand:
            messages.warning(
                request,
                _("La demande %(other)s est déjà en cours : ouvrez-la, et fermez plutôt celle-ci.")
                % {"other": other},
            )
        except ValidationError as error:
            messages.warning(request, " ".join(error.messages))
        else:
            messages.success(request, _("Une seule demande reste pour ce foyer : celle-ci."))
    return redirect("matching:case", city_slug=city.slug, reference=reference)


def _needs(user: User, city: City) -> QuerySet[Need]:
    needs = selectors.with_desk(Need.objects.visible_to(user))
    return needs.filter(city=city).select_related("commune", "organisation", "city")


def _need(user: User, city: City, reference: str) -> Need:
    return get_object_or_404(_needs(user, city), reference=reference)


def _page(request: HttpRequest, user: User, city: City) -> Any:
    queue = selectors.queue(user, city, today=local_day(timezone.now(), city))
    return Paginator(queue, PER_PAGE).get_page(request.GET.get("page"))


def _render_case(
    request: HttpRequest, user: User, city: City, page: Any, need: Need | None, *, desk_first: str
) -> HttpResponse:
    now = timezone.now()
    today = local_day(now, city)
    context: dict[str, Any] = {
        "page_obj": page,
        "queue_lines": presentation.queue_lines(page.object_list),
        "queue_total": page.paginator.count,
        "to_sort": sorting_lists.count(user, city),
        "need": need,
        "desk_first": desk_first,
        "now": now,
    }
    if need is not None:
        scan = conditions.scan_of(need)
        acted = list(selectors.under_way(user, need))
        roles = frozenset({Role.COORDINATOR})
        # All that is needed is promised: what the engine suggested before is on its way out, and would be refused.
        promised = [match for match in acted if match.state in HOLDING]
        is_promised = need.progress(map(progress.of_match, promised), today=today).is_all
        near_misses = [] if is_promised else selectors.near_misses(user, need, scan)
        suggested = [] if is_promised else list(selectors.suggestions(user, need))
        in_turn = relays.find(need, suggested, now=now)
        facts.explained([*suggested, *in_turn.parts], near_misses=near_misses, now=now)
        cards = [presentation.suggestion_card(match) for match in suggested]
        explained = [miss for miss in near_misses if miss.sentence]
        lines = conditions.lines(scan, explained, today=today)
        thread = presentation.thread(need, edits_of(need), acted, now) + conditions.events(scan, now=now)
        context |= {
            "scan": scan,
            "progress": progress_words(need),
            "look_alikes": households.look_alikes(need),
            "joined": households.joined_to(need) if need.has_joined else [],  # type: ignore[attr-defined]
            "made_for_it": answering.made_for(need) if need.is_open else (),
            "suggested_offers": {card.match.offer_id for card in cards},
            "relays": relay_presentation.cards(in_turn, suggested, today=today),
            "cards": cards,
            "chart": presentation.chart(need, cards),
            "acted": [
                {
                    "match": match,
                    "acts": presentation.acts(match, roles),
                    "colour": presentation.STATE_COLOURS.get(MatchState(match.state), "planned"),
                }
                for match in acted
            ],
            "near_misses": lines,
            "may_ask": any(line.asks for line in lines),
            "thread": sorted(thread, key=lambda event: event["at"], reverse=True),
            "looking": need.scan_due_at is not None and not is_promised,
        }
    return render(request, "matching/case.html", context)


def _answerable() -> Any:
    return Match.objects.select_related(
        *("city", "offer__owner", "offer__commune", "offer__city"),
        *("need__commune", "need__organisation", "need__person"),
    )


def _question(match: Match, roles: frozenset[Role]) -> tuple[Act, Act] | None:
    """The yes and the no that this person is asked now, if any."""
    if match.state == MatchState.PROPOSED and Role.CITIZEN in roles:
        return Act.ACCEPT, Act.DECLINE
    if match.state == MatchState.ACCEPTED and Role.ASSOCIATION in roles:
        return Act.CONFIRM, Act.REFUSE
    return None


def _is_asked_again(match: Match, roles: frozenset[Role]) -> bool:
    """Whether this person is asked if a confirmed stay still holds; the no is the way back."""
    return match.is_asked_again and Role.ASSOCIATION in roles


def _refusal_form(match: Match, act: Act, roles: frozenset[Role], data: Any = None) -> ReasonForm:
    """Why not, or why no longer, with the likeliest reason chosen."""
    likely = Reason.CHANGED_MIND if act == Act.BREAK_OFF else ""
    if act == Act.CANCEL and Role.CITIZEN not in roles:
        likely = Reason.OTHER_SOLUTION
    return ReasonForm(data, act=act, own=True, likely=likely)


def _answer(request: HttpRequest, match: Match, user: User, *, by: User) -> HttpResponse:
    """`user` is whose answer it is, `by` who gives it: the same, but for somebody of the desk on the phone."""
    now = timezone.now()
    roles = services.roles_of(user, match)
    if not (roles & CONCERNED or Match.objects.concerning(user).filter(pk=match.pk).exists()):
        raise Http404  # no longer of the association, say: an old link opens nothing
    asked = _question(match, roles)
    still = Act.RECONFIRM if _is_asked_again(match, roles) else None
    yes, no = asked or (still, way_back(match.state, roles))
    form = _refusal_form(match, no, roles) if no else None
    if request.method == "POST":
        said = request.POST.get("answer", "")
        try:
            if yes and said == yes:
                match = DESK_ACTS[yes](match_id=match.pk, by=by, now=now)
            elif no and said == no:
                form = _refusal_form(match, no, roles, request.POST)
                if not form.is_valid():
                    return _render_answer(request, match, user, roles, form, by=by, declining=True, now=now)
                match = DESK_ACTS[no](match_id=match.pk, by=by, now=now, **form.cleaned_data)
            else:
                raise NotPossible(Act.ACCEPT, MatchState(match.state), "state")
        except NotPossible as failure:
            messages.warning(request, presentation.refusal_words(failure))
        return redirect(request.path)
    declining = "non" in request.GET and no is not None
    return _render_answer(request, match, user, roles, form, by=by, declining=declining, now=now)


def _render_answer(
    request: HttpRequest,
    match: Match,
    user: User,
    roles: frozenset[Role],
    form: ReasonForm | None,
    *,
    by: User,
    declining: bool,
    now: datetime,
) -> HttpResponse:
    """The question, or where things stand; contacts only when they are open, and their reading logged."""
    (match,) = facts.explained([match], now=now)
    asked = _question(match, roles)
    is_citizen = Role.CITIZEN in roles
    # The members of a suspended association see what is theirs, and act for it no more.
    is_left = not roles & CONCERNED
    contacts_open = selectors.contacts_are_open(match, today=local_day(now, match.city)) and not is_left
    if contacts_open and not is_citizen:
        log_contact_reading(
            subject=match.offer.owner, reason="match", reference=match.offer.reference, by=by, now=now
        )
    return render(
        request,
        "matching/answer.html",
        {
            "match": match,
            "city": match.city,
            "is_citizen": is_citizen,
            "asks": asked is not None,
            "yes": asked[0].value if asked else "",
            "no": asked[1].value if asked else "",
            "asked_again": asked is None and _is_asked_again(match, roles),
            "way_back": way_back(match.state, roles) if asked is None else None,
            "declining": declining,
            "form": form,
            "contacts_open": contacts_open,
            "caller": presentation.caller(match) if contacts_open and is_citizen else None,
            "is_left": is_left,
            "title": _title_for(match, user),
            "other_days": [] if is_citizen else other_days(match),
            "reasons": presentation.reasons(match),
            "colour": presentation.STATE_COLOURS.get(MatchState(match.state), "planned"),
            "now": now,
        },
    )


def _title_for(match: Match, user: User) -> str:
    """A citizen reads the need's figures alone; whoever posted it reads their own words."""
    need = match.need
    if match.offer.owner_id == user.pk:
        return public_title_of(need, quantity=match.quantity)
    return titled(need)


def _done(match: Match, act: Act) -> str:
    if act == Act.PROPOSE and match.state == MatchState.PROPOSED:
        if not match.offer.owner.email:
            return _("C’est demandé. Cette personne n’a pas d’e-mail : elle attend dans « À appeler ».")
        return _("C’est demandé. La personne reçoit la question par e-mail.")
    return f"{presentation.ACT_WORDS[act.value]}."
