"""What happened to the invented needs: the services' own acts, at moments of the past.

Every decision, hold and message comes from the services that the pages call; only the clock is ours.
"""

import itertools
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from random import Random

from django.utils import timezone

from accounts.models import User
from catalogue.vocabulary import Kind, Urgency
from demo.need_rows import member_of
from demo.people import People
from followups import services as followups
from followups.models import Answer, FollowUp
from matching import scanning, services, sweeps
from matching.lifecycle import NotPossible, Reason
from matching.models import Match, MatchState
from needs import services as needs
from needs.models import Need, NeedState
from notifications import holding
from offers.models import Offer

# How past needs ended, in turn: the mix of a desk where offers far exceed placements.
PAST = (
    "completed", "no_show", "cancelled", "completed", "declined", "completed", "under_way", "lapsed", "completed",
    "unserved", "refused", "completed", "changed_mind", "unserved", "completed", "withdrawn", "under_way",
    "declined", "unserved", "completed", "unserved",
)  # fmt: skip
LEFT_ALONE = ("unserved", "withdrawn")
# Where needs that wait today stand, in turn; the others have not been looked at yet.
WAITING = (
    "accepted", "proposed", "dismissed", "confirmed", "declined", "lapsed", "refused", "proposed", "cancelled",
    "confirmed", "proposed", "dismissed",
)  # fmt: skip
DECIDED_OF_WAITING = 0.4
DECLINE_REASONS = (Reason.NOT_FOR_ME, Reason.NOT_AVAILABLE, Reason.CHANGED_MIND)
DISMISS_NOTES = (
    "Escalier raide, la famille a une poussette.",
    "Déjà prévu pour quelqu’un d’autre la semaine prochaine.",
    "Trop loin de l’école des enfants.",
    "",
)


def scan(now: datetime) -> None:
    """Scan whatever is due until nothing is left, as the worker would."""
    while scanning.scan_due_needs(by=None, now=now) or scanning.scan_due_offers(by=None, now=now):
        pass


