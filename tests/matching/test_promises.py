"""A promise does not outlive what it was about: what becomes of a match when its offer or its need is taken back,
paused, no longer confirmed, suspended.
"""

from datetime import timedelta
from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from catalogue.constraints import violated
from catalogue.vocabulary import Kind
from matching import held_back, services, sweeps, tasks
from matching.lifecycle import NotPossible, Reason
from matching.models import Decision, Hold, Match, MatchState
from needs import services as needs
from needs.models import Need
from notifications.models import Message
from offers import services as offers
from offers.models import Offer
from tests.factories.matching import NOW, drain, story

BEFORE = ("proposed", "accepted", "confirmed")


def lead(it, state, now=NOW):
    """To a state, by the people who decide; a stay begins on its first day. The moment at which it stands there."""
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    if state != "proposed":
        services.accept(match_id=it.match.pk, by=it.citizen, now=now)
    if state in ("confirmed", "under_way"):
        services.confirm(match_id=it.match.pk, by=it.member, now=now)
    if state == "under_way":
        now += it.match.first_day - now.date()
        assert sweeps.start_due(by=None, now=now) == 1
    assert it.state == state
    return now


def take_back(it, side, now=NOW):
    if side == "offer":
        return offers.withdraw(offer_id=it.match.offer_id, by=it.citizen, now=now)
    return needs.withdraw(need_id=it.match.need_id, by=it.member, now=now)


def freeze(it, now=NOW):
    return offers.freeze(offer_id=it.match.offer_id, by=it.coordinator, now=now, reason="incident 1")


def told(event):
    return set(Message.objects.filter(event=event).values_list("recipient", flat=True))


# --- Taken back ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", BEFORE)
def test_what_was_to_come_of_an_offer_that_is_taken_back_is_called_off(db, state):
    it = story()
    lead(it, state)
    take_back(it, "offer")
    assert sweeps.cancel_orphans(by=None, now=NOW) == 1
    assert it.state == "cancelled"
    assert Decision.objects.filter(match=it.match).last().reason == Reason.OFFER_GONE
    assert not Hold.objects.exists()
    assert told("match_cancelled") == {it.citizen.pk, it.member.pk, it.coordinator.pk}
    need = Need.objects.get(pk=it.match.need_id)
    assert (need.state, need.given_days, need.scan_due_at is not None) == ("open", 0, True), (
        "looked for at once"
    )
    assert sweeps.cancel_orphans(by=None, now=NOW) == 0


@pytest.mark.parametrize("state", BEFORE)
def test_what_was_to_come_for_a_need_that_is_taken_back_is_called_off(db, state):
    it = story()
    lead(it, state)
    take_back(it, "need")
    assert sweeps.cancel_orphans(by=None, now=NOW) == 1
    assert (it.state, Decision.objects.filter(match=it.match).last().reason) == (
        "cancelled",
        Reason.NEED_GONE,
    )
    assert told("match_cancelled") == {it.citizen.pk, it.member.pk, it.coordinator.pk}
    need = Need.objects.get(pk=it.match.need_id)
    assert (need.state, need.given_days, need.given_quantity) == ("withdrawn", 0, 0)
    assert not Hold.objects.exists()


def test_the_part_that_was_confirmed_for_a_need_that_is_taken_back_is_called_off(db):
    it = story(kind=Kind.GOODS, offer={"capacity": 4})
    lead(it, "confirmed")
    take_back(it, "need")
    assert sweeps.cancel_orphans(by=None, now=NOW) == 1
    assert it.state == "cancelled"


