"""One tap that says what happened, from a signed link; and whom the desk chases."""

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import ANYBODY, COORDINATION, person, town_page
from accounts.models import User
from catalogue.times import ago
from cities.models import City
from followups import links, selectors, services
from followups.models import Answer, FollowUp, Going, Side
from matching.links import report_path
from matching.models import MatchState
from needs.words import when_words
from notifications.links import call_me_path

# In the order in which they are shown: the two that are no trouble first.
NEGATIVE = (Answer.NO_SHOW, Answer.CHANGED_MIND, Answer.LOST_CONTACT)


@town_page(ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """The question, or what was answered to it. The link stands for its person, who need not sign in."""
    try:
        grant = links.read(token)
    except links.LinkExpired:
        return _no_question(request, expired=True)
    except links.LinkBroken:
        return _no_question(request, expired=False)
    followup = selectors.granted(grant, city_slug=city.slug)
    if followup is None:
        return _no_question(request, expired=True)
    if request.method == "POST" and followup.answered_at is None:
        try:
            services.answer(
                followup_id=followup.pk,
                answer=request.POST.get("answer", ""),
                by=User.objects.get(pk=grant.user_id),
                now=timezone.now(),
                note=request.POST.get("note", "").strip(),
            )
        except ValidationError as error:
            return _question(request, followup, grant.user_id, error=" ".join(error.messages))
    if request.method == "POST":
        return redirect(request.path)
    if followup.answered_at is not None:
        return _answered(request, followup, grant.user_id)
    return _question(request, followup, grant.user_id)


@town_page(ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def check_in(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """How it is going, from a signed link: one tap, for the town alone."""
    try:
        grant = links.read_check_in(token)
    except links.LinkExpired:
        return _no_question(request, expired=True)
    except links.LinkBroken:
        return _no_question(request, expired=False)
    found = selectors.granted_check_in(grant, city_slug=city.slug)
    if found is None:
        return _no_question(request, expired=True)
    error = ""
    if request.method == "POST":
        try:
            services.say_how_it_goes(
                check_in_id=found.pk,
                answer=request.POST.get("answer", ""),
                by=User.objects.get(pk=grant.user_id),
                now=timezone.now(),
                note=request.POST.get("note", "").strip(),
            )
        except ValidationError as refused:
            error = " ".join(refused.messages)
        else:
            return redirect(request.path)
    match = found.match
    is_host = found.side == Side.HOST
    context = {
        "check_in": found,
        "about": match.offer if is_host else match.need,
        "when": when_words(match.need, match.first_day, match.last_day),
        "over": match.state not in services.FOLLOWED_STATES,
        "choices": Going.choices,
        "error": error,
        "stay_url": reverse("stays:one", args=[match.city.slug, match.pk]),
        "report_url": report_path(match, User(pk=grant.user_id)),
        # A host is called by their own town, which may be another than that of the need.
        "call_me_url": call_me_path(
            grant.user_id, match.offer.city if is_host else match.city, f"check_in:{found.pk}"
        ),
    }
    return render(request, "followups/check_in.html", context, status=422 if error else 200)


@town_page(COORDINATION)
@require_GET
def to_chase(request: HttpRequest, city: City) -> HttpResponse:
    """What nobody has answered, by how long; and what somebody said that the desk should read."""
    user, now = person(request), timezone.now()
    silences = selectors.gone_silent(user, city, now=now)
    baskets = [
        {
            "days": days,
            "rows": [{"silence": one, "ago": ago(one.asked_at, now)} for one in silences if one.step == days],
        }
        for days in reversed(selectors.SILENT_DAYS)
    ]
    news = [
        {"check_in": one, "ago": ago(one.answered_at, now)}
        for one in selectors.wishes_to_talk(user, city)
        if one.answered_at
    ]
    context = {"news": news, "baskets": [basket for basket in baskets if basket["rows"]]}
    return render(request, "followups/to_chase.html", context)


def _question(request: HttpRequest, followup: FollowUp, reader_id: int, *, error: str = "") -> HttpResponse:
    match = followup.match
    context = {
        "followup": followup,
        "need": match.need,
        "when": when_words(match.need, match.first_day, match.last_day),
        "over": match.state not in services.FOLLOWED_STATES,
        "report_url": report_path(match, User(pk=reader_id)),
        "took_place": Answer.TOOK_PLACE,
        "not_yet": Answer.NOT_YET,
        "negative": NEGATIVE,
        "error": error,
        "call_me_url": call_me_path(reader_id, match.city, f"followup:{followup.pk}"),
    }
    return render(request, "followups/question.html", context, status=422 if error else 200)


def _answered(request: HttpRequest, followup: FollowUp, reader_id: int) -> HttpResponse:
    context = {
        "report_url": report_path(followup.match, User(pk=reader_id)),
        "followup": followup,
        "need": followup.match.need,
        "said": followup.get_answer_display(),
        "when": ago(followup.answered_at, timezone.now()) if followup.answered_at else "",
        "not_yet": followup.answer == Answer.NOT_YET,
        "ended": followup.answer in NEGATIVE,
        "closed": _was_closed(followup),
    }
    return render(request, "followups/answered.html", context)


def _was_closed(followup: FollowUp) -> bool:
    """Whether somebody else had ended the match before this answer came: it is kept, and nothing follows."""
    state = followup.match.state
    if followup.answer == Answer.NOT_YET:
        return state not in services.FOLLOWED_STATES
    if followup.answer in NEGATIVE:
        return state != MatchState.BROKEN_OFF
    return state in (MatchState.BROKEN_OFF, MatchState.CANCELLED)


def _no_question(request: HttpRequest, *, expired: bool) -> HttpResponse:
    status = 410 if expired else 404
    return render(request, "followups/no_question.html", {"expired": expired}, status=status)
