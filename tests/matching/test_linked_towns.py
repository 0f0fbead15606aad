"""Two linked towns: the town of the offer agrees before its citizen is asked, and each sees what its role allows."""

from datetime import time, timedelta
from functools import partial

import pytest
from django.urls import reverse
from django.utils import timezone

from catalogue.vocabulary import Urgency
from cities.models import City
from matching import linked_towns, links, plans, services, tasks, waits
from matching.lifecycle import NotPossible, Reason, acts_for
from matching.models import Decision, Hold, Match, MatchState, TownAgreement
from matching.plans import plan_presentation, plan_sending
from matching.roles import roles_of
from matching.scanning import matches_in_hand
from needs.models import Need
from notifications.models import Message, MessageState
from offers import services as offers
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import NOW, drain, due_need, due_offer

NIGHT = NOW.replace(hour=21)  # ten in Strasbourg


class Pair:
    """A need of Strasbourg, a home of Schiltigheim that its citizen shares with linked towns, and the people."""

    def __init__(self, city, coordinator, *, now=NOW, vetted=True):
        self.now, self.city, self.asker = now, city, coordinator
        self.host = CityFactory(slug="schiltigheim", name="Schiltigheim", seat=city.seat)
        city.linked.add(self.host)
        self.neighbour = CityRoleFactory(city=self.host).user
        self.operator = CityRoleFactory(city=self.host, role="operator").user
        self.citizen = UserFactory(name="Camille Martin", email="camille@exemple.fr", phone="+33612345678")
        organisation = OrganisationFactory(city=city, verified=True)
        self.member = MembershipFactory(organisation=organisation).user
        self.offer = due_offer(
            city=self.host,
            now=now,
            owner=self.citizen,
            share_with_linked=True,
            vetted=vetted,
            title="Chambre sur cour",
        )
        self.need = due_need(city=city, now=now, organisation=organisation, title="Famille Dossier-Secret")
        drain(now)
        self.match = Match.objects.get(need=self.need, offer=self.offer)

    @property
    def state(self):
        return Match.objects.values_list("state", flat=True).get(pk=self.match.pk)

    def ask(self):
        return linked_towns.ask(match_id=self.match.pk, by=self.asker, now=self.now)

    def agreed(self):
        return linked_towns.agree(agreement_id=self.ask().pk, by=self.neighbour, now=self.now)


@pytest.fixture
def it(city, coordinator):
    return Pair(city, coordinator)


def events(person):
    return list(Message.objects.filter(recipient=person).order_by("pk").values_list("event", flat=True))


def why(act, **options):
    with pytest.raises(NotPossible) as failure:
        act(**options)
    return failure.value.why


# --- Asked, and answered -------------------------------------------------------------------------------


def test_nobody_of_a_linked_town_is_asked_before_it_agrees(it):
    assert why(services.propose, match_id=it.match.pk, by=it.asker, now=NOW) == "town"
    agreement = it.ask()
    assert why(services.propose, match_id=it.match.pk, by=it.asker, now=NOW) == "town"
    assert (it.state, Hold.objects.count()) == ("suggested", 0)
    assert events(it.neighbour) == ["town_asked"]
    assert events(it.citizen) == []
    linked_towns.agree(agreement_id=agreement.pk, by=it.neighbour, now=NOW)
    assert (it.state, Hold.objects.count()) == ("proposed", 1)
    assert events(it.citizen) == ["match_question"]
    decision = Decision.objects.get(match=it.match)
    assert (decision.by, decision.role, decision.act) == (it.neighbour, "host_town", "propose")
    agreement = TownAgreement.objects.get()
    assert (agreement.asked_by, agreement.answered_by) == (it.asker, it.neighbour)


def test_who_is_asked_would_be_called_by_their_own_town(city, coordinator, client):
    it = Pair(city, coordinator, now=timezone.now())
    it.agreed()
    client.force_login(it.citizen)
    page = client.get(reverse("matching:mine_one", args=[it.city.slug, it.match.pk]))
    assert page.context["call_me_url"].startswith(f"/{it.host.slug}/")


def test_what_the_other_town_reads_is_what_its_citizen_would(it):
    it.ask()
    body = Message.objects.get(event="town_asked").body
    assert "Chambre sur cour" in body
    assert "Strasbourg" in body
    assert "Dossier-Secret" not in body
    assert it.need.organisation.name not in body