@pytest.mark.parametrize("kind", [Kind.HOUSING, Kind.SKILL])
def test_what_lasts_is_ended_before_its_offer_is_taken_back(db, kind):
    it = story(kind=kind)
    now = lead(it, "under_way")
    with pytest.raises(ValidationError, match="Mettez-y fin"):
        take_back(it, "offer", now)
    with pytest.raises(IntegrityError) as failure, transaction.atomic():
        Offer.objects.filter(pk=it.match.offer_id).update(state="withdrawn")
    assert violated(failure.value) == "offer_is_in_use"
    assert Offer.objects.get(pk=it.match.offer_id).state == "active"
    services.break_off(match_id=it.match.pk, by=it.citizen, now=now + timedelta(days=3), reason=Reason.OTHER)
    assert take_back(it, "offer", now + timedelta(days=3)).state == "withdrawn"


@pytest.mark.parametrize("state", ["partly_met", "met"])
def test_what_lasts_is_ended_before_its_need_is_taken_back(db, state):
    some = {"windows": [(NOW.date(), NOW.date() + timedelta(days=20))]} if state == "partly_met" else {}
    it = story(offer=some, need={"min_days": 5})
    now = lead(it, "under_way")
    assert Need.objects.get(pk=it.match.need_id).state == state
    with pytest.raises(ValidationError, match="Mettez-y fin"):
        take_back(it, "need", now)
    with pytest.raises(IntegrityError) as failure, transaction.atomic():
        Need.objects.filter(pk=it.match.need_id).update(state="withdrawn")
    assert violated(failure.value) == "need_is_in_use"
    services.break_off(match_id=it.match.pk, by=it.member, now=now + timedelta(days=3), reason=Reason.OTHER)
    assert take_back(it, "need", now + timedelta(days=3)).state == "withdrawn"


@pytest.mark.parametrize("kind", [Kind.GOODS, Kind.SKILL])
def test_what_is_given_once_keeps_no_offer(db, kind):
    once = {"rhythm": "once", "first_day": NOW.date() + timedelta(days=9)} if kind == Kind.SKILL else {}
    it = story(kind=kind, need=once)
    now = lead(it, "under_way")
    assert take_back(it, "offer", now).state == "withdrawn"
    assert sweeps.cancel_orphans(by=None, now=now) == 0
    assert it.state == "under_way"


def test_taking_back_and_beginning_at_once_leave_nobody_before_a_closed_door(transactional_db, at_once):
    """Whoever comes first wins: a home that was begun is not taken back, one that was taken back does not begin."""
    for _ in range(4):
        it = story()
        lead(it, "confirmed")
        begun = NOW + timedelta(days=10)
        beginning, taking = at_once(
            partial(services.start, match_id=it.match.pk, by=it.member, now=begun),
            partial(take_back, it, "offer"),
        )
        assert isinstance(beginning, NotPossible) != isinstance(taking, ValidationError), (beginning, taking)
        gone = Offer.objects.get(pk=it.match.offer_id).state == "withdrawn"
        assert it.state == ("confirmed" if gone else "under_way")


# --- Its page ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("side", "who"), [("offer", "citizen"), ("need", "member"), ("need", "coordinator")])
@pytest.mark.parametrize("state", ["accepted", "confirmed"])
@pytest.mark.parametrize("part", ["half", "whole"])
def test_who_takes_back_reads_who_counts_on_it_first(client, city, side, who, state, part):
    now = timezone.now()
    half = {"windows": [(now.date(), now.date() + timedelta(days=20))]} if part == "half" else {}
    it = story(city=city, now=now, offer=half, need={"min_days": 5})
    lead(it, state, now)
    row = it.match.offer if side == "offer" else it.match.need
    path = reverse(f"matching:withdraw_{side}", args=[city.slug, row.reference])
    client.force_login(getattr(it, who))
    own = reverse("offers:detail" if side == "offer" else "needs:detail", args=[city.slug, row.reference])
    assert f'href="{path}"' in client.get(own).content.decode()
    page = client.get(path).content.decode()
    assert "Des personnes comptent dessus" in page
    searches = side == "need" and (part, state) != ("whole", "confirmed")
    assert ("Nous arrêtons de chercher" in page) == searches
    assert f'name="read" value="{it.match.pk}"' in page
    assert ("Un toit pour 3 personnes" if side == "offer" else "Chambre chez l’habitant") in page
    # What came in since the page was opened is read first.
    assert "Des personnes comptent dessus" in client.post(path, {"why": "over"}).content.decode()
    row.refresh_from_db()
    assert row.state != "withdrawn"
    client.post(path, {"why": "over", "read": [str(it.match.pk)]})
    row.refresh_from_db()
    assert row.state == "withdrawn"


