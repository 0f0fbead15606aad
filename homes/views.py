"""The desk's pages of visits: the lists, one visit (on a phone, at the door), the town's questions."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import ADMINISTRATION, COORDINATION, DESK, person, town_page
from accounts.services import update_city
from cities.models import City
from homes import presentation, selectors, services
from homes.forms import PlanForm, QuestionsForm, RefusalForm, SeenForm
from homes.models import Visit, VisitState, Wish
from offers import services as offers
from offers import words as words_of_offers
from offers.models import Offer
from offers.selectors import get_offer, periods_of


@town_page(COORDINATION)
@require_safe
def visits(request: HttpRequest, city: City) -> HttpResponse:
    """Homes to visit, visits planned, done, to be done again soon, and refused."""
    found = presentation.lists(
        person(request),
        city,
        request.GET.get("vue", ""),
        now=timezone.now(),
        page=request.GET.get("page"),
    )
    return render(request, "homes/visits.html", found)


@town_page(DESK)
@require_http_methods(["GET", "HEAD", "POST"])
def visit(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """One visit: what is known of the home, and what is seen there, saved as often as one likes."""
    found = _visit(request, city, pk)
    asked = selectors.asked_at(found)
    concludes = "conclude" in request.POST
    sent = request.POST if request.method == "POST" else None
    form = SeenForm(sent, visit=found, asked=asked, concludes=concludes or sent is None)
    if request.method == "POST" and form.is_valid():
        user, now = person(request), timezone.now()
        service = services.conclude if concludes else services.note
        try:
            service(visit_id=pk, seen=form.seen(), by=user, now=now)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(
                request,
                _("Le logement est visité. Il peut être proposé.")
                if concludes
                else _("C’est enregistré. Vous pouvez continuer plus tard."),
            )
            return redirect("homes:visit", city.slug, pk)
    return _page(request, found, form=form)


# What is done with a visit from its page, and what the page says then.
@town_page(DESK)
@require_POST
def act(request: HttpRequest, city: City, pk: int, what: str) -> HttpResponse:
    """Move it, call it off, refuse the home, take a conclusion back."""
    found, user, now = _visit(request, city, pk), person(request), timezone.now()
    try:
        if what == "deplacer":
            moving = PlanForm(request.POST, offer=found.offer, by=user, visit=found, prefix="move")
            if not moving.is_valid():
                return _page(request, found, moving=moving)
            services.move(
                visit_id=pk,
                starts_at=moving.starts_at(),
                visitor=moving.cleaned_data["visitor"],
                by=user,
                now=now,
            )
            said = _("La visite est déplacée. L’hôte est prévenu.")
        elif what == "annuler":
            services.cancel(visit_id=pk, by=user, now=now)
            said = _("La visite est annulée. L’hôte est prévenu.")
        elif what == "refuser":
            refusing = RefusalForm(request.POST)
            if not refusing.is_valid():
                return _page(request, found, refusing=refusing)
            services.refuse(visit_id=pk, reason=refusing.cleaned_data["refusal"], by=user, now=now)
            said = _("C’est noté. L’hôte reçoit un mot aimable.")
        elif what == "reprendre":
            services.reopen(visit_id=pk, by=user, now=now)
            said = _("La conclusion est reprise. Concluez de nouveau quand c’est corrigé.")
        else:
            raise Http404
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, said)
    return redirect("homes:visit", city.slug, pk)


@town_page(COORDINATION)
@require_POST
def begin(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """At the door, or just back from it: the page on which it is noted."""
    try:
        offer = get_offer(request.user, city, reference)
    except Offer.DoesNotExist:
        raise Http404 from None
    try:
        begun = services.begin(offer_id=offer.pk, by=person(request), now=timezone.now())
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("homes:offer", city.slug, offer.reference)
    return redirect("homes:visit", city.slug, begun.pk)


@town_page(ADMINISTRATION)
@require_http_methods(["GET", "HEAD", "POST"])
def questions(request: HttpRequest, city: City) -> HttpResponse:
    """The town's own list, and for how long a visit counts."""
    asked = selectors.questions_of(city)
    form = QuestionsForm(request.POST or None, questions=asked, city=city)
    if request.method == "POST" and form.is_valid():
        user, now = person(request), timezone.now()
        try:
            if form.lines() != asked:
                services.set_questions(city=city, questions=form.lines(), by=user, now=now)
            months = form.cleaned_data["visit_valid_months"]
            update_city(city_id=city.pk, changes={"visit_valid_months": months}, by=user, now=now)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            messages.success(request, _("Vos changements sont enregistrés."))
            return redirect("homes:questions", city.slug)
    return render(request, "homes/questions.html", {"form": form}, status=422 if form.errors else 200)


def _visit(request: HttpRequest, city: City, pk: int) -> Visit:
    """As far as the reader may see it; the host has a page of their own, whatever they are in the town besides."""
    seen = Visit.objects.visible_to(person(request)).filter(offer__city=city)
    related = ("offer__owner", "offer__commune", "offer__city", "visitor", "extract_by", "concluded_by")
    found: Visit = get_object_or_404(seen.select_related(*related), pk=pk)
    if found.offer.owner_id == request.user.pk:
        raise Http404
    return found


def _page(
    request: HttpRequest,
    visit: Visit,
    *,
    form: SeenForm | None = None,
    moving: PlanForm | None = None,
    refusing: RefusalForm | None = None,
) -> HttpResponse:
    user, now, city = person(request), timezone.now(), visit.offer.city
    offers.note_address_read(offer=visit.offer, by=user, now=now)
    asked = selectors.asked_at(visit)
    context = {
        "visit": visit,
        "offer": visit.offer,
        "line": presentation.line_of_visit(visit, city, viewer=user, now=now),
        "wish": Wish(visit.wish).label if visit.wish else "",
        "is_planned": visit.state == VisitState.PLANNED,
        "may_reopen": visit.state in (VisitState.PASSED, VisitState.REFUSED),
        "asked": asked,
        "needs_extract": selectors.needs_extract(visit.offer),
        "facts": words_of_offers.facts(visit.offer, periods_of(visit.offer), today=timezone.localdate(now)),
        "events": presentation.history(visit, viewer=user, now=now),
        "form": form or SeenForm(visit=visit, asked=asked),
        "moving": moving or PlanForm(offer=visit.offer, by=user, visit=visit, prefix="move"),
        "refusing": refusing or RefusalForm(),
    }
    wrong = any(one and one.errors for one in (form, moving, refusing))
    return render(request, "homes/visit.html", context, status=422 if wrong else 200)
