"""One's own number: written, proven by a code, given up."""

import logging
from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import contact_mails, own_codes, services, sign_in
from accounts.access import own_page, person
from accounts.forms import OneCodeForm
from accounts.models import PhoneProof, User
from notifications.channels.sms import codes
from notifications.channels.sms.forms import PhoneForm

log = logging.getLogger(__name__)

PURPOSE = "phone"


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def my_phone(request: HttpRequest) -> HttpResponse:
    """Whose number it is shows by a code that is read there; where none can be sent, the town calls."""
    user = person(request)
    changes = request.method == "POST" and request.POST.get("act") in ("number", "give_up")
    # By a number that somebody else wrote here they could be kept from being reached.
    if changes and (proof_url := sign_in.proof_url(request, user, next_url=reverse("sms:my_phone"))):
        return redirect(proof_url)
    act = {"number": _write, "code": _confirm, "give_up": _give_up}.get(request.POST.get("act", ""))
    try:
        answer = act(request, user) if request.method == "POST" and act else _page(request, user)
    except (codes.NotSentError, *sign_in.UNAVAILABLE):
        messages.error(
            request,
            _("Nous ne pouvons rien envoyer pour l’instant. Réessayez dans quelques minutes."),
        )
        return redirect("sms:my_phone")
    except sign_in.TooManyCodesError as refused:
        messages.error(request, sign_in.too_many_message(refused))
        return redirect("sms:my_phone")
    except sign_in.TooManyTriesError as refused:
        messages.error(request, sign_in.too_many_tries_message(refused))
        return redirect("sms:my_phone")
    return answer


def _page(request: HttpRequest, user: User, **forms: Any) -> HttpResponse:
    waiting = own_codes.waiting_for(person=user, purpose=PURPOSE)
    context = {
        "phone": user.phone,
        "is_proven": bool(user.phone_proof),
        "proven_how": user.get_phone_proof_display(),
        "proven_at": user.phone_proven_at,
        "sends_codes": codes.are_sent(),
        "waiting": waiting,
        "form": PhoneForm(initial={"phone": user.phone}),
        "code_form": OneCodeForm(),
        **forms,
    }
    return render(request, "sms/my_phone.html", context, status=422 if forms else 200)


def _write(request: HttpRequest, user: User) -> HttpResponse:
    form = PhoneForm(request.POST)
    if not form.is_valid():
        return _page(request, user, form=form)
    phone = form.cleaned_data["phone"]
    if user.phone == phone and user.phone_proof:
        messages.info(request, _("Ce numéro est déjà prouvé."))
        return redirect("sms:my_phone")
    by_code = codes.are_sent() and codes.can_receive(phone)
    if not (by_code and user.phone_proof):
        try:
            services.write_phone(user=user, phone=phone, by=user, now=timezone.now())
        except ValidationError as refusal:
            form.refuse(refusal)
            return _page(request, user, form=form)
    if not by_code:
        messages.success(
            request, _("C’est noté. La ville vous appellera pour vérifier que ce numéro est le vôtre.")
        )
        return redirect("sms:my_phone")
    # Where no code can leave the number stays written: the town proves it by a call.
    send = partial(codes.send_counted, request=request, number=phone.as_e164)
    own_codes.send(request=request, person=user, purpose=PURPOSE, contact=phone.as_e164, by=send)
    return redirect("sms:my_phone")


def _confirm(request: HttpRequest, user: User) -> HttpResponse:
    form = OneCodeForm(request.POST)
    number = own_codes.waiting_for(person=user, purpose=PURPOSE)
    if not number:
        messages.warning(request, _("Ce code n’est plus valable. Demandez-en un autre."))
        return redirect("sms:my_phone")
    code = form.cleaned_data["code"] if form.is_valid() else ""
    said: dict[str, Any] = {
        "request": request,
        "person": user,
        "purpose": PURPOSE,
        "contact": number,
        "code": code,
    }
    if not (own_codes.is_right(**said) and own_codes.spend(person=user, purpose=PURPOSE)):
        form.add_error("code", _("Ce code n’est pas le bon."))
        return _page(request, user, code_form=form)
    before = user.proven_phone
    with transaction.atomic():
        edit = services.prove_phone(user=user, phone=number, how=PhoneProof.SMS, by=user, now=timezone.now())
        gives_way = edit is not None and before is not None and before.as_e164 != number
        if edit and gives_way:
            contact_mails.tell_of_change(user, edit, address=user.email)
    # Once it has changed: a number that is out of reach by now is often why.
    if edit and gives_way and codes.are_sent() and codes.can_receive(before):
        try:
            codes.tell_of_change(number=before.as_e164, stop_url=contact_mails.stop_url(edit))
        except codes.NotSentError:
            log.warning("the number that user %s had was not told of edit %s", user.pk, edit.pk)
    messages.success(request, _("Merci. Ce numéro est le vôtre."))
    return redirect("sms:my_phone")


def _give_up(request: HttpRequest, user: User) -> HttpResponse:
    before = user.proven_phone
    with transaction.atomic():
        services.give_up_phone(user=user, by=user, now=timezone.now())
        if before:
            contact_mails.tell_of_change(user, user.edits.latest("pk"), address=user.email)
    messages.success(request, _("Votre numéro est effacé de votre compte."))
    return redirect("sms:my_phone")
