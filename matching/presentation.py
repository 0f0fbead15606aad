"""How matches are shown: parts with points, reasons as sentences, the thread of a case. Shapes for templates."""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalogue.contacts import shown
from catalogue.times import day_words
from cities.models import City
from matching import selectors
from matching.counted_on import Stake
from matching.lifecycle import DESK, Act, NotPossible, Role
from matching.messages import phrases
from matching.models import Match, MatchState
from matching.reasons.sentences import PART_LABELS, PART_REASONS, reason_sentence

STATE_COLOURS = {
    MatchState.PROPOSED: "tonight",
    MatchState.ACCEPTED: "accent",
    MatchState.CONFIRMED: "ok",
    MatchState.UNDER_WAY: "ok",
    MatchState.COMPLETED: "ok",
}
ACT_WORDS = {
    "propose": gettext_lazy("Demande envoyée"),
    "dismiss": gettext_lazy("Piste écartée"),
    "accept": gettext_lazy("Le citoyen a dit oui"),
    "decline": gettext_lazy("Le citoyen a dit non"),
    "lapse": gettext_lazy("Pas de réponse à temps"),
    "confirm": gettext_lazy("L’association a confirmé"),
    "reconfirm": gettext_lazy("Le foyer vient toujours"),
    "refuse": gettext_lazy("L’association n’a pas retenu"),
    "start": gettext_lazy("Cela commence"),
    "complete": gettext_lazy("C’est terminé"),
    "break_off": gettext_lazy("Interrompu"),
    "cancel": gettext_lazy("Annulé"),
    "ask_longer": gettext_lazy("Prolongation demandée"),
    "stay_longer": gettext_lazy("Prolongé"),
    "not_longer": gettext_lazy("Pas de prolongation"),
    "shorten": gettext_lazy("Fin avancée"),
    "hand_over": gettext_lazy("Remis"),
    "rehouse": gettext_lazy("À reloger"),
    "count_again": gettext_lazy("Plus à reloger"),
}


# What is read together: where, when, for whom and how many, then the person.
_MATTERS = (
    ("distance", "same_place", "remote", "linked_city"),
    ("all_days", "some_days", "on_a_day", "notice", "stay", "slots"),
    ("places_exact", "places_to_spare", "whole_quantity", "part_quantity", "accepts", "accepts_everyone", "languages"),
    ("form", "rent", "step_free", "pets_accepted", "smoke_free", "shared_home", "kept_for_others"),
    (
        "shared_languages", "understood_languages", "languages_unknown", "no_shared_language", "language_not_needed",
        "confirmed", "confirmation_unknown", "asked", "not_asked",
    ),
)  # fmt: skip

# Nobody has to speak with a duvet.
_SAY_NOTHING = ("language_not_needed",)


# A row's number, as a page sends it.
_NUMBER = re.compile(r"[0-9]{1,18}")


