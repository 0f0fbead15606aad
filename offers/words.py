"""How an offer is said: its facts, where it stands, what became of it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.models import User
from accounts.selectors import has_taken_back
from catalogue import change_words
from catalogue.fields import OFFER, Field, Flag
from catalogue.labels import (
    euros,
    goods_label,
    household_names,
    km_words,
    language_names,
    listed,
    quantity_words,
)
from catalogue.saying import Fact, Saying, facts_of, titled, unsaid
from catalogue.times import ago, day_range, day_words, days_words
from catalogue.vocabulary import Kind
from offers.models import STANDS_ON, Offer, OfferChange, OfferEdit, OfferState
from offers.periods import Period

TAGS = {
    OfferState.ACTIVE: "ok",
    OfferState.UNCONFIRMED: "warn",
    OfferState.EXPIRED: "warn",
    OfferState.FROZEN: "stop",
}
# What a title is made of.
MADE_OF = (
    "kind",
    "category",
    "item",
    "size",
    "item_words",
    "languages_from",
    "languages_to",
    "capacity",
    "commune",
)
# A citizen who said so this lately is not asked again whether it still holds.
FRESH_FOR = timedelta(days=7)


def proposed_title(fields: Mapping[str, Any]) -> str:
    """A title from the answers, in the reader's language: "Chambre chez l’habitant, 2 places, Eybens"."""
    words = [capfirst(goods_label(fields["category"], *_goods_of(fields)))]
    if fields.get("languages_from") and fields.get("languages_to"):
        words.append(
            _("%(from)s vers %(to)s")
            % {"from": language_names(fields["languages_from"]), "to": language_names(fields["languages_to"])}
        )
    if fields.get("capacity"):
        words.append(quantity_words(fields["kind"], fields["capacity"]))
    if fields.get("commune"):
        words.append(fields["commune"].name)
    return listed(words)[: OFFER["title"].longest]


def title_for_owner(offer: Offer) -> str:
    """The title as its owner reads it: one that was made of the answers is made in their language; one that somebody
    wrote stands as it is.
    """
    fields = {name: getattr(offer, name) for name in MADE_OF}
    with override("fr"):
        is_made = offer.title == proposed_title(fields)
    return proposed_title(fields) if is_made else titled(offer)


def _goods_of(fields: Mapping[str, Any]) -> tuple[list[str], list[str], str]:
    item, size = fields.get("item"), fields.get("size")
    return [item] if item else [], [size] if size else [], fields.get("item_words") or ""


def facts(offer: Offer, windows: Sequence[Period], *, today: date) -> list[dict[str, Any]]:
    """What is known of an offer, as (label, value) rows; also of one that is not stored yet."""
    when = listed(day_range(first, last, today=today) for first, last in windows)
    sayings: dict[str, Saying] = {
        **dict.fromkeys(("kind", "title", "text", "reach_km", "remote", "languages_to"), unsaid),
        **dict.fromkeys((row.name for row in _conditions()), unsaid),
        "item": lambda it: [
            (OFFER["item"].label, goods_label(it.category, [it.item], words=it.item_words) if it.item else "")
        ],
        "capacity": lambda it: [
            (OFFER["capacity"].label, quantity_words(it.kind, it.capacity)),
            (_("Quand"), when),
        ],
        "commune": lambda it: [(OFFER["commune"].label, _place(it))],
        "answers_need": lambda it: [(OFFER["answers_need"].label, it.answers_need)],
        "languages_from": lambda it: [(_("Traduction"), _pair(it))],
        "accepts": _guests,
        "rent": lambda it: [(OFFER["rent"].label, _rent(it))],
        "longest_stay_days": lambda it: [(OFFER["longest_stay_days"].label, _stay(it))],
        "notice_days": lambda it: [(OFFER["notice_days"].label, _notice(it))],
        "share_with_linked": lambda it: [
            (OFFER["share_with_linked"].label, _("peuvent aussi la voir") if it.share_with_linked else "")
        ],
    }
    return facts_of(offer, OFFER, sayings=sayings, today=today)