def test_the_other_town_is_asked_for_days_and_not_for_a_suggestion(it):
    """A suggestion may be another by now; what is asked is not."""
    agreement = it.ask()
    first = agreement.first_day + timedelta(days=5)
    TownAgreement.objects.update(first_day=first)
    assert linked_towns.days_asked(TownAgreement.objects.get(), it.match) == (first, it.match.last_day)
    TownAgreement.objects.update(first_day=it.match.first_day - timedelta(days=1))
    whole = (it.match.first_day, it.match.last_day)
    assert linked_towns.days_asked(TownAgreement.objects.get(), it.match) == whole
    TownAgreement.objects.update(first_day=None, last_day=None)  # as it was asked before days were kept
    assert linked_towns.days_asked(TownAgreement.objects.get(), it.match) == whole


def test_asking_twice_asks_once_for_the_days_asked_last(it):
    first = it.ask()
    Match.objects.update(first_day=it.match.first_day + timedelta(days=3))
    assert it.ask() == first
    assert events(it.neighbour) == ["town_asked"]
    assert TownAgreement.objects.get().first_day == it.match.first_day + timedelta(days=3)


def test_a_no_sets_the_suggestion_aside_and_tells_the_desk(it):
    linked_towns.decline(
        agreement_id=it.ask().pk, by=it.neighbour, now=NOW, reason=Reason.SAFETY, note="En travaux"
    )
    assert it.state == "dismissed"
    assert events(it.asker)[-1] == "town_declined"
    assert Decision.objects.get(match=it.match).role == "host_town"
    drain()
    assert it.state == "dismissed"
    assert (
        why(linked_towns.agree, agreement_id=TownAgreement.objects.get().pk, by=it.neighbour, now=NOW)
        == "closed"
    )


def test_of_a_home_for_tonight_the_town_is_asked_and_answers_at_night(it):
    City.objects.update(quiet_from=time(21), quiet_until=time(8))
    Need.objects.update(urgency=Urgency.TONIGHT)
    it.now = NIGHT
    agreement = it.ask()
    linked_towns.decline(agreement_id=agreement.pk, by=it.neighbour, now=NIGHT, reason=Reason.SAFETY)
    assert agreement.answer_by == waits.deadline(agreement.match, now=NIGHT)
    for event in ("town_asked", "town_declined"):
        message = Message.objects.get(event=event)
        assert (message.state, message.due_at) == (MessageState.QUEUED, NIGHT)


def test_the_time_to_answer_of_a_town_begins_in_the_morning(it):
    City.objects.update(quiet_from=time(21), quiet_until=time(8))
    it.now = NIGHT
    agreement = it.ask()
    morning = Message.objects.get(event="town_asked").due_at
    assert morning == NIGHT + timedelta(hours=10)
    assert agreement.answer_by == waits.deadline(it.match, now=morning)


def test_what_becomes_of_their_home_tonight_the_town_is_told_at_night(it):
    City.objects.update(quiet_from=time(21), quiet_until=time(8))
    Need.objects.update(urgency=Urgency.TONIGHT)
    it.now = NIGHT
    it.agreed()
    services.cancel(match_id=it.match.pk, by=it.asker, now=NIGHT, reason=Reason.OTHER_SOLUTION)
    assert Message.objects.get(event="match_across").state == MessageState.QUEUED


def test_silence_lapses_and_may_be_asked_again(it):
    agreement = it.ask()
    late = agreement.answer_by
    assert linked_towns.lapse(by=None, now=late - timedelta(seconds=1)) == 0
    assert linked_towns.lapse(by=None, now=late) == 1
    assert linked_towns.lapse(by=None, now=late) == 0
    assert events(it.asker)[-1] == "town_silent"
    assert it.state == "suggested"
    again = linked_towns.ask(match_id=it.match.pk, by=it.asker, now=late)
    assert again != agreement
    assert why(linked_towns.agree, agreement_id=agreement.pk, by=it.neighbour, now=late) == "closed"


def test_an_answer_in_the_very_second_is_too_late(it):
    agreement = it.ask()
    assert (
        why(linked_towns.agree, agreement_id=agreement.pk, by=it.neighbour, now=agreement.answer_by)
        == "closed"
    )


def test_the_town_of_the_offer_visits_first(city, coordinator):
    it = Pair(city, coordinator, vetted=False)
    agreement = it.ask()
    assert why(linked_towns.agree, agreement_id=agreement.pk, by=it.neighbour, now=NOW) == "vetting"
    assert TownAgreement.objects.get().answer == ""
    offers.vet(offer_id=it.offer.pk, by=it.neighbour, now=NOW)
    drain()
    match = Match.objects.get(need=it.need, state=MatchState.SUGGESTED)
    assert match == it.match
    linked_towns.agree(agreement_id=agreement.pk, by=it.neighbour, now=NOW)
    assert it.state == "proposed"


