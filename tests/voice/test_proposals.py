"""A proposal: opened, commented on, judged, answered in words; only then do the points change, with its number."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from cities.models import City
from engine.vocabulary import DEFAULT_WEIGHTS
from matching import weighting
from matching.models import WeightsChange
from matching.weighting.weight_forms import as_text
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.voice.conftest import NOW, OTHER, Steps
from town.models import AuditRow
from voice import services
from voice.models import Proposal, ProposalEdit

LATER = NOW + timedelta(days=10)


def apply(proposal, by, *, now=LATER):
    return services.apply(proposal_id=proposal.pk, by=by, now=now)


def judge_on(proposal, day, by):
    """The council's opinion, given and written down on a day."""
    return services.record_opinion(
        proposal_id=proposal.pk, on=day.date(), verdict="for", texts={"fr": "Oui"}, by=by, now=day
    )


def comment(proposal, *, key="k", now=NOW):
    return services.comment(
        proposal_id=proposal.pk, text="D’accord", language="ar", form_key=key, by=None, now=now
    )


# --- The way -------------------------------------------------------------------------------------------


def test_the_points_change_under_the_number_of_the_opinion(client, city, administrator, draft, steps):
    proposal = steps.all(draft())
    assert proposal.opinion == "2026-1"
    apply(proposal, administrator)
    city.refresh_from_db()
    change = WeightsChange.objects.get()
    assert (city.weights, change.after, change.opinion, change.by) == (OTHER, OTHER, "2026-1", administrator)
    page = client.get(reverse("algorithm", args=[city.slug])).text
    link = reverse("voice:opinion", args=[city.slug, "2026-1"])
    assert link in page
    assert "2026-1" in page
    assert client.get(link).url == reverse("voice:proposal", args=[city.slug, proposal.pk])
    client.force_login(administrator)
    assert link in client.get(reverse("matching:weights", args=[city.slug])).text


def test_each_step_is_kept_with_who_and_what(administrator, draft, steps):
    proposal = steps.all(draft())
    apply(proposal, administrator)
    kept = [set(edit.what) for edit in ProposalEdit.objects.filter(proposal=proposal)]
    assert kept == [
        {"titles", "texts", "weights"},
        {"opened_at", "comments_until", "weights_before"},
        {"opinion_on", "opinion_number", "opinion_year", "verdict", "opinion_texts"},
        {"answers", "answered_at"},
        {"applied_at"},
    ]
    assert all(edit.by == administrator for edit in ProposalEdit.objects.all())


def test_a_rule_in_words_changes_no_points(city, administrator, draft, steps):
    proposal = steps.all(draft(weights=None))
    assert apply(proposal, administrator).applied_at == LATER
    assert not WeightsChange.objects.exists()


# --- What may not be skipped ---------------------------------------------------------------------------


def test_without_opinion_or_answer_nothing_changes(city, administrator, draft, steps):
    proposal = draft()
    for step in (steps.open, steps.judge):
        with pytest.raises(ValidationError, match="après l’avis"):
            apply(proposal, administrator)
        step(proposal)
    with pytest.raises(ValidationError, match="après l’avis"):
        apply(proposal, administrator)
    assert not WeightsChange.objects.exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        Proposal.objects.update(applied_at=LATER)


def test_the_answer_has_words_and_waits_for_the_opinion(administrator, draft, steps):
    proposal = steps.open(draft())
    with pytest.raises(ValidationError, match="conseil"):
        steps.answer(proposal)
    steps.judge(proposal)
    with pytest.raises(ValidationError):
        services.answer(proposal_id=proposal.pk, texts={"fr": " "}, by=administrator, now=LATER)
    assert steps.answer(proposal).answered_at


def test_what_is_public_does_not_change(administrator, draft, steps):
    proposal = steps.open(draft())
    with pytest.raises(ValidationError, match="public"):
        services.rewrite(
            proposal_id=proposal.pk,
            titles={"fr": "A"},
            texts={"fr": "B"},
            weights=None,
            by=administrator,
            now=NOW,
        )


def test_an_opinion_is_put_right_until_the_town_has_answered(draft, steps):
    proposal = steps.open(draft())
    steps.judge(proposal)
    again = steps.judge(proposal, "reserved")
    assert (again.opinion, again.verdict) == ("2026-1", "reserved")
    steps.answer(proposal)
    with pytest.raises(ValidationError, match="ne change plus"):
        steps.judge(proposal)


@pytest.mark.parametrize("days", [0, 8, 11])
def test_no_opinion_of_tomorrow_nor_before_the_last_comment(administrator, draft, steps, days):
    proposal = steps.open(draft())
    on = (NOW + timedelta(days=days)).date()
    with pytest.raises(ValidationError) as refusal:
        services.record_opinion(
            proposal_id=proposal.pk, on=on, verdict="for", texts={"fr": "Oui"}, by=administrator, now=LATER
        )
    assert list(refusal.value.message_dict) == ["on"]