def counting_on(
    matches: Iterable[Match], *, of_offer: bool
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Who counts on an offer, or which offers on a need: what lasts and has begun, and what is promised."""
    begun: list[dict[str, Any]] = []
    promised: list[dict[str, Any]] = []
    for match in matches:
        if match.state != MatchState.UNDER_WAY:
            promised.append(_line(match, of_offer=of_offer))
        elif match.need.lasts:
            begun.append(_line(match, of_offer=of_offer))
    return begun, promised


def stakes(found: Iterable[Stake], *, of_offer: bool) -> list[dict[str, Any]]:
    """The same of what changes, each with what becomes of it."""
    return [{**_line(stake.match, of_offer=of_offer), "becomes": _becomes(stake)} for stake in found]


def _becomes(stake: Stake) -> str:
    if stake.still_fits:
        return _("Cela reste possible.")
    if stake.match.state == MatchState.UNDER_WAY:
        return _(
            "Cela ne va plus avec ce qui est en cours\u202f: la ville est prévenue, et voit avec chacun."
        )
    return _("Ce n’est plus possible\u202f: ce qui est prévu est annulé, et tout le monde est prévenu.")


def _line(match: Match, *, of_offer: bool) -> dict[str, Any]:
    return {
        "match": match,
        "colour": STATE_COLOURS[MatchState(match.state)],
        "title": phrases.asked(match) if of_offer else phrases.offered(match),
    }


def caller(match: Match) -> dict[str, Any]:
    """Who gets in touch with the citizen: a name, a number as it is read and as it is dialled, an address."""
    who = selectors.who_calls(match)
    if isinstance(who, City):
        phone, uri = who.phone, who.phone_uri
    else:
        phone, uri = (shown(who.phone), f"tel:{who.phone.as_e164}") if who.phone else ("", "")
    told = {"name": who.name, "phone": phone, "phone_uri": uri, "email": who.email or ""}
    return told | {"is_unproven": selectors.is_unproven(who)}


def read_in(data: QueryDict) -> frozenset[int]:
    """The matches of which a page that was sent had told."""
    return frozenset(int(number) for number in data.getlist("read") if _NUMBER.fullmatch(number))


def in_turn(nights: str, moves: Sequence[date], *, today: date) -> str:
    """Homes one after the other: "41 nuits sur 41 en deux logements, un déménagement le 11 avril"."""
    days = [day_words(day, today=today) for day in moves]
    if len(days) == 1:
        return _("%(nights)s en deux logements, un déménagement le %(day)s") % {
            "nights": nights,
            "day": days[0],
        }
    return _("%(nights)s en trois logements, un déménagement le %(day)s et un autre le %(other)s") % {
        "nights": nights,
        "day": days[0],
        "other": days[1],
    }


def nights_words(nights: int) -> str:
    return ngettext("%(n)s nuit", "%(n)s nuits", nights) % {"n": nights}


def parts(match: Match) -> list[dict[str, Any]]:
    """The six parts: label, points, the most they could be, and the reason of each, where one can be said."""
    sentences = {fact["code"]: reason_sentence(fact["code"], fact["params"]) for fact in match.facts or ()}
    return [
        {
            "label": label,
            "points": match.parts[name] * match.weights[name],
            "max": match.weights[name],
            "reason": next((sentences[code] for code in PART_REASONS[name] if code in sentences), ""),
        }
        for name, label in PART_LABELS.items()
    ]


def reasons(match: Match) -> list[dict[str, str]]:
    """The reasons as sentences, those of one matter on one line, each saying whether it speaks for the pairing."""
    lines: list[dict[str, str]] = []
    for matter in _MATTERS:
        for good, state in ((True, "ok"), (False, "warn")):
            sentences = [
                reason_sentence(fact["code"], fact["params"])
                for fact in match.facts or ()
                if fact["code"] in matter and fact["good"] is good and fact["code"] not in _SAY_NOTHING
            ]
            if sentences:
                lines.append({"state": state, "text": " · ".join(sentences)})
    return lines


TO_GO_ON = frozenset({Act.ASK_LONGER, Act.STAY_LONGER, Act.NOT_LONGER, Act.SHORTEN, Act.HAND_OVER})


# What is between the desk and the citizen: others read that it is not possible, and under which one code.
_DESKS_OWN = frozenset({"vetting", "paused"})
NOT_NOW = "not_now"


def _refused_to_go_on(failure: NotPossible) -> str:
    words = {
        "vetting": _("Ce logement n’a pas encore été visité. Notez d’abord la visite."),
        "paused": _("Cette personne a demandé une pause dans ses messages. Appelez-la."),
        "taken": _("Ces jours viennent d’être pris. Choisissez une date plus proche."),
        "reason": _("Choisissez une raison."),
        "role": _("Ce n’est pas à vous de le décider."),
        "asked": _("La question est déjà posée. La réponse est attendue."),
        "days": _("Choisissez un jour avant la fin prévue.")
        if failure.act == Act.SHORTEN
        else _("Choisissez un jour après la fin prévue."),
        "once": _("Cela n’a lieu qu’une fois\u202f: il n’y a pas de jours à ajouter ou à enlever."),
        "lasts": _("Cela dure\u202f: dites plutôt quand cela finit."),
        "quantity": _("Écrivez combien a été remis\u202f: au moins 1, et pas plus que prévu."),
        "closed": _("La proposition ou le besoin n’est plus ouvert."),
        "dates": _("La proposition ne va pas jusqu’à ce jour."),
        "stay": _("C’est plus long que ce que la personne accueille d’ordinaire."),
        "state": _("Cette question n’est plus posée."),
    }
    return words.get(failure.why) or _("Ce n’est plus possible avec cette proposition\u202f: elle a changé.")


def refusal_code(failure: NotPossible, *, roles: frozenset[Role]) -> str:
    """Why an act was not possible, as the API says it to somebody in these roles."""
    return NOT_NOW if failure.why in _DESKS_OWN and not roles & DESK else failure.why


def refusal_words(failure: NotPossible, *, roles: frozenset[Role] = DESK) -> str:
    """Why an act was not possible, to whoever tried it in these roles: what happened meanwhile, blaming nobody."""
    if refusal_code(failure, roles=roles) == NOT_NOW:
        return _("Ce n’est pas possible pour le moment. Appelez la ville.")
    if failure.act in TO_GO_ON:
        return _refused_to_go_on(failure)
    if failure.why == "vetting":
        return _("Ce logement n’a pas encore été visité. Notez la visite, puis proposez.")
    if failure.why == "unaccompanied":
        return _(
            "Ce besoin concerne un mineur isolé : notez d’abord qui l’accompagne, en modifiant le besoin."
        )
    if failure.why == "paused":
        return _(
            "Cette personne a demandé une pause dans ses messages. Choisissez une autre piste, ou appelez-la."
        )
    if failure.why == "town":
        return _("Demandez d’abord l’accord de la ville liée, dans le dossier.")
    if failure.why == "taken" and failure.act == Act.ACCEPT:
        return _(
            "Quelqu’un d’autre vient de dire oui. Merci d’avoir répondu\u202f: votre proposition reste ouverte pour "
            "d’autres besoins."
        )
    if failure.why == "taken":
        return _("Cette place vient d’être prise par une autre demande. Les pistes se mettent à jour.")
    if failure.why == "closed" and failure.act in (Act.ACCEPT, Act.CONFIRM):
        return _("Entre-temps, la proposition ou le besoin a été retiré. Il n’y a plus rien à faire.")
    if failure.why == "closed":
        return _("La proposition ou le besoin n’est plus ouvert. Les pistes se mettent à jour.")
    if failure.why == "changed":
        return _("La proposition ou le besoin vient de changer. Les pistes se mettent à jour.")
    if failure.why == "rehoused":
        return _(
            "Un autre logement est demandé ou prévu pour ces personnes. Mettez d’abord fin à l’un des deux, dans le "
            "dossier."
        )
    if failure.why == "early":
        return _("C’est trop tôt\u202f: le premier jour n’est pas encore venu.")
    if failure.why == "days":
        return _("Choisissez un jour après le début, et avant la fin prévue.")
    if failure.why == "reason":
        return _("Choisissez une raison.")
    if failure.why == "role":
        return _("Ce n’est pas à vous de le décider.")
    return _("C’est déjà fait\u202f: cette piste est «\u00a0%(state)s\u00a0».") % {
        "state": MatchState(failure.state).label
    }