@pytest.mark.parametrize("who", ["asker", "operator", "citizen", "member"])
def test_nobody_else_agrees(it, who):
    agreement = it.ask()
    for act in (
        partial(linked_towns.agree, agreement_id=agreement.pk),
        partial(linked_towns.decline, agreement_id=agreement.pk, reason=Reason.OTHER),
    ):
        assert why(act, by=getattr(it, who), now=NOW) == "role"
    assert it.state == "suggested"


@pytest.mark.parametrize("who", ["neighbour", "citizen", "member"])
def test_nobody_else_asks(it, who):
    assert why(linked_towns.ask, match_id=it.match.pk, by=getattr(it, who), now=NOW) == "role"


def test_what_is_gone_meanwhile_is_not_agreed_to(it):
    agreement = it.ask()
    offers.pause(offer_id=it.offer.pk, by=it.citizen, now=NOW)
    assert why(linked_towns.agree, agreement_id=agreement.pk, by=it.neighbour, now=NOW) == "closed"
    drain()
    assert it.state == "superseded"
    assert not linked_towns.asked_of(it.host).exists()


def test_when_the_suggestion_is_gone_both_desks_are_told_and_the_question_is_over(it):
    """Also when the pair comes back: both have read that it was gone, so somebody asks anew."""
    agreement = it.ask()
    offers.pause(offer_id=it.offer.pk, by=it.citizen, now=NOW)
    assert linked_towns.lapse(by=None, now=NOW) == 0
    drain()
    assert linked_towns.lapse(by=None, now=NOW) == 1
    assert linked_towns.lapse(by=None, now=agreement.answer_by) == 0
    assert events(it.asker)[-1] == "agreement_moot"
    assert events(it.neighbour) == ["town_asked", "agreement_not_needed"]
    body = Message.objects.get(event="agreement_not_needed").body
    assert "Chambre sur cour" in body
    assert "Dossier-Secret" not in body
    offers.resume(offer_id=it.offer.pk, by=it.citizen, now=NOW)
    drain()
    assert it.state == "suggested"
    assert not linked_towns.asked_of(it.host).exists()
    assert why(linked_towns.agree, agreement_id=agreement.pk, by=it.neighbour, now=NOW) == "closed"
    it.ask()
    assert events(it.neighbour)[-1] == "town_asked"


def test_what_comes_back_before_anybody_looked_is_still_asked(it):
    it.ask()
    for act in (offers.pause, offers.resume):
        act(offer_id=it.offer.pk, by=it.citizen, now=NOW)
        drain()
    assert linked_towns.lapse(by=None, now=NOW) == 0
    assert linked_towns.asked_of(it.host).exists()


def test_when_the_desk_that_asked_sets_it_aside_the_other_is_told(it):
    it.ask()
    services.dismiss(match_id=it.match.pk, by=it.asker, now=NOW, reason=Reason.OTHER_SOLUTION)
    assert linked_towns.lapse(by=None, now=NOW) == 1
    assert events(it.neighbour) == ["town_asked", "agreement_not_needed"]
    assert "agreement_moot" not in events(it.asker)