def test_a_number_that_was_published_stays_that_opinion_s(administrator, draft, steps):
    december, january = NOW.replace(month=12, day=30), NOW.replace(year=2027, month=1, day=4)
    proposal = steps.open(draft(now=december - timedelta(days=9)), now=december - timedelta(days=9))
    judge_on(proposal, december, administrator)
    with pytest.raises(ValidationError) as refusal:
        judge_on(proposal, january, administrator)
    assert list(refusal.value.message_dict) == ["on"]
    proposal.refresh_from_db()
    assert proposal.opinion == "2026-1"


@pytest.mark.parametrize("days", [6, 366])
def test_people_have_a_week_at_least_and_a_year_at_most(administrator, draft, days):
    until = (NOW + timedelta(days=days)).date()
    with pytest.raises(ValidationError) as refusal:
        services.open_to_comments(proposal_id=draft().pk, until=until, by=administrator, now=NOW)
    assert list(refusal.value.message_dict) == ["until"]


def test_points_that_do_not_make_a_hundred_are_refused(draft):
    with pytest.raises(ValidationError):
        draft({**OTHER, "dates": 90})
    assert not Proposal.objects.exists()


def test_what_a_council_was_heard_on_is_not_undone_by_another_opinion(city, administrator, draft, steps):
    first, second = steps.all(draft()), steps.all(draft({**OTHER, "dates": 15, "courtesy": 0}))
    apply(first, administrator)
    with pytest.raises(weighting.ChangedMeanwhile):
        apply(second, administrator)
    city.refresh_from_db()
    second.refresh_from_db()
    assert (city.weights, second.applied_at, second.weights_before) == (OTHER, None, DEFAULT_WEIGHTS)


def test_what_is_over_stays_so(administrator, draft, steps):
    proposal = steps.all(draft())
    apply(proposal, administrator)
    with pytest.raises(ValidationError, match="clos"):
        apply(proposal, administrator)
    with pytest.raises(ValidationError, match="clos"):
        services.drop(proposal_id=proposal.pk, texts={"fr": "Non"}, by=administrator, now=LATER)


def test_the_town_gives_up_in_words_what_everybody_has_read(administrator, draft, steps):
    common = {"by": administrator, "now": NOW}
    assert services.drop(proposal_id=draft().pk, texts={}, **common).dropped_at
    proposal = steps.open(draft())
    with pytest.raises(ValidationError) as refusal:
        services.drop(proposal_id=proposal.pk, texts={}, **common)
    assert list(refusal.value.message_dict) == ["answer_fr"]
    dropped = services.drop(proposal_id=proposal.pk, texts={"fr": "Trop tôt."}, **common)
    assert (dropped.drop_texts, dropped.answers) == ({"fr": "Trop tôt."}, {})
    with pytest.raises(services.Closed):
        comment(proposal)


def test_after_the_answer_the_town_gives_up_in_words_too(administrator, draft, steps):
    proposal = steps.all(draft())
    common = {"proposal_id": proposal.pk, "by": administrator, "now": LATER}
    with pytest.raises(ValidationError) as refusal:
        services.drop(texts={}, **common)
    assert list(refusal.value.message_dict) == ["answer_fr"]
    dropped = services.drop(texts={"fr": "Plus de moyens."}, **common)
    assert (dropped.drop_texts, dropped.answers) == (
        {"fr": "Plus de moyens."},
        {"fr": "La ville suit cet avis."},
    )


def test_who_does_not_steer_the_town_writes_no_proposal(city, operator, draft):
    with pytest.raises(PermissionDenied):
        services.draft(city=city, titles={"fr": "A"}, texts={"fr": "B"}, weights=None, by=operator, now=NOW)
    elsewhere = CityRoleFactory(role=Role.ADMINISTRATOR).user
    with pytest.raises(PermissionDenied):
        services.drop(proposal_id=draft().pk, texts={}, by=elsewhere, now=NOW)


# --- Bound to hear a council ---------------------------------------------------------------------------


def test_a_town_that_has_bound_itself_changes_no_points_alone(client, city, administrator, draft, steps):
    City.objects.filter(pk=city.pk).update(weights_need_opinion=True)
    with pytest.raises(weighting.OpinionMissing):
        weighting.change(city_id=city.pk, weights=OTHER, seen=DEFAULT_WEIGHTS, by=administrator, now=NOW)
    client.force_login(administrator)
    address = reverse("matching:weights", args=[city.slug])
    typed = {**OTHER, "seen": as_text(DEFAULT_WEIGHTS), "step": "save"}
    assert "s’est engagée" in client.post(address, typed, follow=True).text
    assert "Enregistrer ces points" not in client.post(address, {**typed, "step": "preview"}).text
    assert not WeightsChange.objects.exists()
    apply(steps.all(draft()), administrator)
    assert WeightsChange.objects.get().opinion == "2026-1"


