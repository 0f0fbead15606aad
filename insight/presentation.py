"""How what was found is said: one line each, with its way there."""

from typing import Any

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from accounts.models import Organisation
from catalogue.labels import listed, quantity_words
from catalogue.saying import what
from cities.models import City
from insight.finding import SHOWN, Found
from needs.models import Need
from offers.models import Offer, OfferState

_GONE = (OfferState.WITHDRAWN, OfferState.EXPIRED)


def groups(found: Found, city: City, *, opens_cases: bool) -> list[dict[str, Any]]:
    """The kinds of things of which something was found, each with its first lines."""
    made = [
        (_("Besoins"), [_need(need, city, opens_cases=opens_cases) for need in found.needs]),
        (_("Propositions"), [_offer(offer, city) for offer in found.offers]),
        (
            _("Associations"),
            [_organisation(one, city, opens_list=opens_cases) for one in found.organisations],
        ),
    ]
    return [
        {"label": label, "lines": lines[:SHOWN], "has_more": len(lines) > SHOWN}
        for label, lines in made
        if lines
    ]


def _need(need: Need, city: City, *, opens_cases: bool) -> dict[str, Any]:
    page = "desk:case" if opens_cases else "needs:detail"
    poster = need.organisation.name if need.organisation else ""
    return {
        "url": reverse(page, args=[city.slug, need.reference]),
        "title": need.title,
        "reference": need.reference,
        "facts": [fact for fact in (need.commune.name, poster, need.case_reference) if fact],
        "state": need.get_state_display(),
        "colour": "ok" if need.is_open else "",
    }


def _offer(offer: Offer, city: City) -> dict[str, Any]:
    return {
        "url": reverse("offers:detail", args=[city.slug, offer.reference]),
        "title": offer.title,
        "reference": offer.reference,
        "facts": [
            listed([capfirst(what(offer)), quantity_words(offer.kind, offer.capacity)]),
            offer.commune.name,
            str(offer.owner),
        ],
        "state": offer.get_state_display(),
        "colour": "" if offer.state in _GONE else "ok" if offer.is_open else "warn",
    }


def _organisation(organisation: Organisation, city: City, *, opens_list: bool) -> dict[str, Any]:
    """Its line in the coordinators' list; for whoever has none, the needs that bear its name."""
    page, asked = (
        ("accounts:organisations", {"association": organisation.pk})
        if opens_list
        else ("insight:search", {"q": organisation.name})
    )
    return {
        "url": f"{reverse(page, args=[city.slug])}?{urlencode(asked)}",
        "title": organisation.name,
        "reference": "",
        "facts": [],
        "state": organisation.get_state_display(),
        "colour": "ok" if organisation.is_verified else "warn",
    }
