"""The pages of visits: the desk's lists, one visit at the door, the host's answer, the town's questions."""

from datetime import timedelta

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import CityEdit
from cities.days import local_day
from homes import links, selectors, services
from homes.models import Checklist, ChecklistChange, Visit, VisitState
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.offers import OfferFactory


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def page(desk, name, *args):
    return reverse(f"homes:{name}", args=[desk.city.slug, *args])


@pytest.fixture
def tomorrow():
    return timezone.now() + timedelta(days=1)


def whole(desk, visit, **more):
    """Everything that the page of a visit asks for, as a browser sends it."""
    asked = selectors.asked_at(Visit.objects.select_related("offer__city").get(pk=visit.pk))
    answers = {f"answer_{number}": "yes" for number in range(len(asked))}
    today = local_day(timezone.now(), desk.city)
    return {**answers, "extract": "yes", "charter_on": f"{today:%Y-%m-%d}", **more}


class TestPlanning:
    def test_a_coordinator_plans_on_the_page_of_the_home(self, desk, tomorrow):
        client = signed_in(desk.coordinator)
        where = page(desk, "offer", desk.home.reference)
        assert "Prévoir une visite" in client.get(where).content.decode()
        sent = {"day": f"{tomorrow:%Y-%m-%d}", "hour": "840", "visitor": desk.colleague.pk}
        answer = client.post(where, sent)
        visit = Visit.objects.get()
        assert answer["Location"] == page(desk, "visit", visit.pk)
        assert visit.visitor == desk.colleague
        assert timezone.localtime(visit.starts_at, visit.starts_at.tzinfo) == visit.starts_at

    def test_what_is_wrong_is_said_beside_it(self, desk):
        client = signed_in(desk.coordinator)
        sent = {"day": "2020-01-01", "hour": "840", "visitor": desk.colleague.pk}
        answer = client.post(page(desk, "offer", desk.home.reference), sent)
        assert answer.status_code == 422
        assert "Ce moment est passé." in answer.content.decode()

    def test_an_operator_sees_no_form(self, desk):
        body = signed_in(desk.operator).get(page(desk, "offer", desk.home.reference)).content.decode()
        assert "Prévoir une visite" not in body


class TestAtTheDoor:
    def test_what_is_seen_is_saved_as_often_as_one_likes_and_then_concluded(self, desk):
        visit = services.begin(offer_id=desk.home.pk, by=desk.coordinator, now=timezone.now())
        client, where = signed_in(desk.coordinator), page(desk, "visit", visit.pk)
        assert client.post(where, {"answer_0": "no", "words_0": "Le verrou manque."}).status_code == 302
        body = client.get(where).content.decode()
        assert "Le verrou manque." in body
        assert desk.vetted() is None
        assert client.post(where, whole(desk, visit, conclude="1")).status_code == 302
        assert desk.vetted() is not None
        assert "Cette visite vaut jusqu’au" in client.get(where).content.decode()

    def test_what_is_missing_is_said_and_what_was_typed_is_kept(self, desk):
        visit = services.begin(offer_id=desk.home.pk, by=desk.coordinator, now=timezone.now())
        client, where = signed_in(desk.coordinator), page(desk, "visit", visit.pk)
        answer = client.post(where, whole(desk, visit, extract="no", conclude="1"))
        assert answer.status_code == 422
        assert "Il manque encore quelque chose" in answer.content.decode()
        answer = client.post(where, whole(desk, visit, answer_1="", charter_on="", conclude="1"))
        assert list(answer.context["form"].errors) == ["charter_on", "answer_1"]
        assert answer.context["form"]["answer_0"].value() == "yes"
        assert desk.vetted() is None

    def test_moved_refused_taken_back_called_off(self, desk, tomorrow):
        visit = desk.plan(at=tomorrow, now=timezone.now())
        client = signed_in(desk.coordinator)
        later = tomorrow + timedelta(days=1)
        sent = {"move-day": f"{later:%Y-%m-%d}", "move-hour": "600", "move-visitor": desk.operator.pk}
        client.post(page(desk, "act", visit.pk, "deplacer"), sent)
        visit.refresh_from_db()
        assert visit.visitor == desk.operator
        client.post(page(desk, "act", visit.pk, "refuser"), {"refusal": "too_small"})
        visit.refresh_from_db()
        assert visit.state == VisitState.REFUSED
        client.post(page(desk, "act", visit.pk, "reprendre"))
        client.post(page(desk, "act", visit.pk, "annuler"))
        visit.refresh_from_db()
        assert visit.state == VisitState.CANCELLED
        assert client.post(page(desk, "act", visit.pk, "autre")).status_code == 404

    def test_an_operator_opens_the_visits_that_they_make_and_no_others(self, desk, tomorrow):
        visit = desk.plan(at=tomorrow, now=timezone.now())
        client, where = signed_in(desk.operator), page(desk, "visit", visit.pk)
        assert client.get(where).status_code == 404
        services.move(
            visit_id=visit.pk,
            starts_at=tomorrow,
            visitor=desk.operator,
            by=desk.coordinator,
            now=timezone.now(),
        )
        assert client.get(where).status_code == 200

    def test_a_script_in_a_word_is_text(self, desk):
        visit = services.begin(offer_id=desk.home.pk, by=desk.coordinator, now=timezone.now())
        client, where = signed_in(desk.coordinator), page(desk, "visit", visit.pk)
        client.post(where, {"answer_0": "no", "words_0": "<script>alert(1)</script>", "note": "<b>x</b>"})
        body = client.get(where).content.decode()
        assert "<script>alert" not in body
        assert "<b>x</b>" not in body


