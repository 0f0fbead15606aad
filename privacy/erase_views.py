"""The pages on which data are asked to go: by whose they are, or by the desk for somebody who has phoned.

Parse, one service call, render.
"""

from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import sign_in
from accounts.access import DESK, own_page, person, town_page
from accounts.links import LinkBroken, LinkExpired
from accounts.models import User
from accounts.townspeople import is_of
from cities.models import City
from privacy import erasing, retention, selectors, standing
from privacy import messages as letters
from privacy.forms import EraseCallerForm, EraseForm
from privacy.models import Erasure, Notice


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """What goes, what stays and why; then done, and signed out."""
    user, now = person(request), timezone.now()
    proof_url = sign_in.proof_url(request, user, next_url=reverse("privacy:erase"))
    form = EraseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and proof_url:
        return redirect(proof_url)
    if request.method == "POST" and form.is_valid():
        try:
            erasure = erasing.ask(person=user, how=Erasure.How.OWN, by=user, now=now)
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            if erasure.waits_for:
                return redirect("privacy:erase")
            logout(request)
            response = render(request, "privacy/erased.html")
            response["Clear-Site-Data"] = '"cache"'
            return response
    people = standing.whole(user)
    context = {
        "form": form,
        "proof_url": proof_url,
        "pending": selectors.pending(people),
        "parts": standing.parts(people),
        "begun": standing.begun(people, now=now).select_related("city", "offer", "need"),
    }
    return render(request, "privacy/erase.html", context, status=422 if form.errors else 200)


@own_page
@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    pending = selectors.pending(standing.whole(person(request)))
    if pending is not None:
        erasing.take_back(erasure_id=pending.pk, by=person(request), now=timezone.now())
    messages.success(request, _("Vos données restent."))
    return redirect("privacy:erase")


@town_page(DESK)
@require_http_methods(["GET", "HEAD", "POST"])
def erase_caller(request: HttpRequest, city: City, pk: int) -> HttpResponse:
    """For somebody on the line who has to do with the town, with what they have said."""
    subject, now = get_object_or_404(User, pk=pk, merged_into=None, anonymised_at=None), timezone.now()
    people = standing.whole(subject)
    if not any(is_of(one, city) for one in people):
        raise Http404
    form = EraseCallerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            erasure = erasing.ask(
                person=subject,
                how=Erasure.How.PHONE,
                by=person(request),
                city=city,
                reason=form.cleaned_data["reason"],
                now=now,
            )
        except ValidationError as refusal:
            form.refuse(refusal)
        else:
            said = _("C’est noté. Ses données sont effacées dans les minutes qui viennent.")
            if erasure.waits_for:
                said = _("C’est noté. Ses données seront effacées dès que ce qui les retient sera fini.")
            messages.success(request, said)
            return redirect("callers:enter", city.slug)
    context = {
        "form": form,
        "subject": subject,
        "pending": selectors.pending(people),
        "parts": standing.parts(people),
        "begun": standing.begun(people, now=now).select_related("city", "offer", "need"),
    }
    return render(request, "privacy/erase_caller.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def keep(request: HttpRequest, token: str) -> HttpResponse:
    """Behind the link of the notice: one tap, and the data stay. To open the page keeps nothing."""
    try:
        grant = letters.read(token)
    except LinkExpired as late:
        grant = late.grant
    except LinkBroken:
        raise Http404 from None
    notice = get_object_or_404(
        Notice.objects.select_related("person"), pk=grant.subject_id, person=grant.user_id
    )
    if request.method == "POST":
        notice = retention.keep(notice_id=notice.pk, by=notice.person, now=timezone.now())
    return render(request, "privacy/keep.html", {"notice": notice})
