"""Sending a plan's lines: nothing is ticked at first, one reads whom it asks, and above ten people once more."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalogue.vocabulary import Kind
from cities.days import local_day
from matching import plans, services
from matching.models import Hold, Match, MatchState, PlanLine
from matching.plans import call_words, plan_sending, plan_views
from notifications.models import Message, Preference
from offers import services as offers
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import due_need, due_offer


def now():
    return timezone.now()


def text(response):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", response.content.decode())))


def boxes(response):
    """What each box of the page sends, and whether it is ticked."""
    found = re.findall(r'name="line"\s+value="([\d ]+)"\s*(checked)?', response.content.decode())
    return {value: bool(checked) for value, checked in found}


@pytest.fixture
def desk(coordinator, as_user):
    return as_user(coordinator)


@pytest.fixture(autouse=True)
def _one_by_one(settings):
    """Each line is decided in a transaction of its own, under its own locks: that is no query to batch."""
    settings.ZEAL_ALLOWLIST = [
        *settings.ZEAL_ALLOWLIST,
        *(
            {"model": f"{app}.*"}
            for app in ("matching", "offers", "needs", "accounts", "cities", "notifications")
        ),
    ]


@pytest.fixture
def make(city, coordinator):
    """A plan of everything."""

    def make():
        question = {"kind": "", "urgency": "", "need_ids": [], "budget_seconds": 10}
        plan = plans.ask(city_id=city.pk, by=coordinator, now=now(), **question)
        assert plans.work_on_one(now=now())
        plan.refresh_from_db()
        return plan

    return make


@pytest.fixture
def givers(city, make):
    """A plan that asks so many people for a duvet each, all of one need."""

    def givers(count, **fields):
        due_need(city=city, now=now(), kind=Kind.GOODS, title="Beaucoup de couettes", quantity=count)
        for _ in range(count):
            due_offer(city=city, now=now(), kind=Kind.GOODS, capacity=1, **fields)
        plan = make()
        assert plan.lines.count() == count
        return plan

    return givers


@pytest.fixture
def in_turn(city, make):
    """A household that would have the blue room first, and the green room then; the second line has the lower key."""

    def in_turn(**green):
        need = due_need(city=city, now=now(), title="Une famille")
        second = due_offer(city=city, now=now(), title="Chambre verte")
        plan = make()
        line = plan.lines.get()
        assert line.offer == second
        first = due_offer(city=city, now=now(), title="Chambre bleue")
        if green:
            type(second).objects.filter(pk=second.pk).update(**green)
        last = need.first_day + timedelta(days=9)
        earlier = PlanLine.objects.get(pk=line.pk)
        earlier.pk, earlier.offer, earlier.last_day = None, first, last
        earlier.offer_revision = first.revision
        earlier.save(force_insert=True)
        PlanLine.objects.filter(pk=line.pk).update(first_day=last + timedelta(days=1))
        return plan, earlier, PlanLine.objects.get(pk=line.pk)

    return in_turn


def path(plan):
    return reverse("matching:plan", args=["strasbourg", plan.pk])


def ticks(plan):
    return {"line": [str(pk) for pk in plan.lines.values_list("pk", flat=True)]}


def proposed():
    return Match.objects.filter(state=MatchState.PROPOSED).count()


# --- Ticks ---------------------------------------------------------------------------------------------


def test_nothing_is_ticked_until_somebody_says_so(givers, desk):
    plan = givers(3)
    assert list(boxes(desk.get(path(plan))).values()) == [False] * 3
    assert list(boxes(desk.get(path(plan), {"coche": "tout"})).values()) == [True] * 3
    assert 'coche=tout#demander"' in desk.get(path(plan)).content.decode()


def test_what_is_asked_already_has_no_box_even_when_all_is_ticked(givers, desk):
    plan = givers(2)
    first, second = plan.lines.all()
    desk.post(path(plan), {"line": first.pk})
    assert boxes(desk.get(path(plan), {"coche": "tout"})) == {str(second.pk): True}


# --- How many people, and how --------------------------------------------------------------------------


def line_of(offer):
    return PlanLine(offer=offer)


def test_people_are_counted_once_and_by_the_channel_that_reaches_them(city):
    twice = UserFactory()
    mine = [due_offer(city=city, owner=twice), due_offer(city=city, owner=twice, kind=Kind.GOODS)]
    caller = due_offer(city=city, owner=UserFactory(phone_only=True))
    sending = plan_sending.sending(map(line_of, [*mine, caller]), city)
    assert (sending.lines, sending.asked, sending.presumed) == (3, 2, 0)
    assert sending.by_channel == {"email": 1, "call": 1}
    assert plan_sending.sentences(sending) == [
        "2 personnes seront sollicitées\u202f: 1 par e-mail, 1 par téléphone (l’équipe s’en charge)."
    ]
    assert plan_sending.act(sending) == "Demander à 2 personnes"


def test_of_a_linked_town_one_reads_that_it_is_asked_first_and_not_how_its_people_are_reached(city):
    kehl = CityFactory(name="Kehl")
    across = [due_offer(city=kehl, owner=UserFactory(phone_only=True)), due_offer(city=kehl)]
    sending = plan_sending.sending(map(line_of, [due_offer(city=city), *across]), city)
    assert (sending.asked, sending.by_channel, sending.by_town) == (3, {"email": 1}, {"Kehl": 2})
    assert plan_sending.sentences(sending) == [
        "3 personnes seront sollicitées\u202f: 1 par e-mail.",
        "Pour 2 personnes, Kehl donne d’abord son accord.",
    ]


def test_a_presumed_consent_is_said_to_be_and_counts_for_who_is_asked_once_more(city):
    city.asks_citizen_for = [Kind.HOUSING]
    both = UserFactory()
    of_both = [due_offer(city=city, owner=both), due_offer(city=city, owner=both, kind=Kind.GOODS)]
    given = [due_offer(city=city, kind=Kind.GOODS) for _ in range(9)]
    sending = plan_sending.sending(map(line_of, [*of_both, *given]), city)
    assert (sending.asked, sending.presumed, sending.people, sending.is_large) == (1, 9, 10, False)
    assert plan_sending.sentences(sending)[1] == (
        "9 personnes ne seront pas sollicitées\u202f: la ville présume leur accord."
    )
    given.append(due_offer(city=city, kind=Kind.GOODS))
    assert plan_sending.sending(map(line_of, [*of_both, *given]), city).is_large
    nobody = plan_sending.sending(map(line_of, given), city)
    assert plan_sending.act(nobody) == "Envoyer 10 lignes"
    assert len(plan_sending.sentences(nobody)) == 1


def test_the_page_says_what_ticking_all_of_it_would_come_to(givers, desk):
    plan = givers(3)
    PlanLine.objects.filter(pk=plan.lines.first().pk).update(offer_revision=9)
    assert "En cochant tout, sur cette page : 2 personnes seront sollicitées : 2 par e-mail." in text(
        desk.get(path(plan))
    )


def test_the_ticked_ones_are_counted_on_the_way(givers, desk):
    plan = givers(3)
    keys = list(plan.lines.values_list("pk", flat=True))
    counted = text(desk.post(path(plan), {"line": keys[:2], "count": "1"})).strip()
    assert counted == "2 personnes seront sollicitées : 2 par e-mail. Demander à 2 personnes"
    none = text(desk.post(path(plan), {"count": "1"})).strip()
    assert none == "Rien n’est coché. Demander les lignes cochées"
    assert not proposed()


# --- Once more above ten -------------------------------------------------------------------------------


def test_ten_people_are_asked_in_one_step(givers, desk):
    plan = givers(10)
    page = desk.post(path(plan), ticks(plan), follow=True)
    assert page.redirect_chain
    assert proposed() == 10


def test_one_person_with_many_lines_is_one_person(givers, desk):
    plan = givers(11, owner=UserFactory())
    desk.post(path(plan), ticks(plan))
    assert proposed() == 11


def test_eleven_people_are_asked_once_one_has_read_who_they_are(givers, desk):
    plan = givers(11)
    read = desk.post(path(plan), {**ticks(plan), "page": "1"})
    assert read.status_code == 200
    said = text(read)
    assert "Demander à 11 personnes ?" in said
    assert "11 personnes seront sollicitées : 11 par e-mail." in said
    assert "11 lignes" in said
    assert "Beaucoup de couettes" in said
    assert "Revenir sans rien envoyer" in said
    assert not proposed()
    assert not Message.objects.filter(event="match_question").exists()
    sent = {name: read.context[key] for name, key in (("line", "ticks"), ("told", "people"))}
    assert "11 questions sont parties" in text(desk.post(path(plan), sent, follow=True))
    assert proposed() == 11
    # Pressed twice: nobody is asked twice.
    again = text(desk.post(path(plan), sent, follow=True))
    assert "11 lignes étaient déjà demandées." in again
    assert proposed() == Hold.objects.count() == 11
    assert Message.objects.filter(event="match_question").count() == 11


def test_whoever_goes_back_finds_what_was_ticked(givers, desk):
    plan = givers(12)
    keys = [str(pk) for pk in plan.lines.values_list("pk", flat=True)]
    read = desk.post(path(plan), {"line": keys[:11], "page": "1"})
    back = desk.post(path(plan), {"line": read.context["ticks"], "told": "11", "page": "1", "back": "1"})
    assert boxes(back) == {key: key in keys[:11] for key in keys}
    assert 'hx-trigger="load, change' in back.content.decode()
    assert not proposed()


def test_a_plan_that_went_stale_meanwhile_says_so_before_and_after(givers, city, coordinator, desk):
    plan = givers(12)
    gone = plan.lines.first()
    offers.change(offer_id=gone.offer_id, fields={"capacity": 4}, windows=None, by=coordinator, now=now())
    read = desk.post(path(plan), ticks(plan))
    assert "Des choses ont changé depuis" in text(read)
    assert "1 ligne ne tient plus et n’est pas demandée." in text(read)
    assert "Demander à 11 personnes" in text(read)
    after = text(desk.post(path(plan), {**ticks(plan), "told": "11"}, follow=True))
    assert "1 ligne ne tient plus et n’est pas demandée." in after
    assert "11 questions sont parties" in after


# --- Everything ----------------------------------------------------------------------------------------


@pytest.fixture
def two_pages(city, make, monkeypatch):
    """Two homes for two families, each on a page of its own; the second home is to be visited first."""
    monkeypatch.setattr(plan_views, "NEEDS_PER_PAGE", 1)
    for vetted in (True, False):
        due_offer(city=city, now=now(), vetted=vetted, capacity=3)
        due_need(city=city, now=now())
    return make()


def test_everything_is_read_first_however_little_it_is(two_pages, desk):
    read = desk.post(path(two_pages), {"everything": "1"})
    assert "Demander à 1 personne ?" in text(read)
    assert 'name="everything"' in read.content.decode()
    assert not proposed()
    desk.post(path(two_pages), {"everything": "1", "told": "1"})
    assert proposed() == 1
    for told in ({"told": "1"}, {}):
        again = desk.post(path(two_pages), {"everything": "1", **told}, follow=True)
        assert "1 ligne était déjà demandée." in text(again)


def test_more_people_than_one_has_read_of_are_not_asked(two_pages, coordinator, desk):
    home = two_pages.lines.get(offer__vetted_at__isnull=True).offer
    offers.vet(offer_id=home.pk, by=coordinator, now=now())
    read = desk.post(path(two_pages), {"everything": "1", "told": "1"})
    assert "Entre-temps, cela fait plus de personnes." in text(read)
    assert "Demander à 2 personnes ?" in text(read)
    assert not proposed()


def test_what_was_ticked_before_everything_stays_ticked(two_pages, desk):
    line = two_pages.lines.get(offer__vetted_at__isnull=False)
    page = desk.get(path(two_pages))
    number = 1 if boxes(page) else 2
    read = desk.post(path(two_pages), {"everything": "1", "line": line.pk, "page": number})
    back = desk.post(path(two_pages), {"line": read.context["ticks"], "page": number, "back": "1"})
    assert boxes(back) == {str(line.pk): True}


# --- Homes in turn -------------------------------------------------------------------------------------


def test_homes_in_turn_are_one_card_in_the_order_of_days_with_one_box(in_turn, desk):
    plan, first, second = in_turn()
    page = desk.get(path(plan))
    assert boxes(page) == {f"{first.pk} {second.pk}": False}
    said = text(page)
    assert "2 logements, l’un après l’autre" in said
    assert said.index("Chambre bleue") < said.index("Chambre verte")
    assert plan_sending.together([second]) == [(second,)], "one home alone is a line as any other"


@pytest.mark.parametrize("ticked", ["first", "second", "both"])
def test_homes_in_turn_are_asked_all_or_none(in_turn, desk, ticked):
    plan, first, second = in_turn()
    keys = {"first": first.pk, "second": second.pk, "both": f"{first.pk} {second.pk}"}
    desk.post(path(plan), {"line": keys[ticked]})
    assert {(hold.offer, hold.first_day, hold.last_day) for hold in Hold.objects.all()} == {
        (line.offer, line.first_day, line.last_day) for line in (first, second)
    }


def test_where_one_of_the_homes_holds_no_longer_none_is_asked(in_turn, coordinator, desk):
    plan, first, second = in_turn()
    offers.change(offer_id=second.offer_id, fields={"capacity": 4}, windows=None, by=coordinator, now=now())
    page = desk.get(path(plan))
    assert not boxes(page)
    assert "Une étape manque : rien ne peut être demandé pour l’instant." in text(page)
    sent = text(desk.post(path(plan), {"line": first.pk}, follow=True))
    assert "« Une famille » : un des logements successifs ne tient plus, aucun n’est donc demandé." in sent
    assert not proposed()


def test_where_one_of_the_homes_is_to_be_visited_first_none_is_asked(in_turn, desk):
    plan, first, _second = in_turn(vetted_at=None, vetted_by=None)
    page = desk.get(path(plan))
    assert not boxes(page)
    assert "Noter la visite" in text(page)
    desk.post(path(plan), {"line": first.pk})
    desk.post(path(plan), {"everything": "1", "told": "9"})
    assert not proposed()


def test_the_rest_of_the_homes_can_be_asked_once_the_first_was(in_turn, coordinator, desk):
    plan, first, second = in_turn()
    plans.accept(plan_id=plan.pk, line_ids=[first.pk], by=coordinator, now=now())
    assert boxes(desk.get(path(plan))) == {str(second.pk): False}
    desk.post(path(plan), {"line": second.pk})
    assert proposed() == 2


def test_after_a_no_to_one_home_the_other_is_not_asked_again(in_turn, desk):
    plan, first, second = in_turn()
    desk.post(path(plan), {"line": f"{first.pk} {second.pk}"})
    match = Match.objects.get(offer=first.offer, state=MatchState.PROPOSED)
    services.decline(match_id=match.pk, by=first.offer.owner, now=now())
    desk.post(path(plan), {"line": f"{first.pk} {second.pk}"})
    assert proposed() == 1


def test_duvets_on_other_days_are_each_asked_by_themselves(givers, desk):
    plan = givers(2)
    first, second = plan.lines.all()
    today = local_day(now(), plan.city)
    PlanLine.objects.filter(pk=second.pk).update(first_day=today + timedelta(days=11))
    assert set(boxes(desk.get(path(plan)))) == {str(first.pk), str(second.pk)}


# --- Words and cost ------------------------------------------------------------------------------------


def test_a_call_for_goods_names_the_item_and_its_size():
    told = {
        "kind": "goods",
        "category": "bedding",
        "items": ["duvet"],
        "sizes": ["140"],
        "forms": [],
        "conditions": [],
        "languages": [],
        "size": 1,
        "count": 4,
        "first_day": "2026-03-03",
        "last_day": "2026-03-20",
    }
    assert call_words.wanted(told, commune="").startswith("Couette, 140")
    # A plan of before knows the category alone.
    older = {key: value for key, value in told.items() if key not in ("items", "sizes")}
    assert call_words.wanted(older, commune="").startswith("Literie\u202f: 4 objets")


def test_what_is_missing_of_goods_is_named(city, make, desk):
    due_offer(city=city, now=now(), kind=Kind.GOODS, capacity=4)
    due_need(city=city, now=now(), kind=Kind.GOODS, title="Pour l’hiver")
    assert "Servi en partie : il manque encore 6 objets (couette) sur 10." in text(desk.get(path(make())))


def test_a_need_to_tick_is_named_by_its_item(city, desk):
    due_need(city=city, now=now(), kind=Kind.GOODS, title="Pour l’hiver")
    assert "Pour l’hiver (couette)" in text(desk.get(reverse("matching:plans", args=["strasbourg"])))


def test_reading_whom_it_asks_costs_the_same_for_eleven_lines_and_for_twenty(givers, desk):
    plan = givers(20)
    keys = ticks(plan)["line"]

    def cost(count):
        desk.post(path(plan), {"line": keys[:count]})
        with CaptureQueriesContext(connection) as queries:
            read = desk.post(path(plan), {"line": keys[:count]})
        assert f"Demander à {count} personnes ?" in text(read)
        return len(queries)

    assert cost(11) == cost(20)


def test_whoever_has_paused_cannot_be_asked(givers):
    plan = givers(3)
    line, *others = plan.lines.order_by("pk")
    today = local_day(now(), plan.city)
    Preference.objects.create(person=line.offer.owner, paused_until=today)
    Preference.objects.create(person=others[0].offer.owner, paused_until=today - timedelta(days=1))

    assert {one.pk for one in plan_sending.whole(plan, now=now()).lines} == {one.pk for one in others}
    standing = plan_sending.standings([line], today=today)[line.pk]
    assert (standing.state, standing.words) == ("gone", "En pause")


def test_by_which_channel_each_is_asked_is_as_they_chose(givers, city):
    plan = givers(3)
    owner = plan.lines.first().offer.owner
    owner.phone = "+33612345678"
    owner.save(update_fields=["phone"])
    Preference.objects.create(person=owner, refused_channels=["email"])

    assert plan_sending.sending(plan.lines.all(), city).by_channel == {"email": 2, "call": 1}
