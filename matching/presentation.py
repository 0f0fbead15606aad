"""How matches are shown: parts with points, reasons as sentences, the thread of a case. Shapes for templates."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalogue.saying import titled
from catalogue.times import ago, day_range, day_words
from catalogue.vocabulary import Kind
from cities.models import City
from engine import EARTH_RADIUS_KM
from matching import selectors, services, telling
from matching.counted_on import Stake
from matching.forms import REASONS, ReasonForm
from matching.lifecycle import Act, NotPossible, Reason, Role
from matching.messages import phrases
from matching.models import CONTACT_STATES, Decision, Match, MatchState
from matching.reasons.sentences import PART_LABELS, PART_REASONS, reason_sentence
from needs import words as need_words
from needs.models import Need, NeedEdit
from notifications import holding
from notifications.presentation import held_words
from notifications.selectors import why_held
from notifications.services import Text
from notifications.wording.models import Wording
from offers import words as offer_words
from offers.models import OfferEdit

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


# A case may be another town's than the home: its address is read with the contact, and each reading is kept.
HIDDEN = frozenset({"address"})
# A row's number, as a page sends it.
_NUMBER = re.compile(r"[0-9]{1,18}")
# The width of a point of the drawing.
DISC = 17


@dataclass(frozen=True, slots=True)
class Card:
    """One pairing on the desk."""

    match: Match
    covers: str
    parts: list[dict[str, Any]]
    reasons: list[dict[str, str]]
    needs_visit: bool
    # Its owner wants to be asked nothing new.
    is_paused: bool
    # The linked town whose agreement is needed, and whether it was asked.
    town: str
    town_asked: bool
    dismiss_form: ReasonForm | None
    colour: str
    # What the citizen will read, and in which language; None where nobody can be asked yet.
    preview: tuple[str, Text] | None


def queue_lines(needs: Iterable[Need]) -> list[dict[str, Any]]:
    """The lines of the queue."""
    return [{"need": need, "progress": need_words.progress_words(need)} for need in needs]


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


def caller(match: Match) -> dict[str, str]:
    """Who gets in touch with the citizen: a name, a number as it is read and as it is dialled, an address."""
    who = selectors.who_calls(match)
    if isinstance(who, City):
        phone, uri = who.phone, who.phone_uri
    else:
        phone, uri = (who.phone.as_national, f"tel:{who.phone.as_e164}") if who.phone else ("", "")
    return {"name": who.name, "phone": phone, "phone_uri": uri, "email": who.email or ""}


def read_in(data: QueryDict) -> frozenset[int]:
    """The matches of which a page that was sent had told."""
    return frozenset(int(number) for number in data.getlist("read") if _NUMBER.fullmatch(number))


def suggestion_card(match: Match, *, own: Sequence[Wording], now: datetime) -> Card:
    """A suggestion, explained: the ring, the bar, the reasons, and what can be done.

    It carries `town_asked` and `is_paused` (`selectors.suggestions`). `own`: what the town says in its own words.
    """
    needs_visit = match.offer.kind == Kind.HOUSING and match.offer.vetted_at is None
    is_asked = not (needs_visit or match.is_across) and match.city.asks_citizen(match.offer.kind)
    return Card(
        match=match,
        covers=covers(match.share),
        parts=parts(match),
        reasons=reasons(match),
        needs_visit=needs_visit,
        is_paused=match.is_paused,  # type: ignore[attr-defined]
        town=match.offer.city.name if match.is_across else "",
        town_asked=match.town_asked,  # type: ignore[attr-defined]
        dismiss_form=ReasonForm(act=Act.DISMISS, prefix=f"d{match.pk}"),
        colour="brand",
        preview=telling.preview(match, own=own, now=now) if is_asked else None,
    )


def waits(matches: Iterable[Match]) -> dict[int, str]:
    """Of those whose question waits for its turn, why: "attend : cette personne a déjà une question"."""
    waiting = {f"match:{match.pk}": match.pk for match in matches if match.waits_since is not None}
    if not waiting:
        return {}
    held = why_held(telling.QUESTION, list(waiting))
    return {pk: held_words(held.get(key, holding.QUESTION)) for key, pk in waiting.items()}


def covers(share: float) -> str:
    """What part of what is asked somebody could give: "couvre tout", "couvre 24 %"; never rounded up to all of it."""
    if share >= 1:
        return _("couvre tout")
    return _("couvre %(n)s\u00a0%%") % {"n": max(1, math.floor(100 * share))}


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


def chart(need: Need, cards: Iterable[Card]) -> dict[str, Any]:
    """Where the suggestions lie around the need: points of a drawing 200 wide and high, the reach as a circle.

    Equirectangular around the need, which is exact enough within the few dozen kilometres shown; the farthest
    point sets the scale. Where only the commune is known points would hide one another: each is moved to the nearest
    free place. A list stands beside it, so the drawing carries nothing alone.
    """
    away = []
    for card in cards:
        offer = card.match.offer
        east = (offer.longitude - need.longitude + 180) % 360 - 180
        x = math.radians(east) * math.cos(math.radians(need.latitude)) * EARTH_RADIUS_KM
        y = math.radians(offer.latitude - need.latitude) * EARTH_RADIUS_KM
        away.append((card.match.rank, x, y))
    shown_km = max([need.reach_km, 1.0, *(math.hypot(x, y) for _rank, x, y in away)]) * 1.15
    scale = 100 / shown_km
    taken = [(100.0, 100.0)]
    points = []
    for rank, east_km, north_km in away:
        place = _free_place(100 + east_km * scale, 100 - north_km * scale, taken)
        taken.append(place)
        points.append({"rank": rank, "x": round(place[0], 1), "y": round(place[1], 1)})
    return {"radius": round(need.reach_km * scale, 1), "points": points[::-1]}


def _free_place(x: float, y: float, taken: list[tuple[float, float]]) -> tuple[float, float]:
    """The point, or the nearest one around it at which its disc covers no other."""
    turn = math.pi * (3 - math.sqrt(5))  # the golden angle: a spiral that leaves no gap
    for step in range(400):
        far = 2 * math.sqrt(step)
        place = (x + far * math.cos(step * turn), y + far * math.sin(step * turn))
        if all(math.dist(place, other) >= DISC for other in taken):
            return place
    return x, y


def thread(
    need: Need, edits: Sequence[NeedEdit], matches: Iterable[Match], now: datetime
) -> list[dict[str, Any]]:
    """What happened in a case, the latest first, for components/timeline.html.

    The desk alone reads it: people are named. Of an address it says only that it changed.
    """
    events: list[dict[str, Any]] = [{"at": need.created_at, "text": _("Besoin enregistré"), "notes": []}]
    events += [
        {"at": edit.at, "text": f"{_('Modification')} · {titled(need)}", "notes": [edit.by], "lines": lines}
        for edit, lines in need_words.edit_lines(edits, now=now)
    ]
    offer_edits: dict[int, OfferEdit] = {}
    titles: dict[int, str] = {}
    by_reference: dict[str, str] = {}
    relayed: dict[datetime, Decision] = {}
    for match in matches:
        by_reference[match.offer.reference] = titles[match.offer_id] = titled(match.offer)
        offer_edits |= {edit.pk: edit for edit in match.offer.edits.all() if edit.at >= match.created_at}
        for decision in match.decisions.all():
            if decision.relay and decision.role == Role.COORDINATOR:
                relayed[decision.at] = decision  # told once, whole
                continue
            reason = Reason(decision.reason).label if decision.reason else ""
            events.append(
                {
                    "at": decision.at,
                    "text": f"{ACT_WORDS[decision.act]} · {titled(match.offer)}",
                    "notes": [_who(match, decision), reason, decision.note],
                }
            )
    # Before what followed in the same moment.
    events[1:1] = [_relay_event(decision, by_reference, now) for decision in relayed.values()]
    events += [
        {
            "at": edit.at,
            "text": f"{_('Modification')} · {titles[edit.offer_id]}",
            "notes": [edit.by],
            "lines": lines,
        }
        for edit, lines in offer_words.edit_lines(list(offer_edits.values()), now=now, hidden=HIDDEN)
    ]
    events.sort(key=lambda event: event["at"])
    events.reverse()  # also of what happened in one moment
    return [
        {
            "at": event["at"],
            "when": ago(event["at"], now),
            "text": event["text"],
            "note": " · ".join(str(words) for words in event["notes"] if words),
            "lines": event.get("lines", []),
            "state": "",
        }
        for event in events
    ]


def _relay_event(decision: Decision, titles: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Homes in turn, asked for in one act. One of a linked town is told by its reference until its citizen is asked."""
    today = timezone.localdate(now)
    parts = [
        (part["offer"], date.fromisoformat(part["first_day"]), date.fromisoformat(part["last_day"]))
        for part in decision.relay or ()
    ]
    nights = sum((last - first).days + 1 for _reference, first, last in parts)
    act, words = (
        _("Relais demandé"),
        in_turn(nights_words(nights), [first for _reference, first, _last in parts[1:]], today=today),
    )
    return {
        "at": decision.at,
        "text": f"{act} · {words}",
        "notes": [decision.by],
        "lines": [
            f"{titles.get(reference, reference)} · {day_range(first, last, today=today)}"
            for reference, first, last in parts
        ],
    }


