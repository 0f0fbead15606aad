"""How it is going: when it is asked, of whom, that neither side reads the other, and what the desk chases."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from catalogue.vocabulary import Kind
from followups import links, selectors, services
from followups.models import Answer, CheckIn, FollowUp, Going, Side
from matching import services as matching
from matching.lifecycle import Reason
from needs.models import Need
from notifications.models import Message
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.followups.conftest import FIRST_DAY, noon

FIRST, SECOND = FIRST_DAY + timedelta(days=14), FIRST_DAY + timedelta(days=44)
LONG = {"last_day": FIRST_DAY + timedelta(days=100)}


def after(days):
    return FIRST_DAY + timedelta(days=days)


@pytest.fixture
def under_way(db, tell):
    story = tell(**LONG)
    matching.start(match_id=story.match.pk, by=None, now=noon(FIRST_DAY))
    return story


@pytest.fixture
def asked(under_way):
    services.check_in(now=noon(FIRST))
    return under_way, {row.side: row for row in CheckIn.objects.select_related("match__city")}


def test_both_sides_are_asked_after_two_weeks_then_each_month(under_way):
    assert services.check_in(now=noon(after(13))) == 0
    assert services.check_in(now=noon(FIRST)) == 1
    for days in (14, 15, 30, 43):
        assert services.check_in(now=noon(after(days))) == 0
    assert services.check_in(now=noon(SECOND)) == 1
    asked = list(CheckIn.objects.order_by("due_on", "side").values_list("side", "due_on"))
    assert asked == [("host", FIRST), ("poster", FIRST), ("host", SECOND), ("poster", SECOND)]
    told = Message.objects.filter(event="followup_check_in").values_list("recipient", flat=True)
    assert set(told) == {under_way.citizen.pk, under_way.member.pk}


def test_what_came_due_before_anybody_looked_is_asked_once(under_way):
    assert services.check_in(now=noon(after(80))) == 1
    assert set(CheckIn.objects.values_list("due_on", flat=True)) == {after(74)}


def test_after_its_last_day_nobody_is_asked_how_it_goes(under_way):
    assert services.check_in(now=noon(after(104))) == 0


def test_things_and_what_has_not_begun_or_is_over_are_not_asked_about(db, tell):
    tell(**LONG)
    goods = tell(kind=Kind.GOODS, **LONG)
    matching.start(match_id=goods.match.pk, by=None, now=noon(FIRST_DAY))
    over = tell(**LONG)
    matching.start(match_id=over.match.pk, by=None, now=noon(FIRST_DAY))
    matching.break_off(match_id=over.match.pk, by=over.member, now=noon(after(3)), reason=Reason.OTHER)
    assert services.check_in(now=noon(FIRST)) == 0


def test_a_sponsorship_is_asked_about(db, begin_sponsorship):
    assert services.check_in(now=noon(FIRST)) == 1


def test_sweeps_at_the_same_moment_ask_once(transactional_db, tell, at_once):
    story = tell(**LONG)
    matching.start(match_id=story.match.pk, by=None, now=noon(FIRST_DAY))
    results = at_once(*[lambda: services.check_in(now=noon(FIRST))] * 3)
    assert not [result for result in results if isinstance(result, Exception)]
    assert CheckIn.objects.count() == 2
    assert Message.objects.filter(event="followup_check_in").count() == 2


def test_one_tap_answers_and_nothing_of_the_match_moves(client, asked):
    story, rows = asked
    path = links.check_in_path(rows["host"], story.citizen)
    assert client.get(path).status_code == 200
    assert client.post(path, {"answer": "perhaps"}).status_code == 422
    client.post(path, {"answer": "talk", "note": "La cuisine"})
    client.post(path, {"answer": "well"})
    row = CheckIn.objects.get(side="host")
    assert (row.answer, row.note, row.answered_by) == (Going.TALK, "La cuisine", story.citizen)
    assert story.state() == "under_way"
    assert Message.objects.get(event="followup_to_read").recipient == story.coordinator
    assert "cuisine" not in Message.objects.get(event="followup_to_read").body


def test_neither_side_reads_the_other(client, asked):
    story, rows = asked
    services.say_how_it_goes(
        check_in_id=rows["host"].pk, answer=Going.TALK, by=story.citizen, now=noon(FIRST), note="La cuisine"
    )
    assert rows["host"] not in CheckIn.objects.visible_to(story.member)
    assert rows["poster"] not in CheckIn.objects.visible_to(story.citizen)
    assert set(CheckIn.objects.visible_to(story.coordinator)) == set(rows.values())
    for stranger in (UserFactory(), CityRoleFactory().user):
        assert not CheckIn.objects.visible_to(stranger).exists()
    # A link of one's own for the other side's question opens nothing.
    stolen = links.check_in_path(rows["host"], story.member)
    assert client.get(stolen).status_code == 410
    own = links.check_in_path(rows["poster"], story.member)
    assert "cuisine" not in client.get(own).content.decode()


def test_nobody_answers_for_a_suspended_association(client, asked):
    story, rows = asked
    organisation = story.match.need.organisation
    type(organisation).objects.filter(pk=organisation.pk).update(state="suspended")
    path = links.check_in_path(rows["poster"], story.member)
    assert client.get(path).status_code == 410
    assert client.post(path, {"answer": "well"}).status_code == 410
    with pytest.raises(PermissionDenied):
        services.say_how_it_goes(
            check_in_id=rows["poster"].pk, answer="well", by=story.member, now=noon(FIRST)
        )
    assert not CheckIn.objects.exclude(answer="").exists()


@pytest.mark.parametrize(
    ("side", "who"), [("host", "member"), ("poster", "citizen"), ("host", "coordinator")]
)
def test_nobody_answers_for_another_side(asked, side, who):
    story, rows = asked
    with pytest.raises(PermissionDenied):
        services.say_how_it_goes(
            check_in_id=rows[side].pk, answer="well", by=getattr(story, who), now=noon(FIRST)
        )


def test_each_side_is_called_by_its_own_town(client, asked):
    story, rows = asked
    theirs = CityFactory()
    Offer.objects.filter(pk=story.match.offer_id).update(city=theirs)
    for side, who, town in (("host", story.citizen, theirs), ("poster", story.member, story.city)):
        page = client.get(links.check_in_path(rows[side], who))
        assert page.context["call_me_url"].startswith(f"/{town.slug}/")


def test_a_link_of_another_question_is_none(client, asked):
    story, rows = asked
    other = links.check_in_path(rows["host"], story.citizen).replace("nouvelles", "suivi")
    assert client.get(other).status_code == 404


def test_an_answer_that_does_not_exist_is_refused_by_the_service_and_half_a_one_by_the_database(asked):
    story, rows = asked
    with pytest.raises(ValidationError):
        services.say_how_it_goes(check_in_id=rows["host"].pk, answer="", by=story.citizen, now=noon(FIRST))
    with pytest.raises(IntegrityError, match="check_in_answered_at_by"), transaction.atomic():
        CheckIn.objects.filter(pk=rows["host"].pk).update(answer="well")


class TestBaskets:
    @pytest.mark.parametrize(("days", "step"), [(8, None), (9, 9), (20, 9), (21, 21), (45, 45), (60, 45)])
    def test_silence_is_chased_after_9_21_and_45_days(self, asked, days, step):
        story, _rows = asked
        now = noon(FIRST) + timedelta(days=days)
        found = selectors.gone_silent(story.coordinator, story.city, now=now)
        assert [one.step for one in found] == ([] if step is None else [step, step])
        needs = selectors.needs_gone_silent(story.coordinator, story.city, now=now)
        assert list(needs) == ([] if step is None else [Need.objects.get(pk=story.match.need_id)])

    def test_only_the_side_that_is_silent_and_only_its_last_question(self, asked):
        story, rows = asked
        services.say_how_it_goes(
            check_in_id=rows["host"].pk, answer="well", by=story.citizen, now=noon(FIRST)
        )
        late = noon(FIRST) + timedelta(days=10)
        (one,) = selectors.gone_silent(story.coordinator, story.city, now=late)
        assert one.side == Side.POSTER
        services.check_in(now=noon(SECOND))
        assert selectors.gone_silent(story.coordinator, story.city, now=noon(SECOND)) == []

    def test_did_it_take_place_is_chased_too_and_what_has_ended_is_not(self, db, tell):
        story = tell(**LONG)
        services.plan_due(now=noon(after(2)))
        late = noon(after(12))
        (one,) = selectors.gone_silent(story.coordinator, story.city, now=late)
        assert (one.match, one.step) == (story.match, 9)
        matching.break_off(match_id=story.match.pk, by=story.member, now=late, reason=Reason.OTHER)
        assert selectors.gone_silent(story.coordinator, story.city, now=late) == []
        assert not FollowUp.objects.filter(answer=Answer.NO_SHOW).exists()

    def test_another_town_reads_nothing(self, asked):
        story, _rows = asked
        elsewhere = CityRoleFactory().user
        late = noon(FIRST) + timedelta(days=10)
        assert selectors.gone_silent(elsewhere, story.city, now=late) == []

    def test_the_page_shows_both(self, client, asked):
        story, rows = asked
        CheckIn.objects.filter(side="poster").update(asked_at=timezone.now() - timedelta(days=22))
        services.say_how_it_goes(
            check_in_id=rows["host"].pk, answer="ended", by=story.citizen, now=noon(FIRST), note="Partie"
        )
        client.force_login(story.coordinator)
        page = client.get(reverse("followups:to_chase", args=[story.city.slug]))
        assert [basket["days"] for basket in page.context["baskets"]] == [21]
        assert "Partie" in page.content.decode()
