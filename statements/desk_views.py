"""What persons concerned have stated, for those who look after it: the coordinators, the associations, the desk."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import ADMINISTRATION, COORDINATION, DESK, SIGNED_IN, has_role, person, town_page
from accounts.models import Organisation
from accounts.selectors import organisations_of
from accounts.services import log_contact_reading
from catalogue.languages import language_name
from cities.days import local_day
from cities.models import City
from matching.counted_on import NotRead
from statements import selectors, services, sounds, words
from statements.forms import EntrustForm, NumberForm, ReasonForm, RecordingForm
from statements.models import Stage, Statement
from statements.questions import QUESTIONS

# A multipart form is a little longer than its file.
_LONGEST_FORM = sounds.MOST_BYTES + 64 * 1024
# Whoever opens the page again that day has read the contacts once.
_ONCE_IN = timedelta(hours=24)


@town_page(COORDINATION)
@require_http_methods(["GET", "HEAD", "POST"])
def entrust(request: HttpRequest, city: City) -> HttpResponse:
    """What waits for an association, and whom it was given to."""
    user = person(request)
    wrong: dict[str, Any] = {}
    if request.method == "POST":
        named = Statement.objects.visible_to(user).filter(
            city=city, reference=request.POST.get("reference", "")
        )
        statement = named.first()
        if statement is not None:
            wrong = _act(request, statement)
        if not wrong:
            return redirect("statements:entrust", city.slug)
    takers = list(selectors.takers(city))
    waiting = selectors.of_town(user, city, (Stage.WAITING, Stage.OFFERED)).prefetch_related(
        "changes__organisation"
    )
    context = {
        "cards": [
            {
                **_card(one, city),
                "form": wrong.get(one.reference)
                or EntrustForm(
                    organisations=selectors.takers(city),
                    listed=takers,
                    initial={"organisation": one.organisation},
                    auto_id=f"id_{one.reference}_%s",
                ),
                "declined": [change for change in one.changes.all() if change.act == "decline"],
            }
            for one in waiting
        ],
        "followed": [
            _card(one, city)
            for one in selectors.of_town(user, city, (Stage.ADOPTED,)).order_by("-changed_at")[:10]
        ],
    }
    return render(request, "statements/entrust.html", context, status=422 if wrong else 200)


def _act(request: HttpRequest, statement: Statement) -> dict[str, Any]:
    """Do what a coordinator has pressed. What was refused of a form, by the statement's reference."""
    act = request.POST.get("act")
    who: dict[str, Any] = {"by": person(request), "now": timezone.now()}
    try:
        if act == "entrust":
            form = EntrustForm(
                request.POST,
                organisations=selectors.takers(statement.city),
                auto_id=f"id_{statement.reference}_%s",
            )
            if not form.is_valid():
                return {statement.reference: form}
            services.entrust(statement_id=statement.pk, organisation=form.cleaned_data["organisation"], **who)
            messages.success(request, _("L’association est prévenue. Elle répond sur sa page."))
        elif act == "keep":
            services.adopt(statement_id=statement.pk, **who)
            messages.success(request, _("La ville suit ce besoin. La personne est prévenue."))
        elif act == "close":
            reason = ReasonForm(request.POST)
            if not reason.is_valid():
                messages.warning(request, _("Dites pourquoi, en quelques mots."))
            else:
                services.withdraw(statement_id=statement.pk, reason=reason.cleaned_data["reason"], **who)
                messages.success(request, _("Le besoin est fermé, et ses réponses sont effacées."))
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    except NotRead:
        messages.warning(request, _("Quelqu’un compte sur ce besoin\u202f: retirez-le depuis sa page."))
    return {}


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def number(request: HttpRequest, city: City) -> HttpResponse:
    """The person is here, and shows a number: the desk or an association confirms that it is theirs."""
    user = person(request)
    is_of_desk = has_role(user, city, DESK)
    mine = list(organisations_of(user, city).filter(state=Organisation.State.VERIFIED))
    if not (is_of_desk or mine):
        raise Http404
    form = NumberForm(request.POST or None)
    statement = None
    if form.is_bound and form.is_valid():
        statement = selectors.by_number(city, form.cleaned_data["number"])
        if statement is None:
            form.add_error(
                "number", _("Aucun besoin à confirmer ne porte ce numéro. Il est peut-être déjà confirmé.")
            )
        elif request.POST.get("act") == "confirm":
            try:
                services.vouch(
                    statement_id=statement.pk,
                    organisation=None if is_of_desk else mine[0],
                    by=user,
                    now=timezone.now(),
                )
            except ValidationError as refusal:
                messages.warning(request, " ".join(refusal.messages))
            else:
                messages.success(
                    request, _("C’est confirmé. Le besoin attend maintenant l’équipe de la ville.")
                )
            return redirect("statements:number", city.slug)
    context = {"form": form, "card": _card(statement, city) if statement else None}
    return render(request, "statements/number.html", context, status=422 if form.errors else 200)


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def asked(request: HttpRequest, city: City) -> HttpResponse:
    """What one's association is asked to look after, and what it does."""
    user = person(request)
    if not organisations_of(user, city).exists():
        raise Http404
    found = selectors.asked_of(user, city, today=local_day(timezone.now(), city))
    if request.method == "POST":
        statement = found.filter(reference=request.POST.get("reference", "")).first()
        if statement is not None:
            _answer(request, statement)
        return redirect("statements:asked", city.slug)
    cards = [_card(one, city) for one in found]
    for card in cards:
        one = card["statement"]
        if one.stage == Stage.ADOPTED and one.person is not None:
            log_contact_reading(
                subject=one.person, reason="statement", reference=one.reference, city=city, by=user,
                now=timezone.now(), once_in=_ONCE_IN,
            )  # fmt: skip
    return render(request, "statements/asked.html", {"cards": cards})


