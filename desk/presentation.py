"""How the desk's pages are shown: the lines of the queue, a suggestion explained, the thread of a case."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import blake2s
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import User
from catalogue.labels import listed
from catalogue.saying import titled
from catalogue.times import ago, day_range, day_words, until
from catalogue.vocabulary import Kind
from desk import calling
from desk.baskets import Basket, Moment, Wanted, query_of
from desk.models import Flag, Note
from desk.selectors import Counts
from matching import telling
from matching.forms import REASONS, ReasonForm
from matching.lifecycle import WAITING, Act, Reason, Role
from matching.models import CONTACT_STATES, Decision, Match, MatchState
from matching.plans import ahead_words
from matching.presentation import ACT_WORDS, in_turn, nights_words, parts, reasons
from matching.roles import possible
from needs import history as need_history
from needs import words as need_words
from needs.models import Need, NeedEdit
from notifications import holding
from notifications.presentation import held_words
from notifications.selectors import why_held
from notifications.services import Text
from notifications.wording.models import Wording
from offers import words as offer_words
from offers.models import OfferEdit

# A case may be another town's than the home: its address is read with the contact, and each reading is kept.
HIDDEN = frozenset({"address"})
# Stands for one match in fields that are drawn once for all.
_ANY_MATCH = "any-match"
# What is older is not why a page has just changed.
JUST_NOW = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Card:
    """One pairing on the desk."""

    match: Match
    covers: str
    parts: list[dict[str, Any]]
    reasons: list[dict[str, str]]
    needs_visit: bool
    has_picture: bool
    # Its owner wants to be asked nothing new.
    is_paused: bool
    # The linked town whose agreement is needed, and whether it was asked.
    town: str
    town_asked: bool
    colour: str
    # What the citizen will read, and in which language; None where nobody can be asked yet, or nobody wants to read it.
    preview: tuple[str, Text] | None
    # Who else may need it soon, where the town's plan looks ahead.
    others_need: str


@dataclass(frozen=True, slots=True)
class Line:
    """A case in the queue, and what comes next in it."""

    need: Need
    progress: str
    next: str
    # Somebody was to answer by now.
    is_late: bool
    # What a colleague wanted to come back for today, or that nobody has said what became of it.
    chased: str


def queue_lines(
    needs: Iterable[Need], steps: Mapping[int, Sequence[Match]], chased: Mapping[int, str], *, at: Moment
) -> list[Line]:
    """The lines of the queue."""
    lines = []
    for need in needs:
        words, is_late = _next(need, steps.get(need.pk, ()), at=at)
        said = chased.get(need.pk)
        lines.append(
            Line(
                need=need,
                progress=need_words.progress_words(need),
                next=words,
                is_late=is_late,
                chased="" if said is None else said or _("sans nouvelles, à relancer"),
            )
        )
    return lines


def _next(need: Need, steps: Sequence[Match], *, at: Moment) -> tuple[str, bool]:
    """What a case waits for, and whether it is late: of several steps the first that ends or begins."""
    if not steps:
        return _undecided(need), False
    match = steps[0]
    moving = next((one for one in steps if one.rehouse_from is not None), None)
    if moving is not None and need.is_open and match.state not in WAITING:
        return _to_rehouse(moving, today=at.today), True
    if match.state in WAITING or match.is_asked_again:
        by = match.answer_by if match.state == MatchState.PROPOSED else match.confirm_by
        assert by is not None  # match_proposed_has_a_deadline, match_accepted_has_a_deadline
        return _waits_for(match, until(by, at.now)), by <= at.now and match.waits_since is None
    if match.state == MatchState.CONFIRMED and match.first_day > at.today:
        day = day_words(match.first_day, today=at.today)
        return _("commence le %(day)s") % {"day": day}, False
    return _("jusqu’au %(day)s") % {"day": day_words(match.last_day, today=at.today)}, False


def _to_rehouse(match: Match, *, today: date) -> str:
    """Of people whose home an incident holds back, and who have no other yet."""
    assert match.rehouse_from is not None
    if match.rehouse_from <= today:
        return _("à reloger ce soir")
    return _("à reloger le %(day)s") % {"day": day_words(match.rehouse_from, today=today)}


def _waits_for(match: Match, when: str) -> str:
    if match.waits_since is not None:
        return _("pas encore demandée")
    if match.state == MatchState.PROPOSED:
        return _("réponse attendue %(when)s") % {"when": when}
    return _("confirmation attendue %(when)s") % {"when": when}


def _undecided(need: Need) -> str:
    if not need.is_open:
        return str(need_words.state_words(need)[1])
    count: int = need.suggestions  # type: ignore[attr-defined]
    return ngettext("%(n)s piste", "%(n)s pistes", count) % {"n": count} if count else _("aucune piste")


def tabs(counts: Mapping[str, Counts], basket: str, wanted: Wanted, *, here: str) -> list[dict[str, Any]]:
    """The baskets, each with how many cases lie in it."""
    return [
        {
            "url": f"{here}?{query_of(name, wanted)}",
            "text": label,
            "current": name == basket,
            "count": counts[name].total,
        }
        for name, label in Basket.choices
    ]


def urgencies(counts: Counts, basket: str, wanted: Wanted, *, here: str) -> list[dict[str, Any]]:
    """Of the open basket, how many cases there are of each urgency."""
    return [
        {
            "url": f"{here}?{query_of(basket, wanted, urgence='' if wanted.urgency == urgency else urgency)}",
            "state": urgency,
            "current": wanted.urgency == urgency,
            "count": count,
        }
        for urgency, count in counts.by_urgency.items()
    ]


def suggestion_card(
    match: Match,
    *,
    own: Sequence[Wording] | None,
    ahead: Mapping[str, Mapping[str, Any]] | None = None,
    now: datetime,
) -> Card:
    """A suggestion, explained: the ring, the bar, the reasons, and what can be done.

    It carries `town_asked`, `is_paused` and `has_picture` (`selectors.suggestions`). `own`: what the town says in its
    own words; None where what the citizen will read is not shown. `ahead`: by offer, what the town's plan saw
    (`looking_ahead.latest`).
    """
    needs_visit = match.offer.kind == Kind.HOUSING and match.offer.vetted_at is None
    is_asked = not (needs_visit or match.is_across) and match.city.asks_citizen(match.offer.kind)
    return Card(
        match=match,
        covers=covers(match.share),
        parts=parts(match),
        reasons=reasons(match),
        needs_visit=needs_visit,
        # Of another town its own desk sees it.
        has_picture=match.has_picture and not match.is_across,  # type: ignore[attr-defined]
        is_paused=match.is_paused,  # type: ignore[attr-defined]
        town=match.offer.city.name if match.is_across else "",
        town_asked=match.town_asked,  # type: ignore[attr-defined]
        colour="brand",
        preview=telling.preview(match, own=own, now=now) if is_asked and own is not None else None,
        others_need=ahead_words.others_need((ahead or {}).get(str(match.offer_id)), match.offer),
    )


def dismissals(matches: Iterable[Match]) -> dict[int, SafeString]:
    """Of each, by key, the fields that ask why it is dismissed. They differ by their names alone: drawn once."""
    drawn = str(ReasonForm(act=Act.DISMISS, prefix=_ANY_MATCH))
    return {match.pk: SafeString(drawn.replace(_ANY_MATCH, dismiss_prefix(match.pk))) for match in matches}


def dismiss_prefix(match_id: int) -> str:
    """What the names of those fields begin with."""
    return f"d{match_id}"


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


def thread(
    need: Need, edits: Sequence[NeedEdit], matches: Iterable[Match], now: datetime
) -> list[dict[str, Any]]:
    """What happened in a case, the latest first, for components/timeline.html.

    The desk alone reads it: people are named. Of an address it says only that it changed.
    """
    events: list[dict[str, Any]] = [{"at": need.created_at, "text": _("Besoin enregistré"), "notes": []}]
    events += [
        {"at": edit.at, "text": f"{_('Modification')} · {titled(need)}", "notes": [edit.by], "lines": lines}
        for edit, lines in need_history.edit_lines(edits, now=now)
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


def team_events(notes: Iterable[Note], flags: Iterable[Flag], *, now: datetime) -> list[dict[str, Any]]:
    """What the team wrote on a case, as lines of its thread."""
    today = timezone.localdate(now)
    told = [
        (note.at, _("Note de %(name)s") % {"name": note.by}, "", note.text.splitlines()) for note in notes
    ]
    for flag in flags:
        day = day_words(flag.day, today=today)
        told.append((flag.at, _("Rappel pour le %(day)s") % {"day": day}, str(flag.by), [flag.words]))
        if flag.lifted_at is not None:
            told.append((flag.lifted_at, _("Rappel fait"), str(flag.lifted_by), [flag.words]))
    return [
        {"at": at, "when": ago(at, now), "text": text, "note": note, "lines": lines, "state": ""}
        for at, text, note, lines in told
    ]


def open_flags(flags: Iterable[Mapping[str, Any]], *, today: date) -> list[dict[str, Any]]:
    """The days to come back to a case (`selectors.case`), with which of them have come."""
    rows = [(flag, date.fromisoformat(flag["day"])) for flag in flags]
    return [{"flag": flag, "day": day_words(day, today=today), "is_due": day <= today} for flag, day in rows]


def etag(*parts: str) -> str:
    """The mark of what a page shows, as HTTP has it."""
    return f'"{blake2s(chr(0).join(parts).encode(), digest_size=12).hexdigest()}"'


def if_none_match(mark: str) -> str:
    """The header that asks for something else than this, as htmx has it."""
    return json.dumps({"If-None-Match": mark})


def on_this_case(names: Sequence[str]) -> str:
    """ "Nadia Ferrand est aussi sur ce dossier."."""
    if not names:
        return ""
    people = listed(names)
    return ngettext(
        "%(people)s est aussi sur ce dossier.", "%(people)s sont aussi sur ce dossier.", len(names)
    ) % {"people": people}


def just_done(decision: Decision | None, *, now: datetime) -> str:
    """What a colleague, a citizen or an association has just decided in a case."""
    if decision is None or now - decision.at > JUST_NOW:
        return _("Ce dossier vient de changer.")
    return _decided(decision, now=now)


def done_by(decision: Decision | None, *, by: User, now: datetime) -> str:
    """Who decided before somebody who comes too late; nothing where it was they themselves."""
    return "" if decision is None or decision.by == by else _decided(decision, now=now)


def _decided(decision: Decision, *, now: datetime) -> str:
    words = {"act": ACT_WORDS[decision.act], "when": ago(decision.at, now)}
    who = _who(decision.match, decision)
    if who is None:
        return _("%(act)s, %(when)s.") % words
    return _("%(name)s\u202f: %(act)s, %(when)s.") % {**words, "name": who}


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


def calls(match: Match, *, today: date) -> list[dict[str, str]]:
    """Whom the desk may call about a match, as buttons."""
    words = {calling.HOST: _("Appeler qui propose"), calling.POSTER: _("Appeler qui demande")}
    return [{"side": side, "words": words[side]} for side in calling.sides(match, today=today)]


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
    can = possible(match, roles)
    return [
        {
            "act": act.value,
            "words": word,
            "form": ReasonForm(act=act, prefix=f"{act}{match.pk}") if act in REASONS else None,
        }
        for act, word in words.items()
        if act in can
    ]
