"""A proposal: written, opened to comments, judged by the council, answered in words, then applied or dropped.

Lock order: the proposal, then its town.
"""

from collections.abc import Mapping
from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import STEERING, has_role, require
from accounts.models import User
from catalogue.changes import given, save_changed, values
from cities.days import local_day
from cities.models import City
from matching import weighting
from matching.weighting import Points
from voice.models import Proposal, ProposalEdit
from voice.progress import Verdict
from voice.words import LONGEST_TEXT, LONGEST_TITLE, checked

# People need the time to hear of it; a year later nobody remembers what was asked.
LEAST_DAYS, MOST_DAYS = 7, 365


@transaction.atomic
def draft(
    *,
    city: City,
    titles: Mapping[str, str],
    texts: Mapping[str, str],
    weights: Points | None,
    by: User,
    now: datetime,
) -> Proposal:
    """A proposal that the town's team alone reads. `weights`: None for a rule in words. Raises ValidationError."""
    require(has_role(by, city, STEERING))
    proposal = Proposal(city=city, created_at=now)
    _write(proposal, titles, texts, weights)
    proposal.save(force_insert=True)
    what = given(["titles", "texts", "weights"], proposal)
    ProposalEdit.objects.create(proposal=proposal, what=what, by=by, at=now)
    return proposal


@transaction.atomic
def rewrite(
    *,
    proposal_id: int,
    titles: Mapping[str, str],
    texts: Mapping[str, str],
    weights: Points | None,
    by: User,
    now: datetime,
) -> Proposal:
    """Change its words and points while nobody else has read it. Raises ValidationError."""
    proposal, before = _locked(proposal_id, by)
    _refuse(proposal.opened_at is not None, _("Ce projet est déjà public\u202f: il ne change plus."))
    _write(proposal, titles, texts, weights)
    return _saved(proposal, before, by, now)


@transaction.atomic
def open_to_comments(*, proposal_id: int, until: date, by: User, now: datetime) -> Proposal:
    """Show it to everybody, who may comment to the end of a day. Raises ValidationError."""
    proposal, before = _locked(proposal_id, by)
    _refuse(proposal.opened_at is not None, _("Ce projet est déjà public\u202f: il ne change plus."))
    days = (until - local_day(now, proposal.city)).days
    if not LEAST_DAYS <= days <= MOST_DAYS:
        words = ngettext(
            "Laissez au moins %(n)s jour, et un an au plus.",
            "Laissez au moins %(n)s jours, et un an au plus.",
            LEAST_DAYS,
        )
        raise ValidationError({"until": words % {"n": LEAST_DAYS}})
    proposal.opened_at, proposal.comments_until = now, until
    proposal.weights_before = proposal.city.weights if proposal.weights is not None else None
    return _saved(proposal, before, by, now)


@transaction.atomic
def record_opinion(
    *, proposal_id: int, on: date, verdict: str, texts: Mapping[str, str], by: User, now: datetime
) -> Proposal:
    """Write down what the council said once the comments were closed, under its number in the town and the year; until
    the town has answered, what was written wrongly may be put right, within the year. Raises ValidationError.
    """
    proposal, before = _locked(proposal_id, by)
    _refuse(proposal.opened_at is None, _("Ouvrez d’abord le projet aux remarques."))
    _refuse(
        proposal.answered_at is not None, _("La ville a déjà répondu à cet avis\u202f: il ne change plus.")
    )
    assert proposal.comments_until is not None
    if not proposal.comments_until < on <= local_day(now, proposal.city):
        raise ValidationError(
            {"on": _("Un avis se donne une fois les remarques closes, et s’écrit ici une fois donné.")}
        )
    if proposal.opinion_year not in (None, on.year):
        raise ValidationError({"on": _("Cet avis garde son année\u202f: elle est dans son numéro.")})
    if verdict not in Verdict.values:
        raise ValidationError({"verdict": _("Dites le sens de l’avis.")})
    proposal.opinion_texts = checked(texts, field="opinion", longest=LONGEST_TEXT)
    proposal.opinion_on, proposal.verdict = on, verdict
    if proposal.opinion_year is None:
        proposal.opinion_year, proposal.opinion_number = on.year, _next_number(proposal.city, on.year)
    return _saved(proposal, before, by, now)


