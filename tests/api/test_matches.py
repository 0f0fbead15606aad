"""Matches through the API: what each may read, and every act."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ContactReading, User
from matching.models import Match
from matching.reasons import facts
from matching.roles import roles_of
from matching.serializers import PARTS, Reader
from needs.models import Need
from notifications.models import Preference
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory, MembershipFactory
from tests.factories.matching import suggested_match
from tests.factories.offers import OfferFactory

pytestmark = pytest.mark.django_db


class TestWhoSeesWhat:
    def test_a_suggestion_is_the_desks_alone(self, matched, coordinator, citizen, member, operator, stranger):
        match = matched()
        for program, status in (
            (coordinator, 200), (citizen, 404), (member, 404), (operator, 404), (stranger, 404),
        ):  # fmt: skip
            assert program.get(f"matches/{match.pk}/").status_code == status
            assert len(program.get("matches/").json()["results"]) == (status == 200)

    def test_once_decided_those_concerned(self, matched, coordinator, citizen, member, stranger):
        match = matched("proposed")
        for program, status in ((coordinator, 200), (citizen, 200), (member, 200), (stranger, 404)):
            assert program.get(f"matches/{match.pk}/").status_code == status

    def test_the_desk_reads_both_sides_explained(self, matched, coordinator):
        match = matched()
        shown = coordinator.get(f"matches/{match.pk}/").json()
        assert shown["need"]["reference"] == match.need.reference
        assert shown["offer"]["reference"] == match.offer.reference
        assert (shown["rank"], shown["acts"], shown["offer"]["vetted"]) == (1, ["dismiss", "propose"], True)
        assert [part["part"] for part in shown["parts"]] == list(PARTS)
        assert sum(part["points"] for part in shown["parts"]) == pytest.approx(shown["score"], abs=1e-5)
        assert {part["part"]: part["weight"] for part in shown["parts"]} == match.weights
        assert shown["algorithm"] == match.algorithm
        (explained,) = facts.explained([match], now=timezone.now())
        assert [reason["code"] for reason in shown["reasons"]] == [fact["code"] for fact in explained.facts]
        assert all(reason["text"] for reason in shown["reasons"])

    def test_the_citizen_reads_figures_of_the_need_alone(self, matched, citizen):
        private = {
            "title": "Fatou et ses filles", "text": "Arrive du Havre", "case_reference": "D-2417",
            "social_worker": "Nadia, CCAS", "languages": ["ti", "fr"], "step_free_needed": True,
        }  # fmt: skip
        match = matched("proposed", need=private, offer={"step_free": True, "languages": ["fr", "ti"]})
        answer = citizen.get(f"matches/{match.pk}/")
        need = answer.json()["need"]
        assert {name for name, value in need.items() if value is not None} == {
            "kind", "category", "items", "sizes", "first_day", "last_day", "rhythm", "slots", "people", "commune",
        }  # fmt: skip
        text = answer.content.decode()
        for word in (
            "Fatou",
            "Havre",
            "D-2417",
            "Nadia",
            "Passerelles",
            match.need.reference,
            match.city.email,
        ):
            assert not word or word not in text
        codes = {reason["code"] for reason in answer.json()["reasons"]}
        assert codes & {"shared_languages", "step_free", "accepts", "accepts_everyone"} == set()
        assert {"distance", "same_place"} & codes
        assert answer.json()["acts"] == ["accept", "decline"]

    def test_the_association_reads_conditions_of_the_offer_alone(self, matched, citizen, member):
        private = {"title": "Chez Camille", "text": "Au 3e", "nearest_stop": "Gallia", "diploma": "X-99"}
        match = matched("accepted", offer=private)
        answer = member.get(f"matches/{match.pk}/")
        offer = answer.json()["offer"]
        assert (offer["reference"], offer["title"], offer["commune"]) == (None, None, None)
        assert offer["category"] == "shared_room"
        text = answer.content.decode()
        for word in (
            "Camille",
            "Au 3e",
            "Gallia",
            "X-99",
            "Invités",
            citizen.user.email,
            match.offer.reference,
        ):
            assert word not in text
        codes = {reason["code"] for reason in answer.json()["reasons"]}
        assert codes & {"confirmed", "not_asked", "asked", "confirmation_unknown"} == set()
        assert answer.json()["acts"] == ["cancel", "confirm", "refuse"]

    @pytest.mark.parametrize("upto", ["proposed", "confirmed"])
    def test_outside_the_desk_figures_are_too_coarse_to_find_a_door(
        self, matched, city, coordinator, citizen, member, upto
    ):
        """With the exact proximity, three needs at known places would locate a home to the metre."""
        match = matched(upto, offer={"latitude": city.seat.latitude + 0.0312345})

        def figures(program):
            shown = program.get(f"matches/{match.pk}/").json()
            (listed,) = program.get("matches/").json()["results"]
            assert {name: shown[name] for name in listed} == listed
            params = [reason["params"] for reason in shown["reasons"]]
            (distance_km,) = (one["distance_km"] for one in params if "distance_km" in one)
            return shown, distance_km

        shown, distance_km = figures(coordinator)
        exact = shown["parts"][0]
        assert (shown["score"], exact["value"]) == (match.score, match.parts["proximity"])
        assert distance_km == match.distance_km
        for program in (citizen, member):
            told, told_km = figures(program)
            assert (told["distance_km"], told_km) == (3.5, 3.5)
            assert told["score"] == round(match.score, 1) != shown["score"]
            assert told["parts"][0] == {
                "part": "proximity", "value": 0.74, "weight": 25, "points": round(exact["points"], 1),
            }  # fmt: skip
            for part in told["parts"]:
                assert (part["value"], part["points"]) == (round(part["value"], 2), round(part["points"], 1))
            assert [one["text"] for one in told["reasons"] if "distance_km" in one["params"]] == ["à 3,5 km"]

    def test_roles_are_those_of_the_services(self, matched, coordinator, citizen, member, operator, stranger):
        match = Match.objects.select_related("need__organisation", "offer").get(pk=matched().pk)
        for program in (coordinator, citizen, member, operator, stranger):
            assert Reader.of(program.user).roles(match) == roles_of(program.user, match)


class TestContacts:
    @pytest.mark.parametrize("upto", ["proposed", "accepted"])
    def test_hidden_before_the_confirmation(self, matched, coordinator, citizen, member, upto):
        match = matched(upto)
        for program in (coordinator, citizen, member):
            shown = program.get(f"matches/{match.pk}/").json()
            assert (shown["citizen_contact"], shown["association_contact"]) == (None, None)
        assert not ContactReading.objects.exists()

    def test_a_number_that_nobody_has_proven_is_the_desk_s_alone(self, matched, coordinator, citizen, member):
        match = matched("confirmed")
        User.objects.filter(pk=citizen.user.pk).update(phone_proof="", phone_proven_at=None)
        for program, number in ((member, ""), (coordinator, "+33353010001")):
            told = program.get(f"matches/{match.pk}/").json()["citizen_contact"]
            assert (told["phone"], told["email"]) == (number, citizen.user.email)

    def test_each_reads_the_other_once_confirmed(self, matched, coordinator, citizen, member, organisation):
        match = matched("confirmed")
        camille = {
            "name": "Camille", "phone": "+33353010001", "email": citizen.user.email,
            "address": "12 rue des Invités, Strasbourg",
        }  # fmt: skip
        shown = member.get(f"matches/{match.pk}/").json()
        assert (shown["citizen_contact"], shown["association_contact"]) == (camille, None)
        reading = ContactReading.objects.get()
        assert (reading.reader, reading.subject, reading.reason, reading.reference) == (
            member.user, citizen.user, "match", match.offer.reference,
        )  # fmt: skip
        shown = citizen.get(f"matches/{match.pk}/").json()
        assert shown["citizen_contact"] is None
        assert shown["association_contact"]["name"] == "Les Passerelles"
        assert ContactReading.objects.count() == 1  # an association's own contact is nobody's personal data
        assert coordinator.get(f"matches/{match.pk}/").json()["citizen_contact"] == camille
        assert ContactReading.objects.filter(reader=coordinator.user).count() == 1

    def test_never_in_the_list(self, matched, member, citizen):
        matched("confirmed")
        assert citizen.user.email not in member.get("matches/").content.decode()
        assert not ContactReading.objects.exists()

    def test_hidden_again_thirty_days_after_the_end(self, matched, member):
        match = matched("confirmed")
        past = timezone.localdate() - timezone.timedelta(days=31)
        Match.objects.update(first_day=past, last_day=past)
        assert member.get(f"matches/{match.pk}/").json()["citizen_contact"] is None

    def test_a_persons_contact_is_logged_too(self, matched, citizen, program, city):
        from tests.factories.accounts import UserFactory

        person = UserFactory(name="Idris")
        match = matched("confirmed", need={"organisation": None, "for_person": person})
        assert citizen.get(f"matches/{match.pk}/").json()["association_contact"]["name"] == "Idris"
        assert ContactReading.objects.get().subject == person


ACTS = [
    # act, from, who, what is said, to
    ("propose", "suggested", "coordinator", {"note": "Vu avec eux"}, "proposed"),
    ("dismiss", "suggested", "coordinator", {"reason": "not_suitable"}, "dismissed"),
    ("accept", "proposed", "citizen", {}, "accepted"),
    ("decline", "proposed", "citizen", {"reason": "not_for_me"}, "declined"),
    ("confirm", "accepted", "member", {}, "confirmed"),
    ("refuse", "accepted", "member", {"reason": "not_suitable"}, "refused"),
    ("cancel", "confirmed", "member", {"reason": "other_solution"}, "cancelled"),
    ("break_off", "confirmed", "citizen", {"reason": "no_show"}, "broken_off"),
]


class TestActs:
    @pytest.mark.parametrize(("act", "start", "who", "said", "end"), ACTS)
    def test_done_then_not_possible_again(self, request, matched, act, start, who, said, end):
        match = matched(start)
        program = request.getfixturevalue(who)
        answer = program.post(f"matches/{match.pk}/{act}/", said)
        assert (answer.status_code, answer.json()["state"]) == (200, end)
        decision = match.decisions.latest("id")
        assert (decision.act, decision.by, decision.reason) == (act, program.user, said.get("reason", ""))
        answer = program.post(f"matches/{match.pk}/{act}/", said)
        assert (answer.status_code, answer.json()["type"], answer.json()["errors"]) == (409, "state", {})

    @pytest.mark.parametrize("act", [one[0] for one in ACTS if "reason" in one[3]])
    @pytest.mark.parametrize("said", [{}, {"reason": "because"}, {"reason": "\x00"}, {"reason": ["other"]}])
    def test_reason_is_asked(self, matched, coordinator, act, said):
        match = matched()
        answer = coordinator.post(f"matches/{match.pk}/{act}/", said)
        assert (answer.status_code, set(answer.json()["errors"])) == (400, {"reason"})

    @pytest.mark.parametrize(
        ("act", "start", "who"),
        [
            ("accept", "proposed", "member"), ("confirm", "accepted", "citizen"), ("refuse", "accepted", "citizen"),
            ("decline", "proposed", "member"),
        ],
    )  # fmt: skip
    def test_not_the_others_to_decide(self, request, matched, act, start, who):
        match = matched(start)
        why = {"reason": "other"} if act in ("refuse", "decline") else {}
        answer = request.getfixturevalue(who).post(f"matches/{match.pk}/{act}/", why)
        assert (answer.status_code, answer.json()["type"]) == (403, "role")

    @pytest.mark.parametrize(("act", "start", "said"), [(one[0], one[1], one[3]) for one in ACTS])
    def test_another_towns_is_not_there(self, matched, stranger, act, start, said):
        match = matched(start)
        assert stranger.post(f"matches/{match.pk}/{act}/", said).status_code == 404
        match.refresh_from_db()
        assert match.state == start

    def test_whether_a_confirmed_stay_still_holds_is_said_once(self, matched, member, citizen):
        match = matched("confirmed")
        path = f"matches/{match.pk}/reconfirm/"
        assert "reconfirm" not in member.get(f"matches/{match.pk}/").json()["acts"]
        assert member.post(path).json()["type"] == "state"
        Match.objects.filter(pk=match.pk).update(confirm_by=timezone.now())
        assert "reconfirm" in member.get(f"matches/{match.pk}/").json()["acts"]
        assert (citizen.post(path).status_code, citizen.post(path).json()["type"]) == (403, "role")
        answer = member.post(path)
        assert (answer.status_code, answer.json()["state"], answer.json()["confirm_by"]) == (
            200,
            "confirmed",
            None,
        )
        assert member.post(path).status_code == 409

    def test_longer_and_shorter(self, matched, member, citizen):
        match = matched("confirmed")
        path, until = f"matches/{match.pk}/", match.last_day + timedelta(days=3)
        assert "ask_longer" in member.get(path).json()["acts"]
        refused = member.post(f"{path}ask_longer/", {"until": match.last_day.isoformat()})
        assert (refused.status_code, refused.json()["type"]) == (409, "days")
        assert member.post(f"{path}ask_longer/", {"until": "demain"}).status_code == 400
        asked = member.post(f"{path}ask_longer/", {"until": until.isoformat()})
        assert (asked.status_code, asked.json()["longer_until"]) == (200, until.isoformat())
        assert {"stay_longer", "not_longer"} <= set(citizen.get(path).json()["acts"])
        assert (member.post(f"{path}stay_longer/").status_code, citizen.post(f"{path}not_longer/").status_code) == (
            403, 200,
        )  # fmt: skip
        end = {"last_day": match.first_day.isoformat(), "reason": "not_available"}
        assert citizen.post(f"{path}shorten/", end).json()["last_day"] == match.first_day.isoformat()

    def test_why_it_cannot_go_on_is_the_town_s_to_know(self, matched, member, coordinator):
        match = matched("confirmed")
        path = f"matches/{match.pk}/ask_longer/"
        until = {"until": (match.last_day + timedelta(days=3)).isoformat()}
        Offer.objects.filter(pk=match.offer_id).update(vetted_at=None, vetted_by=None)
        unvisited = member.post(path, until).json()
        assert (unvisited["type"], coordinator.post(path, until).json()["type"]) == ("not_now", "vetting")
        Offer.objects.filter(pk=match.offer_id).update(vetted_at=timezone.now(), vetted_by=coordinator.user)
        Preference.objects.create(person=match.offer.owner, paused_until=match.last_day)
        assert (member.post(path, until).json(), coordinator.post(path, until).json()["type"]) == (
            unvisited, "paused",
        )  # fmt: skip

    def test_part_of_the_things_is_handed_over(self, matched, member):
        match = matched("confirmed", kind="goods")
        handed = member.post(f"matches/{match.pk}/hand_over/", {"quantity": 6})
        assert (handed.json()["state"], handed.json()["quantity"]) == ("completed", 6)

    def test_a_home_not_visited(self, matched, coordinator):
        match = matched(offer={"vetted": False})
        answer = coordinator.post(f"matches/{match.pk}/propose/")
        assert (answer.status_code, answer.json()["type"]) == (409, "vetting")

    def test_taken_meanwhile(self, matched, coordinator, city, organisation):
        first = matched()
        second = suggested_match(
            city=city, now=timezone.now(), offer=first.offer, need={"organisation": organisation}
        )
        Match.objects.update(state="suggested")
        assert coordinator.post(f"matches/{first.pk}/propose/").status_code == 200
        answer = coordinator.post(f"matches/{second.pk}/propose/")
        assert (answer.status_code, answer.json()["type"]) == (409, "taken")
        assert "prise" in answer.json()["title"]

    def test_offer_or_need_gone(self, matched, coordinator):
        match = matched()
        Need.objects.update(state="withdrawn")
        answer = coordinator.post(f"matches/{match.pk}/propose/")
        assert (answer.status_code, answer.json()["type"]) == (409, "closed")

    def test_confirming_gives_the_contact_and_logs_it(self, matched, member, citizen):
        match = matched("accepted")
        answer = member.post(f"matches/{match.pk}/confirm/")
        assert answer.json()["citizen_contact"]["name"] == "Camille"
        assert ContactReading.objects.get().subject == citizen.user

    def test_a_session_needs_its_token_against_forgery(self, matched, coordinator, client):
        from django.test import Client

        match = matched()
        browser = Client(enforce_csrf_checks=True)
        browser.force_login(coordinator.user)
        answer = browser.post(f"/api/v1/matches/{match.pk}/propose/")
        assert (answer.status_code, answer.json()["type"]) == (403, "permission_denied")


class TestList:
    def test_filters(self, matched, coordinator):
        match = matched("proposed")
        other = matched(kind="goods")

        def found(**query):
            return [row["id"] for row in coordinator.get("matches/", **query).json()["results"]]

        assert found(state="proposed") == [match.pk]
        assert found(kind="goods") == [other.pk]
        assert found(need=match.need.reference) == [match.pk]
        assert found(offer=other.offer.reference, category="bedding") == [other.pk]
        assert found(urgency="tonight") == []
        assert found(city="strasbourg") == [other.pk, match.pk]
        assert coordinator.get("matches/", state="done").status_code == 400

    @pytest.mark.parametrize("number", ["0", "9" * 18, "9" * 400, "-1", "un", "%00"])
    def test_an_absurd_number(self, coordinator, number):
        assert coordinator.get(f"matches/{number}/").status_code == 404

    @pytest.mark.parametrize("who", ["coordinator", "member", "citizen"])
    def test_as_many_queries_for_twenty(self, request, matched, city, organisation, citizen, who):
        program = request.getfixturevalue(who)
        match = matched("proposed", need={"people": 3})

        def count(rows):
            offers = OfferFactory.create_batch(rows, city=city, owner=citizen.user)
            row = {
                field.attname: getattr(match, field.attname)
                for field in Match._meta.concrete_fields
                if field.attname not in ("id", "offer_id")
            }
            Match.objects.bulk_create(Match(**row, offer=offer) for offer in offers)
            program.get("matches/")
            with CaptureQueriesContext(connection) as queries:
                assert len(program.get("matches/").json()["results"]) == Match.objects.count()
            return len(queries)

        assert count(1) == count(18)

    def test_two_towns_and_associations_cost_no_more(self, coordinator, matched, program, city, organisation):
        match = matched("proposed")
        CityRoleFactory(user=coordinator.user)
        MembershipFactory(user=coordinator.user, organisation=organisation)
        assert json.loads(coordinator.get(f"matches/{match.pk}/").content)["rank"] == 1
