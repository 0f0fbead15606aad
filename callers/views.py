"""The screen for somebody on the line: parse, one service call, render."""

import logging
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import sign_in
from accounts.access import DESK, person, town_page
from accounts.phones import who_is_it
from accounts.services import log_contact_reading
from callers.entries import (
    ENTRIES,
    NEEDED,
    OFFERED,
    Caller,
    Entry,
    asked_for,
    caller_of,
    carried_over,
    fill_in,
    names_somebody,
    said_to_be,
    with_draft,
)
from catalogue.vocabulary import Kind, Source
from cities.days import local_day
from cities.models import City
from needs.models import Need
from offers.intake import SentOtherwise
from offers.models import Offer, SharedDraft

log = logging.getLogger(__name__)

# Of one call one reading of a contact is kept, however often the page looks.
ONE_CALL = timedelta(minutes=30)


@town_page(DESK)
@require_http_methods(["GET", "HEAD", "POST"])
def enter(request: HttpRequest, city: City) -> HttpResponse:
    """One screen for an offer and a need. Looking somebody up and changing the kind keep all that was typed."""
    now, user = timezone.now(), person(request)
    if request.method != "POST":
        entry = _entry(request, city, None)
        return render(request, "callers/enter.html", _context(entry, Caller(None)))
    data, refused = carried_over(request.POST), ""
    is_sent = not {"switch", "look_up", "who", "take_up"} & set(data)
    if "take_up" in data:
        data, refused = _take_up(request, data, city)
    if "who" in data:
        data = said_to_be(data, user=user, city=city)
    entry = _entry(request, city, data)
    caller, is_held_back = _look_up(request, data, city)
    doubles: list[Any] = []
    if not is_sent:
        entry.show_unsent(data)
        fill_in(entry, caller, data)
    elif sent := entry.sent_meanwhile():
        return _sent_meanwhile(request, sent)
    elif caller.perhaps:
        entry.form.add_error("is_another", who_is_it(caller.perhaps))
    elif entry.form.is_valid():
        doubles = entry.doubles(caller)
        if doubles and not entry.form.cleaned_data["not_a_duplicate"]:
            entry.form.add_error("not_a_duplicate", _is_it_another(entry))
        else:
            try:
                entered = entry.register(by=user, now=now)
            except SentOtherwise as sent_otherwise:
                return _sent_meanwhile(request, sent_otherwise.offer)
            except ValidationError as refusal:
                entry.refuse(_held_back() if is_held_back and _asks_who(refusal) else refusal)
            else:
                return _entered(request, entry, entered)
    context = _context(entry, caller, doubles, looked_up="look_up" in data, is_held_back=is_held_back)
    context |= {"draft_number": request.POST.get("draft_number", ""), "draft_refused": refused}
    return render(request, "callers/enter.html", context, status=422 if is_sent or refused else 200)


@town_page(DESK)
@require_POST
def known(request: HttpRequest, city: City) -> HttpResponse:
    """While it is being typed: who that is, and what stands already that looks the same."""
    entry = _entry(request, city, carried_over(request.POST))
    caller, is_held_back = _look_up(request, request.POST, city)
    entry.form.is_valid()
    doubles = entry.doubles(caller)
    ticked = {name: bool(entry.form.cleaned_data.get(name)) for name in ("not_a_duplicate", "is_another")}
    entry.show_unsent(request.POST)
    entry.form.initial.update(ticked)
    filled = [
        entry.form[name].as_widget(attrs={"hx-swap-oob": "true"})
        for name in fill_in(entry, caller, request.POST)
    ]
    context = {**_context(entry, caller, doubles, is_held_back=is_held_back), "filled": filled}
    return render(request, "callers/_known.html", context)


def _entry(request: HttpRequest, city: City, data: QueryDict | None) -> Entry:
    what, kind = asked_for(data if data is not None else request.GET)
    today = local_day(timezone.now(), city)
    return ENTRIES[what](data, kind=kind, city=city, user=person(request), today=today)


