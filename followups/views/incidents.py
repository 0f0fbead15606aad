"""What somebody reports, from any page of a match; and the pages of those who read it."""

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import ANYBODY, DESK, SIGNED_IN, TEAM, has_role, person, town_page
from accounts.models import User
from catalogue.contacts import shown
from catalogue.times import ago
from cities.days import local_day
from cities.models import City
from followups import presentation, selectors, services
from followups.forms import EndForm, KeepFromForm, ReportForm, SignalForm
from followups.models import End, Incident, IncidentState
from matching import links, rehousing
from matching.models import Match
from offers.models import Offer

PAGE_SIZE = 30
SENT = "merci"


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def signal(request: HttpRequest, city: City, match_id: int) -> HttpResponse:
    """A problem with a match, by whoever is signed in and sees it."""
    user = person(request)
    match = get_object_or_404(selectors.reportable(user, city), pk=match_id)
    return _signal(request, match, user, phone=shown(user.phone) if user.phone else "")


@town_page(ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def signal_linked(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """The same from a signed link, for whoever has no account."""
    try:
        grant = links.read_report(token)
    except links.LinkExpired:
        return render(request, "followups/no_question.html", {"expired": True}, status=410)
    except links.LinkBroken:
        return render(request, "followups/no_question.html", {"expired": False}, status=404)
    user = get_object_or_404(User, pk=grant.user_id, is_active=True)
    match = get_object_or_404(selectors.reportable(user, city), pk=grant.subject_id)
    return _signal(request, match, user, phone="")


def _signal(request: HttpRequest, match: Match, user: User, *, phone: str) -> HttpResponse:
    if SENT in request.GET:
        return render(request, "followups/signalled.html", {"match": match})
    town = match.offer.city
    form = SignalForm(
        request.POST or None, readers=selectors.may_become_readers(town), initial={"phone": phone}
    )
    if request.method == "POST" and form.is_valid():
        services.report_incident(
            offer_id=match.offer_id, match_id=match.pk, by=user, now=timezone.now(), **form.report()
        )
        return redirect(f"{request.path}?{SENT}")
    context = {
        "form": form,
        "match": match,
        "readers": presentation.who_reads(town),
        "rehouses": rehousing.would_rehouse(match, today=local_day(timezone.now(), match.city)),
    }
    return render(request, "followups/signal.html", context, status=422 if form.errors else 200)


@town_page(SIGNED_IN)
@require_safe
def about(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """From an offer or a need to the match that somebody has a problem with; one alone needs no choosing."""
    user = person(request)
    matches = list(selectors.decided_about(user, city, reference))
    if len(matches) == 1:
        return redirect("followups:signal", city.slug, matches[0].pk)
    if not matches and has_role(user, city, DESK):
        query = QueryDict(mutable=True)
        query["offer"] = reference
        return redirect(f"{reverse('followups:report', args=[city.slug])}?{query.urlencode()}")
    return render(request, "followups/about.html", {"matches": matches, "reference": reference})


@town_page(DESK)
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest, city: City) -> HttpResponse:
    """What somebody says to the desk, about an offer or a need by its reference."""
    user = person(request)
    form = ReportForm(
        request.POST or None,
        readers=selectors.may_become_readers(city),
        offers=Offer.objects.visible_to(user).filter(city=city),
        matches=selectors.reportable(user, city),
        initial={"reference": request.GET.get("offer", "")},
    )
    if request.method == "POST" and form.is_valid() and form.offer is not None:
        services.report_incident(
            offer_id=form.offer.pk,
            match_id=form.match.pk if form.match else None,
            by=user,
            now=timezone.now(),
            **form.report(),
        )
        messages.success(
            request, _("Signalement enregistré. La proposition %(ref)s est suspendue.") % {"ref": form.offer}
        )
        return redirect("offers:town", city.slug)
    context = {"form": form, "match": None, "readers": presentation.who_reads(city), "rehouses": False}
    return render(request, "followups/signal.html", context, status=422 if form.errors else 200)


@town_page(TEAM)
@require_safe
def incidents(request: HttpRequest, city: City) -> HttpResponse:
    """The town's reports, for those who read them: open ones first. What they say stands on their own pages."""
    user, now = person(request), timezone.now()
    if not selectors.reads_reports(user, city):
        raise Http404
    page = Paginator(selectors.incidents_of(city, user), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [
        {
            "incident": incident,
            "ago": ago(incident.reported_at, now),
            "read_by": presentation.names(one.by for one in incident.readings),  # type: ignore[attr-defined]
        }
        for incident in page
    ]
    return render(request, "followups/incidents.html", {"rows": rows, "page_obj": page})


@town_page(TEAM)
@require_http_methods(["GET", "POST"])
def incident(request: HttpRequest, city: City, incident_id: int) -> HttpResponse:
    """A report, read: which is noted; and what its readers do with it."""
    user, now = person(request), timezone.now()
    found = get_object_or_404(selectors.incidents_of(city, user), pk=incident_id)
    end_form, keep_form = EndForm(), KeepFromForm(team=selectors.team_beside(found))
    if request.method == "POST":
        act = request.POST.get("act", "")
        if act == "propose_end":
            end_form = EndForm(request.POST)
        elif act == "keep_from":
            keep_form = KeepFromForm(request.POST, team=selectors.team_beside(found))
        if _done(request, found, act, end_form, keep_form, by=user, now=now):
            is_theirs = Incident.objects.visible_to(user).filter(pk=found.pk).exists()
            return redirect(
                request.path if is_theirs else "followups:incidents", *([] if is_theirs else [city.slug])
            )
    services.read(incident_id=found.pk, by=user, now=now)  # whatever was asked: it is shown whole
    context = {
        "incident": found,
        "ago": ago(found.reported_at, now),
        "can_decide": selectors.can_decide(user, found),
        "is_first": found.proposed_by_id == user.pk,
        "second_missing": not selectors.others_who_decide(found, user),
        "is_open": found.state == IncidentState.OPEN,
        "is_ending": found.state == IncidentState.ENDING,
        "goes_back": found.end != End.EXCLUDED,
        "end_form": end_form,
        "keep_form": keep_form,
        "events": presentation.timeline(found, now=now),
        "may_open_case": found.match is not None and has_role(user, found.match.city, DESK),
        "by_call": selectors.is_to_be_called(found),
    }
    refused = end_form.errors or keep_form.errors
    return render(request, "followups/incident.html", context, status=422 if refused else 200)


def _done(
    request: HttpRequest,
    found: Incident,
    act: str,
    end_form: EndForm,
    keep_form: KeepFromForm,
    *,
    by: User,
    now: datetime,
) -> bool:
    """Whether the act was done, or came too late: not when a form is to be shown again."""
    try:
        if act == "propose_end":
            if not end_form.is_valid():
                return False
            services.propose_end(incident_id=found.pk, by=by, now=now, **end_form.cleaned_data)
        elif act == "keep_from":
            if not keep_form.is_valid():
                return False
            services.keep_from(incident_id=found.pk, person=keep_form.cleaned_data["person"], by=by, now=now)
        elif act == "take_back_end":
            services.take_back_end(incident_id=found.pk, by=by, now=now)
        elif act == "confirm_end":
            read_at = parse_datetime(request.POST.get("proposed_at", ""))
            if read_at is None:
                raise services.AlreadyDone
            services.confirm_end(incident_id=found.pk, proposed_at=read_at, by=by, now=now)
    except services.AlreadyDone:
        messages.warning(
            request, _("Entre-temps, quelqu’un d’autre a décidé. Voici où en est le signalement.")
        )
        return True
    except services.NoSecondPerson:
        messages.warning(
            request, _("Une autre personne doit le faire\u202f: ni celle qui a signalé, ni la première.")
        )
        return True
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
        return True
    messages.success(request, _("C’est noté."))
    return True