def test_the_worker_that_finds_it_gone_says_so(
    city, coordinator, wake_ups, django_capture_on_commit_callbacks
):
    it = Pair(city, coordinator, now=timezone.now())
    it.ask()
    offers.pause(offer_id=it.offer.pk, by=it.citizen, now=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        tasks.scan_due()
    assert (matches_in_hand.TASK, []) in wake_ups()
    tasks.look_after_matches()
    assert TownAgreement.objects.get().answer == "moot"


def test_agreed_and_declined_at_once_are_one_of_the_two(transactional_db, at_once, city, coordinator):
    it = Pair(city, coordinator)
    agreement, other = it.ask(), CityRoleFactory(city=it.host).user
    said = at_once(
        lambda: linked_towns.agree(agreement_id=agreement.pk, by=it.neighbour, now=NOW),
        lambda: linked_towns.decline(agreement_id=agreement.pk, by=other, now=NOW, reason=Reason.OTHER),
    )
    assert sum(isinstance(answer, NotPossible) for answer in said) == 1
    answer = TownAgreement.objects.get().answer
    assert (answer, it.state) in {("agreed", "proposed"), ("declined", "dismissed")}


def test_the_scheduler_ends_the_wait(city, coordinator):
    it = Pair(city, coordinator, now=timezone.now())
    agreement = it.ask()
    TownAgreement.objects.update(answer_by=timezone.now() - timedelta(minutes=1))
    tasks.advance_time()
    agreement.refresh_from_db()
    assert agreement.answer == "lapsed"


# --- A line of a plan ----------------------------------------------------------------------------------


@pytest.fixture
def line(it):
    """The pair as a line of a plan, accepted: the plan, and what became of it."""
    plan = plans.ask(
        city_id=it.city.pk,
        kind="",
        urgency="",
        need_ids=[],
        budget_seconds=plans.BUDGETS[0],
        by=it.asker,
        now=NOW,
    )
    assert plans.work_on_one(now=NOW)
    plan.refresh_from_db()
    return plan.lines.get()


def accepted(it, line, *, now=NOW):
    return plans.accept(plan_id=line.plan_id, line_ids=[line.pk], by=it.asker, now=now)


def shown(line, *, now=NOW):
    (group,) = plan_presentation.groups(line.plan, [line.need], ticked=(), now=now)
    (card,) = (card for ask in group.asks for card in ask.cards)
    return card.standing.state, card.standing.words


def test_a_line_across_two_towns_asks_the_town_and_nobody_else_yet(it, line):
    outcome = accepted(it, line)
    assert (outcome.asked, outcome.towns, outcome.refused) == ((), (it.match,), ())
    assert events(it.citizen) == []
    assert shown(line) == ("asked", "L’accord de Schiltigheim est demandé.")
    assert not plans.askable(line.plan, now=NOW).exists()
    assert accepted(it, line).already == 1


def test_the_decision_of_the_town_keeps_the_number_of_the_plan(it, line):
    accepted(it, line)
    linked_towns.agree(agreement_id=TownAgreement.objects.get().pk, by=it.neighbour, now=NOW)
    assert Decision.objects.get(match=it.match).plan_number == line.plan_id
    assert shown(line) == ("asked", "demandée au citoyen")
    assert accepted(it, line).already == 1


def test_what_was_asked_without_a_plan_has_no_number(it):
    it.agreed()
    assert Decision.objects.get(match=it.match).plan_number is None


def test_a_line_about_which_the_town_said_nothing_may_be_asked_again(it, line):
    accepted(it, line)
    late = TownAgreement.objects.get().answer_by
    linked_towns.lapse(by=None, now=late)
    assert shown(line, now=late)[0] == "open"
    assert (
        list(plans.askable(line.plan, now=late))
        == list(plan_sending.whole(line.plan, now=late).lines)
        == [line]
    )
    assert accepted(it, line, now=late).towns == (it.match,)
    assert TownAgreement.objects.filter(answer="").get().plan_number == line.plan_id


def test_a_line_to_which_the_town_said_no_is_over(it, line):
    accepted(it, line)
    agreement = TownAgreement.objects.get()
    linked_towns.decline(agreement_id=agreement.pk, by=it.neighbour, now=NOW, reason=Reason.SAFETY)
    assert shown(line) == ("asked", "écartée")
    assert not plans.askable(line.plan, now=NOW).exists()
    assert accepted(it, line).already == 1


def test_the_page_says_that_the_town_is_asked(city, coordinator, as_user):
    it = Pair(city, coordinator, now=timezone.now())
    client = as_user(coordinator)
    plan = plans.ask(
        city_id=city.pk,
        kind="",
        urgency="",
        need_ids=[],
        budget_seconds=plans.BUDGETS[0],
        by=coordinator,
        now=it.now,
    )
    assert plans.work_on_one(now=it.now)
    here = reverse("matching:plan", args=[city.slug, plan.pk])
    page = client.post(here, {"line": [plan.lines.get().pk]}, follow=True).content.decode()
    assert "L’accord d’une ville liée est demandé pour 1 ligne" in page
    assert "reçoit la question" not in page
    assert "L’accord de Schiltigheim est demandé." in page


# --- Who sees and does what afterwards -----------------------------------------------------------------


def test_a_caller_s_answer_is_noted_by_their_own_town(it):
    it.agreed()
    assert why(services.accept, match_id=it.match.pk, by=it.asker, now=NOW) == "role"
    assert why(services.decline, match_id=it.match.pk, by=it.asker, now=NOW) == "role"
    match = services.accept(match_id=it.match.pk, by=it.operator, now=NOW)
    assert match.state == "accepted"
    assert Decision.objects.filter(match=match).latest("pk").role == "host_town"


def test_buttons_are_those_that_work(it):
    it.agreed()
    match = Match.objects.get(pk=it.match.pk)
    acts = acts_for(match.state, roles_of(it.asker, match), across=True)
    assert {str(act) for act in acts} == {"cancel"}


def test_the_citizen_is_called_by_their_own_town(it):
    it.citizen.email = None
    it.citizen.save(update_fields=["email"])
    it.agreed()
    message = Message.objects.get(event="match_question")
    assert (message.channel, message.city) == ("call", it.host)


def test_both_desks_know_how_it_ends(it):
    it.agreed()
    services.accept(match_id=it.match.pk, by=it.citizen, now=NOW)
    services.confirm(match_id=it.match.pk, by=it.member, now=NOW)
    services.cancel(match_id=it.match.pk, by=it.citizen, now=NOW, reason=Reason.CHANGED_MIND)
    assert events(it.neighbour) == ["town_asked", "match_across", "match_across"]
    bodies = " ".join(Message.objects.filter(recipient=it.neighbour).values_list("body", flat=True))
    assert "Dossier-Secret" not in bodies
    assert "match_cancelled" in events(it.asker)


def test_no_contact_before_the_confirmation(city, coordinator, as_user):
    it = Pair(city, coordinator, now=timezone.now())
    client = as_user(coordinator)
    case = reverse("desk:case", args=[city.slug, it.need.reference])
    contact = reverse("desk:contact", args=[city.slug, it.match.pk])

    def is_secret():
        pages = client.get(case).content.decode()
        answer = client.post(contact)
        return answer.status_code == 404 and not any(
            secret in pages for secret in ("Camille Martin", "camille@exemple.fr", "06 12 34 56 78")
        )

    assert is_secret()
    it.agreed()
    assert is_secret()
    services.accept(match_id=it.match.pk, by=it.citizen, now=it.now)
    assert is_secret()
    services.confirm(match_id=it.match.pk, by=it.member, now=it.now)
    assert "06 12 34 56 78" in client.post(contact).content.decode()


# --- On the pages --------------------------------------------------------------------------------------


def test_from_the_case_to_the_question_by_the_pages(city, coordinator, client):
    it = Pair(city, coordinator, now=timezone.now())
    client.force_login(coordinator)
    case = client.get(reverse("desk:case", args=[city.slug, it.need.reference])).content.decode()
    assert "cette ville donne d’abord son accord" in case
    page = client.post(reverse("matching:ask_linked_town", args=[city.slug, it.match.pk]), follow=True)
    assert "C’est demandé à Schiltigheim" in page.content.decode()
    assert "L’accord de Schiltigheim est demandé" in page.content.decode()

    client.force_login(it.neighbour)
    here = reverse("matching:linked_towns", args=[it.host.slug])
    page = client.get(here).content.decode()
    assert "Un logement pour" in page
    assert "Dossier-Secret" not in page
    assert it.need.organisation.name not in page
    agreement = TownAgreement.objects.get()
    answer = reverse("matching:answer_linked_town", args=[it.host.slug, agreement.pk])
    page = client.post(answer, {"answer": "yes"}, follow=True).content.decode()
    assert "La personne est interrogée" in page
    assert "demandée au citoyen" in page
    assert it.state == "proposed"
    # Answered already: said, and nothing is lost.
    assert "plus ouvert" in client.post(answer, {"answer": "yes"}, follow=True).content.decode()


def test_no_with_a_reason_by_the_page(city, coordinator, as_user):
    it = Pair(city, coordinator, now=timezone.now())
    agreement = it.ask()
    client = as_user(it.neighbour)
    answer = reverse("matching:answer_linked_town", args=[it.host.slug, agreement.pk])
    assert "Choisissez une raison" in client.post(answer, {"answer": "no"}, follow=True).content.decode()
    client.post(answer, {"answer": "no", f"a{agreement.pk}-reason": "safety"})
    assert it.state == "dismissed"


def test_a_town_answers_what_it_was_asked_alone(city, coordinator, as_user):
    it = Pair(city, coordinator, now=timezone.now())
    agreement = it.ask()
    answer = reverse("matching:answer_linked_town", args=[city.slug, agreement.pk])
    assert as_user(coordinator).post(answer, {"answer": "yes"}).status_code == 404


def test_an_operator_of_the_citizen_s_town_notes_the_answer_behind_the_link(city, coordinator, as_user):
    it = Pair(city, coordinator, now=timezone.now())
    match = it.agreed()
    path = links.answer_path(match, it.citizen)
    as_user(it.operator).post(path, {"answer": "accept"})
    assert it.state == "accepted"
    assert Decision.objects.filter(match=match).latest("pk").by == it.operator
