"""Questions on a need's condition: the desk asks in one tap, the association answers in one tap."""

from datetime import date, datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import ANYBODY, COORDINATION, SIGNED_IN, has_role, person, town_page
from accounts.models import User
from cities.days import local_day
from cities.models import City
from matching import conditions, links, selectors
from matching.conditions import CannotAnswer, CannotAsk, condition_words
from matching.link_pages import behind_link, on_the_phone
from matching.models import ConditionQuestion
from matching.reasons.sentences import exact_km
from needs.models import Need
from notifications.links import call_me_path

Answer = ConditionQuestion.Answer


@town_page(COORDINATION)
@require_safe
def gains(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """What each change would bring at once: figures for the case that is open, or the same list as a page."""
    need, now = _need(request, city, reference), timezone.now()
    scan = conditions.scan_of(need)
    misses = selectors.near_misses(person(request), need, scan)
    lines = conditions.lines(scan, misses, today=local_day(now, need.city))
    found = conditions.gains(need, lines, now=now)
    rows = [
        {"line": line, "key": line.key, "change": line.change, "more": found[line.key]}
        for line in lines
        if line.key in found
    ]
    if request.headers.get("HX-Request") == "true":
        return render(request, "matching/_condition_gains.html", {"rows": rows})
    # Each change once: several offers may lack the same thing.
    once = list({row["change"]: row for row in rows}.values())
    return render(request, "matching/condition_gains.html", {"need": need, "city": need.city, "rows": once})


@town_page(COORDINATION)
@require_POST
def ask(request: HttpRequest, city: City, reference: str, offer_id: int, rule: str) -> HttpResponse:
    """Ask whoever posted the need whether this condition can give, then back to the case."""
    need = _need(request, city, reference)
    try:
        conditions.ask(need_id=need.pk, offer_id=offer_id, rule=rule, by=person(request), now=timezone.now())
    except CannotAsk as failure:
        messages.warning(request, why_not_asked(failure))
    else:
        messages.success(request, _asked(need))
    return redirect("desk:case", city_slug=need.city.slug, reference=need.reference)


@town_page(ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
@behind_link(signed_in="matching:my_condition")
def answer(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """The page behind the link in a message: yes or no. No signing in."""
    grant = links.read_condition(token)
    question = get_object_or_404(_answerable(), pk=grant.subject_id, need__city=city)
    asked = get_object_or_404(User, pk=grant.user_id, is_active=True)
    if not conditions.concerns(asked, question.need):
        raise Http404  # no longer of the association, say: an old link opens nothing
    return _answer(request, question, by=on_the_phone(request, question.need.city) or asked)


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """The same page for whoever is signed in, and for the desk that has them on the telephone."""
    user = person(request)
    found = _answerable().filter(pk__in=conditions.visible_to(user))
    return _answer(request, get_object_or_404(found, pk=pk, need__city=city), by=user)


def why_not_asked(failure: CannotAsk) -> str:
    """Why a question was not put, to the coordinator who tried."""
    return {
        "role": _("Ce n’est pas à vous de le demander."),
        "closed": _("La proposition ou le besoin n’est plus ouvert. Les pistes se mettent à jour."),
        "changed": _("La proposition ou le besoin vient de changer. Les pistes se mettent à jour."),
        "cannot": _("Même ainsi, cette proposition ne conviendrait pas."),
        "asked": _("C’est déjà demandé. La réponse n’est pas encore là."),
        "stays": _("La réponse est déjà connue\u202f: cette condition reste."),
        "nobody": _("Personne ne peut répondre\u202f: cette association n’a pas de membre actif."),
    }[failure.why]


def _need(request: HttpRequest, city: City, reference: str) -> Need:
    needs = Need.objects.visible_to(request.user).filter(city=city)
    needs = needs.select_related("city", "commune", "organisation", "person")
    return get_object_or_404(needs, reference=reference)


def _asked(need: Need) -> str:
    person = need.person
    if need.organisation is None and person is not None and not person.email:
        return _(
            "C’est demandé. Cette personne n’a pas d’e-mail\u202f: elle attend dans «\u00a0À appeler\u00a0»."
        )
    return _("C’est demandé. La réponse se donne en un appui.")


def _answerable() -> QuerySet[ConditionQuestion]:
    return ConditionQuestion.objects.select_related(
        "need__city", "need__organisation", "need__person", "offer", "answered_by"
    )


def _answer(request: HttpRequest, question: ConditionQuestion, *, by: User) -> HttpResponse:
    """The question, or what was answered to it; `by` is whoever answers now."""
    now = timezone.now()
    if request.method != "POST":
        return _render_answer(request, question, by=by, now=now)
    said = request.POST.get("answer", "")
    if said not in (Answer.GIVES, Answer.STAYS):
        return redirect(request.path)
    try:
        answered = conditions.answer(question_id=question.pk, gives=said == Answer.GIVES, by=by, now=now)
    except CannotAnswer:
        raise Http404 from None
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
        return redirect(request.path)
    if answered.answered_at != now:
        messages.info(request, _("Une réponse est déjà là. Elle compte, la vôtre n’a rien changé."))
    return redirect(request.path)


def _render_answer(
    request: HttpRequest, question: ConditionQuestion, *, by: User, now: datetime
) -> HttpResponse:
    need = question.need
    is_moot = question.answer == Answer.MOOT or conditions.is_moot(question)
    context = {
        "question": question,
        "need": need,
        "city": need.city,
        "asks": not question.answer and not is_moot,
        "is_moot": is_moot,
        "gives": question.answer == Answer.GIVES,
        "gap": condition_words.condition_gap(question),
        "ask": condition_words.condition_ask(question),
        "change": condition_words.condition_change(question),
        "first_day": date.fromisoformat(question.params["first_day"]),
        "last_day": date.fromisoformat(question.params["last_day"]),
        "distance": exact_km(question.params["distance_km"]),
        "answered_by": question.answered_by if question.answered_by != by else None,
        "call_me_url": call_me_path(by.pk, need.city, f"condition:{question.pk}"),
        "for_somebody": not conditions.concerns(by, need),
        "opens_case": has_role(by, need.city, COORDINATION),
        "now": now,
    }
    return render(request, "matching/condition.html", context)
