"""While one host thinks another can be asked, up to the town's number: the first yes counts, the others are thanked."""

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from accounts import services as accounts
from accounts.models import Scope
from catalogue.constraints import violated
from catalogue.vocabulary import Kind
from config import embedded
from desk import selectors as desk
from matching import counted_on, links, services, sweeps
from matching.capacity import Taken
from matching.lifecycle import NotPossible, Reason
from matching.models import Decision, Hold, Match, MatchState
from matching.presentation import refusal_words
from needs.models import Need
from notifications.models import Message
from tests.factories.accounts import MembershipFactory
from tests.factories.matching import NOW, drain, due_need, due_offer
from tests.matching.locks import waiting_for_us

ONE_DAY = timedelta(days=1)


@pytest.fixture
def town(city):
    city.homes_asked_at_once = 2
    city.save(update_fields=["homes_asked_at_once"])
    return city


def three_homes(city, **fields):
    need = due_need(city=city, **fields)
    for _ in range(3):
        due_offer(city=city)
    drain()
    return list(Match.objects.filter(need=need).order_by("rank", "id"))


@pytest.fixture
def homes(town):
    return three_homes(town)


def ask(match, by):
    return services.propose(match_id=match.pk, by=by, now=NOW)


def yes(match):
    return services.accept(match_id=match.pk, by=match.offer.owner, now=NOW)


def states(homes):
    return [Match.objects.get(pk=match.pk).state for match in homes]


def test_a_town_that_has_set_nothing_asks_one_home_at_a_time(city, coordinator):
    first, second, _third = three_homes(city)
    ask(first, coordinator)
    with pytest.raises(Taken):
        ask(second, coordinator)


def test_as_many_are_asked_as_the_town_says_and_each_keeps_its_place(homes, coordinator):
    first, second, third = homes
    ask(first, coordinator)
    drain()
    assert states(homes) == ["proposed", "suggested", "suggested"], "there still is somebody to ask"
    ask(second, coordinator)
    with pytest.raises(Taken):
        ask(third, coordinator)
    drain()
    assert states(homes) == ["proposed", "proposed", "superseded"]
    assert Hold.objects.count() == 2


@pytest.mark.parametrize("earlier", [0, 1], ids=["who was asked first", "who was asked second"])
def test_the_first_yes_counts_and_a_second_one_is_told_kindly(homes, coordinator, earlier):
    for match in homes[:2]:
        ask(match, coordinator)
    first, late = homes[earlier], homes[1 - earlier]
    yes(first)
    with pytest.raises(Taken) as refused:
        yes(late)
    assert "Quelqu’un d’autre vient de dire oui" in refusal_words(refused.value)
    assert sorted(states([first, late])) == ["accepted", "proposed"]


def test_whoever_still_thinks_is_thanked_and_nobody_else_is_told_twice(homes, coordinator, client):
    for match in homes[:2]:
        ask(match, coordinator)
    yes(homes[0])
    assert sweeps.thank_the_others(by=None, now=NOW) == 1
    assert sweeps.thank_the_others(by=None, now=NOW) == 0
    assert states(homes[:2]) == ["accepted", "cancelled"]
    assert Decision.objects.get(match=homes[1], act="cancel").reason == Reason.ANSWERED_FIRST
    told = Message.objects.filter(event="match_cancelled")
    assert {message.recipient for message in told} <= {homes[1].offer.owner}
    assert not Hold.objects.filter(match=homes[1]).exists(), "their place is free for others"
    link = links.answer_path(homes[1], homes[1].offer.owner)
    assert "Quelqu’un d’autre a dit oui avant vous" in client.get(link).content.decode()
    page = client.post(link, {"answer": "accept"}, follow=True).content.decode()
    assert "Quelqu’un d’autre a dit oui avant vous" in page
    assert "C’est déjà fait" not in page


