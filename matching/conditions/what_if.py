"""What a change to a need would make possible, as the engine ranks the rows of this moment."""

from collections.abc import Sequence
from datetime import datetime

import engine
from cities.days import local_day
from matching.conditions.relaxations import Relaxation, relaxed
from matching.models import ConditionQuestion
from matching.scanning import snapshots
from needs.models import Need


def would_suffice(question: ConditionQuestion, *, now: datetime) -> bool:
    """Whether a yes still makes the pair possible, which it is not already."""
    if not question.offer.is_open:
        return False
    need = question.need
    change = Relaxation(question.rule, question.change, question.params)
    snapshot = snapshots.of_pairs([need], [question.offer_id], city=need.city, now=now)
    rankings = trial(snapshot, need, [change], near=0, now=now)
    return [ranking.feasible_count for ranking in rankings] == [0, 1]


def trial(
    snapshot: snapshots.Snapshot, need: Need, changes: Sequence[Relaxation], *, near: int, now: datetime
) -> list[engine.Ranking]:
    """The engine's ranking of the need as it is, then with each change alone; empty when nothing of it is missing."""
    record = snapshot.need_records([need.pk]).get(need.pk)
    if record is None:
        return []
    variants = [relaxed(record, one.change, id=-number) for number, one in enumerate(changes, start=1)]
    tried = [record, *variants]
    aside = [offer for _need, offer in snapshot.excluded_pairs()]
    return engine.rank(
        tried,
        snapshot.offers,
        today=local_day(now, need.city),
        weights=snapshot.weights,
        links=snapshot.links,
        excluded={(one.id, offer) for one in tried for offer in aside},
        near=near,
    )
