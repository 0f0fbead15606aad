"""What a citizen reads of each offer: whose turn it is, what is promised, what it has made possible."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from matching import engagements, services, sweeps
from matching.models import Match, MatchState
from offers.engagements import Turn
from tests.factories.matching import NOW, Story, drain, due_need, story

pytestmark = pytest.mark.django_db


def lines(it: Story, *, now=NOW):
    return engagements.tell([it.match.offer], now=now).get(it.match.offer_id, [])


def only(it: Story, *, now=NOW):
    (line,) = lines(it, now=now)
    return line


def confirmed(**fields) -> Story:
    it = story(**fields)
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    services.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    services.confirm(match_id=it.match.pk, by=it.member, now=NOW)
    return it


def test_a_suggestion_is_the_desk_s_alone():
    it = story()
    assert lines(it) == []
    services.dismiss(match_id=it.match.pk, reason="not_suitable", by=it.coordinator, now=NOW)
    assert lines(it) == []


def test_each_state_says_whose_turn_it_is_and_until_when():
    it = story()
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    asked = only(it)
    assert asked.turn == Turn.YOURS
    assert "Réponse attendue\u202f: " in asked.says
    assert asked.url == f"/{it.city.slug}/demandes/{it.match.pk}/"
    services.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    said = only(it)
    assert said.turn == Turn.THEIRS
    assert said.says.startswith("L’autre réponse est attendue")
    services.confirm(match_id=it.match.pk, by=it.member, now=NOW)
    agreed = only(it)
    assert (agreed.turn, agreed.thanks) == (Turn.AGREED, "")
    services.cancel(match_id=it.match.pk, reason="changed_mind", by=it.citizen, now=NOW)
    over = only(it)
    assert (over.turn, over.says) == (Turn.OVER, "Cela ne se fait plus.")


def test_a_question_that_waits_for_its_turn_is_nobody_s_yet():
    it = story()
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    Match.objects.filter(pk=it.match.pk).update(waits_since=NOW)
    assert lines(it) == []


def test_nights_are_counted_until_yesterday_and_no_further_than_the_stay():
    it = confirmed()
    first, last = it.match.first_day, it.match.last_day
    begun = NOW + (first - NOW.date())
    sweeps.start_due(by=None, now=begun)
    assert it.state == MatchState.UNDER_WAY
    assert only(it, now=begun).thanks == "", "nobody has slept there yet"
    assert only(it, now=begun + timedelta(days=1)).thanks == "3 personnes, 1 nuit"
    after = begun + (last - first) + timedelta(days=5)
    assert only(it, now=after).thanks == "3 personnes, 30 nuits"


def test_a_need_of_somebody_else_s_offer_is_not_told():
    it = confirmed()
    other = story(city=it.city)
    assert [line.url for line in lines(it)] == [f"/{it.city.slug}/demandes/{it.match.pk}/"]
    assert lines(other) == []


def test_all_offers_are_told_by_one_query(django_assert_num_queries):
    several = [confirmed() for _ in range(3)]
    offers = [it.match.offer for it in several]
    with django_assert_num_queries(1):
        told = engagements.tell(offers, now=NOW)
    assert {offer.pk for offer in offers} == set(told)


def test_what_waits_for_its_reader_comes_first():
    it = confirmed(offer={"capacity": 6})
    second = due_need(city=it.city)
    drain()
    other = Match.objects.get(need=second, offer=it.match.offer, state=MatchState.SUGGESTED)
    services.propose(match_id=other.pk, by=it.coordinator, now=NOW)
    assert [line.turn for line in lines(it)] == [Turn.YOURS, Turn.AGREED]


class TestPages:
    @pytest.fixture
    def asked(self) -> Story:
        now = timezone.now()
        it = story(now=now)
        services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
        return it

    def page(self, client, user: User, path: str) -> str:
        client.force_login(user)
        return client.get(path).content.decode()

    def test_their_list_and_the_offer_s_page_say_that_it_is_their_turn(self, client, asked):
        town, offer = f"/{asked.city.slug}", asked.match.offer
        for path in (f"{town}/propositions/", f"{town}/propositions/{offer.reference}/"):
            page = self.page(client, asked.citizen, path)
            assert "À vous de répondre" in page
            assert "Vous n’avez rien à faire" not in page, "somebody waits for their answer"
        assert "Je préfère qu’on m’appelle" in page

    def test_the_desk_reads_nothing_of_it_on_the_offer_s_page(self, client, asked):
        page = self.page(
            client, asked.coordinator, f"/{asked.city.slug}/propositions/{asked.match.offer.reference}/"
        )
        assert "À vous de répondre" not in page
        assert "Je préfère qu’on m’appelle" not in page
