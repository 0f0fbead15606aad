"""A report suspends the offer at once, is read by few, and is closed by two of them (docs/adr/0027)."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts.models import RoleChange, User
from accounts.services import give_role, take_role
from followups import selectors, services
from followups.models import Incident, IncidentChange, Reader
from followups.services import AlreadyDone, NoSecondPerson
from matching import services as matching
from matching.lifecycle import NotPossible
from matching.models import Hold, Match
from needs.models import Need
from notifications import doubts
from notifications import selectors as outbox
from notifications.models import Message
from notifications.queued import send_otherwise
from offers.models import Offer, OfferChange
from tests.factories.accounts import CityRoleFactory, MembershipFactory, UserFactory
from tests.followups.conftest import BEFORE, FIRST_DAY, Story, noon

DURING = noon(FIRST_DAY + timedelta(days=5))


@dataclass
class Town:
    """A match, and who reads what is said of it: two whom the administrator has named."""

    story: Story
    administrator: User
    first: User
    second: User

    @property
    def match(self) -> Match:
        return self.story.match

    def report(self, text="Porte fermée à clé la nuit", *, by=None, now=BEFORE, **said):
        return services.report_incident(
            offer_id=self.match.offer_id,
            match_id=self.match.pk,
            text=text,
            by=by or self.story.member,
            now=now,
            **said,
        )

    def propose(self, incident, end="settled", *, by=None, now=BEFORE + timedelta(days=1)):
        return services.propose_end(
            incident_id=incident.pk, end=end, conclusion="Visite faite", by=by or self.first, now=now
        )

    def confirm(self, incident, *, by=None, now=BEFORE + timedelta(days=2)):
        proposed_at = Incident.objects.values_list("proposed_at", flat=True).get(pk=incident.pk) or now
        return services.confirm_end(
            incident_id=incident.pk, proposed_at=proposed_at, by=by or self.second, now=now
        )

    def close(self, incident, end="settled"):
        self.propose(incident, end)
        return self.confirm(incident)

    def offer_state(self):
        return Offer.objects.values_list("state", flat=True).get(pk=self.match.offer_id)


def town_of(story):
    administrator = CityRoleFactory(city=story.city, role="administrator").user
    people = [
        CityRoleFactory(city=story.city, role=role, user__name=name).user
        for role, name in (("coordinator", "Awa D."), ("operator", "Ben K."))
    ]
    for one in people:
        services.name_reader(city=story.city, person=one, by=administrator, now=BEFORE)
    return Town(story, administrator, *people)


@pytest.fixture
def town(db, tell):
    return town_of(tell())


def told(event):
    return {message.recipient for message in Message.objects.filter(event=event)}


# --- What it does at once ------------------------------------------------------------------------------


def test_a_report_suspends_the_offer_at_once_and_names_nobody(town):
    incident = town.report()

    assert town.offer_state() == "frozen"
    change = OfferChange.objects.filter(offer=town.match.offer).last()
    assert (change.act, change.by, change.reason) == ("freeze", None, f"incident {incident.pk}")
    assert (incident.city, incident.match) == (town.story.city, town.match)
    assert not IncidentChange.objects.exists(), "the town's record shows those rows, with who did them"


@pytest.mark.parametrize("who", ["citizen", "member", "coordinator"])
def test_each_side_reports_as_what_it_is(town, who):
    sides = {"citizen": "host", "member": "poster", "coordinator": "desk"}
    assert town.report(by=getattr(town.story, who)).reported_as == sides[who]


def test_who_has_no_part_in_the_match_reports_nothing(town):
    for stranger in (UserFactory(), CityRoleFactory().user, town.administrator):
        with pytest.raises(PermissionDenied):
            town.report(by=stranger)
    assert town.offer_state() == "active"


@pytest.mark.parametrize("text", ["", "  \n "])
def test_a_report_without_words_is_refused_and_suspends_nothing(town, text):
    with pytest.raises(ValidationError):
        town.report(text)
    assert town.offer_state() == "active"


def test_people_in_the_home_are_for_tonight_again_in_the_same_moment(town):
    matching.start(match_id=town.match.pk, by=None, now=noon(FIRST_DAY))
    town.report(by=town.story.member, now=DURING)

    need, match = Need.objects.get(), Match.objects.get()
    assert (match.state, match.rehouse_from) == ("under_way", DURING.date())
    assert (need.state, need.uncovered_from) == ("partly_met", DURING.date())
    assert need.urgency_on(DURING.date()) == "tonight"
    assert Hold.objects.get().last_day == match.last_day, "the host's bed is not given to others"


def test_of_a_stay_that_begins_later_nobody_is_rehoused_yet(town):
    town.report(now=noon(FIRST_DAY - timedelta(days=4)))
    assert Match.objects.get().rehouse_from is None
    assert Need.objects.get().state == "met"


def test_two_reports_on_one_match_rehouse_once(town):
    matching.start(match_id=town.match.pk, by=None, now=noon(FIRST_DAY))
    town.report(now=DURING)
    town.report("Autre chose", by=town.story.citizen, now=DURING)
    assert Match.objects.get().decisions.filter(act="rehouse").count() == 1
    assert Incident.objects.count() == 2


# --- Who reads it --------------------------------------------------------------------------------------


def test_those_who_are_named_read_it_and_nobody_else_does(town):
    incident = town.report()
    story = town.story
    readers = {
        one
        for one in (
            town.first,
            town.second,
            town.administrator,
            story.coordinator,
            story.citizen,
            story.member,
        )
        if incident in Incident.objects.visible_to(one)
    }
    assert readers == {town.first, town.second} == set(selectors.readers_of(incident))
    for nobody in (story.coordinator, town.administrator, story.citizen, CityRoleFactory().user):
        with pytest.raises(PermissionDenied):
            services.read(incident_id=incident.pk, by=nobody, now=BEFORE)
    assert not IncidentChange.objects.exists()


def test_where_nobody_is_named_the_administrators_read(town):
    Reader.objects.all().delete()
    incident = town.report()
    assert incident in Incident.objects.visible_to(town.administrator)
    assert incident not in Incident.objects.visible_to(town.first)
    assert told("incident_reported") == {town.administrator}


def test_only_those_who_may_read_it_are_told_and_not_what_it_says(town):
    town.report(by=town.first)
    assert told("incident_reported") == {town.second}, "not the one who has said it"
    message = Message.objects.get(event="incident_reported")
    assert "Porte" not in message.title + message.body
    assert town.match.offer.reference in message.title


def test_danger_rings_with_those_who_may_read_it(town):
    town.report(what="danger")
    assert told("incident_danger") == {town.first, town.second}
    assert not told("incident_reported")


@pytest.mark.parametrize("role", ["host", "person of the association", "named in the report"])
def test_a_reader_whom_it_concerns_does_not_read_it(town, role):
    said = {}
    if role == "host":
        Offer.objects.update(owner=town.first)
    elif role == "named in the report":
        said = {"not_read_by": [town.first]}
    else:
        MembershipFactory(user=town.first, organisation=town.match.need.organisation)
    incident = town.report(by=town.second, **said)

    assert incident not in Incident.objects.visible_to(town.first)
    assert selectors.readers_of(incident) == [town.second]
    for act in (services.read, services.take_back_end):
        with pytest.raises(PermissionDenied):
            act(incident_id=incident.pk, by=town.first, now=BEFORE)
    with pytest.raises(PermissionDenied):
        town.propose(incident, by=town.first)


def test_when_it_concerns_all_who_are_named_the_administrators_read(town):
    incident = town.report(not_read_by=[town.first, town.second])
    assert selectors.readers_of(incident) == [town.administrator]
    assert [incident] == list(Incident.objects.visible_to(town.administrator))
    assert told("incident_reported") == {town.administrator}


def test_when_it_concerns_everybody_the_town_is_told_to_name_somebody(town):
    incident = town.report(not_read_by=[town.first, town.second, town.administrator])
    assert selectors.readers_of(incident) == []
    assert not Incident.objects.visible_to(town.administrator).exists()
    assert selectors.unread(town.story.city) == [incident]
    assert told("incident_without_reader") == {town.administrator}
    assert not told("incident_reported")

    other = CityRoleFactory(city=town.story.city, role="operator").user
    services.name_reader(city=town.story.city, person=other, by=town.administrator, now=BEFORE)
    assert selectors.readers_of(incident) == [other]
    assert told("incident_reported") == {other}
    assert selectors.unread(town.story.city) == []


def test_who_is_named_hears_of_each_report_that_waits(town):
    incidents = [town.report(not_read_by=[town.first, town.second, town.administrator]) for _ in range(2)]
    other = CityRoleFactory(city=town.story.city, role="operator").user
    services.name_reader(city=town.story.city, person=other, by=town.administrator, now=BEFORE)
    reported = Message.objects.filter(event="incident_reported", recipient=other)
    assert {message.subject_key for message in reported} == {f"incident:{one.pk}" for one in incidents}


def test_a_reader_may_say_that_it_is_about_a_colleague(town):
    incident = town.report()
    town.propose(incident, by=town.first)
    services.keep_from(incident_id=incident.pk, person=town.first, by=town.second, now=BEFORE)
    incident.refresh_from_db()
    assert (incident.state, incident.proposed_by) == ("open", None), "nor is it closed at their word"
    assert selectors.readers_of(incident) == [town.second]
    with pytest.raises(ValidationError):
        services.keep_from(incident_id=incident.pk, person=UserFactory(), by=town.second, now=BEFORE)


def test_who_leaves_the_team_reads_no_more(town):
    incident = town.report()
    town.first.city_roles.all().delete()
    assert incident not in Incident.objects.visible_to(town.first)
    assert selectors.readers_of(incident) == [town.second]


def test_each_reading_is_a_row_that_says_who(town):
    incident = town.report()
    for by in (town.first, town.first, town.second):
        services.read(incident_id=incident.pk, by=by, now=BEFORE)
    rows = IncidentChange.objects.filter(incident=incident, act="read")
    assert [row.by for row in rows] == [town.first, town.first, town.second]
    assert selectors.seen([incident.offer_id]) == {incident.offer_id: [str(town.first), str(town.second)]}
    for write in (lambda: rows.update(by=town.administrator), rows.delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            write()


def test_only_an_administrator_names_who_reads_and_it_is_kept(town):
    other = CityRoleFactory(city=town.story.city, role="operator").user
    with pytest.raises(PermissionDenied):
        services.name_reader(city=town.story.city, person=other, by=town.first, now=BEFORE)
    with pytest.raises(ValidationError):
        services.name_reader(city=town.story.city, person=UserFactory(), by=town.administrator, now=BEFORE)
    services.no_longer_reads(city=town.story.city, person=town.first, by=town.administrator, now=BEFORE)
    change = RoleChange.objects.filter(person=town.first).last()
    assert (change.what, change.by) == ({"reads_reports": [True, False]}, town.administrator)
    assert list(selectors.named_readers(town.story.city)) == [town.second]


# --- Closed by two -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("end", "after"), [("unfounded", "paused"), ("settled", "paused"), ("excluded", "withdrawn")]
)
def test_two_persons_close_it_and_the_offer_follows(town, end, after):
    incident = town.report()
    town.propose(incident, end)
    assert town.offer_state() == "frozen", "one person lifts nothing"
    assert told("incident_to_confirm") == {town.second}
    closed = town.confirm(incident)

    assert (closed.state, closed.proposed_by, closed.closed_by) == ("closed", town.first, town.second)
    assert town.offer_state() == after
    assert (Offer.objects.get().vetted_at is None) == (after == "paused"), "its home is to be visited anew"
    assert told("incident_closed") == {town.story.citizen}
    assert told("incident_answered") == {town.story.member}
    for event in ("incident_closed", "incident_answered"):
        message = Message.objects.get(event=event)
        assert "Visite faite" not in message.title + message.body
        assert "Porte" not in message.title + message.body
    assert "signal" not in Message.objects.get(event="incident_closed").body


def test_nobody_closes_it_alone(town):
    incident = town.report()
    town.propose(incident, by=town.first)
    with pytest.raises(NoSecondPerson):
        town.confirm(incident, by=town.first)
    assert town.offer_state() == "frozen"


def test_whoever_has_reported_it_has_no_word_in_its_end(town):
    incident = town.report(by=town.first)
    with pytest.raises(NoSecondPerson):
        town.propose(incident, by=town.first)
    town.propose(incident, by=town.second)
    with pytest.raises(NoSecondPerson):
        town.confirm(incident, by=town.first)
    assert selectors.others_who_decide(incident, town.second) == [], "the page says whom to name"


@pytest.mark.parametrize("who", ["the first", "the reporter"])
def test_the_database_refuses_one_person_doing_both(town, who):
    incident = town.report(by=town.story.member)
    town.propose(incident)
    by = town.first if who == "the first" else town.story.member
    with pytest.raises(IntegrityError, match="incident_closed_by_two"), transaction.atomic():
        Incident.objects.update(state="closed", closed_by=by, closed_at=BEFORE)
    Incident.objects.update(state="closed", closed_by=town.second, closed_at=BEFORE)


def test_an_end_that_is_taken_back_is_not_confirmed(town):
    incident = town.report()
    proposed = town.propose(incident)
    services.take_back_end(incident_id=incident.pk, by=town.second, now=BEFORE + timedelta(hours=30))
    with pytest.raises(AlreadyDone):
        services.confirm_end(
            incident_id=incident.pk, proposed_at=proposed.proposed_at, by=town.second, now=BEFORE
        )
    town.propose(incident, "excluded", now=BEFORE + timedelta(hours=31))
    with pytest.raises(AlreadyDone):  # whoever has read the first reason has not read the second
        services.confirm_end(
            incident_id=incident.pk, proposed_at=proposed.proposed_at, by=town.second, now=BEFORE
        )
    assert town.offer_state() == "frozen"


def test_an_end_has_a_reason_and_a_sentence(town):
    incident = town.report()
    for end, conclusion in (("settled", "  "), ("", "Visite faite"), ("formerly", "Visite faite")):
        with pytest.raises(ValidationError):
            services.propose_end(
                incident_id=incident.pk, end=end, conclusion=conclusion, by=town.first, now=BEFORE
            )


def test_closing_twice_says_that_somebody_was_quicker(town):
    incident = town.report()
    town.close(incident)
    with pytest.raises(AlreadyDone):
        town.confirm(incident)
    with pytest.raises(AlreadyDone):
        town.propose(incident)


def test_the_suspension_stays_while_another_report_is_open(town):
    first, second = town.report(), town.report("Un autre fait")
    town.close(first)
    assert town.offer_state() == "frozen"
    assert not told("incident_closed")
    town.close(second)
    assert town.offer_state() == "paused"
    assert Message.objects.filter(event="incident_closed").count() == 1


def test_an_offer_that_was_taken_back_does_not_come_back(town):
    first, second = town.report(), town.report("Un autre fait")
    town.close(first, "excluded")
    town.close(second, "unfounded")
    assert town.offer_state() == "withdrawn"


def test_a_home_in_which_somebody_lives_is_not_taken_back(town):
    matching.start(match_id=town.match.pk, by=None, now=noon(FIRST_DAY))
    incident = town.report(now=DURING)
    with pytest.raises(ValidationError, match="mettez d’abord fin"):
        town.propose(incident, "excluded")
    matching.break_off(match_id=town.match.pk, by=town.story.coordinator, now=DURING, reason="safety")
    town.close(incident, "excluded")
    assert town.offer_state() == "withdrawn"


def test_on_a_list_of_calls_nobody_learns_who_has_reported(town):
    User.objects.filter(pk=town.story.member.pk).update(email=None, phone="+33612345678")
    incident = town.report(by=User.objects.get(pk=town.story.member.pk))
    town.close(incident)
    assert Message.objects.get(event="incident_answered").state == "suppressed"
    assert selectors.is_to_be_called(Incident.objects.get())


@pytest.fixture
def answered(town):
    """A report that the coordinator has made, closed, and what told them so."""
    town.close(town.report(by=town.story.coordinator))
    return Message.objects.get(event="incident_answered")


@pytest.mark.parametrize("state", ["failed", "uncertain"])
def test_an_answer_that_did_not_arrive_is_a_matter_of_the_readers_alone(client, town, answered, state):
    colleague = CityRoleFactory(city=town.story.city).user
    assert not selectors.is_to_be_called(Incident.objects.get()), "it is on its way"
    left = {"sent_at": BEFORE} if state == "failed" else {}
    Message.objects.filter(pk=answered.pk).update(state=state, **left)
    assert selectors.is_to_be_called(Incident.objects.get())
    # The owner's news is lost as well: that one stands in the list, so the list is read.
    Message.objects.filter(event="incident_closed").update(state=state, **left)
    lost = outbox.undelivered(town.story.city)
    assert {message.event for message in lost} == {"incident_closed"}
    seen = Message.objects.visible_to(colleague)
    assert answered not in seen
    assert Message.objects.get(event="incident_closed") in seen
    client.force_login(colleague)
    again = reverse("notifications:call:send_again", args=[town.story.city.slug, answered.pk])
    assert client.post(again).status_code == 404


def test_an_answer_whose_address_is_lost_goes_to_no_list_of_calls(town, answered):
    reporter = town.story.coordinator
    User.objects.filter(pk=reporter.pk).update(email=None, phone="+33612345678")
    send_otherwise(person=User.objects.get(pk=reporter.pk), why="bounced", by=None, now=BEFORE)
    assert [message.state for message in Message.objects.filter(event="incident_answered")] == ["suppressed"]
    assert not Message.objects.filter(event__startswith="incident_", channel="call", recipient=reporter)
    assert selectors.is_to_be_called(Incident.objects.get())


def test_a_doubt_about_danger_is_not_told_to_the_whole_desk(town):
    town.report(what="danger")
    message = Message.objects.filter(event="incident_danger").first()
    Message.objects.filter(pk=message.pk).update(state="uncertain")
    message.refresh_from_db()
    assert doubts.follow(message=message, by=None, now=BEFORE) is not None, "it is said once more"
    assert not told("message_in_doubt")


# --- What was known of the offer before ----------------------------------------------------------------


@pytest.mark.parametrize("before", ["withdrawn", "draft", "unconfirmed"])
@pytest.mark.parametrize("end", ["unfounded", "settled"])
def test_what_was_not_in_use_before_the_report_is_not_given_back(town, before, end):
    matching.break_off(match_id=town.match.pk, by=town.story.coordinator, now=BEFORE, reason="other")
    Offer.objects.update(state=before)
    incident = town.report()
    assert town.offer_state() == "frozen"
    town.close(incident, end)
    assert town.offer_state() == before
    assert not told("incident_closed"), "the owner is not invited to take it up"


def test_a_later_report_does_not_undo_an_exclusion(town):
    town.close(town.report(), "excluded")
    town.close(town.report("Encore"), "unfounded")
    assert town.offer_state() == "withdrawn"
    assert {message.wording for message in Message.objects.filter(event="incident_closed")} == {
        "incident_closed_taken"
    }


# --- Whom it concerns, as it was then ------------------------------------------------------------------


def joined_to_another(town):
    """The offer of the match is one with another, of somebody else, in whose favour it was closed."""
    offer = Offer.objects.get(pk=town.match.offer_id)
    owner = offer.owner
    kept = Offer.objects.get(pk=offer.pk)
    kept.pk, kept.reference, kept.owner = None, "P-2222-2222", UserFactory()
    kept.save(force_insert=True)
    Offer.objects.filter(pk=offer.pk).update(state="withdrawn", merged_into=kept)
    return owner, kept


def test_whoever_owned_the_offer_that_was_joined_to_another_does_not_read_it(town):
    Offer.objects.update(owner=town.first)
    matching.break_off(match_id=town.match.pk, by=town.story.coordinator, now=BEFORE, reason="other")
    _owner, kept = joined_to_another(town)
    of_match = town.report()
    of_offer = services.report_incident(
        offer_id=kept.pk, text="Un fait", by=town.story.coordinator, now=BEFORE
    )
    for incident in (of_match, of_offer):
        assert incident.offer == kept
        incident.concerned.all().delete()  # by what is so today, not by what was noted
        assert incident not in Incident.objects.visible_to(town.first)
        assert incident in Incident.objects.visible_to(town.second)
        assert selectors.readers_of(incident) == [town.second]


def test_where_the_only_reader_owned_the_offer_that_was_joined_the_administrators_read(town):
    Offer.objects.update(owner=town.first)
    matching.break_off(match_id=town.match.pk, by=town.story.coordinator, now=BEFORE, reason="other")
    _owner, _kept = joined_to_another(town)
    Reader.objects.filter(person=town.second).delete()
    incident = town.report()
    assert selectors.readers_of(incident) == [town.administrator]
    assert incident in Incident.objects.visible_to(town.administrator)


@pytest.mark.parametrize("with_match", [True, False])
def test_who_leaves_the_reported_association_does_not_read_it_afterwards(town, with_match):
    membership = MembershipFactory(user=town.first, organisation=town.match.need.organisation)
    if with_match:
        incident = town.report()
    else:
        incident = services.report_incident(
            offer_id=town.match.offer_id, text="Un fait", by=town.story.coordinator, now=BEFORE
        )
    membership.delete()
    assert incident not in Incident.objects.visible_to(town.first)
    assert selectors.readers_of(incident) == [town.second]
    later = town.report("Un autre fait")
    assert later in Incident.objects.visible_to(town.first), (
        "of what is reported now it is no matter of theirs"
    )


def test_of_an_offer_alone_only_those_in_hand_are_concerned(town):
    matching.break_off(match_id=town.match.pk, by=town.story.coordinator, now=BEFORE, reason="other")
    MembershipFactory(user=town.first, organisation=town.match.need.organisation)
    incident = services.report_incident(
        offer_id=town.match.offer_id, text="Un fait", by=town.story.coordinator, now=BEFORE
    )
    assert incident in Incident.objects.visible_to(town.first)


# --- Too few to decide ---------------------------------------------------------------------------------


def test_when_only_the_reporter_may_read_it_the_administration_is_told(town):
    Reader.objects.filter(person=town.second).delete()
    incident = town.report(by=town.first)
    assert selectors.readers_of(incident) == [town.first]
    assert told("incident_without_reader") == {town.administrator}
    assert "vient d’elles" in Message.objects.get(event="incident_without_reader").body
    assert selectors.unread(town.story.city) == [incident]


def test_when_one_alone_can_decide_the_administration_is_told(town):
    incident = town.report(by=town.first)
    assert told("incident_reported") == {town.second}
    assert told("incident_without_reader") == {town.administrator}
    assert "une seule" in Message.objects.get(event="incident_without_reader").body
    assert selectors.unread(town.story.city) == []
    services.keep_from(incident_id=incident.pk, person=town.second, by=town.second, now=BEFORE)
    assert Message.objects.filter(event="incident_without_reader").count() == 2, "then nobody can"


def test_when_two_can_decide_the_administration_is_not_told(town):
    town.report()
    assert not told("incident_without_reader")


# --- The database --------------------------------------------------------------------------------------


def test_nobody_closes_it_alone_as_it_was_done_formerly(town):
    incident = town.report()
    alone = {"state": "closed", "end": "formerly", "closed_by": town.first, "closed_at": BEFORE}
    with pytest.raises(IntegrityError, match="closed by one person"), transaction.atomic():
        Incident.objects.filter(pk=incident.pk).update(**alone)
    new = Incident(
        city=incident.city,
        offer=incident.offer,
        text="Un fait",
        reported_by=town.first,
        reported_at=BEFORE,
        **alone,
    )
    with pytest.raises(IntegrityError, match="closed by one person"), transaction.atomic():
        new.save(force_insert=True)
    town.close(incident)


def test_whose_last_role_goes_is_to_be_named_anew(town):
    city, reader = town.story.city, town.first
    CityRoleFactory(user=reader, city=city, role="operator")
    give = {"user": reader, "city": city, "role": "coordinator", "by": town.administrator, "now": BEFORE}
    take_role(**give)
    assert Reader.objects.filter(person=reader).exists(), "they are of the team still"
    take_role(**give | {"role": "operator"})
    assert not Reader.objects.filter(person=reader).exists()
    said = [change.what for change in RoleChange.objects.filter(person=reader)]
    assert {"reads_reports": [True, False]} in said
    give_role(**give)
    assert reader not in selectors.named_readers(city)


# --- At the same moment --------------------------------------------------------------------------------


def test_two_who_confirm_at_once_close_it_once(transactional_db, tell, at_once):
    town = town_of(tell())
    third = CityRoleFactory(city=town.story.city).user
    services.name_reader(city=town.story.city, person=third, by=town.administrator, now=BEFORE)
    incident = town.report()
    town.propose(incident)
    results = at_once(
        lambda: town.confirm(incident, by=town.second), lambda: town.confirm(incident, by=third)
    )
    assert sorted(isinstance(result, AlreadyDone) for result in results) == [False, True]
    assert IncidentChange.objects.filter(act="confirm_end").count() == 1
    assert town.offer_state() == "paused"


def test_two_reports_closed_at_the_same_moment_lift_the_suspension(transactional_db, tell, at_once):
    """Each must see the other one closed, or neither would lift it."""
    town = town_of(tell())
    reports = [town.report(), town.report("Un autre fait")]
    for one in reports:
        town.propose(one)
    results = at_once(*[lambda one=one: town.confirm(one) for one in reports])
    assert not [result for result in results if isinstance(result, Exception)]
    assert town.offer_state() == "paused"


def test_a_report_and_a_start_at_the_same_moment_leave_nobody_behind(transactional_db, tell, at_once):
    """Either it begins and its people are looked another home for, or it does not begin."""
    town = town_of(tell())
    now = noon(FIRST_DAY)
    started, reported = at_once(
        lambda: matching.start(match_id=town.match.pk, by=town.story.member, now=now),
        lambda: town.report(now=now),
    )
    assert isinstance(reported, Incident)
    match = Match.objects.get()
    assert match.state == ("confirmed" if isinstance(started, NotPossible) else "under_way")
    assert match.rehouse_from == FIRST_DAY
    assert Need.objects.get().state == "open"