def _who(match: Match, decision: Decision) -> object:
    """Who decided; of a linked town's citizen not the name, before contacts are exchanged."""
    is_secret = match.is_across and match.state not in CONTACT_STATES
    if is_secret and decision.by_id == match.offer.owner_id:
        return _("la personne qui propose")
    return decision.by


def acts(match: Match, roles: frozenset[Role]) -> list[dict[str, Any]]:
    """What somebody can do now, as buttons: the act, its words, its form when it asks for a reason."""
    words = {
        Act.ACCEPT: _("Il ou elle a dit oui"),
        Act.DECLINE: _("Il ou elle a dit non"),
        Act.CONFIRM: _("L’association confirme"),
        Act.RECONFIRM: _("Le foyer vient toujours"),
        Act.REFUSE: _("L’association ne retient pas"),
        Act.CANCEL: _("Annuler"),
        Act.BREAK_OFF: _("Interrompre"),
    }
    possible = services.possible(match, roles)
    return [
        {
            "act": act.value,
            "words": word,
            "form": ReasonForm(act=act, prefix=f"{act}{match.pk}") if act in REASONS else None,
        }
        for act, word in words.items()
        if act in possible
    ]


TO_GO_ON = frozenset({Act.ASK_LONGER, Act.STAY_LONGER, Act.NOT_LONGER, Act.SHORTEN, Act.HAND_OVER})


