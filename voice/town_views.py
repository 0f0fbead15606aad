"""Those who steer a town write a proposal, open it, write down the council's opinion, answer, apply or give up."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import STEERING, person, town_page
from cities.days import local_day
from cities.models import City
from engine.vocabulary import PARTS
from matching import weighting
from matching.weighting import Points
from matching.weighting.weight_forms import WeightsForm, first_values
from voice import presentation, selectors, services
from voice.editing import AnswerForm, DropForm, OpenForm, OpinionForm, ProposalForm, key_of
from voice.models import Comment, Proposal

PER_PAGE = 20
# A page of them is printed for the council.
COMMENTS_PER_PAGE = 100


@town_page(STEERING)
@require_safe
def proposals(request: HttpRequest, city: City) -> HttpResponse:
    """All of a town, those that nobody else reads yet among them."""
    today = local_day(timezone.now(), city)
    page = Paginator(selectors.proposals(city).select_related("city"), PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "page_obj": page,
        "proposals": [presentation.proposal(one, today=today) for one in page.object_list],
    }
    return render(request, "voice/team_proposals.html", context)


@town_page(STEERING)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, city: City) -> HttpResponse:
    """Write a proposal; its points begin with those of the town, or with those that were tried on their page."""
    tried = {part: request.GET[part] for part in PARTS if part in request.GET}
    form = ProposalForm(request.POST or None)
    points = WeightsForm(request.POST or None, initial=first_values(city.weights, seen=city.weights) | tried)
    if request.method == "POST" and form.is_valid() and points.is_valid():
        try:
            written = services.draft(
                city=city,
                titles=form.said("title"),
                texts=form.said("text"),
                weights=_other(points, city),
                by=person(request),
                now=timezone.now(),
            )
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return redirect("voice:steer", city.slug, written.pk)
    wrong = bool(form.errors or points.errors)
    context = {"form": form, "points": points, "parts": [points[part] for part in PARTS]}
    return render(request, "voice/team_new.html", context, status=422 if wrong else 200)


@town_page(STEERING)
@require_http_methods(["GET", "HEAD", "POST"])
def steer(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """One proposal with what may be done next."""
    shown = get_object_or_404(selectors.proposals(city).select_related("city"), pk=pk)
    act = request.POST.get("act", "")
    data = {name: request.POST if act == name else None for name in _ACTS}
    forms: dict[str, Any] = {
        "rewrite": ProposalForm(data["rewrite"], proposal=shown),
        "open": OpenForm(data["open"]),
        "opinion": OpinionForm(data["opinion"], proposal=shown),
        "answer": AnswerForm(data["answer"], proposal=shown),
        "drop": DropForm(data["drop"]),
    }
    points = WeightsForm(
        data["rewrite"], initial=first_values(shown.weights or city.weights, seen=city.weights)
    )
    wrong = False
    if act in ("aside", "back"):
        _move(request, shown, act)
        return redirect(request.get_full_path())
    if act == "apply":
        _apply(request, shown)
        return redirect("voice:steer", city.slug, pk)
    if act == "drop" and shown.opened_at is None:
        _drop_without_words(request, shown)
        return redirect("voice:steer", city.slug, pk)
    if act in forms:
        wrong = not _done(request, act, forms[act], points, shown)
        if not wrong:
            messages.success(request, _("C’est enregistré."))
            return redirect("voice:steer", city.slug, pk)
    today = local_day(timezone.now(), city)
    page = Paginator(selectors.comments(shown), COMMENTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "one": presentation.proposal(shown, today=today),
        "proposal": shown,
        **_may(shown, today),
        **{f"{name}_form": form for name, form in forms.items()},
        "points": points,
        "parts": [points[part] for part in PARTS],
        "page_obj": page,
        "comments": presentation.texts(list(page.object_list)),
    }
    return render(request, "voice/team_proposal.html", context, status=422 if wrong else 200)


def _may(shown: Proposal, today: date) -> dict[str, bool]:
    """What follows for it. A form that was sent too late is shown all the same, with what was typed and why not."""
    is_public = shown.opened_at is not None and not shown.is_over
    is_closed = is_public and shown.comments_until is not None and today > shown.comments_until
    return {
        "may_write": shown.opened_at is None and not shown.is_over,
        "waits": is_public and not is_closed,
        "may_judge": is_closed and not shown.answered_at,
        "may_answer": is_public and bool(shown.opinion),
        "may_apply": is_public and shown.answered_at is not None,
    }


def _done(request: HttpRequest, act: str, form: Any, points: WeightsForm, shown: Proposal) -> bool:
    """One step, by its form; False where the form says what is wrong."""
    is_valid = form.is_valid() and (act != "rewrite" or points.is_valid())
    if not is_valid:
        return False
    common = {"proposal_id": shown.pk, "by": person(request), "now": timezone.now()}
    try:
        _ACTS[act](form, points, shown, common)
    except ValidationError as refusal:
        form.refuse(refusal)
        return False
    return True


def _rewrite(form: ProposalForm, points: WeightsForm, shown: Proposal, common: dict[str, Any]) -> None:
    services.rewrite(
        titles=form.said("title"), texts=form.said("text"), weights=_other(points, shown.city), **common
    )


def _open(form: OpenForm, points: WeightsForm, shown: Proposal, common: dict[str, Any]) -> None:
    services.open_to_comments(until=form.cleaned_data["until"], **common)


def _opinion(form: OpinionForm, points: WeightsForm, shown: Proposal, common: dict[str, Any]) -> None:
    said = form.cleaned_data
    services.record_opinion(on=said["on"], verdict=said["verdict"], texts=form.said("opinion"), **common)


def _answer(form: AnswerForm, points: WeightsForm, shown: Proposal, common: dict[str, Any]) -> None:
    services.answer(texts=form.said("answer"), **common)


def _drop(form: DropForm, points: WeightsForm, shown: Proposal, common: dict[str, Any]) -> None:
    services.drop(texts=form.said("answer"), **common)


_ACTS: dict[str, Any] = {
    "rewrite": _rewrite,
    "open": _open,
    "opinion": _opinion,
    "answer": _answer,
    "drop": _drop,
}


def _apply(request: HttpRequest, shown: Proposal) -> None:
    try:
        services.apply(proposal_id=shown.pk, by=person(request), now=timezone.now())
    except weighting.ChangedMeanwhile:
        messages.warning(
            request,
            _(
                "Les points de la ville ont changé depuis l’ouverture de ce projet. Ouvrez-en un autre, sur ceux "
                "d’aujourd’hui, et renoncez à celui-ci."
            ),
        )
    except weighting.SameWeights:
        messages.warning(request, _("Ces points sont déjà ceux de la ville."))
    except ValidationError as refusal:
        _say(request, refusal)
    else:
        messages.success(request, _("Le projet est appliqué."))


def _drop_without_words(request: HttpRequest, shown: Proposal) -> None:
    try:
        services.drop(proposal_id=shown.pk, texts={}, by=person(request), now=timezone.now())
    except ValidationError as refusal:
        _say(request, refusal)
    else:
        messages.success(request, _("Le projet est abandonné."))


def _say(request: HttpRequest, refusal: ValidationError) -> None:
    for sentence in refusal.messages:
        messages.error(request, sentence)


def _move(request: HttpRequest, shown: Proposal, act: str) -> None:
    comment = get_object_or_404(Comment, proposal=shown, pk=key_of(request.POST.get("comment", "")))
    by, now = person(request), timezone.now()
    if act == "aside":
        services.set_comment_aside(comment_id=comment.pk, by=by, now=now)
        messages.success(request, _("La remarque est mise de côté."))
    else:
        services.put_comment_back(comment_id=comment.pk, by=by, now=now)
        messages.success(request, _("La remarque compte de nouveau."))


def _other(points: WeightsForm, city: City) -> Points | None:
    """The points that were typed; None where they are the town's own, since the proposal is about something else."""
    is_same = weighting.points_of(points.weights) == weighting.points_of(city.weights)
    return None if is_same else points.weights