def test_whoever_was_thanked_is_suggested_again_when_the_yes_comes_to_nothing(homes, coordinator):
    for match in homes[:2]:
        ask(match, coordinator)
    yes(homes[0])
    sweeps.thank_the_others(by=None, now=NOW)
    services.cancel(match_id=homes[0].pk, by=homes[0].offer.owner, now=NOW, reason=Reason.CHANGED_MIND)
    drain()
    suggested = Match.objects.filter(state=MatchState.SUGGESTED).values_list("offer", flat=True)
    assert homes[1].offer_id in suggested
    assert homes[0].offer_id not in suggested, "who said no is not asked again"


def test_nobody_is_thanked_while_nobody_has_said_yes(homes, coordinator):
    for match in homes[:2]:
        ask(match, coordinator)
    services.decline(match_id=homes[0].pk, by=homes[0].offer.owner, now=NOW)
    assert sweeps.thank_the_others(by=None, now=NOW) == 0
    yes(homes[1])
    assert states(homes[:2]) == ["declined", "accepted"]


def test_who_was_asked_for_other_days_may_still_say_yes(town, coordinator):
    first, second, _third = three_homes(town)
    ask(first, coordinator)
    ask(second, coordinator)
    for match, days in ((first, (0, 9)), (second, (10, 29))):
        start = match.first_day
        days = {"first_day": start + days[0] * ONE_DAY, "last_day": start + days[1] * ONE_DAY}
        Match.objects.filter(pk=match.pk).update(**days)
        Hold.objects.filter(match=match).update(**days)
    yes(first)
    assert sweeps.thank_the_others(by=None, now=NOW) == 0
    yes(second)
    assert states([first, second]) == ["accepted", "accepted"]


def test_goods_are_given_by_several_as_ever(town, coordinator):
    need = due_need(city=town, kind=Kind.GOODS, quantity=10)
    for _ in range(2):
        due_offer(city=town, kind=Kind.GOODS, capacity=5)
    drain()
    for match in Match.objects.filter(need=need):
        ask(match, coordinator)
    assert not Hold.objects.filter(beside=True).exists()


def test_the_case_offers_another_home_while_one_is_asked(homes, coordinator, as_user):
    ask(homes[0], coordinator)
    page = as_user(coordinator).get(f"/{homes[0].city.slug}/bureau/{homes[0].need.reference}/")
    assert len(page.context["cards"]) == 2
    need = desk.needs(coordinator, homes[0].city).get(pk=homes[0].need_id)
    assert need.is_open


def fewer(need, by, women=1):
    """The mother comes without her two children, or with a sister."""
    return counted_on.change_need(
        need_id=need.pk,
        fields={"adult_women": women, "children_3_to_11": 0},
        read=counted_on.ALL,
        by=by,
        now=NOW,
    )


def test_a_need_does_not_become_smaller_than_what_somebody_is_asked_for(homes, coordinator):
    first, second, _third = homes
    ask(first, coordinator)
    assert Hold.objects.get(match=first).beside
    with pytest.raises(ValidationError, match="Annulez d’abord cette demande"):
        fewer(first.need, coordinator)
    assert Need.objects.get(pk=first.need_id).quantity == 3
    ask(second, coordinator)
    services.cancel(match_id=second.pk, by=coordinator, now=NOW, reason=Reason.OTHER)
    with pytest.raises(ValidationError, match="Annulez d’abord cette demande"):
        fewer(first.need, coordinator)
    services.decline(match_id=first.pk, by=first.offer.owner, now=NOW)
    assert fewer(first.need, coordinator).quantity == 1


def test_more_people_than_were_asked_for_are_no_matter_of_the_guard(homes, coordinator):
    ask(homes[0], coordinator)
    need = counted_on.change_need(
        need_id=homes[0].need_id, fields={"adult_women": 2}, read=counted_on.ALL, by=coordinator, now=NOW
    )
    assert need.quantity == 4