class TestTheHost:
    def test_reads_when_and_who_and_answers_without_signing_in(self, desk, tomorrow):
        visit = desk.plan(at=tomorrow, now=timezone.now(), visitor=desk.colleague)
        path, client = links.host_path(visit), Client()
        body = client.get(path).content.decode()
        assert "Paul S." in body
        client.post(path, {"wish": "saturday", "move": "1"})
        visit.refresh_from_db()
        assert visit.wish == "saturday"
        assert "Plutôt un samedi" in client.get(path).content.decode()
        client.post(path, {"decline": "1"})
        visit.refresh_from_db()
        assert visit.state == VisitState.CANCELLED
        assert "Annulée" in client.get(path).content.decode()

    def test_on_the_page_of_the_home_too(self, desk, tomorrow):
        visit = desk.plan(at=tomorrow, now=timezone.now())
        client, where = signed_in(desk.host), page(desk, "offer", desk.home.reference)
        assert desk.coordinator.name in client.get(where).content.decode()
        client.post(where, {"decline": "1"})
        visit.refresh_from_db()
        assert visit.state == VisitState.CANCELLED
        offer = reverse("offers:detail", args=[desk.city.slug, desk.home.reference])
        assert where in client.get(offer).content.decode()

    def test_once_it_has_begun_neither_page_takes_an_answer(self, desk, tomorrow):
        visit = desk.plan(at=tomorrow, now=timezone.now())
        Visit.objects.filter(pk=visit.pk).update(starts_at=timezone.now() - timedelta(minutes=1))
        of_home = page(desk, "offer", desk.home.reference)
        for client, where in ((Client(), links.host_path(visit)), (signed_in(desk.host), of_home)):
            body = client.get(where).content.decode()
            assert "Ce moment est passé." in body
            assert 'name="decline"' not in body
            assert 'name="wish"' not in body
            client.post(where, {"decline": "1"})
            visit.refresh_from_db()
            assert visit.state == VisitState.PLANNED

    def test_a_link_holds_until_a_month_after_the_visit_however_far_ahead_it_was_planned(
        self, desk, monkeypatch
    ):
        now = timezone.now()
        year_ago = now - timedelta(days=365)
        visit = desk.plan(at=now + timedelta(hours=1), now=year_ago)
        with monkeypatch.context() as past:
            past.setattr(signing.time, "time", year_ago.timestamp)
            path = links.host_path(visit)
        assert 'name="decline"' in Client().get(path).content.decode()
        Visit.objects.update(starts_at=now - timedelta(days=29))
        assert Client().get(path).status_code == 200
        Visit.objects.update(starts_at=now - timedelta(days=31))
        assert Client().get(path).status_code == 410
        assert Client().post(path, {"decline": "1"}).status_code == 410

    def test_to_open_a_link_changes_nothing_and_a_cut_or_foreign_one_opens_nothing(self, desk, tomorrow):
        visit = desk.plan(at=tomorrow, now=timezone.now())
        path = links.host_path(visit)
        assert Client().get(path).status_code == 200
        visit.refresh_from_db()
        assert visit.state == VisitState.PLANNED
        assert Client().get(f"{path[:-4]}/").status_code == 404
        type(desk.home).objects.filter(pk=desk.home.pk).update(owner=UserFactory())
        assert Client().get(path).status_code == 404

    @pytest.mark.parametrize("role", ["coordinator", "operator"])
    def test_of_their_own_home_somebody_of_the_team_has_the_host_s_page_alone(self, desk, tomorrow, role):
        CityRoleFactory(city=desk.city, role=role, user=desk.host)
        visit = desk.plan(at=tomorrow, now=timezone.now())
        Visit.objects.filter(pk=visit.pk).update(visitor=desk.host)
        client, of_home = signed_in(desk.host), page(desk, "offer", desk.home.reference)
        assert client.get(page(desk, "visit", visit.pk)).status_code == 404
        assert client.post(page(desk, "act", visit.pk, "annuler")).status_code == 404
        assert client.get(of_home).context["form"] is None
        if role == "coordinator":
            body = client.get(f"{page(desk, 'visits')}?vue=prevues").content.decode()
            assert page(desk, "visit", visit.pk) not in body
            assert of_home in body
        choices = signed_in(desk.coordinator).get(page(desk, "visit", visit.pk)).context["moving"]
        assert desk.host not in choices.fields["visitor"].queryset
        assert desk.colleague in choices.fields["visitor"].queryset

    def test_another_citizen_finds_nothing(self, desk):
        assert signed_in(UserFactory()).get(page(desk, "offer", desk.home.reference)).status_code == 404

    def test_does_not_read_what_the_team_notes(self, desk):
        visit = services.begin(offer_id=desk.home.pk, by=desk.coordinator, now=timezone.now())
        services.note(
            visit_id=visit.pk, seen={"note": "Chien méchant"}, by=desk.coordinator, now=timezone.now()
        )
        client = signed_in(desk.host)
        assert client.get(page(desk, "visit", visit.pk)).status_code == 404
        assert "Chien méchant" not in client.get(page(desk, "offer", desk.home.reference)).content.decode()


