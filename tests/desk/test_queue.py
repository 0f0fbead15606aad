"""The queue: where each case lies, in which order, and what is counted; an emergency is hidden by nothing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.vocabulary import Kind
from desk import presentation, selectors, services
from desk.baskets import NOBODY, Basket, Wanted
from followups.models import FollowUp
from matching import services as matching
from matching import sweeps, tonight
from matching.models import Match
from needs import services as needs
from needs.models import Need
from tests.desk.queue import at_noon, lying_in, to_decide
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CommuneFactory
from tests.factories.matching import NOW, drain, due_need, due_offer, story

TODAY = NOW.date()
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def queue(city, coordinator):
    return lambda: list(to_decide(coordinator, city, TODAY))


@pytest.fixture
def baskets(city, coordinator):
    """In which baskets a need lies, on a day."""

    def of(need, day=TODAY):
        return {
            basket.name
            for basket in Basket
            if lying_in(basket, coordinator, city, day).filter(pk=need.pk).exists()
        }

    return of


# --- The order -----------------------------------------------------------------------------------------


def test_the_most_urgent_first_however_long_others_wait(city, queue):
    planned = due_need(city=city, urgency="planned", created_at=NOW - 9 * DAY)
    week = due_need(city=city, urgency="this_week", created_at=NOW - 5 * DAY)
    tonight_ = due_need(city=city, urgency="tonight", created_at=NOW)
    assert queue() == [tonight_, week, planned]


def test_of_one_urgency_the_longest_waiting_first(city, queue):
    late, early = due_need(city=city), due_need(city=city, created_at=NOW - DAY)
    twin = due_need(city=city)
    Need.objects.filter(pk=late.pk).update(text="Écrit plus tard")  # its row now lies behind the twin's
    assert queue() == [early, late, twin]


def test_the_nearer_the_first_day_the_more_urgent_however_it_was_posted(city, queue):
    week = due_need(city=city, urgency="this_week", created_at=NOW - 9 * DAY)
    soon = due_need(city=city, urgency="planned", first_day=TODAY + DAY, created_at=NOW)
    assert queue() == [soon, week]


def test_of_those_that_wait_the_one_whose_time_ends_first(city, coordinator):
    later, sooner = (story(city=city, need={"people": 3}) for _ in range(2))
    for it, hours in ((later, 0), (sooner, 9)):
        matching.propose(match_id=it.match.pk, by=coordinator, now=NOW - hours * HOUR)
    assert list(lying_in(Basket.WAIT, coordinator, city, TODAY)) == [sooner.match.need, later.match.need]


def test_a_need_is_in_the_queue_of_its_own_town_while_it_is_open(city, coordinator):
    it, other = story(city=city), story()
    both = CityRoleFactory(city=other.city, user=coordinator).user
    assert list(to_decide(both, city, TODAY)) == [it.match.need]
    assert not to_decide(UserFactory(), city, TODAY).exists()
    needs.withdraw(need_id=it.match.need_id, by=it.member, now=NOW)
    assert not to_decide(coordinator, city, TODAY).exists()


# --- The baskets ---------------------------------------------------------------------------------------


def test_a_case_goes_from_basket_to_basket(city, coordinator, baskets):
    it = story(city=city)
    need = it.match.need
    assert baskets(need) == {"DECIDE"}
    matching.propose(match_id=it.match.pk, by=coordinator, now=NOW)
    assert baskets(need) == {"WAIT"}
    matching.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    assert baskets(need) == {"CONFIRM"}
    matching.confirm(match_id=it.match.pk, by=it.member, now=NOW)
    match = Match.objects.get(pk=it.match.pk)
    assert baskets(need) == {"RUN"}
    assert baskets(need, match.first_day - 4 * DAY) == {"RUN"}
    assert baskets(need, match.first_day - 3 * DAY) == {"RUN", "PREPARE"}
    matching.start(match_id=match.pk, by=None, now=NOW + 10 * DAY)
    assert baskets(need, match.first_day) == {"RUN"}
    matching.complete(match_id=match.pk, by=None, now=NOW + 40 * DAY)
    Need.objects.filter(pk=need.pk).update(state="met")
    assert baskets(need, match.last_day) == {"DONE"}


def test_who_was_reminded_and_stays_silent_is_to_be_asked_by_a_person(city, coordinator, baskets):
    it = story(city=city)
    asked = matching.propose(match_id=it.match.pk, by=coordinator, now=NOW)
    sweeps.remind_unanswered(by=None, now=asked.remind_at)
    assert baskets(it.match.need) == {"WAIT", "CHASE"}


def test_of_what_became_of_it_nobody_has_said_anything_for_two_days(city, coordinator, baskets):
    it = story(city=city)
    matching.propose(match_id=it.match.pk, by=coordinator, now=NOW)
    matching.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    matching.confirm(match_id=it.match.pk, by=it.member, now=NOW)
    FollowUp.objects.create(match=it.match, due_on=TODAY, asked_at=NOW, created_at=NOW)
    assert "CHASE" not in baskets(it.match.need, TODAY + DAY)
    assert "CHASE" in baskets(it.match.need, TODAY + 2 * DAY + DAY)


def test_a_case_comes_back_on_the_day_of_its_flag_until_it_is_lifted(city, coordinator, baskets):
    need = due_need(city=city)
    flag = services.set_flag(need=need, day=TODAY + 3 * DAY, words="Rappeler jeudi", by=coordinator, now=NOW)
    assert baskets(need, TODAY + 2 * DAY) == {"DECIDE"}
    assert baskets(need, TODAY + 3 * DAY) == {"DECIDE", "CHASE"}
    assert selectors.chased([need], at=at_noon(city, TODAY + 3 * DAY)) == {need.pk: "Rappeler jeudi"}
    services.lift_flag(flag_id=flag.pk, by=coordinator, now=NOW)
    assert baskets(need, TODAY + 3 * DAY) == {"DECIDE"}


def test_what_is_partly_found_is_decided_while_the_rest_runs(city, coordinator, baskets):
    need = due_need(city=city, kind=Kind.GOODS, quantity=10)
    due_offer(city=city, kind=Kind.GOODS, capacity=4)
    drain()
    match = Match.objects.get(need=need)
    matching.propose(match_id=match.pk, by=coordinator, now=NOW)
    matching.accept(match_id=match.pk, by=match.offer.owner, now=NOW)
    matching.confirm(match_id=match.pk, by=coordinator, now=NOW)
    assert {"DECIDE", "RUN"} <= baskets(need)


def test_the_counts_are_those_of_the_lists_in_one_query(city, coordinator):
    for urgency in ("tonight", "tonight", "this_week"):
        due_need(city=city, urgency=urgency)
    it = story(city=city)
    matching.propose(match_id=it.match.pk, by=coordinator, now=NOW)
    with CaptureQueriesContext(connection) as sent:
        counts = selectors.counts(coordinator, city, Wanted(), at=at_noon(city, TODAY))
    assert len(sent) == 1
    assert counts[Basket.DECIDE].by_urgency == {"tonight": 2, "this_week": 1}
    for basket in Basket:
        assert counts[basket].total == lying_in(basket, coordinator, city, TODAY).count()


# --- An emergency --------------------------------------------------------------------------------------


def test_whoever_is_alone_tonight_stands_above_every_view_until_somebody_has_them(city, coordinator):
    need = due_need(city=city, urgency="tonight")

    def alone():
        return list(selectors.alone_tonight(coordinator, city, at=at_noon(city, TODAY)))

    assert alone() == [need]
    tonight.take(need=need, by=coordinator, now=NOW)
    assert alone() == []
    tonight.give_back(need=need, by=coordinator, now=NOW)
    assert alone() == [need]


def test_the_page_of_any_basket_and_filter_shows_them(city, coordinator, as_user):
    need = due_need(city=city, urgency="tonight")
    for asked in ("", "?panier=termines", "?panier=en-cours&nature=goods", "?qui=personne&age=7&page=9"):
        page = as_user(coordinator).get(f"/{city.slug}/bureau/{asked}")
        assert [line.need for line in page.context["pinned"]] == [need], asked
        assert need not in [line.need for line in page.context["lines"]], "told once"


# --- What is asked for ---------------------------------------------------------------------------------


def test_filters_ask_for_what_they_say(city, coordinator):
    other = CityRoleFactory(city=city).user
    old = due_need(city=city, created_at=NOW - 4 * DAY)
    goods = due_need(city=city, kind=Kind.GOODS, urgency="this_week")
    elsewhere = due_need(city=city, commune=CommuneFactory(insee="67447", name="Schiltigheim"))
    tonight.take(need=goods, by=other, now=NOW)

    def found(**wanted):
        return set(lying_in(Basket.DECIDE, coordinator, city, TODAY, Wanted(**wanted)))

    assert found() == {old, goods, elsewhere}
    assert found(kind="goods") == {goods}
    assert found(urgency="this_week") == {goods}
    assert found(age="3") == {old}
    assert found(organisation=str(old.organisation_id)) == {old}
    assert found(commune=elsewhere.commune_id) == {elsewhere}
    assert found(owner=str(other.pk)) == {goods}
    assert found(owner=NOBODY) == {old, elsewhere}
    assert found(owner=NOBODY, age="3") == {old}


def test_an_address_keeps_what_is_asked_and_forgets_what_cannot_be(city, coordinator, as_user):
    due_need(city=city)
    client = as_user(coordinator)
    page = client.get(
        f"/{city.slug}/bureau/?panier=attendre&nature=goods&age=3&urgence=hier&association=x&commune=1"
    )
    assert page.context["query"] == "panier=attendre&nature=goods&age=3"
    assert all("nature=goods&age=3" in tab["url"] for tab in page.context["baskets"])


def test_an_act_leads_back_to_the_case_beside_the_same_list(city, coordinator, as_user):
    need = due_need(city=city, urgency="tonight")
    client = as_user(coordinator)
    back = client.post(
        f"/{city.slug}/bureau/{need.reference}/prendre/?panier=en-cours&nature=goods&to=//evil"
    )
    assert back.url == f"/{city.slug}/bureau/{need.reference}/?panier=en-cours&nature=goods"


def test_a_view_is_kept_under_a_name_by_whoever_made_it(city, coordinator, as_user):
    client = as_user(coordinator)
    filters = f"/{city.slug}/bureau/filtres/?panier=attendre&nature=goods"
    assert client.get(filters).status_code == 200
    assert (
        client.post(filters, {"name": "Objets"}).url == f"/{city.slug}/bureau/?panier=attendre&nature=goods"
    )
    assert "Vous avez déjà une vue de ce nom" in client.post(filters, {"name": "Objets"}).content.decode()
    (view,) = client.get(f"/{city.slug}/bureau/").context["views"]
    assert (view.name, view.query) == ("Objets", "panier=attendre&nature=goods")
    other = as_user(CityRoleFactory(city=city).user)
    assert not other.get(f"/{city.slug}/bureau/").context["views"]
    forget = f"/{city.slug}/bureau/vues/{view.pk}/effacer/"
    assert other.post(forget).status_code == 404
    client = as_user(coordinator)
    assert client.post(forget).status_code == 302
    assert not client.get(f"/{city.slug}/bureau/").context["views"]


# --- A line --------------------------------------------------------------------------------------------


def line_of(coordinator, city, need, at):
    (found,) = selectors.needs(coordinator, city).filter(pk=need.pk)
    found.suggestions = 0
    (line,) = presentation.queue_lines(
        [found], selectors.steps([found]), selectors.chased([found], at=at), at=at
    )
    return line


def test_a_line_says_what_comes_next_and_when_it_is_late(city, coordinator):
    it = story(city=city)
    need = it.match.need
    assert line_of(coordinator, city, need, at_noon(city, TODAY)).next == "aucune piste"
    asked = matching.propose(match_id=it.match.pk, by=coordinator, now=NOW)
    line = line_of(coordinator, city, need, at_noon(city, TODAY))
    assert line.next.startswith("réponse attendue")
    assert not line.is_late
    assert line_of(coordinator, city, need, at_noon(city, asked.answer_by.date() + DAY)).is_late
    matching.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    assert line_of(coordinator, city, need, at_noon(city, TODAY)).next.startswith("confirmation attendue")
    matching.confirm(match_id=it.match.pk, by=it.member, now=NOW)
    assert line_of(coordinator, city, need, at_noon(city, TODAY)).next.startswith("commence le")
    first_day = Match.objects.get(pk=it.match.pk).first_day
    assert line_of(coordinator, city, need, at_noon(city, first_day)).next.startswith("jusqu’au")