def test_every_door_says_what_is_to_be_taken_back_first(homes, coordinator, as_user):
    match = homes[0]
    ask(match, coordinator)
    member = MembershipFactory(organisation=match.need.organisation).user
    said = "Annulez d’abord cette demande"
    for person in (member, coordinator):
        page = as_user(person)
        address = reverse("matching:edit_need", args=[match.city.slug, match.need.reference])
        form = page.get(address).context["form"]
        data = {
            name: form[name].value()
            for name in form.fields
            if form[name].value() not in (None, False, "", [])
        }
        sent = data | {"adult_women": "1", "children_3_to_11": "0", "read": str(match.pk)}
        answer = page.post(address, sent)
        assert (answer.status_code, said in " ".join(answer.context["form"].errors["adult_women"])) == (
            422,
            True,
        )
    _key, secret = accounts.issue_token(user=member, name="test", scopes=Scope.values, by=member, now=NOW)
    answer = Client().patch(
        f"/api/v1/needs/{match.need.reference}/",
        {"adult_women": 1, "children_3_to_11": 0, "confirmed": True},
        content_type="application/json",
        headers={"authorization": f"Bearer {secret}"},
    )
    assert answer.status_code == 400, answer.text
    assert said in answer.json()["errors"]["quantity"][0]
    assert Need.objects.get(pk=match.need_id).quantity == 3


def test_the_database_refuses_to_ask_beside_for_more_than_is_needed(homes, coordinator):
    other = homes[1]
    with pytest.raises(IntegrityError) as failure, transaction.atomic():
        Hold.objects.create(
            match=other, offer=other.offer, need=other.need, quantity=4,
            first_day=other.first_day, last_day=other.last_day, beside=True,
        )  # fmt: skip
    assert violated(failure.value) in ("hold_within_quantity", "hold_within_capacity")


def test_the_database_holds_the_town_s_number(homes, coordinator):
    ask(homes[0], coordinator)
    other = homes[1]
    with pytest.raises(IntegrityError) as failure, transaction.atomic():
        Hold.objects.create(
            match=other, offer=other.offer, need=other.need, quantity=other.quantity,
            first_day=other.first_day, last_day=other.last_day, beside=True,
        )  # fmt: skip
    assert violated(failure.value) == "hold_within_asked"


# --- At once -------------------------------------------------------------------------------------------


def test_two_say_yes_at_once_and_one_counts(transactional_db, at_once, town, coordinator):
    homes = three_homes(town)[:2]
    for match in homes:
        ask(match, coordinator)
    is_ours = threading.Event()

    def first():
        with transaction.atomic():
            yes(homes[0])
            is_ours.set()
            embedded.wait_until(waiting_for_us, 10)

    def second():
        is_ours.wait(10)
        return yes(homes[1])

    _, late = at_once(first, second)
    assert isinstance(late, Taken)
    assert states(homes) == ["accepted", "proposed"]


def test_a_home_is_asked_while_the_need_becomes_smaller_and_one_of_the_two_waits(
    transactional_db, at_once, town, coordinator
):
    homes = three_homes(town)
    results = at_once(lambda: ask(homes[0], coordinator), lambda: fewer(homes[0].need, coordinator))
    assert [isinstance(result, NotPossible | ValidationError) for result in results].count(True) == 1
    held = Hold.objects.filter(need=homes[0].need_id).first()
    assert held is None or held.quantity <= Need.objects.get(pk=homes[0].need_id).quantity


def test_two_coordinators_ask_at_once_and_no_more_are_asked_than_the_town_allows(
    transactional_db, at_once, town, coordinator
):
    homes = three_homes(town)
    ask(homes[0], coordinator)
    results = at_once(lambda: ask(homes[1], coordinator), lambda: ask(homes[2], coordinator))
    assert sum(isinstance(result, NotPossible) for result in results) == 1
    assert states(homes).count(MatchState.PROPOSED) == 2