@pytest.mark.parametrize("side", ["offer", "need"])
@pytest.mark.parametrize("part", ["half", "whole"])
def test_nobody_takes_back_what_is_under_way(client, city, side, part):
    now = timezone.now()
    it = story(
        city=city,
        now=now,
        offer={"windows": [(now.date(), now.date() + timedelta(days=20 if part == "half" else 40))]},
        need={"min_days": 5, "first_day": now.date(), "last_day": now.date() + timedelta(days=29)},
    )
    lead(it, "under_way", now)
    row = it.match.offer if side == "offer" else it.match.need
    path = reverse(f"matching:withdraw_{side}", args=[city.slug, row.reference])
    client.force_login(it.citizen if side == "offer" else it.member)
    page = client.get(path).content.decode()
    assert "Mettez-y fin d’abord" in page
    assert reverse("matching:mine_one", args=[city.slug, it.match.pk]) in page
    assert "<textarea" not in page.split("<main")[1]
    client.post(path, {"why": "over", "read": [str(it.match.pk)]})
    row.refresh_from_db()
    assert row.state != "withdrawn"


@pytest.mark.parametrize("state", ["under_way", "completed"])
def test_what_was_handed_over_is_not_taken_back(client, city, state):
    """Of a met need of which nothing is to come, nothing can be called off."""
    now = timezone.now()
    it = story(city=city, now=now, kind=Kind.GOODS, offer={"capacity": 10})
    lead(it, "confirmed", now)
    services.start(match_id=it.match.pk, by=it.member, now=now)
    if state == "completed":
        services.complete(match_id=it.match.pk, by=None, now=now)
    need = it.match.need
    client.force_login(it.member)
    page = reverse("matching:withdraw_need", args=[city.slug, need.reference])
    for read in ([], [str(it.match.pk)]):
        answer = client.post(page, {"why": "over", "read": read}, follow=True)
        assert "Ce besoin est «\u00a0pourvu\u00a0»" in answer.content.decode()
    for confirmed in (False, True):
        answer = client.post(
            f"/api/v1/needs/{need.reference}/withdraw/", {"confirmed": confirmed}, "application/json"
        )
        assert (answer.status_code, answer.json()["type"]) == (409, "state")
    need.refresh_from_db()
    assert (need.state, it.state) == ("met", state)


# --- Paused, no longer confirmed -----------------------------------------------------------------------


@pytest.mark.parametrize("state", [*BEFORE, "under_way"])
@pytest.mark.parametrize("how", ["paused", "expired"])
def test_a_paused_or_expired_offer_keeps_its_word(db, state, how):
    it = story()
    now = lead(it, state)
    if how == "paused":
        offers.pause(offer_id=it.match.offer_id, by=it.citizen, now=now)
    else:
        Offer.objects.filter(pk=it.match.offer_id).update(state="expired")
    assert sweeps.cancel_orphans(by=None, now=now) == 0
    assert it.state == state
    steps = {
        "proposed": partial(services.accept, match_id=it.match.pk, by=it.citizen, now=now),
        "accepted": partial(services.confirm, match_id=it.match.pk, by=it.member, now=now),
        "confirmed": partial(
            services.start, match_id=it.match.pk, by=it.member, now=now + timedelta(days=10)
        ),
        "under_way": partial(services.complete, match_id=it.match.pk, by=None, now=now),
    }
    assert steps[state]().state != state