class TestLists:
    def _fill(self, desk, count):
        now = timezone.now()
        for _ in range(count):
            homes = [OfferFactory(city=desk.city, owner=UserFactory()) for _ in range(4)]
            desk.plan(home=homes[0], at=now + timedelta(days=2), now=now)
            desk.pass_(desk.plan(home=homes[1], at=now + timedelta(hours=1), now=now), now=now)
            ending = desk.pass_(desk.plan(home=homes[2], at=now + timedelta(hours=1), now=now), now=now)
            Visit.objects.filter(pk=ending.pk).update(
                valid_until=local_day(now, desk.city) + timedelta(days=9)
            )
            refused = desk.plan(home=homes[3], at=now + timedelta(hours=1), now=now)
            services.refuse(visit_id=refused.pk, reason="other", by=desk.coordinator, now=now)
            OfferFactory(city=desk.city, owner=UserFactory())

    @pytest.mark.parametrize("view", ["a-planifier", "prevues", "faites", "a-refaire", "refusees"])
    def test_each_shows_its_own_in_as_many_queries_whatever_their_number(self, desk, view):
        self._fill(desk, 1)
        client = signed_in(desk.coordinator)
        where = f"{page(desk, 'visits')}?vue={view}"
        client.get(where)
        with CaptureQueriesContext(
            connection,
        ) as few:
            body = client.get(where).content.decode()
        expected = {"a-planifier": 2, "prevues": 1, "faites": 2, "a-refaire": 1, "refusees": 1}[view]
        assert body.count('<article class="card"') == expected
        self._fill(desk, 4)
        with CaptureQueriesContext(connection) as many:
            client.get(where)
        assert len(few) == len(many) <= 20

    def test_another_town_s_are_not_in_it(self, desk):
        other = OfferFactory(title="Ailleurs")
        assert other.title not in signed_in(desk.coordinator).get(page(desk, "visits")).content.decode()


class TestQuestions:
    def test_a_town_asks_its_own_and_the_built_in_ones_again_when_it_empties_them(self, desk):
        client, where = signed_in(desk.administrator), page(desk, "questions")
        assert "Un détecteur de fumée fonctionne." in client.get(where).content.decode()
        client.post(where, {"questions": "Un lit ?\n\nUne clé ?\n", "visit_valid_months": "6"})
        assert selectors.questions_of(desk.city) == ["Un lit ?", "Une clé ?"]
        desk.city.refresh_from_db()
        assert desk.city.visit_valid_months == 6
        assert ChecklistChange.objects.get().by == desk.administrator
        assert CityEdit.objects.filter(city=desk.city, what__has_key="visit_valid_months").exists()
        client.post(where, {"questions": " ", "visit_valid_months": "6"})
        assert "Un détecteur de fumée fonctionne." in selectors.questions_of(desk.city)
        assert ChecklistChange.objects.count() == 2

    def test_to_save_the_built_in_ones_as_they_are_makes_no_list(self, desk):
        client, where = signed_in(desk.administrator), page(desk, "questions")
        lines = "\r\n".join(selectors.questions_of(desk.city))
        client.post(where, {"questions": lines, "visit_valid_months": "12"})
        assert not Checklist.objects.exists()

    def test_a_list_has_an_end(self, desk):
        client, where = signed_in(desk.administrator), page(desk, "questions")
        lines = "\n".join(f"Question {number}" for number in range(31))
        assert client.post(where, {"questions": lines, "visit_valid_months": "12"}).status_code == 422

    def test_a_visit_keeps_its_questions_when_the_list_changes(self, desk):
        visit = services.begin(offer_id=desk.home.pk, by=desk.coordinator, now=timezone.now())
        desk.note_all(visit, now=timezone.now())
        services.set_questions(
            city=desk.city, questions=["Une clé ?"], by=desk.administrator, now=timezone.now()
        )
        visit = Visit.objects.select_related("offer__city").get(pk=visit.pk)
        asked = [line["question"] for line in selectors.asked_at(visit)]
        assert asked[0] == "Une clé ?"
        assert "Un détecteur de fumée fonctionne." in asked
        assert selectors.missing(visit).answers == 1
