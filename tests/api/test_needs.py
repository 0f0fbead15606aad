"""Needs through the API."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Consent, Organisation, User
from needs.models import Need, NeedState
from tests.factories.accounts import MembershipFactory, OrganisationFactory
from tests.factories.needs import NeedFactory

pytestmark = pytest.mark.django_db

TUESDAY = timezone.localdate() + timedelta(days=8 - timezone.localdate().weekday())
APPOINTMENT = {
    "kind": "skill",
    "category": "interpreting",
    "title": "Interprète tigrigna à la préfecture",
    "languages_from": ["ti"],
    "languages_to": ["fr"],
    "rhythm": "once",
    "first_day": TUESDAY.isoformat(),
    "last_day": TUESDAY.isoformat(),
    "slots": ["tue 14:00-15:30"],
    "quantity": 2,
    "adult_women": None,
    "children_3_to_11": None,
}


class TestWhoSeesWhat:
    def test_posters_and_desk_alone(
        self, member, coordinator, operator, citizen, stranger, city, organisation, program
    ):
        need = NeedFactory(city=city, organisation=organisation)
        other = program(MembershipFactory(organisation=OrganisationFactory(city=city, verified=True)).user)
        for caller, status in (
            (member, 200), (coordinator, 200), (operator, 200), (citizen, 404), (stranger, 404), (other, 404),
        ):  # fmt: skip
            assert caller.get(f"needs/{need.reference}/").status_code == status
            listed = [row["reference"] for row in caller.get("needs/").json()["results"]]
            assert listed == ([need.reference] if status == 200 else [])
            assert caller.patch(f"needs/{need.reference}/", {}).status_code == status
        assert stranger.post(f"needs/{need.reference}/withdraw/").status_code == 404
        need.refresh_from_db()
        assert need.state == NeedState.OPEN

    def test_a_persons_own(self, citizen, member, city):
        need = NeedFactory(city=city, for_person=citizen.user)
        assert citizen.get(f"needs/{need.reference}/").json()["organisation"] is None
        assert member.get(f"needs/{need.reference}/").status_code == 404


class TestRegister:
    def test_of_ones_association(self, member, organisation, need_body):
        answer = member.post("needs/", need_body())
        assert answer.status_code == 201
        shown = answer.json()
        need = Need.objects.get(reference=shown["reference"])
        assert (need.organisation, need.person, need.source) == (organisation, None, "api")
        assert (shown["quantity"], shown["people"], shown["state"]) == (3, 3, "open")
        assert (shown["organisation"], shown["organisation_name"]) == ("W671234567", "Les Passerelles")

    def test_for_an_association_by_the_desk(self, operator, organisation, need_body):
        assert operator.post("needs/", need_body(organisation="W67 123 4567")).status_code == 201
        assert Need.objects.get().entered_by == operator.user

    def test_for_oneself(self, citizen, need_body):
        answer = citizen.post("needs/", need_body(organisation=None))
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {"organisation"})
        assert not Need.objects.exists()

    def test_for_a_caller(self, operator, citizen, need_body):
        person = {"phone": "+33353010078", "consent": "phone"}
        body = need_body(organisation=None, person=person)
        assert citizen.post("needs/", body).status_code == 403
        assert not User.objects.filter(phone="+33353010078").exists()
        assert operator.post("needs/", body).status_code == 201
        need = Need.objects.get()
        assert str(need.person.phone) == "+33353010078"
        assert Consent.objects.get(user=need.person).recorded_by == operator.user

    def test_never_for_anothers_association(self, citizen, stranger, organisation, need_body):
        for caller in (citizen, stranger):
            answer = caller.post("needs/", need_body())
            assert (answer.status_code, set(answer.json()["errors"])) == (400, {"organisation"})
        assert not Need.objects.exists()

    def test_nor_for_a_suspended_one(self, member, organisation, need_body):
        Organisation.objects.update(state="suspended")
        assert member.post("needs/", need_body()).status_code == 400

    @pytest.mark.parametrize(
        ("changes", "names"),
        [
            ({"last_day": "2020-01-01"}, {"last_day"}),
            ({"last_day": "2027-01-01", "first_day": "2027-01-02"}, {"last_day"}),
            ({"adult_women": 0, "children_3_to_11": 0}, {"adult_women"}),
            ({"adult_women": 51}, {"adult_women"}),
            ({"category": "bedding"}, None),
            ({"kind": "goods", "category": "bedding", "quantity": None}, {"quantity"}),
            ({"min_days": 90}, {"min_days"}),
            ({"reach_km": -1}, {"reach_km"}),
            ({**APPOINTMENT, "slots": ["mon 14:00-15:30"]}, {"slots"}),
            ({**APPOINTMENT, "rhythm": "monthly"}, {"rhythm"}),
            ({"person": {"email": "a@exemple.fr", "consent": "paper"}}, {"person"}),
        ],
    )
    def test_bad_input_by_field(self, member, organisation, need_body, changes, names):
        answer = member.post("needs/", need_body(**changes))
        if names is None:  # a home has no category of things: it is left out, as on the page
            assert answer.json()["category"] == ""
        else:
            assert (answer.status_code, set(answer.json()["errors"])) == (400, names)

    def test_an_appointment(self, member, organisation, need_body):
        shown = member.post("needs/", need_body(**APPOINTMENT)).json()
        told = {name: shown[name] for name in ("rhythm", "slots", "first_day", "last_day", "quantity")}
        assert told == {name: APPOINTMENT[name] for name in told}
        assert (shown["given_days"], shown["given_quantity"]) == (0, 0)

    def test_a_rhythm_left_out_is_weekly_and_of_a_home_none(self, member, organisation, need_body):
        lessons = {name: value for name, value in APPOINTMENT.items() if name not in ("rhythm", "slots")}
        assert member.post("needs/", need_body(**lessons)).json()["rhythm"] == "weekly"
        assert member.post("needs/", need_body(rhythm="once")).json()["rhythm"] == ""

    def test_posted_twice(self, member, organisation, need_body):
        key = {"idempotency-key": "case-2417"}
        first = member.post("needs/", need_body(), **key)
        again = member.post("needs/", need_body(), **key)
        assert (first.status_code, again.status_code) == (201, 200)
        assert first.json()["reference"] == again.json()["reference"]
        assert Need.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_posted_five_times_at_once_it_is_one(member, need_body, at_once):
    key = {"idempotency-key": "case-2417"}
    answers = at_once(*[lambda: member.post("needs/", need_body(), **key)] * 5)
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert Need.objects.count() == 1


class TestChangeAndWithdraw:
    def test_change(self, member, organisation, need_body):
        path = f"needs/{member.post('needs/', need_body()).json()['reference']}/"
        shown = member.patch(path, {"adult_women": 2, "pets": True}).json()
        assert (shown["people"], shown["quantity"], shown["pets"]) == (4, 4, True)
        assert member.patch(path, {"urgency": "soon"}).status_code == 400

    def test_withdraw_twice_then_nothing_more(self, member, organisation, need_body):
        path = f"needs/{member.post('needs/', need_body()).json()['reference']}/"
        for _ in range(2):
            answer = member.post(f"{path}withdraw/", {"reason": "Solution trouvée"})
            assert (answer.status_code, answer.json()["state"]) == (200, "withdrawn")
        answer = member.patch(path, {"pets": True})
        assert (answer.status_code, answer.json()["type"]) == (409, "state")

    def test_withdraw_what_has_ended(self, member, city, organisation):
        need = NeedFactory(city=city, organisation=organisation, state=NeedState.EXPIRED)
        answer = member.post(f"needs/{need.reference}/withdraw/")
        assert (answer.status_code, answer.json()["type"]) == (409, "state")


class TestList:
    def test_filters(self, coordinator, city, organisation):
        tonight = NeedFactory(city=city, organisation=organisation, urgency="tonight")
        NeedFactory(city=city, organisation=organisation, goods=True)

        def found(**query):
            return [row["reference"] for row in coordinator.get("needs/", **query).json()["results"]]

        assert found(urgency="tonight") == [tonight.reference]
        assert found(kind="housing", state=["open", "met"]) == [tonight.reference]
        assert len(found(urgency=["tonight", "planned"])) == 2
        assert coordinator.get("needs/", urgency="soon").status_code == 400

    def test_as_many_queries_for_twenty(self, coordinator, city, organisation):
        def count(rows):
            NeedFactory.create_batch(rows, city=city, organisation=organisation)
            coordinator.get("needs/")
            with CaptureQueriesContext(connection) as queries:
                assert len(coordinator.get("needs/").json()["results"]) == Need.objects.count()
            return len(queries)

        assert count(2) == count(18)
