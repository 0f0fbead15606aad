"""How groups and proposals are shown to everybody."""

from datetime import date
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from insight.published import LEAST
from matching.reasons.sentences import PART_LABELS
from voice import selectors
from voice.models import Comment, Proposal, Remark, RemarkGroup
from voice.words import said

# By how far a group is: the colour of its tag.
_COLOURS = {"heard": "neutral", "under_way": "brand", "done": "ok", "cannot": "warn"}


def group(one: RemarkGroup) -> dict[str, Any]:
    """As everybody reads it."""
    return {
        "title": said(one.titles),
        "answer": said(one.answers),
        "colour": _COLOURS[one.state],
        "state": one.get_state_display(),
        "count": times(selectors.shown(one.n)),  # type: ignore[attr-defined]
    }


def times(number: int | None) -> str:
    if number is None:
        return _("Dit moins de %(n)s fois en un an") % {"n": LEAST}
    words = ngettext("Dit %(n)s fois en un an", "Dit %(n)s fois en un an", number)
    return words % {"n": number_format(number)}


def comments_said(proposal: Proposal, today: date) -> str:
    """How many commented, once nobody can any more: else five of one's own would tell a count under five."""
    if selectors.is_open(proposal, today):
        return ""
    number = selectors.shown(proposal.comment_count)
    if number is None:
        return _("Moins de %(n)s remarques") % {"n": LEAST}
    return ngettext("%(n)s remarque", "%(n)s remarques", number) % {"n": number_format(number)}


def texts(found: list[Remark] | list[Comment]) -> list[dict[str, Any]]:
    """What was written, and the language of the page it was written on, which need not be that of the words."""
    return [{"row": one, "language": one.language} for one in found]


def step(proposal: Proposal, today: date) -> tuple[str, str]:
    """How far it is: the colour and the words of a tag."""
    if proposal.dropped_at:
        return "neutral", _("Abandonné")
    if proposal.applied_at:
        return "ok", _("Appliqué")
    if proposal.opened_at is None:
        return "neutral", _("Pas encore public")
    if selectors.is_open(proposal, today):
        return "brand", _("Ouvert aux remarques")
    if proposal.answered_at:
        return "brand", _("La ville a répondu")
    if proposal.opinion:
        return "brand", _("La ville va répondre")
    return "brand", _("Attend l’avis du conseil")


def proposal(one: Proposal, *, today: date) -> dict[str, Any]:
    """A proposal as everybody reads it."""
    colour, state = step(one, today)
    return {
        "row": one,
        "title": said(one.titles),
        "text": said(one.texts),
        "opinion": said(one.opinion_texts),
        "answer": said(one.answers),
        "dropped": said(one.drop_texts),
        "colour": colour,
        "state": state,
        "is_open": selectors.is_open(one, today),
        "comments": comments_said(one, today),
        "points": points(one),
    }


def points(one: Proposal) -> list[dict[str, str]]:
    """Of each part the points before and after; before is when it was opened, or now while nobody else reads it."""
    if one.weights is None:
        return []
    before = one.weights_before or one.city.weights
    return [
        {
            "label": str(label),
            "before": number_format(before[part], use_l10n=True),
            "after": number_format(one.weights[part], use_l10n=True),
            "changes": before[part] != one.weights[part],
        }
        for part, label in PART_LABELS.items()
    ]
