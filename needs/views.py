"""The pages of needs: parse, one service call, render."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import COORDINATION, DESK, PUBLIC, SIGNED_IN, has_role, person, town_page
from accounts.models import User
from accounts.selectors import members_of, organisations_of
from catalogue.times import day_range
from catalogue.vocabulary import Kind
from cities.days import local_day
from cities.models import City
from needs import intake, selectors, words
from needs.forms import FORMS, NeedForm, SeveralForm
from needs.history import history
from needs.models import Need
from needs.turns import Turn

PER_PAGE = 20


@town_page(PUBLIC)
@require_safe
def public(request: HttpRequest, city: City) -> HttpResponse:
    """Everybody's list: open needs by kind, without a word of those who posted them."""
    _now, today = _moment(city)
    kind = request.GET.get("nature", "")
    kind = kind if kind in FORMS else ""
    here = reverse("needs:public", args=[city.slug])
    needs: Any = selectors.public_needs(city, today=local_day(timezone.now(), city), kind=kind)
    page = Paginator(needs, PER_PAGE).get_page(request.GET.get("page"))
    tabs = [{"url": here, "text": _("Tous"), "current": not kind, "count": None}]
    tabs += [
        {"url": f"{here}?nature={value}", "text": label, "current": kind == value, "count": None}
        for value, label in Kind.choices
    ]
    cards = [
        {
            "need": need,
            "when": day_range(need.first_day, need.last_day, today=today),
            "help_url": need.help_path(city, today=today),
        }
        for need in page.object_list
    ]
    context = {"tabs": tabs, "page_obj": page, "cards": cards, "query": f"nature={kind}" if kind else ""}
    return render(request, "needs/public.html", context)


@town_page(PUBLIC)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, city: City) -> HttpResponse:
    """Post a need: first its kind, then one page. A visitor is told how to come in, and whoever speaks for themselves
    alone has one question a page, which the town reads before anybody else does.
    """
    if not isinstance(request.user, User):
        return _come_in(request, city)
    if not (has_role(request.user, city, DESK) or organisations_of(request.user, city).exists()):
        return redirect("statements:start", city.slug)
    now, today = _moment(city)
    asked = (request.POST if request.method == "POST" else request.GET).get("nature", "")
    if asked not in FORMS:
        return render(request, "needs/kind.html", {"kinds": _kinds()})
    if _only_suspended(request.user, city):
        return render(request, "needs/suspended.html", status=403)
    data = request.POST if request.method == "POST" else None
    like = _like(request, city, asked)
    tonight = "ce-soir" in request.GET
    form = FORMS[asked](data, city=city, user=request.user, today=today, like=like, tonight=tonight)
    doubles: list[Need] = []
    if data is not None and form.is_valid():
        doubles = intake.doubles(form)
        if doubles and not form.cleaned_data["not_a_duplicate"]:
            form.add_error(
                "not_a_duplicate", _("Le même besoin est déjà enregistré. Est-ce un autre besoin ?")
            )
        else:
            try:
                need = intake.post(form=form, by=request.user, now=now)
            except ValidationError as refusal:
                form.add_refusal(refusal)
            else:
                _say_notes(request, form)
                return redirect(reverse("needs:detail", args=[city.slug, need.reference]) + "?recu=1")
    return render(
        request,
        "needs/new.html",
        {"form": form, "kind": asked, "kind_label": Kind(asked).label, "like": like, "doubles": doubles},
        status=422 if form.is_bound else 200,
    )


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def several(request: HttpRequest, city: City) -> HttpResponse:
    """The same need for several households: for whoever may post in an association's name."""
    user = person(request)
    if not (has_role(user, city, DESK) or selectors.organisations_to_post_for(user, city).exists()):
        raise Http404
    now, today = _moment(city)
    data = request.POST if request.method == "POST" else None
    kind = (request.POST if data is not None else request.GET).get("nature", "")
    kind = kind if kind in FORMS else Kind.HOUSING
    like = _like(request, city, kind)
    form = SeveralForm(data, kind=kind, city=city, user=user, today=today, like=like)
    doubles: list[Need] = []
    if form.is_valid():
        found = {double.pk: double for one in form.forms for double in intake.doubles(one)}
        doubles = list(found.values())
        if doubles and not form.common.cleaned_data["not_a_duplicate"]:
            form.common.add_error(
                "not_a_duplicate", _("Le même besoin est déjà enregistré. Est-ce un autre besoin ?")
            )
        else:
            try:
                posted = intake.post_several(forms=form.forms, by=user, now=now)
            except ValidationError as refusal:
                form.common.add_refusal(refusal)
            else:
                said = ngettext("%(n)s besoin est posté.", "%(n)s besoins sont postés.", len(posted))
                messages.success(request, said % {"n": len(posted)})
                return redirect("needs:mine", city.slug)
    context = {
        "several": form,
        "tabs": [
            {
                "url": f"{reverse('needs:several', args=[city.slug])}?nature={value}",
                "text": label,
                "current": value == kind,
                "count": None,
            }
            for value, label in Kind.choices
        ],
        "form": form.common,
        "kind": kind,
        "doubles": doubles,
    }
    return render(request, "needs/several.html", context, status=422 if data is not None else 200)


