"""What citizens and associations are asked, and answer: their list, and the page of one match, by a mail's link too.

Parse, one service call, render.
"""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ANYBODY, SIGNED_IN, person, town_page
from accounts.models import User
from accounts.services import log_contact_reading
from catalogue.saying import titled
from cities.days import local_day
from cities.models import City
from matching import arrivals, conditions, going_on, links, presentation, selectors, services, telling
from matching.forms import REASONS, ReasonForm
from matching.lifecycle import Act, NotPossible, Reason, Role, way_back
from matching.link_pages import behind_link, on_the_phone
from matching.messages.phrases import other_days
from matching.models import CONTACT_STATES, Match, MatchState
from matching.reasons import facts
from matching.roles import roles_of
from needs.words import public_title_of
from notifications.links import call_me_path
from offers.selectors import picture_of

PER_PAGE = 50
BY_HAND = {**services.BY_HAND, **going_on.ANSWERS}
CONCERNED = frozenset({Role.CITIZEN, Role.ASSOCIATION, Role.COORDINATOR})


@town_page(ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
@behind_link(signed_in="matching:mine_one")
def answer(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """The page behind a link in a mail: yes or no, and what became of it. No signing in."""
    grant = links.read(token)
    match = get_object_or_404(_answerable(), pk=grant.subject_id, city=city)
    asked = get_object_or_404(User, pk=grant.user_id, is_active=True)
    return _answer(request, match, asked, by=on_the_phone(request, match.offer.city) or asked)


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def mine_one(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """The same page for whoever is signed in."""
    user = person(request)
    match = get_object_or_404(_answerable().visible_to(user), pk=pk, city=city)
    return _answer(request, match, user, by=user)


@town_page(SIGNED_IN)
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
    """What `roles_of` says of a match that concerns somebody, without asking for each row."""
    if match.offer.owner_id == user.pk:
        return frozenset({Role.CITIZEN})
    organisation = match.need.organisation
    is_left = organisation is not None and organisation.is_suspended
    return frozenset() if is_left else frozenset({Role.ASSOCIATION})


def _answerable() -> Any:
    return Match.objects.select_related(
        *("city", "offer__owner", "offer__commune", "offer__city"),
        *("need__commune", "need__organisation", "need__person"),
    )


def _question(match: Match, roles: frozenset[Role]) -> tuple[Act, Act] | None:
    """The yes and the no that this person is asked now, if any."""
    if match.state == MatchState.PROPOSED and Role.CITIZEN in roles:
        return Act.ACCEPT, Act.DECLINE
    if match.is_asked_longer and Role.CITIZEN in roles:
        return Act.STAY_LONGER, Act.NOT_LONGER
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
    roles = roles_of(user, match)
    if not (roles & CONCERNED or Match.objects.concerning(user).filter(pk=match.pk).exists()):
        raise Http404  # no longer of the association, say: an old link opens nothing
    asked = _question(match, roles)
    still = Act.RECONFIRM if _is_asked_again(match, roles) else None
    yes, no = asked or (still, way_back(match.state, roles))
    form = _refusal_form(match, no, roles) if no and no in REASONS else None
    if request.method == "POST":
        said = request.POST.get("answer", "")
        try:
            if yes and said == yes:
                match = BY_HAND[yes](match_id=match.pk, by=by, now=now)
            elif no == Act.NOT_LONGER and said == no:
                match = going_on.not_longer(match_id=match.pk, by=by, now=now)
            elif no and said == no:
                form = _refusal_form(match, no, roles, request.POST)
                if not form.is_valid():
                    return _render_answer(request, match, user, roles, form, by=by, declining=True, now=now)
                match = services.BY_HAND[no](match_id=match.pk, by=by, now=now, **form.cleaned_data)
            else:
                raise NotPossible(Act.ACCEPT, MatchState(match.state), "state")
        except NotPossible as failure:
            if not selectors.came_second(match):  # then the page says so
                messages.warning(request, presentation.refusal_words(failure, roles=roles))
        return redirect(request.path)
    declining = "non" in request.GET and form is not None
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
    if asked:
        telling.note_opened(match, user, by=by, now=now)
    is_citizen = Role.CITIZEN in roles
    # The members of a suspended association see what is theirs, and act for it no more.
    is_left = not roles & CONCERNED
    is_theirs = match.state in CONTACT_STATES and not is_left
    contacts_open = selectors.contacts_are_open(match, today=local_day(now, match.city)) and not is_left
    if contacts_open and not is_citizen:
        log_contact_reading(
            subject=match.offer.owner,
            reason="match",
            reference=match.offer.reference,
            city=match.city,
            by=by,
            now=now,
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
            # The owner's own page has it.
            "picture": picture_of(match.offer) if contacts_open and not is_citizen else None,
            # Theirs to put into a calendar: the desk has its own.
            "dated": bool(roles & {Role.CITIZEN, Role.ASSOCIATION}),
            "arrival": arrivals.arrival(match) if contacts_open and not is_citizen else None,
            "caller": presentation.caller(match) if contacts_open and is_citizen else None,
            "is_left": is_left,
            "came_second": is_citizen
            and match.state == MatchState.CANCELLED
            and selectors.came_second(match),
            "title": _title_for(match, user),
            # A citizen is called by their own town.
            "call_me_url": call_me_path(
                user.pk, match.offer.city if is_citizen else match.city, f"match:{match.pk}"
            ),
            "asks_longer": asked is not None and asked[0] == Act.STAY_LONGER,
            "stay_url": reverse("stays:one", args=[match.city.slug, match.pk]) if is_theirs else "",
            "report_url": links.report_path(match, user),
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