@transaction.atomic
def answer(*, proposal_id: int, texts: Mapping[str, str], by: User, now: datetime) -> Proposal:
    """The town's answer to the comments and the opinion, which comes after them; better words may follow until it acts.
    Raises ValidationError.
    """
    proposal, before = _locked(proposal_id, by)
    _refuse(not proposal.opinion, _("Le conseil n’a pas encore donné son avis."))
    proposal.answers = checked(texts, field="answer", longest=LONGEST_TEXT)
    proposal.answered_at = proposal.answered_at or now
    return _saved(proposal, before, by, now)


@transaction.atomic
def apply(*, proposal_id: int, by: User, now: datetime) -> Proposal:
    """Do what it says: the town's points change under the opinion's number, or its rule in words holds from now on.

    Raises ValidationError, and what `matching.weighting.change` raises: ChangedMeanwhile where the town's points are
    no longer those that the proposal was opened on, for nobody was heard on what it would now undo.
    """
    proposal, before = _locked(proposal_id, by)
    _refuse(
        not (proposal.opinion and proposal.answered_at),
        _("Un projet s’applique après l’avis du conseil et la réponse de la ville."),
    )
    proposal.applied_at = now
    _saved(proposal, before, by, now)
    if proposal.weights is not None:
        assert proposal.weights_before is not None
        weighting.change(
            city_id=proposal.city_id,
            weights=proposal.weights,
            seen=proposal.weights_before,
            opinion=proposal.opinion,
            by=by,
            now=now,
        )
    return proposal


@transaction.atomic
def drop(*, proposal_id: int, texts: Mapping[str, str], by: User, now: datetime) -> Proposal:
    """Give it up; what everybody has read ends with the reason in words, answered or not. Raises ValidationError."""
    proposal, before = _locked(proposal_id, by)
    if proposal.opened_at is not None:
        proposal.drop_texts = checked(texts, field="answer", longest=LONGEST_TEXT)
    proposal.dropped_at = now
    return _saved(proposal, before, by, now)


def _write(
    proposal: Proposal, titles: Mapping[str, str], texts: Mapping[str, str], weights: Points | None
) -> None:
    """Its words and points. Raises ValidationError by field."""
    proposal.titles = checked(titles, field="title", longest=LONGEST_TITLE)
    proposal.texts = checked(texts, field="text", longest=LONGEST_TEXT)
    proposal.weights = dict(weights) if weights is not None else None
    proposal.clean_fields(exclude=["city"])


def _next_number(city: City, year: int) -> int:
    """One at a time in a town."""
    City.objects.select_for_update(no_key=True).get(pk=city.pk)
    given_before = Proposal.objects.filter(city=city, opinion_year=year)
    return (given_before.aggregate(last=Max("opinion_number"))["last"] or 0) + 1


def _locked(proposal_id: int, by: User) -> tuple[Proposal, dict[str, object]]:
    """A proposal that is not over, and its fields, for somebody who steers its town. Raises ValidationError."""
    proposal = (
        Proposal.objects.select_for_update(no_key=True, of=("self",))
        .select_related("city")
        .get(pk=proposal_id)
    )
    require(has_role(by, proposal.city, STEERING))
    _refuse(proposal.is_over, _("Ce projet est clos."))
    return proposal, values(proposal)


def _saved(proposal: Proposal, before: dict[str, object], by: User, now: datetime) -> Proposal:
    save_changed(proposal, before, edit=ProposalEdit(proposal=proposal, by=by, at=now))
    return proposal


def _refuse(wrong: bool, words: str) -> None:
    if wrong:
        raise ValidationError(words, code="state")
