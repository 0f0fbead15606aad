"""One's own statement, behind its signed link: the code, where it stands, taking it back."""

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts import contact_mails, own_codes, sign_in
from accounts.access import ANYBODY, town_page
from accounts.forms import OneCodeForm
from catalogue.contacts import known_number
from cities.days import local_day
from cities.models import City
from matching import counted_on
from matching import presentation as matches
from matching.selectors import in_hand
from notifications import channel_registry
from statements import links, selectors, services, words
from statements.models import Stage, Statement

_PURPOSE = "statement"


@town_page(ANYBODY)
@require_http_methods(["GET", "HEAD", "POST"])
def own(request: HttpRequest, city: City, token: str) -> HttpResponse:
    """Whoever has the link reads where the need stands, and once it is proven no contact. Only a button acts."""
    try:
        statement = links.read(token)
    except links.LinkBroken:
        return render(request, "statements/broken.html", status=404)
    if statement.city_id != city.pk:
        return render(request, "statements/broken.html", status=404)
    act = {"send": _send, "code": _code, "withdraw": _withdraw}.get(request.POST.get("act", ""))
    if request.method != "POST" or act is None:
        return _page(request, statement)
    try:
        return act(request, statement)
    except (channel_registry.CodeNotSent, *sign_in.UNAVAILABLE):
        messages.error(
            request, _("Nous ne pouvons rien envoyer pour l’instant. Réessayez dans quelques minutes.")
        )
    except sign_in.TooManyCodesError as refused:
        messages.error(request, sign_in.too_many_message(refused))
    except sign_in.TooManyTriesError as refused:
        messages.error(request, sign_in.too_many_tries_message(refused))
    return redirect(links.own_path(statement))


def _page(request: HttpRequest, statement: Statement, **more: Any) -> HttpResponse:
    now, city = timezone.now(), statement.city
    colour, state = words.state(statement)
    unproven = statement.stage == Stage.UNPROVEN
    takes_code = unproven and _takes_code(statement)
    context = {
        "statement": statement,
        "title": words.title(statement, local_day(now, city)),
        "facts": words.facts(statement, local_day(now, city)),
        "state_colour": colour,
        "state": state,
        "unproven": unproven,
        "takes_code": takes_code,
        "waiting": takes_code and bool(own_codes.waiting_for(person=statement, purpose=_PURPOSE)),
        "contact": statement.contact,
        "kept_days": selectors.KEPT_UNPROVEN.days,
        "follower": statement.organisation.name
        if statement.organisation and statement.stage == Stage.ADOPTED
        else city.name
        if statement.stage == Stage.ADOPTED
        else "",
        "asks_withdrawal": "retirer" in request.GET,
        "may_withdraw": _may_withdraw(statement),
        "code_form": OneCodeForm(),
        **more,
    }
    if context["asks_withdrawal"] and statement.need is not None:
        context["begun"], context["promised"] = matches.counting_on(
            in_hand(need=statement.need), of_offer=False
        )
    return render(request, "statements/own.html", context, status=422 if "code_form" in more else 200)


def _takes_code(statement: Statement) -> bool:
    """Whether a code can go to the contact; a landline's, and one without a gateway, the town confirms."""
    if "email" in statement.answers:
        return True
    phone = statement.answers.get("phone")
    return bool(phone) and channel_registry.takes_code(known_number(phone))


def _may_withdraw(statement: Statement) -> bool:
    if statement.stage == Stage.CLOSED:
        return False
    need = statement.need
    if need is None:
        return True
    return statement.person is not None and need.may_be_withdrawn(local_day(timezone.now(), statement.city))


def _send(request: HttpRequest, statement: Statement) -> HttpResponse:
    if statement.stage == Stage.UNPROVEN and _takes_code(statement):
        contact = statement.contact
        by: own_codes.Sends = (
            partial(contact_mails.send_code, address=contact)
            if "email" in statement.answers
            else partial(channel_registry.send_code, request=request, number=contact)
        )
        own_codes.send(request=request, person=statement, purpose=_PURPOSE, contact=contact, by=by)
    return redirect(links.own_path(statement))


def _code(request: HttpRequest, statement: Statement) -> HttpResponse:
    form = OneCodeForm(request.POST)
    code = form.cleaned_data["code"] if form.is_valid() else ""
    said: dict[str, Any] = {"person": statement, "purpose": _PURPOSE}
    if statement.stage != Stage.UNPROVEN:
        return redirect(links.own_path(statement))
    if not own_codes.is_right(request=request, contact=statement.contact, code=code, **said):
        form.add_error("code", _("Ce code n’est pas le bon."))
        return _page(request, statement, code_form=form)
    own_codes.spend(**said)
    proven = services.prove(statement_id=statement.pk, now=timezone.now())
    if proven.stage == Stage.WAITING:
        messages.success(request, _("Merci. Votre besoin est transmis à la ville."))
    return redirect(links.own_path(proven))


def _withdraw(request: HttpRequest, statement: Statement) -> HttpResponse:
    try:
        closed = services.withdraw(
            statement_id=statement.pk,
            read=matches.read_in(request.POST),
            by=statement.person,
            now=timezone.now(),
        )
    except counted_on.NotRead:
        messages.warning(request, _("Quelque chose a changé. Relisez, puis confirmez."))
        return redirect(f"{links.own_path(statement)}?retirer")
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    else:
        messages.success(request, words.state(closed)[1])
    return redirect(links.own_path(statement))
