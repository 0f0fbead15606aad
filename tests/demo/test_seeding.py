"""The towns of the demonstration, seeded once for this module at a seventh of their size."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils import timezone

from accounts.models import CityRole, Organisation, User
from between import selectors as between
from catalogue.items import ITEM, find_item
from catalogue.vocabulary import Kind
from cities.days import local_day
from cities.models import City
from cities.services import load_gazetteer
from demo import seeding, texts
from demo.people import KEYS, personas
from followups.models import CheckIn, FollowUp, Incident, Outcome
from homes.models import Dwelling, Visit
from matching import relays
from matching.models import Decision, Hold, Match, MatchState, Scan
from needs import words
from needs.models import Need, NeedState
from notifications.models import Message, MessageState
from offers.models import Offer, OfferState
from oncall import selectors as oncall
from oncall.models import Rank, Shift
from outreach.appeals import selectors as appeals
from outreach.appeals.models import Appeal
from shelters.models import Nights, Shelter
from shelters.models import Shift as Evening
from tests.desk.queue import to_decide
from voice import selectors as heard

NOW = datetime(2026, 3, 3, 17, 2, tzinfo=UTC)
TOWNS = ("strasbourg", "grenoble")
# The marker makes the database exist when this module runs alone; the rows are the fixture's.
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def towns(django_db_setup: None, django_db_blocker: Any, gazetteer_file: Any) -> Any:
    """Both towns, in a transaction that the module's end rolls back."""
    with django_db_blocker.unblock(), transaction.atomic():
        load_gazetteer(source=gazetteer_file)
        yield seeding.seed_towns(seed=1, now=NOW, scale=0.15)
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def _seeded(towns: Any) -> None:
    pass


def share(part: Any, whole: Any) -> float:
    return part.count() / whole.count()


def test_the_mix_is_strasbourgs() -> None:
    offers = Offer.objects.all()
    homes = offers.filter(kind="housing")
    assert share(offers.filter(kind="goods"), offers) == pytest.approx(0.50, abs=0.04)
    assert share(homes, offers) == pytest.approx(0.25, abs=0.04)
    assert share(offers.filter(kind="skill"), offers) == pytest.approx(0.25, abs=0.04)
    assert share(homes.filter(shared_home=True), homes) == pytest.approx(0.85, abs=0.08)


def test_sizes_follow_the_scale(towns: Any) -> None:
    assert [(town.offers, town.needs) for town in towns] == [(120, 38), (60, 22)]
    # Beside a place for many in each town, and its evenings.
    assert Offer.objects.exclude(pk__in=Nights.objects.values("offer")).count() == 120 + 60
    assert Need.objects.exclude(pk__in=Evening.objects.values("need")).count() == 38 + 22


@pytest.mark.parametrize("slug", TOWNS)
def test_a_place_for_many_has_beds_and_evenings(slug: str) -> None:
    shelter = Shelter.objects.get(city__slug=slug)
    assert [row.offer.vetted_at is not None for row in shelter.nights.select_related("offer")] == [True]
    assert shelter.shifts.count() == 4


@pytest.mark.parametrize("slug", TOWNS)
def test_people_have_said_what_is_missing_and_comment_on_a_proposal(slug: str) -> None:
    city = City.objects.get(slug=slug)
    assert {remark.language for remark in heard.unsorted(city)} == {"fr", "en"}
    assert [(heard.shown(one.n), one.state) for one in heard.groups_in_public(city)] == [(6, "under_way")]
    proposal = heard.proposals_in_public(city).get()
    assert heard.is_open(proposal, local_day(NOW, city))
    assert proposal.weights != proposal.weights_before == city.weights
    assert heard.comments(proposal).count() == proposal.comment_count == 3


@pytest.mark.parametrize("slug", TOWNS)
def test_the_towns_show_each_other_households_and_places(slug: str) -> None:
    city = City.objects.get(slug=slug)
    today = local_day(NOW, city)
    (other,) = between.linked_towns(city)
    assert [row.city for row in between.places(today) if row.city != city] == [other]
    published = [one for one in between.households(today) if one.city == city]
    assert len(published) == 2
    assert [wish.city for one in published for wish in one.wishes.all()] == [other, other]