def _look_up(request: HttpRequest, data: QueryDict, city: City) -> tuple[Caller, bool]:
    """Who is on the line, kept as read; and whether nobody is shown because this operator has looked up too many in
    a minute. What is saved meanwhile is saved.
    """
    user = person(request)
    if not names_somebody(data):
        return Caller(None), False
    if not sign_in.is_within_limit(request, action="caller_look_up"):
        return Caller(None), True
    caller = caller_of(data, user=user, city=city)
    if caller.person is not None:
        log_contact_reading(
            subject=caller.person,
            reason="caller-look-up",
            city=city,
            by=user,
            now=timezone.now(),
            once_in=ONE_CALL,
        )
    return caller, False


def _take_up(request: HttpRequest, data: QueryDict, city: City) -> tuple[QueryDict, str]:
    """The answers of the draft whose number is read out; else what was typed here, and why not. Each number that an
    operator tries is counted: a number is short, and none but the one that is read out is theirs to find.
    """
    user, now = person(request), timezone.now()
    try:
        counted = sign_in.count(request, action="take_up_draft", key=str(user.pk))
    except sign_in.UNAVAILABLE:
        counted = None
    if counted is None:
        return data, _("Trop de numéros à la fois. Réessayez dans une minute.")
    try:
        return with_draft(data, city=city, by=user, now=now, today=local_day(now, city)), ""
    except SharedDraft.DoesNotExist:
        log.info("an operator typed the number of no draft: user %s", user.pk)
        return data, _("Aucun brouillon de votre ville n’a ce numéro, ou son temps est passé (deux jours).")


def _sent_meanwhile(request: HttpRequest, sent: Offer) -> HttpResponse:
    said = _(
        "La personne vient d’envoyer son brouillon elle-même\u202f: voici sa proposition. Ce que vous avez saisi "
        "n’est pas enregistré."
    )
    if sent.source != Source.WEB:
        said = _(
            "Quelqu’un de l’équipe a déjà enregistré ce brouillon\u202f: voici la proposition. Ce que vous avez saisi "
            "n’est pas enregistré."
        )
    messages.warning(request, said)
    return redirect("offers:detail", sent.city.slug, sent.reference)


def _asks_who(refusal: ValidationError) -> bool:
    of_name = getattr(refusal, "error_dict", {}).get("name", [])
    return any(error.code == "who" for error in of_name)


def _held_back() -> ValidationError:
    """Instead of a refusal that says who has the number."""
    return ValidationError(_("Trop de recherches à la fois. Réessayez dans une minute."))


def _is_it_another(entry: Entry) -> str:
    if entry.what == OFFERED:
        return _("Cette personne propose déjà la même chose. Est-ce une autre proposition\u202f?")
    return _("Le même besoin est déjà enregistré. Est-ce un autre besoin\u202f?")


def _entered(request: HttpRequest, entry: Entry, entered: Offer | Need) -> HttpResponse:
    """Its own page, with the reference to be read out: that is the receipt of somebody without an address."""
    said = _("Enregistrée sous la référence %(reference)s. Lisez-la à la personne.")
    if entry.what == NEEDED:
        said = _("Enregistré sous la référence %(reference)s. Lisez-la à la personne.")
    messages.success(request, said % {"reference": entered.reference})
    for note in entry.form.notes:
        messages.info(request, note)
    page = "offers:detail" if entry.what == OFFERED else "needs:detail"
    return redirect(page, entered.city.slug, entered.reference)


def _context(
    entry: Entry,
    caller: Caller,
    doubles: list[Any] | None = None,
    *,
    looked_up: bool = False,
    is_held_back: bool = False,
) -> dict[str, Any]:
    return {
        "form": entry.form,
        "is_offer": entry.what == OFFERED,
        "entering": f"{entry.what}:{entry.kind}",
        "key": getattr(entry, "key", ""),
        "taken": entry.taken,
        "draft_number": "",
        "draft_refused": "",
        "choices": [
            {
                "label": label,
                "kinds": [
                    {
                        "value": f"{what}:{kind}",
                        "label": words,
                        "current": (what, kind) == (entry.what, entry.kind),
                    }
                    for kind, words in Kind.choices
                ],
            }
            for what, label in ((OFFERED, _("La personne propose")), (NEEDED, _("La personne a besoin")))
        ],
        "caller": caller,
        "doubles": doubles or [],
        "filled": [],
        "looked_up": looked_up,
        "who_is_it": who_is_it(caller.perhaps) if caller.perhaps else "",
        "is_held_back": is_held_back,
    }