def _refused_to_go_on(failure: NotPossible) -> str:
    words = {
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


def refusal_words(failure: NotPossible) -> str:
    """Why an act was not possible, to whoever tried it: what happened meanwhile, blaming nobody."""
    if failure.why == "vetting":
        return _("Ce logement n’a pas encore été visité. Notez la visite, puis proposez.")
    if failure.why == "paused":
        return _(
            "Cette personne a demandé une pause dans ses messages. Choisissez une autre piste, ou appelez-la."
        )
    if failure.why == "town":
        return _("Demandez d’abord l’accord de la ville liée, dans le dossier.")
    if failure.why == "taken":
        return _("Cette place vient d’être prise par une autre demande. Les pistes se mettent à jour.")
    if failure.act in TO_GO_ON:
        return _refused_to_go_on(failure)
    if failure.why == "closed" and failure.act in (Act.ACCEPT, Act.CONFIRM):
        return _("Entre-temps, la proposition ou le besoin a été retiré. Il n’y a plus rien à faire.")
    if failure.why == "closed":
        return _("La proposition ou le besoin n’est plus ouvert. Les pistes se mettent à jour.")
    if failure.why == "changed":
        return _("La proposition ou le besoin vient de changer. Les pistes se mettent à jour.")
    if failure.why == "early":
        return _("C’est trop tôt\u202f: le premier jour n’est pas encore venu.")
    if failure.why == "days":
        return _("Choisissez un jour après le début, et avant la fin prévue.")
    if failure.why == "reason":
        return _("Choisissez une raison.")
    if failure.why == "role":
        return _("Ce n’est pas à vous de le décider.")
    return _("C’est déjà fait : cette piste est « %(state)s ».") % {"state": MatchState(failure.state).label}