def _answer(request: HttpRequest, statement: Statement) -> None:
    who: dict[str, Any] = {"by": person(request), "now": timezone.now()}
    try:
        if request.POST.get("act") == "adopt":
            services.adopt(statement_id=statement.pk, **who)
            messages.success(request, _("Merci. Ce besoin est maintenant celui de votre association."))
        elif request.POST.get("act") == "decline":
            form = ReasonForm(request.POST)
            if not form.is_valid():
                messages.warning(request, _("Dites pourquoi, en quelques mots."))
                return
            services.decline(statement_id=statement.pk, reason=form.cleaned_data["reason"], **who)
            messages.success(request, _("C’est noté. La ville cherche une autre association."))
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))


@town_page(ADMINISTRATION)
@require_http_methods(["GET", "HEAD", "POST"])
def recordings(request: HttpRequest, city: City) -> HttpResponse:
    """The questions as they are read aloud, in each language."""
    user, now = person(request), timezone.now()
    choices = [(one.name, one.text) for one in QUESTIONS.values()]
    is_sent = request.method == "POST"
    if is_sent and request.POST.get("act") == "remove":
        services.remove_recording(
            city=city,
            question=request.POST.get("question", ""),
            language=request.POST.get("language", ""),
            by=user,
            now=now,
        )
        return redirect("statements:recordings", city.slug)
    form = RecordingForm(request.POST or None, request.FILES or None, questions=choices)
    if is_sent and int(request.META.get("CONTENT_LENGTH") or 0) > _LONGEST_FORM:
        form.errors.pop("file", None)  # it was not read, and so not found
        form.add_error("file", sounds.too_long())
    if is_sent and form.is_valid():
        said = form.cleaned_data
        services.record(
            city=city,
            question=said["question"],
            language=said["language"],
            content=said["file"],
            by=user,
            now=now,
        )
        messages.success(request, _("L’enregistrement est en ligne."))
        return redirect("statements:recordings", city.slug)
    rows = [
        {
            "recording": one,
            "question": QUESTIONS[one.question].text if one.question in QUESTIONS else one.question,
            "language": language_name(one.language),
            "url": reverse("statements:listen", args=[city.slug, one.question, one.language]),
        }
        for one in selectors.recordings_of(city)
    ]
    context = {"form": form, "rows": rows}
    return render(request, "statements/recordings.html", context, status=422 if form.errors else 200)


recordings.takes_files_up_to = _LONGEST_FORM  # type: ignore[attr-defined]  # read by config.uploads


def _card(statement: Statement, city: City) -> dict[str, Any]:
    """A statement for those who work on it: never how the person is reached."""
    today = local_day(timezone.now(), city)
    return {
        "statement": statement,
        "title": words.title(statement, today),
        "facts": words.facts(statement, today),
        "language": language_name(statement.language),
    }