def test_the_plan_of_the_towns_proposes_something() -> None:
    assert between.plan(local_day(NOW, City.objects.get(slug=TOWNS[0]))).chosen


def test_every_state_is_there() -> None:
    assert set(Match.objects.values_list("state", flat=True)) == set(MatchState.values)
    assert set(Need.objects.values_list("state", flat=True)) >= {
        NeedState.OPEN, NeedState.PARTLY_MET, NeedState.MET, NeedState.WITHDRAWN, NeedState.EXPIRED,
    }  # fmt: skip
    assert set(Offer.objects.values_list("state", flat=True)) >= {
        OfferState.ACTIVE, OfferState.PAUSED, OfferState.EXPIRED, OfferState.WITHDRAWN, OfferState.FROZEN,
    }  # fmt: skip
    assert set(Need.objects.values_list("urgency", flat=True)) == {"tonight", "this_week", "planned"}


def test_what_happened_is_recorded() -> None:
    assert FollowUp.objects.filter(answered_at__isnull=False).exists()
    assert set(Outcome.objects.values_list("answer", flat=True)) > {"took_place"}
    assert Incident.objects.filter(closed_at__isnull=True).exists()
    assert Match.objects.filter(longer_until__isnull=False).exists()
    assert set(CheckIn.objects.values_list("answer", flat=True)) >= {"", "talk"}


def test_rows_written_in_bulk_are_what_the_forms_accept() -> None:
    for model in (Offer, Need, Organisation, User):
        for row in model._default_manager.all():
            row.full_clean(exclude=["password"], validate_unique=False)
    for offer in Offer.objects.prefetch_related("windows", "changes"):
        assert offer.windows.all()
        assert [change.to_state for change in offer.changes.all()][-1] == offer.state


def test_all_goods_are_items_of_the_catalogue() -> None:
    """None is two things, or a thing that nobody can look up; whatever a title may be drawn as."""
    for goods in (Offer.objects.filter(kind="goods"), Need.objects.filter(kind="goods")):
        assert goods.exists()
        for entry in goods:
            for item in entry.items if isinstance(entry, Need) else [entry.item]:
                assert item in ITEM, entry.title
                assert ITEM[item].category == entry.category, entry.title
    for category, titles in (*texts.GOODS.items(), *texts.GOODS_NEEDS.items()):
        for title, _least, _most in titles:
            for seed in range(40):
                drawn = texts.spoken(Random(seed), title.replace("{n}", "4"))
                found = find_item(drawn, category=category)
                assert (found.certain is not None, found.pack) == (True, 1), drawn


def test_a_states_history_runs_forward() -> None:
    for decision in Decision.objects.select_related("match__need", "match__offer"):
        match = decision.match
        assert match.need.created_at <= decision.at <= NOW
        assert match.offer.created_at <= decision.at
    for match in Match.objects.exclude(decisions__isnull=True).prefetch_related("decisions"):
        decisions = list(match.decisions.order_by("id"))
        assert decisions == sorted(decisions, key=lambda decision: decision.at)
        assert decisions[-1].to_state == match.state


def test_nothing_is_held_twice() -> None:
    stock = Hold.objects.filter(offer__kind="goods").values("offer").annotate(held=Sum("quantity"))
    assert not stock.filter(held__gt=F("offer__capacity"))
    for hold in Hold.objects.exclude(offer__kind="goods").select_related("offer"):
        same_days = Hold.objects.filter(
            offer=hold.offer, first_day__lte=hold.first_day, last_day__gte=hold.first_day
        )
        assert same_days.aggregate(held=Sum("quantity"))["held"] <= hold.offer.capacity
    served = Hold.objects.filter(released=False).values("need").annotate(given=Sum("quantity"))
    assert not served.filter(given__gt=F("need__quantity"))


def test_homes_are_visited_before_they_are_proposed() -> None:
    asked = Match.objects.filter(offer__kind="housing", asked_at__isnull=False)
    # A home that comes back after a report is to be visited anew.
    asked = asked.exclude(offer__incidents__state="closed")
    assert asked.exists()
    assert not asked.filter(Q(offer__vetted_at__isnull=True) | Q(offer__vetted_at__gt=F("asked_at")))