class Story:
    """The acts of one town's people. Offers in `reserved` are left to the visitor."""

    def __init__(self, people: People, rng: Random, *, now: datetime, reserved: Iterable[int]) -> None:
        self.people, self.rng, self.now = people, rng, now
        self.reserved = frozenset(reserved)

    # --- Whole lists of needs ----------------------------------------------------------------------------

    def live(self, past: Sequence[Need]) -> None:
        """Play the past needs (written, not due yet), the oldest first; each has its ending.

        What each act makes due again is looked at once, at the end.
        """
        played = Need.objects.filter(pk__in=[need.pk for need in past])
        endings = itertools.cycle(PAST)
        ending = next(endings)
        for need in past:
            moment = need.created_at
            needs.expire_past(city=need.city, by=None, now=moment)
            if ending not in LEFT_ALONE:
                played.filter(scan_due_at__isnull=False).update(scan_due_at=None)
                needs.mark_due(need_ids=[need.pk], now=moment)
                scanning.scan_due_needs(by=None, now=moment)
            if self._end(need, ending):
                ending = next(endings)  # else nobody could be asked for this one: the next need has it
        # Nobody waits a month for what was urgent: it was solved elsewhere.
        for need in (
            played.filter(state=NeedState.OPEN)
            .exclude(urgency=Urgency.PLANNED)
            .select_related("entered_by")
            .order_by("pk")
        ):
            self._solve_elsewhere(need, need.created_at + (self.now - need.created_at) * 0.6)
        played.update(scan_due_at=self.now)

    def decide(self, waiting: Sequence[Need]) -> None:
        """Bring some of the needs that wait today to where the desk would have them."""
        count = max(len(WAITING), round(len(waiting) * DECIDED_OF_WAITING))
        # The visitor's association first, so that something waits for its answer.
        mine = self.people.association.pk
        turn = sorted(waiting, key=lambda need: (need.organisation_id != mine, need.created_at))
        endings = [WAITING[number % len(WAITING)] for number in range(count)]
        for ending in endings:
            for need in turn:
                if self._stand(need, ending):
                    turn.remove(need)
                    break

    # --- One need ----------------------------------------------------------------------------------------

    def _end(self, need: Need, ending: str) -> bool:
        """Play a need to its ending; False when nobody could be asked."""
        if ending == "withdrawn":
            self._solve_elsewhere(need, self._after(need.created_at, 30))
            return True
        if ending == "unserved":
            return True
        if ending == "cancelled":
            return self._stand(need, ending)
        if ending in ("declined", "lapsed", "refused"):
            self._stand(need, ending)  # then somebody else is asked
        match = self.confirm(need)
        if match is None:
            return False
        return self._go_on(match, need, ending)

    def _solve_elsewhere(self, need: Need, at: datetime) -> None:
        assert need.entered_by is not None  # every need here has one
        needs.withdraw(
            need_id=need.pk, by=need.entered_by, now=at, reason="Une autre solution a été trouvée."
        )

    def _stand(self, need: Need, ending: str) -> bool:
        """Bring one pair of a need to a state before its start; False when nobody can be asked."""
        act = {
            "proposed": self._leave_proposed,
            "accepted": self._leave_accepted,
            "dismissed": self._dismiss,
            "confirmed": self.confirm,
            "declined": self._decline,
            "lapsed": self._lapse,
            "refused": self._refuse,
            "cancelled": self._cancel,
        }[ending]
        return bool(act(need))

    def propose(self, need: Need, *, pending: bool = False, offer: Offer | None = None) -> Match | None:
        """Ask the first citizen of the suggestions who can be asked; None when there is none.

        A question that stays open was asked so lately that there is time left to answer.
        """
        begun = self._last(need)
        asked = self._after(begun, self.rng.choice([0.2, 0.5, 1, 3, 8]))
        if pending:
            hours = need.city.answer_hours(need.urgency)
            asked = max(asked, self.now - timedelta(hours=hours * self.rng.uniform(0.1, 0.7)))
        suggestions = Match.objects.suggested().filter(need=need).select_related("offer")
        if offer is not None:
            suggestions = suggestions.filter(offer=offer)
        for match in suggestions[:12]:
            if offer is None and not self._may_be_asked(match, asked):
                continue
            try:
                return services.propose(match_id=match.pk, by=self._coordinator(), now=asked)
            except NotPossible:
                continue  # held by another in the meantime: the next one
        return None

    def accept(self, need: Need, *, pending: bool = False, offer: Offer | None = None) -> Match | None:
        match = self.propose(need, pending=pending, offer=offer)
        if match is None:
            return None
        owner = match.offer.owner
        return services.accept(
            match_id=match.pk, by=owner if owner.email else self.people.operator, now=self._answered(match)
        )

    def confirm(self, need: Need, *, offer: Offer | None = None) -> Match | None:
        match = self.accept(need, offer=offer)
        if match is None:
            return None
        return services.confirm(match_id=match.pk, by=self._asker(need), now=self._after(match.changed_at, 2))

    def _leave_proposed(self, need: Need) -> Match | None:
        return self.propose(need, pending=True)

    def _leave_accepted(self, need: Need) -> Match | None:
        return self.accept(need, pending=True)

    def _decline(self, need: Need) -> Match | None:
        match = self.propose(need)
        if match is None:
            return None
        owner = match.offer.owner
        return services.decline(
            match_id=match.pk,
            by=owner if owner.email else self.people.operator,
            now=self._answered(match),
            reason=self.rng.choice(DECLINE_REASONS),
        )

    def _lapse(self, need: Need) -> Match | None:
        hours = need.city.answer_hours(need.urgency)
        # There must have been time to ask, and then to wait in vain.
        if self.now - self._last(need) < timedelta(hours=hours + 9):
            return None
        match = self.propose(need)
        if match is not None:
            assert match.answer_by is not None  # match_proposed_has_a_deadline
            sweeps.lapse_unanswered(by=None, now=match.answer_by + timedelta(minutes=1))
        return match

    def _refuse(self, need: Need) -> Match | None:
        match = self.accept(need)
        if match is None:
            return None
        return services.refuse(
            match_id=match.pk,
            by=self._asker(need),
            now=self._after(match.changed_at, 2),
            reason=Reason.OTHER_SOLUTION,
            note="Une place s’est libérée ailleurs.",
        )

    def _cancel(self, need: Need) -> Match | None:
        match = self.confirm(need)
        if match is None:
            return None
        return services.cancel(
            match_id=match.pk,
            by=self._asker(need),
            now=self._after(match.changed_at, 5),
            reason=Reason.CHANGED_MIND,
        )

    def _dismiss(self, need: Need) -> bool:
        """Set the first suggestion aside; it must leave others."""
        found = [
            match
            for match in Match.objects.suggested().filter(need=need)[:3]
            if match.offer_id not in self.reserved
        ]
        if len(found) < 2:
            return False
        services.dismiss(
            match_id=found[0].pk,
            by=self._coordinator(),
            now=self._after(max(self._last(need), found[0].offer.created_at), 3),
            reason=Reason.NOT_SUITABLE,
            note=self.rng.choice(DISMISS_NOTES),
        )
        return True

    def _go_on(self, match: Match, need: Need, ending: str) -> bool:
        """From the confirmation on: the start, the question two days later, its answer, the end.

        False when the answer of this ending is still to come.
        """
        said = {"no_show": Answer.NO_SHOW, "changed_mind": Answer.CHANGED_MIND}.get(ending)
        begun = max(self._morning(match.first_day, 8), match.changed_at + timedelta(minutes=30))
        if begun > self.now:
            return said is None
        services.start(match_id=match.pk, by=None, now=begun)
        asked = self._morning(timezone.localdate(begun) + timedelta(days=need.city.follow_up_after_days), 9)
        answered = asked + timedelta(hours=self.rng.uniform(0.3, 20))
        if answered > self.now:
            return said is None
        followups.plan_due(now=asked)
        question = FollowUp.objects.filter(match=match, asked_at__isnull=False).first()
        if question is None or (ending == "under_way" and need.kind == Kind.GOODS):
            return said is None
        followups.answer(
            followup_id=question.pk, answer=said or Answer.TOOK_PLACE, by=self._asker(need), now=answered
        )
        over = self._morning(match.last_day + timedelta(days=1), 5)
        if over <= self.now:
            followups.complete_over(now=max(over, answered))
        return True

    # --- Who and when ------------------------------------------------------------------------------------

    def _may_be_asked(self, match: Match, asked: datetime) -> bool:
        offer = match.offer
        if offer.pk in self.reserved or offer.created_at >= asked:
            return False
        if offer.kind == Kind.HOUSING and (offer.vetted_at is None or offer.vetted_at >= asked):
            return False
        # One pending question a citizen.
        pending = Match.objects.filter(offer__owner=offer.owner_id, state=MatchState.PROPOSED)
        return not pending.exists() and holding.has_room(offer.owner, offer.city, now=asked)

    def _asker(self, need: Need) -> User:
        """Who answers for the need; the desk for a person without e-mail."""
        found = member_of(need, self.people)
        return found if found.email else self.people.coordinators[0]

    def _coordinator(self) -> User:
        return self.rng.choices(self.people.coordinators, [3, 1])[0]

    def _last(self, need: Need) -> datetime:
        """When something last happened to a need."""
        acted = Match.objects.filter(need=need, decisions__isnull=False).order_by("-changed_at").first()
        return max(need.created_at, acted.changed_at) if acted else need.created_at

    def _after(self, moment: datetime, hours: float) -> datetime:
        """That many hours later, or a third of the way to now when that is sooner."""
        return moment + min(timedelta(hours=hours * self.rng.uniform(0.6, 1.2)), (self.now - moment) / 3)

    def _answered(self, match: Match) -> datetime:
        assert match.asked_at is not None and match.answer_by is not None  # noqa: PT018
        hours = (match.answer_by - match.asked_at).total_seconds() / 3600
        return self._after(match.asked_at, hours * self.rng.uniform(0.05, 0.6))

    def _morning(self, day: date, hour: int) -> datetime:
        return datetime.combine(day, time(hour, self.rng.randint(0, 40)), timezone.get_default_timezone())
