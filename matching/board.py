"""Whose turn it is in a need, for the board of those who posted it."""

from collections.abc import Callable, Mapping

from django.db.models import Exists, OuterRef, Q

from matching.models import ConditionQuestion, Match
from matching.models import MatchState as S
from needs.models import OPEN_STATES
from needs.turns import Turn


def _waits_for_its_poster() -> Q:
    """A yes to confirm, a stay of which they are to say that it holds, a condition that might give."""
    to_confirm = Q(state=S.ACCEPTED) | Q(state=S.CONFIRMED, confirm_by__isnull=False)
    matches = Match.objects.filter(to_confirm, need=OuterRef("pk"))
    questions = ConditionQuestion.objects.filter(need=OuterRef("pk"), answer="")
    return Q(Exists(matches)) | Q(Exists(questions), state__in=OPEN_STATES)


def _waits_for_a_person() -> Q:
    return Q(Exists(Match.objects.filter(need=OuterRef("pk"), state=S.PROPOSED, waits_since__isnull=True)))


def _is_agreed() -> Q:
    return Q(Exists(Match.objects.filter(need=OuterRef("pk"), state__in=[S.CONFIRMED, S.UNDER_WAY])))


TURNS: Mapping[Turn, Callable[[], Q]] = {
    Turn.YOURS: _waits_for_its_poster,
    Turn.THEIRS: _waits_for_a_person,
    Turn.AGREED: _is_agreed,
}