def test_a_yes_to_what_was_no_longer_confirmed_confirms_it(db):
    it = story()
    lead(it, "proposed")
    Offer.objects.filter(pk=it.match.offer_id).update(state="expired", confirmed_at=NOW - timedelta(days=50))
    services.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    offer = Offer.objects.get(pk=it.match.offer_id)
    assert (offer.state, offer.confirmed_at) == ("active", NOW)


# --- Suspended by an incident --------------------------------------------------------------------------


def test_a_question_about_a_suspended_offer_is_moot(db):
    it = story()
    lead(it, "proposed")
    freeze(it)
    assert sweeps.cancel_orphans(by=None, now=NOW) == 1
    assert it.state == "cancelled"
    assert held_back.tell_desks(by=None, now=NOW) == 0


@pytest.mark.parametrize("state", ["accepted", "confirmed"])
def test_what_a_suspended_offer_promised_is_held_back_until_the_incident_is_closed(db, state):
    it = story()
    lead(it, state)
    freeze(it)
    begun = NOW + timedelta(days=10)
    assert sweeps.cancel_orphans(by=None, now=NOW) == 0
    assert held_back.tell_desks(by=None, now=NOW) == 1
    assert held_back.tell_desks(by=None, now=NOW) == 0, "once"
    assert told("match_held_back") == {it.coordinator.pk}
    assert "Rien ne commence" in Message.objects.get(event="match_held_back").body
    go_on = services.confirm if state == "accepted" else services.start
    with pytest.raises(NotPossible, match="closed"):
        go_on(match_id=it.match.pk, by=it.member, now=NOW)
    assert sweeps.start_due(by=None, now=begun) == 0
    assert it.state == state
    offers.unfreeze(offer_id=it.match.offer_id, by=it.coordinator, now=NOW, reason="clos")
    go_on(match_id=it.match.pk, by=it.member, now=NOW if state == "accepted" else begun)
    assert it.state != state


def test_who_lives_in_a_suspended_home_is_housed_elsewhere_tonight(db):
    it = story()
    now = lead(it, "under_way")
    freeze(it, now)
    tasks.advance_time.run()
    assert it.state == "under_way", "the desk decides"
    message = Message.objects.get(event="match_held_back")
    assert message.recipient == it.coordinator
    assert message.title.startswith("À reloger ce soir")
    assert it.match.need.reference in message.body


def test_a_second_incident_is_told_of_again(db):
    it = story()
    lead(it, "confirmed")
    freeze(it)
    assert held_back.tell_desks(by=None, now=NOW) == 1
    offers.unfreeze(offer_id=it.match.offer_id, by=it.coordinator, now=NOW, reason="clos")
    assert held_back.tell_desks(by=None, now=NOW) == 0
    freeze(it, NOW + timedelta(hours=1))
    assert held_back.tell_desks(by=None, now=NOW) == 1


def test_a_suspended_offer_gets_no_new_question(db):
    it = story()
    freeze(it)
    drain()
    assert not Match.objects.filter(state=MatchState.SUGGESTED).exists()


# --- Changed in what matters ---------------------------------------------------------------------------

STEPS = {
    "proposed": lambda it: services.accept(match_id=it.match.pk, by=it.citizen, now=NOW),
    "accepted": lambda it: services.confirm(match_id=it.match.pk, by=it.member, now=NOW),
    "confirmed": lambda it: services.start(match_id=it.match.pk, by=it.member, now=NOW + timedelta(days=10)),
}


def change_offer(it, now=NOW, windows=None, **fields):
    offers.change(offer_id=it.match.offer_id, fields=fields, windows=windows, by=it.citizen, now=now)


def change_need(it, now=NOW, **fields):
    needs.change(need_id=it.match.need_id, fields=fields, by=it.coordinator, now=now, today=now.date())


