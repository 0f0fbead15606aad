"""One stay and what is done to it, a need's stays, a home's calendar: parse, one service call, render."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import COORDINATION, SIGNED_IN, has_role, person, town_page
from accounts.models import User
from catalogue.saying import titled
from catalogue.vocabulary import Category, Kind
from cities.days import local_day
from cities.models import City
from matching import going_on
from matching import services as matching
from matching.capacity import Taken
from matching.lifecycle import GOING_ON, Act, NotPossible, Reason, Role
from matching.models import Match, MatchState
from matching.presentation import STATE_COLOURS, refusal_words
from matching.roles import possible, roles_of
from needs.models import Need
from needs.words import public_title_of
from offers.models import Offer
from stays import presentation, selectors, services
from stays.forms import EndForm, HandOverForm, SponsorshipForm, UntilForm

CALENDAR_DAYS = 42
# Calendars go so far back and ahead.
FARTHEST = timedelta(days=5 * 366)
# Whose stay it is, or who looks after it.
CONCERNED = frozenset({Role.CITIZEN, Role.ASSOCIATION, Role.COORDINATOR})


@town_page(SIGNED_IN)
@require_safe
def one(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """A stay, a hand-over or lessons: how far it is, and what can be done."""
    user = person(request)
    match, roles = _theirs(user, city, pk)
    return _render(request, match, roles)


@town_page(SIGNED_IN)
@require_POST
def act(request: HttpRequest, city: City, pk: int, act: str) -> HttpResponse:
    """One act on it, then back to its page."""
    user, now = person(request), timezone.now()
    match, roles = _theirs(user, city, pk)
    if act not in ACTS:
        raise Http404
    form = FORMS[act](request, match) if act in FORMS else None
    if form is not None and not form.is_valid():
        return _render(request, match, roles, **{act: form})
    said = form.cleaned_data if form is not None else {}
    try:
        done = ACTS[act](match.pk, user, now, said)
    except Taken:
        messages.warning(request, presentation.taken_words(match, said["until"], roles=roles))
    except NotPossible as failure:
        messages.warning(request, refusal_words(failure, roles=roles))
    except ValidationError as error:
        messages.warning(request, " ".join(error.messages))
    else:
        messages.success(request, done)
    return redirect("stays:one", city.slug, pk)


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def sponsorship(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """What a sponsorship is for, who frames it and until when: for all whom it concerns; who looks after it says so."""
    user = person(request)
    match, roles = _theirs(user, city, pk)
    if match.need.category != Category.SPONSORSHIP:
        raise Http404
    row = selectors.sponsorship_of(user, match)
    may_agree = bool(roles & services.ASKS) and match.state in GOING_ON
    initial = {
        "framed_by": row.framed_by_id if row else match.need.organisation_id,
        "aims": row.aims if row else "",
        "ends_on": row.ends_on if row else match.last_day,
    }
    form = (
        SponsorshipForm(request.POST or None, associations=selectors.framing(city), initial=initial)
        if may_agree
        else None
    )
    if request.method == "POST" and form is not None and form.is_valid():
        try:
            services.agree_on_sponsorship(match_id=pk, by=user, now=timezone.now(), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("C’est noté, merci."))
            return redirect("stays:sponsorship", city.slug, pk)
    context = {"match": match, "row": row, "form": form}
    return render(request, "stays/sponsorship.html", context, status=422 if form and form.errors else 200)


@town_page(SIGNED_IN)
@require_safe
def of_need(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """What a need was given, each with the way to end it, make it longer, or say how it goes."""
    user = person(request)
    needs = Need.objects.visible_to(user).filter(city=city).select_related("city", "organisation")
    need = get_object_or_404(needs, reference=reference)
    rows = [
        {"match": match, "colour": STATE_COLOURS.get(match.state, "planned")}  # type: ignore[call-overload]
        for match in selectors.of_need(user, need)
    ]
    return render(request, "stays/of_need.html", {"need": need, "rows": rows})


@town_page(SIGNED_IN)
@require_safe
def calendar(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """A home, day by day: who sleeps there, what is promised, asked for and free. Its owner, and the desk."""
    user = person(request)
    homes: QuerySet[Offer] = Offer.objects.visible_to(user).filter(city=city, kind=Kind.HOUSING)
    offer = get_object_or_404(homes.prefetch_related("windows"), reference=reference)
    today = local_day(timezone.now(), city)
    days = selectors.days_from(day_asked(request, "du", today=today), CALENDAR_DAYS)
    lines = presentation.home_days(
        days,
        selectors.held(offer, first_day=days[0], last_day=days[-1]),
        capacity=offer.capacity,
        windows=[(window.first_day, window.last_day) for window in offer.windows.all()],
        desk=city if has_role(user, city, COORDINATION) else None,
    )
    context = {"offer": offer, "lines": lines, **around(days)}
    return render(request, "stays/calendar.html", context)


def around(days: list[date]) -> dict[str, date]:
    """The first days of the pages before and after, for their links."""
    step = days[-1] - days[0]
    return {"earlier": days[0] - step, "later": days[-1]}


def day_asked(request: HttpRequest, name: str, *, today: date) -> date:
    """The day that an address asks for, no farther from today than calendars go; today where it asks for none."""
    try:
        day = date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return today
    return min(max(day, today - FARTHEST), today + FARTHEST)


def _theirs(user: User, city: City, pk: int) -> tuple[Match, frozenset[Role]]:
    match = get_object_or_404(selectors.of_person(user, city), pk=pk)
    roles = roles_of(user, match)
    if not roles & CONCERNED:
        raise Http404  # of an association that was suspended: the town looks after it
    return match, roles


def _render(request: HttpRequest, match: Match, roles: frozenset[Role], **forms: Form) -> HttpResponse:
    is_host = Role.CITIZEN in roles
    title = public_title_of(match.need, quantity=match.quantity) if is_host else titled(match.need)
    now = timezone.now()
    can = _can(match, roles, today=local_day(now, match.city)) | forms
    context = {
        "match": match,
        "title": title,
        "can": can,
        "only_by_call": "longer" in can and going_on.only_by_call(match, now=now),
        "is_host": is_host,
        "is_desk": Role.COORDINATOR in roles,
        "colour": STATE_COLOURS.get(match.state, "planned"),  # type: ignore[call-overload]
        "is_home": match.need.kind == Kind.HOUSING,
        "is_sponsorship": match.need.category == Category.SPONSORSHIP,
    }
    return render(request, "stays/one.html", context, status=422 if forms else 200)


def _can(match: Match, roles: frozenset[Role], *, today: date) -> dict[str, Any]:
    """What its page offers, each by its name; a form where something is to be said."""
    acts = possible(match, roles)
    has_come = match.first_day <= today
    offers: dict[str, Any] = {
        "start": Act.START in acts and has_come and match.last_day >= today and match.need.lasts,
        "no_show": Act.BREAK_OFF in acts and has_come,
        "yes": Act.STAY_LONGER in acts,
        "no": Act.NOT_LONGER in acts,
    }
    if Act.ASK_LONGER in acts and match.last_day >= today:
        offers["longer"] = UntilForm(prefix="longer")
    if Act.SHORTEN in acts and match.first_day < match.last_day:
        offers["end"] = EndForm(prefix="end", last_day=max(match.first_day, today))
    if Act.HAND_OVER in acts:
        offers["hand_over"] = HandOverForm(prefix="hand_over", most=match.quantity)
    asks = roles & {Role.COORDINATOR, Role.ASSOCIATION}
    if asks and match.need.kind == Kind.HOUSING and match.state != MatchState.CONFIRMED:
        offers["next_home"] = UntilForm(prefix="next_home")
    return {name: offered for name, offered in offers.items() if offered}


def _start(match_id: int, by: User, now: datetime, said: dict[str, Any]) -> str:
    matching.start(match_id=match_id, by=by, now=now)
    return _("C’est noté\u202f: cela a commencé.")


def _no_show(match_id: int, by: User, now: datetime, said: dict[str, Any]) -> str:
    matching.break_off(match_id=match_id, by=by, now=now, reason=Reason.NO_SHOW)
    return _("C’est noté. Personne n’est en faute, et le besoin est de nouveau ouvert.")


def _longer(match_id: int, by: User, now: datetime, said: dict[str, Any]) -> str:
    match = going_on.ask_longer(match_id=match_id, until=said["until"], by=by, now=now)
    if match.is_asked_longer and going_on.only_by_call(match, now=now):
        return _(
            "La question est posée, et ces jours sont gardés ce soir. Aucun message n’arrive à temps\u202f: appelez la "
            "personne qui accueille."
        )
    if match.is_asked_longer:
        return _(
            "La question est posée à la personne qui accueille. Ces jours sont gardés jusqu’à sa réponse."
        )
    return _("C’est prolongé.")


def _yes(match_id: int, by: User, now: datetime, said: dict[str, Any]) -> str:
    going_on.stay_longer(match_id=match_id, by=by, now=now)
    return _("C’est prolongé.")


def _no(match_id: int, by: User, now: datetime, said: dict[str, Any]) -> str:
    going_on.not_longer(match_id=match_id, by=by, now=now)
    return _("C’est noté\u202f: cela finit comme prévu, et la ville cherche la suite.")


def _end(match_id: int, by: User, now: datetime, said: dict[str, Any]) -> str:
    going_on.end_early(match_id=match_id, by=by, now=now, **said)
    return _("C’est noté. Les autres sont prévenus, et la suite est cherchée.")


def _hand_over(match_id: int, by: User, now: datetime, said: dict[str, Any]) -> str:
    going_on.hand_over(match_id=match_id, by=by, now=now, **said)
    return _("C’est noté, merci.")


def _next_home(match_id: int, by: User, now: datetime, said: dict[str, Any]) -> str:
    services.look_for_next_home(match_id=match_id, until=said["until"], by=by, now=now)
    return _("C’est noté\u202f: la ville cherche un logement pour les jours qui suivent.")


ACTS: dict[str, Callable[[int, User, datetime, dict[str, Any]], str]] = {
    "start": _start,
    "no_show": _no_show,
    "longer": _longer,
    "yes": _yes,
    "no": _no,
    "end": _end,
    "hand_over": _hand_over,
    "next_home": _next_home,
}
FORMS: dict[str, Callable[[HttpRequest, Match], Form]] = {
    "longer": lambda request, match: UntilForm(request.POST, prefix="longer"),
    "next_home": lambda request, match: UntilForm(request.POST, prefix="next_home"),
    "end": lambda request, match: EndForm(request.POST, prefix="end"),
    "hand_over": lambda request, match: HandOverForm(request.POST, prefix="hand_over", most=match.quantity),
}