# --- Comments ------------------------------------------------------------------------------------------


def test_a_comment_counts_once_to_the_last_day(draft, steps):
    proposal = draft()
    with pytest.raises(services.Closed):
        comment(proposal)
    steps.open(proposal)
    comment(proposal)
    comment(proposal)
    comment(proposal, key="other", now=NOW + timedelta(days=8))
    with pytest.raises(services.Closed):
        comment(proposal, key="late", now=NOW + timedelta(days=9))
    proposal.refresh_from_db()
    assert proposal.comment_count == 2


def test_the_database_notes_nothing_of_whoever_comments(client, city, draft, steps):
    now = timezone.now()
    proposal = steps.open(draft(now=now), now=now)
    person = UserFactory()
    client.force_login(person)
    answer = client.post(reverse("voice:proposal", args=[city.slug, proposal.pk]), {"text": "D’accord"})
    assert answer.status_code == 302
    proposal.refresh_from_db()
    assert proposal.comment_count == 1
    assert not AuditRow.objects.filter(actor=person.pk, table__startswith="voice_").exists()


def test_what_is_set_aside_counts_no_more_and_twice_is_once(administrator, draft, steps):
    proposal = steps.open(draft())
    said = comment(proposal)
    for move, count in ((services.set_comment_aside, 0), (services.put_comment_back, 1)):
        for _ in range(2):
            move(comment_id=said.pk, by=administrator, now=NOW)
        proposal.refresh_from_db()
        assert proposal.comment_count == count
    said.refresh_from_db()
    assert (said.sorted_by, said.sorted_at) == (administrator, NOW)


def test_who_does_not_steer_the_town_moves_no_comment(operator, draft, steps):
    said = comment(steps.open(draft()))
    for move in (services.set_comment_aside, services.put_comment_back):
        with pytest.raises(PermissionDenied):
            move(comment_id=said.pk, by=operator, now=NOW)


def test_comments_that_come_and_go_at_once_are_counted_right(at_once, administrator, draft, steps):
    proposal = steps.open(draft())
    said = comment(proposal)
    at_once(
        lambda: comment(proposal, key="other"),
        lambda: comment(proposal, key="third"),
        lambda: services.set_comment_aside(comment_id=said.pk, by=administrator, now=NOW),
        lambda: services.set_comment_aside(comment_id=said.pk, by=administrator, now=NOW),
    )
    proposal.refresh_from_db()
    assert proposal.comment_count == proposal.comments.filter(is_set_aside=False).count() == 2


def test_the_count_outlives_the_texts(draft, steps):
    proposal = steps.open(draft())
    comment(proposal)
    assert services.forget(by=None, now=NOW + timedelta(days=366)) == 1
    proposal.refresh_from_db()
    assert (proposal.comment_count, proposal.comments.count()) == (1, 0)


# --- Numbers -------------------------------------------------------------------------------------------


def test_numbers_begin_anew_each_year_and_in_each_town(draft, steps):
    assert [steps.judge(steps.open(draft())).opinion for _ in range(2)] == ["2026-1", "2026-2"]
    next_year = NOW + timedelta(days=365)
    assert steps.judge(steps.open(draft(), now=next_year), now=next_year).opinion == "2027-1"
    elsewhere = CityRoleFactory(role=Role.ADMINISTRATOR)
    there = Steps(elsewhere.user)
    words = {"titles": {"fr": "A"}, "texts": {"fr": "B"}, "weights": None, "by": elsewhere.user, "now": NOW}
    assert there.judge(there.open(services.draft(city=elsewhere.city, **words))).opinion == "2026-1"
    assert steps.judge(steps.open(draft())).opinion == "2026-3"


def test_applied_twice_at_once_is_applied_once(at_once, administrator, draft, steps):
    proposal = steps.all(draft())
    answers = at_once(*[lambda: apply(proposal, administrator)] * 2)
    assert sorted(type(one).__name__ for one in answers) == ["Proposal", "ValidationError"]
    assert WeightsChange.objects.get().opinion == "2026-1"


def test_two_opinions_at_once_have_two_numbers(at_once, draft, steps):
    both = [steps.open(draft()) for _ in range(2)]
    answers = at_once(*[lambda one=one: steps.judge(one).opinion for one in both])
    assert sorted(answers) == ["2026-1", "2026-2"]