@pytest.mark.parametrize("slug", TOWNS)
def test_tonights_family_can_be_placed_at_once(slug: str) -> None:
    city = City.objects.get(slug=slug)
    cast = personas(slug)
    coordinator = User.objects.get(email=cast["coordination"].email)
    today = timezone.localdate()
    pressing = [need for need in to_decide(coordinator, city, today) if need.urgency == "tonight"]
    first = pressing[0]
    assert first.urgency_on(today) == "tonight"
    assert first.organisation.memberships.filter(user__email=cast["association"].email)
    found = list(Match.objects.suggested().filter(need=first).select_related("offer__owner"))
    assert sum(match.offer.vetted_at is not None for match in found) >= 3
    # The first on the list is the home of the person whom a visitor can be.
    assert found[0].offer.owner.email == cast["citoyenne"].email


@pytest.mark.parametrize("slug", TOWNS)
def test_a_need_is_served_in_part_and_another_nearly(slug: str) -> None:
    quilts = Need.objects.get(city__slug=slug, title="10 couettes")
    assert quilts.state == NeedState.PARTLY_MET
    assert Hold.objects.filter(need=quilts).aggregate(n=Sum("quantity"))["n"] == 4
    nearly = Scan.objects.get(need__city__slug=slug, need__title="Couple, plain-pied")
    assert nearly.suggested == 0
    assert {miss["rule"] for miss in nearly.near_misses} >= {"distance", "step_free"}


@pytest.mark.parametrize("slug", TOWNS)
def test_a_long_stay_is_covered_by_homes_in_turn_alone(slug: str) -> None:
    need = Need.objects.select_related("city").get(city__slug=slug, people=5, title__endswith="41 nuits")
    suggested = list(Match.objects.suggested().filter(need=need).select_related("offer"))
    assert suggested
    assert all(match.share < 1 for match in suggested)
    relay = relays.find(need, suggested, now=NOW).relays[0]
    assert (relay.nights, len(relay.parts), relay.left) == (41, 2, ())
    assert all(part.offer.vetted_at for part in relay.parts)


@pytest.mark.parametrize("slug", TOWNS)
def test_homes_have_their_visits_and_dwellings_their_path(slug: str) -> None:
    homes = Offer.objects.exclude(pk__in=Nights.objects.values("offer"))
    standing = homes.filter(city__slug=slug, vetted_at__isnull=False)
    passed = Visit.objects.filter(offer__in=standing, state="passed", offer__vetted_at=F("concluded_at"))
    assert passed.count() == standing.count() > 0
    assert Visit.objects.planned().filter(offer__city__slug=slug).exists()
    assert Visit.objects.filter(offer__city__slug=slug).exclude(wish="").exists()
    assert set(Dwelling.objects.filter(city__slug=slug).values_list("stage", flat=True)) == {
        "found", "owner", "works", "ready",
    }  # fmt: skip


@pytest.mark.parametrize("slug", TOWNS)
def test_somebody_can_interpret_at_the_appointment(slug: str) -> None:
    need = Need.objects.get(city__slug=slug, title="Tigrinya, mardi 14 h à la préfecture")
    assert (need.rhythm, need.first_day.weekday(), need.first_day) == ("once", 1, need.last_day)
    match = Match.objects.suggested().filter(need=need).order_by("rank").first()
    assert match is not None
    assert (match.offer.title, match.share) == ("Interprète tigrinya et français", 1)
    assert normal(words.when_words(need, match.first_day, match.last_day)).endswith("14 h à 15 h 30")


def normal(text: str) -> str:
    return " ".join(text.split())


def test_no_suggestion_goes_beyond_what_a_host_or_a_payer_allows() -> None:
    """Longer than the longest stay, earlier than the notice, dearer than what is paid, with works, or with smoke."""
    beyond: Counter[str] = Counter()
    homes = Match.objects.suggested().filter(need__kind=Kind.HOUSING).select_related("need__city", "offer")
    for match in homes:
        need, offer = match.need, match.offer
        days = (match.last_day - match.first_day).days + 1
        told = local_day(NOW, need.city) + timedelta(days=offer.notice_days)
        beyond["stay"] += offer.longest_stay_days is not None and days > offer.longest_stay_days
        beyond["notice"] += match.first_day < told
        beyond["rent"] += (offer.rent or 0) > (need.rent_up_to or 0)
        beyond["works"] += offer.dwelling_state not in ("", "ready")
        beyond["smoke"] += need.smoke_free_needed and offer.smoking
    assert len(homes) > 10
    assert beyond.total() == 0, beyond
    assert any(match.offer.longest_stay_days or match.offer.notice_days for match in homes)