HARMLESS = {
    "more places": lambda it: change_offer(it, capacity=6),
    "another language": lambda it: change_offer(it, languages=["ar"]),
    "notice, once promised": lambda it: change_offer(it, notice_days=60),
    "windows that touch": lambda it: change_offer(
        it,
        windows=[
            (NOW.date(), it.match.first_day + timedelta(days=4)),
            (it.match.first_day + timedelta(days=5), None),
        ],
    ),
}
FATAL = {
    "days": lambda it: change_offer(it, windows=[(it.match.first_day + timedelta(days=1), None)]),
    "longest stay": lambda it: change_offer(it, longest_stay_days=7),
    "too far": lambda it: Offer.objects.filter(pk=it.match.offer_id).update(
        latitude=50, revision=F("revision") + 1
    ),
    "whom it receives": lambda it: change_offer(it, accepts=["women"]),
    "works": lambda it: Offer.objects.filter(pk=it.match.offer_id).update(
        dwelling_state="to_renovate", revision=F("revision") + 1
    ),
    "a pet": lambda it: change_need(it, pets=True),
    "step-free": lambda it: change_need(it, step_free_needed=True),
}
OF_THE_NEED = ("a pet", "step-free")


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
@pytest.mark.parametrize("state", BEFORE)
def test_what_is_still_possible_goes_on_with_the_new_facts(db, state, change):
    it = story()
    lead(it, state)
    change(it)
    assert sweeps.judge_again(by=None, now=NOW) == 0
    assert it.state == state
    it.match.refresh_from_db()
    assert it.match.offer_revision == Offer.objects.get(pk=it.match.offer_id).revision
    assert STEPS[state](it).state != state


@pytest.mark.parametrize("change", FATAL, ids=FATAL)
@pytest.mark.parametrize("state", BEFORE)
def test_what_is_no_longer_possible_is_refused_then_called_off(db, state, change):
    it = story()
    lead(it, state)
    if change in OF_THE_NEED and state == "confirmed":
        Need.objects.filter(pk=it.match.need_id).update(state="partly_met")  # else nobody changes it
    FATAL[change](it)
    with pytest.raises(NotPossible, match="changed"):
        STEPS[state](it)
    assert sweeps.start_due(by=None, now=NOW + timedelta(days=10)) == 0
    assert it.state == state
    assert sweeps.judge_again(by=None, now=NOW) == 1
    assert it.state == "cancelled"
    assert Decision.objects.filter(match=it.match).last().reason == Reason.CHANGED
    assert told("match_cancelled") == {it.citizen.pk, it.member.pk, it.coordinator.pk}
    need = Need.objects.get(pk=it.match.need_id)
    assert (need.state, need.scan_due_at is not None) == ("open", True)
    assert sweeps.judge_again(by=None, now=NOW) == 0


def test_of_what_has_begun_and_fits_no_more_the_desk_is_told_once(db):
    it = story()
    now = lead(it, "under_way")
    change_offer(it, now, languages=["ar"])
    assert held_back.tell_of_changes(by=None, now=now) == 0
    change_offer(it, now, longest_stay_days=7)
    assert held_back.tell_of_changes(by=None, now=now) == 1
    assert held_back.tell_of_changes(by=None, now=now) == 0
    assert told("match_to_review") == {it.coordinator.pk}
    assert (it.state, sweeps.judge_again(by=None, now=now)) == ("under_way", 0)


def test_changing_and_confirming_at_once_confirm_nothing_impossible(transactional_db, at_once):
    for _ in range(4):
        it = story()
        lead(it, "accepted")
        confirming, changing = at_once(
            partial(services.confirm, match_id=it.match.pk, by=it.member, now=NOW),
            partial(change_offer, it, longest_stay_days=7),
        )
        assert not isinstance(changing, Exception), changing
        assert isinstance(confirming, Match | NotPossible), confirming
        assert sweeps.judge_again(by=None, now=NOW) == 1
        assert it.state == "cancelled"
