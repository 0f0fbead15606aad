"""One tap that says what happened, from a signed link; and the coordinators' reports."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import ANYBODY, COORDINATION, person, town_page
from accounts.models import User
from catalogue.times import ago
from cities.models import City
from followups import links, selectors, services
from followups.forms import CloseForm, ReportForm
from followups.models import Answer, FollowUp, Going, Side
from matching.models import MatchState
from needs.words import when_words
from notifications.links import call_me_path
from offers.models import Offer

PAGE_SIZE = 30
# In the order in which they are shown: the two that are no trouble first.
NEGATIVE = (Answer.NO_SHOW, Answer.CHANGED_MIND, Answer.LOST_CONTACT)


@town_page(ANYBODY)
@never_cache
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
        return _answered(request, followup)
    return _question(request, followup, grant.user_id)


@town_page(ANYBODY)
@never_cache
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
        # A host is called by their own town, which may be another than that of the need.
        "call_me_url": call_me_path(
            grant.user_id, match.offer.city if is_host else match.city, f"check_in:{found.pk}"
        ),
    }
    return render(request, "followups/check_in.html", context, status=422 if error else 200)


@town_page(COORDINATION)
@never_cache
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


@town_page(COORDINATION)
@require_GET
def incidents(request: HttpRequest, city: City) -> HttpResponse:
    """The town's reports: open ones first."""
    now = timezone.now()
    found = selectors.incidents_of(city, person(request))
    page = Paginator(found, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [{"incident": incident, "ago": ago(incident.reported_at, now)} for incident in page]
    return render(request, "followups/incidents.html", {"rows": rows, "page_obj": page})


@town_page(COORDINATION)
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, city: City) -> HttpResponse:
    """A new report: the offer is suspended at once."""
    reader = person(request)
    offers = Offer.objects.visible_to(reader).filter(city=city)
    form = ReportForm(
        request.POST or None, offers=offers, initial={"reference": request.GET.get("offer", "")}
    )
    if request.method == "POST" and form.is_valid() and form.offer is not None:
        services.report_incident(
            offer_id=form.offer.pk, text=form.cleaned_data["text"], by=reader, now=timezone.now()
        )
        messages.success(
            request, _("Signalement enregistré. La proposition %(ref)s est suspendue.") % {"ref": form.offer}
        )
        return redirect("followups:incidents", city.slug)
    return render(request, "followups/report.html", {"form": form}, status=422 if form.errors else 200)


@town_page(COORDINATION)
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, city: City, incident_id: int) -> HttpResponse:
    """The decision on a report; one that is closed already says so on the list."""
    reader = person(request)
    incident = get_object_or_404(selectors.incidents_of(city, reader), pk=incident_id)
    if incident.closed_at is not None:
        messages.info(request, _("Ce signalement est déjà clos."))
        return redirect("followups:incidents", city.slug)
    form = CloseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        lift = form.cleaned_data["decision"] == CloseForm.LIFT
        services.close_incident(
            incident_id=incident.pk,
            conclusion=form.cleaned_data["conclusion"],
            unfreeze=lift,
            by=reader,
            now=timezone.now(),
        )
        messages.success(request, _("Signalement clos."))
        return redirect("followups:incidents", city.slug)
    context = {"form": form, "incident": incident, "ago": ago(incident.reported_at, timezone.now())}
    return render(request, "followups/close.html", context, status=422 if form.errors else 200)


def _question(request: HttpRequest, followup: FollowUp, reader_id: int, *, error: str = "") -> HttpResponse:
    match = followup.match
    context = {
        "followup": followup,
        "need": match.need,
        "when": when_words(match.need, match.first_day, match.last_day),
        "over": match.state not in services.FOLLOWED_STATES,
        "took_place": Answer.TOOK_PLACE,
        "not_yet": Answer.NOT_YET,
        "negative": NEGATIVE,
        "error": error,
        "call_me_url": call_me_path(reader_id, match.city, f"followup:{followup.pk}"),
    }
    return render(request, "followups/question.html", context, status=422 if error else 200)


def _answered(request: HttpRequest, followup: FollowUp) -> HttpResponse:
    context = {
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
