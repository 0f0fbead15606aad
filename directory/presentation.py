"""A service as a page says it: what for, when it opens, in which languages, and how fresh all that is."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from catalogue.contacts import shown
from catalogue.labels import listed
from catalogue.languages import autonym, language_name
from catalogue.slots import parse_slot
from catalogue.times import ago, day_range, day_words, hour_words
from cities.days import local_day
from directory import messages, selectors
from directory.models import LIVE, WAITING, AgentCard, Referral, ReferralChange, ReferralState, Service
from directory.selectors import Opening
from directory.themes import Theme
from needs.models import Need
from needs.words import public_title_of


def card(service: Service, *, now: datetime) -> dict[str, Any]:
    """What a card and a page show of it."""
    state, today = selectors.opening(service, now), local_day(now, service.city)
    return {
        "service": service,
        "themes": [theme.label for theme in service.themes],
        "languages": [{"code": code, "name": autonym(code)} for code in service.languages],
        "is_open": state is not None and state.is_open,
        "opening": _opening_words(state, today.weekday()) if state else "",
        "phone": shown(service.phone) if service.phone else "",
        "phone_uri": service.phone.as_rfc3966 if service.phone else "",
        "checked": day_words(local_day(service.checked_at, service.city), today=today),
        "is_old": service.is_old(now),
    }


def cards(services: Iterable[Service], *, now: datetime) -> list[dict[str, Any]]:
    return [card(one, now=now) for one in services]


def agent(card: AgentCard, *, now: datetime) -> dict[str, Any]:
    """What is shown of the card of who answers."""
    organisation = card.organisation
    return {
        "agent": card,
        "of": organisation.name if organisation else "",
        "is_hidden": organisation is not None and not organisation.is_verified,
        "themes": [theme.label for theme in Theme if theme in card.themes],
        "languages": [{"code": code, "name": autonym(code)} for code in card.languages],
        "phone": shown(card.phone) if card.phone else "",
        "phone_uri": card.phone.as_rfc3966 if card.phone else "",
        "checked": day_words(local_day(card.checked_at, card.city), today=local_day(now, card.city)),
        "is_old": card.is_old(now),
    }


def week(service: Service) -> list[dict[str, str]]:
    """Its usual hours, a day a line; days on which it is closed have none."""
    hours: dict[int, list[str]] = {}
    for slot in map(parse_slot, service.slots):
        text = _("de %(start)s à %(end)s") % {
            "start": hour_words(slot.start_minute),
            "end": hour_words(slot.end_minute),
        }
        hours.setdefault(slot.weekday, []).append(text)
    return [{"label": str(WEEKDAYS[day]), "value": listed(hours[day])} for day in sorted(hours)]


def need_facts(need: Need) -> list[dict[str, str]]:
    """What a service reads of a need: figures and codes, nothing that anybody wrote."""
    languages = listed(language_name(code) for code in need.languages)
    return [
        {"label": _("Demande"), "value": public_title_of(need, quantity=need.quantity)},
        {"label": _("Personnes"), "value": str(need.people)},
        {"label": _("Jours"), "value": day_range(need.first_day, need.last_day)},
        {"label": _("Commune"), "value": need.commune.name},
        {"label": _("Langues"), "value": languages},
    ]


def referral_line(referral: Referral) -> dict[str, Any]:
    """A referral, as those who asked read it."""
    service = referral.service
    return {
        "referral": referral,
        "service": service,
        "state": referral.get_state_display(),
        "colour": _COLOURS.get(ReferralState(referral.state), "neutral"),
        "day": messages.day_said(referral),
        "waits": referral.state in WAITING,
        "may_be_noted": referral.need.is_open and referral.state in (*WAITING, ReferralState.LAPSED),
        "is_live": referral.state in LIVE,
        "phone": shown(service.phone) if service.phone else "",
        "phone_uri": service.phone.as_rfc3966 if service.phone else "",
    }


_COLOURS = {
    ReferralState.ASKED: "warn",
    ReferralState.CALL: "stop",
    ReferralState.ACCEPTED: "ok",
    ReferralState.LAPSED: "stop",
}


def referral_events(changes: Iterable[ReferralChange], *, now: datetime) -> list[dict[str, Any]]:
    """For the timeline of a case, as `desk.presentation.thread` makes its own."""
    return [
        {
            "at": change.at,
            "when": ago(change.at, now),
            "text": _("Orientation\u202f: %(service)s, %(state)s")
            % {"service": change.referral.service.name, "state": ReferralState(change.to_state).label},
            "note": " · ".join(str(part) for part in (change.by or "", change.reason) if part),
            "lines": [],
            "state": "",
        }
        for change in changes
    ]


def _opening_words(state: Opening, today: int) -> str:
    if state.is_open:
        if state.until is None:
            return _("Ouvert maintenant")
        return _("Ouvert maintenant, jusqu’à %(hour)s") % {"hour": hour_words(state.until)}
    hour = hour_words(state.at)
    if not state.in_days:
        return _("Ouvre aujourd’hui à %(hour)s") % {"hour": hour}
    if state.in_days == 1:
        return _("Ouvre demain à %(hour)s") % {"hour": hour}
    return _("Fermé maintenant, ouvre %(day)s à %(hour)s") % {
        "day": WEEKDAYS[(today + state.in_days) % 7],
        "hour": hour,
    }