def _conditions() -> list[Field]:
    """What a home has or allows: said together."""
    return [row for row in OFFER if row.kinds == (Kind.HOUSING,) and isinstance(row.shape, Flag)]


def _guests(offer: Offer) -> list[Fact]:
    said = listed(row.label for row in _conditions() if getattr(offer, row.name))
    guests = household_names(offer.accepts) or _("tout le monde, sauf un mineur isolé")
    return [(OFFER["accepts"].label, guests), (_("Conditions"), said)]


def _pair(offer: Offer) -> str:
    if not (offer.languages_from and offer.languages_to):
        return ""
    return _("%(from)s vers %(to)s") % {
        "from": language_names(offer.languages_from),
        "to": language_names(offer.languages_to),
    }


def _place(offer: Offer) -> str:
    words = offer.commune.label
    if offer.reach_km:
        words = _("%(place)s, jusqu’à %(km)s") % {"place": words, "km": km_words(offer.reach_km)}
    if offer.remote:
        words = _("%(place)s, ou à distance") % {"place": words}
    return words


def _rent(offer: Offer) -> str:
    if offer.rent is None:
        return ""
    return _("%(rent)s par mois") % {"rent": euros(offer.rent)} if offer.rent else _("prêté")


def _stay(offer: Offer) -> str:
    if not offer.longest_stay_days:
        return _("pas de limite")
    return _("%(days)s au plus") % {"days": days_words(offer.longest_stay_days)}


def _notice(offer: Offer) -> str:
    if not offer.notice_days:
        return _("le jour même suffit")
    return _("%(days)s avant") % {"days": days_words(offer.notice_days)}


def tag(offer: Offer) -> dict[str, str]:
    """The state as a tag: colour and word."""
    if offer.merged_into_id:
        return {"state": "brand", "text": _("réunie à une autre")}
    return {"state": TAGS.get(OfferState(offer.state), "brand"), "text": offer.get_state_display()}


def next_step(offer: Offer, *, now: datetime) -> str:
    """What happens next, or what its owner can do, in a sentence."""
    if offer.state == OfferState.UNCONFIRMED:
        if offer.owner.email:
            return _("Il reste à confirmer votre adresse e-mail.")
        return _("La ville vous appelle pour confirmer.")
    if offer.state == OfferState.ACTIVE:
        if asks_again(offer, now=now):
            return _("Tient-elle toujours\u202f? Dites-le en un geste.")
        return _("Nous cherchons un besoin qui correspond. Vous n’avez rien à faire.")
    if offer.merged_into is not None:
        if offer.merged_into.owner_id != offer.owner_id:
            return _(
                "Une autre personne propose le même logement, et sa proposition continue. Si ce n’est pas le même, "
                "appelez la ville."
            )
        return _(
            "C’est la même que %(reference)s, qui continue. Si ce n’est pas la même, appelez la ville."
        ) % {"reference": offer.merged_into.reference}
    return {
        OfferState.DRAFT: _("Elle n’est pas encore envoyée."),
        OfferState.PAUSED: _paused(offer) if offer.state == OfferState.PAUSED else "",
        OfferState.EXPIRED: _("Nous n’avons pas eu de réponse. Dites-nous si elle tient toujours."),
        OfferState.WITHDRAWN: _("Vous l’avez retirée. Merci de l’avoir proposée."),
        OfferState.FROZEN: _("La ville l’a suspendue et prend contact avec vous."),
    }[OfferState(offer.state)]


def _paused(offer: Offer) -> str:
    if has_taken_back(offer.owner, STANDS_ON):
        return _(
            "Votre accord est retiré\u202f: personne ne vous sollicite. Il se redonne dans «\u00a0Mon compte\u00a0»."
        )
    if offer.paused_until is None:
        return _("Personne ne vous sollicite. Reprenez-la quand vous voulez.")
    day = day_words(offer.paused_until)
    return _("Personne ne vous sollicite jusqu’au %(day)s. Elle reprend ensuite d’elle-même.") % {"day": day}


