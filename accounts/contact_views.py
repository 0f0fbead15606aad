"""Another address for one's account, and taking a change back."""

from functools import partial

from allauth.account.adapter import get_adapter
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import contact_mails, own_codes, services, sign_in
from accounts.access import own_page, person
from accounts.forms import NewAddressForm, OneCodeForm, TwoCodesForm
from accounts.links import LinkBroken, change_to_stop
from accounts.models import PersonEdit, User

OLD, NEW, CONFIRM = "old-address", "new-address", "confirm"


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def change_address(request: HttpRequest) -> HttpResponse:
    """A code to the address that one has, another to the one that one wants; both typed here."""
    user = person(request)
    try:
        with transaction.atomic():
            return _change_address(request, user)
    except sign_in.UNAVAILABLE:
        messages.error(request, sign_in.unavailable_message())
    except sign_in.TooManyCodesError as refused:
        messages.error(request, sign_in.too_many_message(refused))
    except sign_in.TooManyTriesError as refused:
        messages.error(request, sign_in.too_many_tries_message(refused))
    return redirect("accounts:change_address")


def _change_address(request: HttpRequest, user: User) -> HttpResponse:
    wanted = own_codes.waiting_for(person=user, purpose=NEW)
    form, code_form = NewAddressForm(), TwoCodesForm()
    if request.method == "POST" and "email" in request.POST:
        form = NewAddressForm(request.POST)
        if form.is_valid():
            for purpose, address in ((OLD, str(user.email)), (NEW, form.cleaned_data["email"])):
                send = partial(contact_mails.send_code, address=address)
                own_codes.send(request=request, person=user, purpose=purpose, contact=address, by=send)
            return redirect("accounts:change_address")
    elif request.method == "POST":
        code_form = TwoCodesForm(request.POST)
        if not wanted:
            messages.warning(request, _("Ces codes ne sont plus valables. Demandez-en d’autres."))
            return redirect("accounts:change_address")
        if code_form.is_valid() and _are_right(request, user, wanted, code_form):
            try:
                _changed(request, user, wanted)
            except ValidationError as refusal:
                code_form.refuse(refusal)
            else:
                messages.success(request, _("Votre adresse est changée."))
                return redirect("accounts:home")
    context = {"form": form, "code_form": code_form, "wanted": wanted, "old": user.email}
    status = 422 if form.errors or code_form.errors else 200
    return render(request, "accounts/change_address.html", context, status=status)


def _are_right(request: HttpRequest, user: User, wanted: str, form: TwoCodesForm) -> bool:
    """Both, and neither has served before; the first wrong one is said."""
    for name, purpose, address in (("old_code", OLD, str(user.email)), ("new_code", NEW, wanted)):
        said = form.cleaned_data[name]
        if not own_codes.is_right(request=request, person=user, purpose=purpose, contact=address, code=said):
            form.add_error(name, _("Ce code n’est pas le bon."))
            return False
    spent = [own_codes.spend(person=user, purpose=purpose) for purpose in (OLD, NEW)]
    return all(spent)


def _changed(request: HttpRequest, user: User, wanted: str) -> None:
    before = user.email
    edit = services.change_email(
        user=user, email=wanted, session_key=request.session.session_key, by=user, now=timezone.now()
    )
    contact_mails.tell_of_change(user, edit, address=before)


@own_page
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """Before what opens or ends more than a page: a code by mail, for who has no second factor; then on to `next`."""
    user = person(request)
    if is_mfa_enabled(user):
        onward = _onward(request)
        return redirect(sign_in.proof_url(request, user, next_url=onward) or onward)
    try:
        return _confirm(request, user)
    except sign_in.UNAVAILABLE:
        messages.error(request, sign_in.unavailable_message())
    except sign_in.TooManyCodesError as refused:
        messages.error(request, sign_in.too_many_message(refused))
    except sign_in.TooManyTriesError as refused:
        messages.error(request, sign_in.too_many_tries_message(refused))
    return redirect(request.get_full_path())


def _confirm(request: HttpRequest, user: User) -> HttpResponse:
    address, form = str(user.email), OneCodeForm()
    if request.method == "POST" and "code" not in request.POST:
        send = partial(contact_mails.send_code, address=address)
        own_codes.send(request=request, person=user, purpose=CONFIRM, contact=address, by=send)
        return redirect(request.get_full_path())
    if request.method == "POST":
        form = OneCodeForm(request.POST)
        said = form.cleaned_data["code"] if form.is_valid() else ""
        if own_codes.is_right(
            request=request, person=user, purpose=CONFIRM, contact=address, code=said
        ) and own_codes.spend(person=user, purpose=CONFIRM):
            sign_in.note_code(request=request, user=user)
            messages.success(request, _("Merci, c’est bien vous. Vous avez dix minutes pour continuer."))
            return redirect(_onward(request))
        form.add_error("code", _("Ce code n’est pas le bon."))
    waiting = own_codes.waiting_for(person=user, purpose=CONFIRM)
    context = {"form": form, "waiting": waiting, "address": address}
    return render(request, "accounts/confirm.html", context, status=422 if form.errors else 200)


def _onward(request: HttpRequest) -> str:
    onward = request.GET.get("next", "")
    return onward if get_adapter().is_safe_url(onward) else reverse("accounts:home")


@require_http_methods(["GET", "HEAD", "POST"])
def stop_change(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever had a contact until now takes it back; a link never acts by itself."""
    try:
        edit = get_object_or_404(PersonEdit, pk=change_to_stop(token))
    except LinkBroken:
        return render(request, "accounts/stop_change.html", {"is_over": True}, status=404)
    if request.method == "POST":
        try:
            services.stop_change(edit=edit, by=None, now=timezone.now())
        except ValidationError as refusal:
            messages.error(request, " ".join(refusal.messages))
        else:
            messages.success(
                request,
                _("C’est arrêté. Vos coordonnées sont celles d’avant, et votre compte est fermé partout."),
            )
        return redirect("account_login")
    return render(request, "accounts/stop_change.html", {"is_over": False})
