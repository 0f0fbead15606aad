"""Sending people to a service: whoever asks, and whoever answers for the service behind a signed link."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import sign_in
from accounts.access import ANYBODY, SIGNED_IN, person, town_page
from accounts.models import User
from catalogue.references import row_number
from cities.days import local_day
from cities.models import City
from directory import asking, links, presentation, selectors
from directory.asking import Answer
from directory.forms import AnswerForm, ReferForm
from directory.models import ENDED
from needs.models import Need
from needs.selectors import get_need


@town_page(SIGNED_IN)
@require_http_methods(["GET", "HEAD", "POST"])
def refer(request: HttpRequest, city: City, reference: str) -> HttpResponse:
    """Whom a need's people were sent to, and another service to ask."""
    user = person(request)
    try:
        need = get_need(user, city, reference)
    except Need.DoesNotExist:
        raise Http404 from None
    if not selectors.may_refer(user, need):
        raise Http404
    form = ReferForm(services=selectors.shown(need.city), initial={"service": request.GET.get("service")})
    status = 200
    if request.method == "POST":
        act = request.POST.get("act", "")
        if act == "withdraw":
            return _withdraw(request, need, user)
        if act == "answer":
            return _noted(request, need, user)
        form = ReferForm(request.POST, services=selectors.shown(need.city))
        if form.is_valid() and _asked(request, need, form, user):
            return redirect("directory:refer", city.slug, reference)
        status = 422
    context = {
        "need": need,
        "form": form,
        "facts": presentation.need_facts(need),
        "lines": [
            {
                **presentation.referral_line(one),
                "form": AnswerForm(auto_id=f"id_{one.pk}_%s"),
            }
            for one in selectors.referrals_of(need)
        ],
    }
    return render(request, "directory/refer.html", context, status=status)


@town_page(ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """What the service is asked, and its answer. Only the button answers."""
    try:
        grant = links.read(token)
    except links.LinkExpired:
        return render(request, "directory/link_failed.html", status=410)
    except links.LinkBroken:
        return render(request, "directory/link_failed.html", status=404)
    referral = selectors.referrals().filter(pk=grant.subject_id, service__city=city).first()
    user = User.objects.filter(pk=grant.user_id, is_active=True).first()
    if referral is None or user is None or not selectors.may_answer(user, referral):
        return render(request, "directory/link_failed.html", status=404)
    if referral.state in ENDED:
        return render(request, "directory/link_failed.html", status=410)
    now = timezone.now()
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            asking.answer(referral_id=referral.pk, **_said(form), by=user, now=now)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            return redirect("directory:answer", city.slug, token)
    sees_contact = selectors.shows_contact(referral, local_day(now, city))
    if sees_contact:
        asking.note_read(referral_id=referral.pk, by=user, now=now)
    context = {
        "line": presentation.referral_line(referral),
        "facts": presentation.need_facts(referral.need),
        "contact": referral.contact if sees_contact else "",
        "form": form,
        "who": referral.need.organisation or referral.need.city,
    }
    return render(request, "directory/answer.html", context, status=422 if form.errors else 200)


def _asked(request: HttpRequest, need: Need, form: ReferForm, user: User) -> bool:
    if not sign_in.is_within_limit(request, action="refer"):
        form.add_error(None, _("Trop de demandes en ce moment. Réessayez demain."))
        return False
    try:
        _referral, is_told = asking.ask(need_id=need.pk, **form.cleaned_data, by=user, now=timezone.now())
    except ValidationError as refusal:
        form.refuse(refusal)
        return False
    if is_told:
        messages.success(request, _("Le service est prévenu. Sa réponse arrive ici."))
    else:
        messages.warning(
            request, _("Ce service n’a pas d’e-mail\u202f: appelez-le, puis notez sa réponse ici.")
        )
    return True


def _noted(request: HttpRequest, need: Need, user: User) -> HttpResponse:
    """What a service has said on the telephone."""
    referral = get_object_or_404(selectors.referrals_of(need), pk=row_number(request.POST.get("referral")))
    form = AnswerForm(request.POST)
    if form.is_valid():
        try:
            asking.answer(referral_id=referral.pk, **_said(form), by=user, now=timezone.now())
        except ValidationError as refusal:
            messages.warning(request, " ".join(refusal.messages))
        else:
            messages.success(request, _("La réponse est notée."))
    else:
        messages.warning(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return redirect("directory:refer", need.city.slug, need.reference)


def _withdraw(request: HttpRequest, need: Need, user: User) -> HttpResponse:
    referral = get_object_or_404(selectors.referrals_of(need), pk=row_number(request.POST.get("referral")))
    _referral, is_told = asking.withdraw(referral_id=referral.pk, by=user, now=timezone.now())
    if is_told:
        messages.success(request, _("La demande est reprise. Le service est prévenu."))
    elif is_told is False:
        messages.warning(request, _("La demande est reprise. Appelez le service pour le lui dire."))
    return redirect("directory:refer", need.city.slug, need.reference)


def _said(form: AnswerForm) -> dict[str, Any]:
    return {**form.cleaned_data, "answer": Answer(form.cleaned_data["answer"])}