def asks_again(offer: Offer, *, now: datetime) -> bool:
    """Whether the owner is asked if an active offer still holds."""
    return (
        offer.state == OfferState.ACTIVE
        and offer.confirmed_at is not None
        and (offer.reminded_at is not None or now - offer.confirmed_at > FRESH_FOR)
    )


def receipt_steps(offer: Offer) -> list[str]:
    """ "Et maintenant", for an offer that has just become active."""
    if offer.kind == Kind.HOUSING:
        return [
            (
                _("La ville vous appelle pour convenir d’une visite.")
                if offer.owner.phone
                else _("La ville vous écrit pour convenir d’une visite.")
            ),
            _("Dès qu’un besoin correspond, nous vous posons la question."),
            _("Vous répondez oui ou non. Votre adresse n’est donnée qu’après votre oui."),
        ]
    return [
        _("Nous cherchons un besoin qui correspond."),
        _("Dès que nous en trouvons un, nous vous posons la question."),
        _("Vous répondez oui ou non. Vos coordonnées ne sont données qu’après votre oui."),
    ]


def history(
    offer: Offer, changes: Sequence[OfferChange], edits: Sequence[OfferEdit], *, viewer: User, now: datetime
) -> list[dict[str, Any]]:
    """What became of an offer, the latest first, and who did it. The reason of a suspension is the town's alone."""
    owner = viewer.pk == offer.owner_id
    said = {
        "register": _("Proposition enregistrée"),
        "prove_contact": _("Contact confirmé"),
        "pause": _("Mise en pause"),
        "resume": _("Reprise"),
        "consent_taken_back": _("Mise en pause\u202f: accord retiré"),
        "consent_given_again": _("Reprise\u202f: accord redonné"),
        "reconfirm": _("Confirmée\u202f: elle tient toujours"),
        "withdraw": _("Retirée"),
        "revive": _("Proposée de nouveau"),
        "merge": _("Réunie à une autre, qui continue"),
        "unmerge": _("De nouveau seule"),
        "vet": _("Visite faite par la ville"),
        "freeze": _("Suspendue par la ville"),
        "unfreeze": _("Suspension levée"),
        "exclude": _("Retirée par la ville"),
        "expire": _("Mise de côté, sans réponse de votre part") if owner else _("Mise de côté, sans réponse"),
    }
    events: list[dict[str, Any]] = []
    for change in changes:
        show_reason = change.reason and (not owner or change.act == "withdraw")
        events.append(
            {
                "text": said.get(change.act, change.act),
                "at": change.at,
                # Formerly a suspension kept who did it: that is who has reported something.
                "notes": [
                    "" if change.act == "freeze" else _actor(change.by, offer, viewer),
                    change.reason if show_reason else "",
                ],
                "lines": [],
                "state": "stop" if change.act == "freeze" else "",
            }
        )
    for edit, lines in edit_lines(edits, now=now):
        events.append(
            {
                "text": _("Modification"),
                "at": edit.at,
                "notes": [_actor(edit.by, offer, viewer)],
                "lines": lines,
                "state": "",
            }
        )
    events.sort(key=lambda event: event["at"])
    events.reverse()  # also of what happened in one moment
    if events and not events[0]["state"]:
        events[0]["state"] = "current"
    return [
        event
        | {
            "at": timezone.localtime(event["at"]),
            "when": ago(event["at"], now),
            "note": " · ".join(filter(None, event["notes"])),
        }
        for event in events
    ]


def edit_lines(
    edits: Sequence[OfferEdit], *, now: datetime, hidden: Collection[str] = ()
) -> list[tuple[OfferEdit, list[str]]]:
    """What each edit changed, in words."""
    communes, today = change_words.communes_in(edits), timezone.localdate(now)
    return [
        (edit, change_words.lines(Offer, edit.what, today=today, communes=communes, hidden=hidden))
        for edit in edits
    ]


def _actor(by: User | None, offer: Offer, viewer: User) -> str:
    """Who did it: by name for the desk; a citizen is told of the town, not of who sits there."""
    if by is None:
        return ""
    if by == viewer:
        return _("vous")
    return _("la ville") if viewer.pk == offer.owner_id else str(by)