def _come_in(request: HttpRequest, city: City) -> HttpResponse:
    """For a visitor: the questions for a person concerned, or signing in for an association, and the telephone."""
    asked = request.GET.get("nature", "")
    here = reverse("needs:new", args=[city.slug]) + (
        f"?{urlencode({'nature': asked})}" if asked in FORMS else ""
    )
    context = {
        "sign_in_url": f"{reverse('account_login')}?{urlencode({'next': here})}",
        "join_url": reverse("accounts:register_organisation", args=[city.slug]),
    }
    return render(request, "needs/come_in.html", context)


@town_page(SIGNED_IN)
@require_safe
def mine(request: HttpRequest, city: City) -> HttpResponse:
    """One's associations' needs, one's own and those entered for callers; open ones first, or those closed."""
    _now, today = _moment(city)
    closed = request.GET.get("etat") == "termines"
    here = reverse("needs:mine", args=[city.slug])
    needs = selectors.own_needs(person(request), city, today=today, closed=closed)
    page = Paginator(needs, PER_PAGE).get_page(request.GET.get("page"))
    rows = [_row(need, today) for need in page.object_list]
    context = {
        "tabs": [
            {"url": here, "text": _("En cours"), "current": not closed, "count": None},
            {"url": f"{here}?etat=termines", "text": _("Terminés"), "current": closed, "count": None},
        ],
        "closed": closed,
        "rows": rows,
        "page_obj": page,
        "query": "etat=termines" if closed else "",
        "names_association": len({need.organisation_id for need in page.object_list}) > 1,
        "waiting": any(need.organisation and not need.organisation.is_verified for need in page.object_list),
    }
    return render(request, "needs/mine.html", context)


@town_page(SIGNED_IN)
@require_safe
def detail(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """A need's page: the receipt just after it was posted, all that was said, what happened."""
    need = _need(request, city, reference)
    now, today = _moment(need.city)
    context = {
        **_row(need, today),
        "is_new": "recu" in request.GET,
        "may_change": not (need.organisation and need.organisation.is_suspended)
        or has_role(request.user, need.city, DESK),
        "may_be_withdrawn": need.may_be_withdrawn(today),
        "waits": need.organisation is not None and not need.organisation.is_verified,
        "contact": " · ".join(part for part in (need.city.phone, need.city.email) if part),
        "steps": words.next_steps(need),
        "facts": words.facts(need, today),
        "events": _history(request, need, now),
        **_way_on(request, need),
    }
    return render(request, "needs/detail.html", context)


# --- What several pages need ---------------------------------------------------------------------------


def _moment(city: City) -> tuple[datetime, Any]:
    """Now, and the town's today."""
    now = timezone.now()
    return now, local_day(now, city)


def _need(request: HttpRequest, city: City, reference: str) -> Need:
    try:
        return selectors.get_need(person(request), city, reference)
    except Need.DoesNotExist:
        raise Http404 from None


def _like(request: HttpRequest, city: City, kind: str) -> Need | None:
    """The need of which the new one takes its answers, if the reader may see it."""
    reference = request.GET.get("comme", "")
    if not reference:
        return None
    need = _need(request, city, reference)
    return need if need.kind == kind else None


def _say_notes(request: HttpRequest, form: NeedForm) -> None:
    for note in form.notes:
        messages.info(request, note)


def _row(need: Need, today: Any) -> dict[str, Any]:
    colour, state = words.state_words(need)
    return {
        "need": need,
        "turn": Turn(getattr(need, "turn", Turn.TOWN)),
        "state_colour": colour,
        "state": state,
        "amount": words.amount(need),
        "when": words.when_words(need, need.first_day, need.last_day, today=today),
        "left": words.days_left(need, today),
        "progress": words.progress_words(need),
        "may_be_tonight": need.may_be_tonight(today)
        and not (need.organisation and need.organisation.is_suspended),
    }


def _history(request: HttpRequest, need: Need, now: datetime) -> list[dict[str, Any]]:
    assert isinstance(request.user, User)
    return history(
        need,
        selectors.changes_of(need),
        selectors.edits_of(need),
        viewer=request.user,
        is_desk=has_role(request.user, need.city, DESK),
        members=list(members_of(need.organisation)) if need.organisation else [],
        now=now,
    )


def _kinds() -> list[dict[str, Any]]:
    """The three kinds as the first question shows them."""
    return [
        {
            "value": Kind.HOUSING,
            "icon": "home",
            "label": _("Un toit"),
            "hint": _("Pour une nuit ou quelques mois."),
        },
        {
            "value": Kind.GOODS,
            "icon": "box",
            "label": _("Des objets"),
            "hint": _("Literie, vêtements, meubles, école…"),
        },
        {
            "value": Kind.SKILL,
            "icon": "speech",
            "label": _("Du temps, un savoir-faire"),
            "hint": _("Interprète, cours de français, démarches…"),
        },
    ]


def _only_suspended(user: User, city: City) -> bool:
    """Whether the person speaks only for associations that the town has suspended."""
    if has_role(user, city, DESK):
        return False
    has_any = organisations_of(user, city).exists()
    return has_any and not selectors.organisations_to_post_for(user, city).exists()


def _way_on(request: HttpRequest, need: Need) -> dict[str, str]:
    """Where the need's answers are: the case for a coordinator, one's requests for those who asked."""
    if has_role(request.user, need.city, COORDINATION):
        address = reverse("desk:case", args=[need.city.slug, need.reference])
        return {"way_on_url": address, "way_on": _("Ouvrir au bureau")}
    if has_role(request.user, need.city, DESK):
        return {"way_on_url": "", "way_on": ""}
    return {"way_on_url": reverse("matching:mine", args=[need.city.slug]), "way_on": _("Voir les réponses")}