def test_something_waits_for_the_visitors_association() -> None:
    for slug in TOWNS:
        member = User.objects.get(email=personas(slug)["association"].email)
        assert Match.objects.concerning(member).filter(state=MatchState.ACCEPTED).exists()


def test_scans_have_nothing_left_to_do() -> None:
    assert not Need.objects.due_for_scan()
    assert not Offer.objects.due_for_scan()


def test_only_the_latest_messages_are_left_to_send() -> None:
    left = Message.objects.due("email", NOW)
    # Five a town.
    assert 1 <= left.count() <= 10
    assert Message.objects.filter(state=MessageState.SENT).count() > 100
    assert not Message.objects.filter(created_at__gt=NOW)


def test_each_town_has_its_team() -> None:
    for slug in TOWNS:
        roles = Counter(CityRole.objects.filter(city__slug=slug).values_list("role", flat=True))
        assert roles == {"coordinator": 2, "operator": 1, "administrator": 1}
        assert set(personas(slug)) == set(KEYS)


def test_each_town_shares_its_nights_and_somebody_seeks_a_replacement() -> None:
    for city in City.objects.all():
        assert set(oncall.on_call(city, NOW)) == {Rank.FIRST, Rank.DEPUTY}
        assert not list(oncall.holes(city, NOW, NOW + timedelta(days=13)))
        assert Shift.objects.filter(city=city, wanted_at__isnull=False, starts_at__gt=NOW).count() == 1
        rung = Message.objects.filter(
            city=city, event__in=["need_tonight", "need_suggestions"], created_at=NOW
        )
        assert {message.recipient for message in rung} == {oncall.on_call(city, NOW)[Rank.FIRST]}


@pytest.mark.parametrize("slug", TOWNS)
def test_an_appeal_waits_for_the_visitor_to_send_it(slug: str) -> None:
    """And somebody near by may be asked; whoever has not agreed is not among them."""
    appeal = Appeal.objects.select_related("city", "drafted_by").get(city__slug=slug)
    visitor = User.objects.get(email=personas(slug)["coordination"].email)
    assert appeals.may_send(appeal, visitor)
    assert not appeals.may_send(appeal, appeal.drafted_by)
    assert appeals.open_needs(appeal).exists()
    citizens = User.objects.filter(offers__city__slug=slug).distinct().count()
    assert 0 < len(appeals.to_ask(appeal, now=NOW)) <= appeals.willing(appeal.city).count() < citizens


def test_nobody_is_real() -> None:
    assert not User.objects.exclude(
        Q(email=None) | Q(email__endswith=".demo.example") | Q(email__endswith="@demo.example")
    )
    assert not User.objects.exclude(
        Q(phone=None) | Q(phone__startswith="+3335301") | Q(phone__startswith="+3346571")
    )
    assert not Organisation.objects.exclude(rna="").exclude(rna__startswith="W000")
    assert not Organisation.objects.exclude(siret="").exclude(siret__startswith="000")


def test_a_second_run_does_nothing_and_says_so(settings: Any) -> None:
    settings.DEMO = True
    before = [model.objects.count() for model in (Offer, Need, Match, Message, User)]
    out = StringIO()
    call_command("seed_demo", stdout=out)
    assert "déjà là" in out.getvalue()
    assert "coordination.grenoble@demo.example" in out.getvalue()
    assert "/demo/boite/" in out.getvalue()
    assert [model.objects.count() for model in (Offer, Need, Match, Message, User)] == before


def test_no_real_town_is_filled(settings: Any) -> None:
    settings.PRODUCTION = True
    with pytest.raises(CommandError):
        call_command("seed_demo")


def test_offers_were_confirmed_at_varied_moments() -> None:
    days = {(NOW - offer.confirmed_at) // timedelta(days=1) for offer in Offer.objects.open()}
    assert len(days) > 15
    assert max(days) < 45
