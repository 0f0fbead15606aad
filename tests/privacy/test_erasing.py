"""Whoever is erased is in no table any more, everybody else is told, and what counts stays."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import PersonEdit, User
from accounts.services import forget_person
from cities.days import local_day
from directory.models import Service
from followups.models import Incident
from insight.indicators import INDICATORS, Counted
from insight.measuring import Scope, count, rows_of
from lists.models import Fate, Line, ListImport, Sender, What
from matching import services as matching
from matching.models import Decision, MatchState
from needs.models import Need, NeedState
from notifications.channels.sms.models import Stop
from notifications.inbox.models import MailReply
from notifications.models import Message, MessageState
from notifications.services import queue
from notifications.wording.texts import Text
from offers import services as offers
from offers.models import Offer, OfferEdit, OfferState
from privacy import erasing, rows
from privacy.models import Erasure
from privacy.rows import As
from tests.factories.accounts import CityRoleFactory, MembershipFactory, UserFactory
from tests.factories.matching import story
from tests.factories.needs import NeedFactory
from tests.factories.notifications import MessageFactory
from tests.factories.offers import OfferFactory
from tests.privacy.marks import MARK, PHONE, a_row, mark, marked, private_fields, where_it_is

pytestmark = pytest.mark.django_db

# Whoever has one of these hands it on first: see below.
HANDED_ON = {"accounts.CityRole"}


def known(told):
    """What a row of these tables cannot be made up without."""
    return {
        "accounts.ApiToken": {"digest": "0" * 64},
        "push.Device": {"endpoint": "https://exemple.fr/", "p256dh": "a", "auth": "b"},
        "sms.Stop": {"number": told.citizen.phone},
        "followups.Incident": {
            "state": "closed", "end": "formerly", "closed_at": timezone.now(), "closed_by": told.coordinator,
        },
        "desk.Flag": {"words": MARK},
        "desk.SavedView": {"name": MARK, "query": "q=1"},
        "mfa.Authenticator": {"type": "totp", "data": {"secret": MARK}},
    }  # fmt: skip


def a_list_that_names(told):
    """A line of it is theirs: so are the parts of its file."""
    now = timezone.now()
    sender = Sender.objects.create(city=told.city, what=What.OFFERS, name="Une source", created_at=now)
    one = ListImport.objects.create(sender=sender, city=told.city, name="liste.csv", at=now, moved_at=now)
    Line.objects.create(list=one, number=1, fate=Fate.NEW, offer=told.match.offer)


def a_service_that_is_asked(told):
    """What somebody's need may be sent to: a service is kept by somebody, and is there for something."""
    now = timezone.now()
    Service.objects.create(
        city=told.city, run_by="Ville", name="Accueil", about="Un accueil.", thematics=["sante--acces-aux-soins"],
        commune=told.match.offer.commune, checked_at=now, created_at=now, changed_at=now,
    )  # fmt: skip


def erased(person, how=Erasure.How.OWN, **options):
    now = timezone.now()
    row = erasing.ask(person=person, how=how, by=person, now=now, **options)
    erasing.carry_out_due(by=None, now=now)
    row.refresh_from_db()
    person.refresh_from_db()
    return row


def test_nothing_of_a_person_is_in_any_table():
    """A mark in every field that the register does not keep, in a row of every table that tells of people."""
    told = story(offer={"owner__phone": "+33612345678"})
    citizen = told.citizen
    NeedFactory(person=citizen, organisation=None, city=told.city)
    tables = [
        label for label, _whose in rows.tables(As.SUBJECT) if private_fields(label) and label not in HANDED_ON
    ]
    a_list_that_names(told)
    a_service_that_is_asked(told)
    for label in tables:
        a_row(label, citizen, **known(told).get(label, {}))
    written = mark(citizen)
    assert {label for label in tables if any(map(marked, private_fields(label)))} == set(written)
    assert where_it_is(MARK, PHONE)
    row = erased(citizen)
    assert row.done_at, row.waits_for
    assert where_it_is(MARK, PHONE) == []


def confirmed(first_day=0, **offer):
    """A match that both sides have said yes to; it begins so many days from now."""
    now = timezone.now()
    told = story(
        now=now, offer=offer, need={"first_day": timezone.localdate(now) + timedelta(days=first_day)}
    )
    for act, by in (("propose", told.coordinator), ("accept", told.citizen), ("confirm", told.member)):
        getattr(matching, act)(match_id=told.match.pk, by=by, now=now)
    return told


def test_what_has_not_begun_is_called_off_and_the_others_are_told_without_a_name():
    told = confirmed(
        10, owner__name="Jeanne Mark", owner__email="jeanne@exemple.fr", title="Chez Jeanne Mark"
    )
    assert "accounts_user" in where_it_is("Jeanne Mark")
    assert erased(told.citizen).done_at
    assert told.state == MatchState.CANCELLED
    assert Offer.objects.get(pk=told.match.offer_id).state == OfferState.WITHDRAWN
    said = Message.objects.get(event="match_cancelled", recipient=told.member, channel="email")
    assert said.state in (MessageState.QUEUED, MessageState.HELD)
    assert said.body.strip() not in ("", "—")
    assert where_it_is("Jeanne", "jeanne@") == []
    # Nobody waits for an answer of theirs, and nobody is to call them.
    assert not Message.objects.filter(recipient=told.citizen, state__in=["queued", "held"]).exists()
    assert Decision.objects.filter(match=told.match).count() == 4


def test_a_stay_that_has_begun_is_not_left_without_its_host():
    now = timezone.now()
    told = confirmed(0)
    matching.start(match_id=told.match.pk, by=told.coordinator, now=now)
    other = OfferFactory(owner=told.citizen, city=told.city)
    row = erased(told.citizen)
    assert (row.done_at, row.waits_for) == (None, "stay")
    assert told.citizen.email
    assert told.state == MatchState.UNDER_WAY
    assert Offer.objects.get(pk=told.match.offer_id).state == OfferState.PAUSED
    assert Offer.objects.get(pk=other.pk).state == OfferState.WITHDRAWN, "nothing more is asked of them"
    matching.break_off(match_id=told.match.pk, by=told.member, now=now, reason="other_solution")
    erasing.carry_out_due(by=None, now=now)
    row.refresh_from_db()
    assert row.done_at == now
    assert not User.objects.get(pk=told.citizen.pk).email


def test_whoever_waits_may_have_their_data_stay():
    told = confirmed(0)
    matching.start(match_id=told.match.pk, by=told.coordinator, now=timezone.now())
    row = erased(told.citizen)
    with pytest.raises(PermissionDenied):
        erasing.take_back(erasure_id=row.pk, by=told.member, now=timezone.now())
    erasing.take_back(erasure_id=row.pk, by=told.citizen, now=timezone.now())
    matching.break_off(match_id=told.match.pk, by=told.member, now=timezone.now(), reason="other_solution")
    erasing.carry_out_due(by=None, now=timezone.now())
    told.citizen.refresh_from_db()
    assert told.citizen.email
    assert told.citizen.anonymised_at is None


def test_their_own_needs_are_withdrawn_too():
    now = timezone.now()
    person = UserFactory()
    told = story(now=now, need={"person": person, "organisation": None})
    matching.propose(match_id=told.match.pk, by=told.coordinator, now=now)
    matching.accept(match_id=told.match.pk, by=told.citizen, now=now)
    assert erased(person).done_at
    assert Need.objects.get(pk=told.match.need_id).state == NeedState.WITHDRAWN
    assert told.state == MatchState.CANCELLED
    assert Message.objects.filter(event="match_cancelled", recipient=told.citizen).exists()


def test_an_open_report_is_not_lost():
    told = story()
    Incident.objects.create(
        city=told.city,
        offer=told.match.offer,
        text="Un fait",
        reported_by=told.member,
        reported_at=timezone.now(),
    )
    assert erased(told.citizen).waits_for == "report"
    reporter = erased(MembershipFactory().user)
    assert reporter.done_at, "of somebody else nothing waits"


def test_who_still_has_a_part_is_told_what_to_do_first():
    administrator = CityRoleFactory(role="administrator").user
    CityRoleFactory(user=administrator, role="operator")
    MembershipFactory(user=administrator, role="manager")
    with pytest.raises(erasing.HasParts) as refused:
        erased(administrator)
    told = [part.first for part in refused.value.parts]
    assert len(told) == 3
    assert "Donnez d’abord l’administration" in told[0] + told[1]
    assert "responsable" in told[2]
    assert not Erasure.objects.exists()


def test_a_member_leaves_their_association_by_it():
    manager = MembershipFactory(role="manager")
    member = MembershipFactory(organisation=manager.organisation).user
    assert erased(member).done_at
    assert [row.user for row in manager.organisation.memberships.all()] == [manager.user]
    with pytest.raises(erasing.HasParts):
        erased(manager.user)


def test_a_part_given_meanwhile_keeps_them():
    person = UserFactory()
    row = erasing.ask(person=person, how="own", by=person, now=timezone.now())
    CityRoleFactory(user=person)
    assert not erasing.carry_out(erasure_id=row.pk, by=None, now=timezone.now())
    row.refresh_from_db()
    assert row.waits_for == "part"


def test_twice_is_once():
    person = UserFactory()
    now = timezone.now()
    first = erasing.ask(person=person, how="own", by=person, now=now)
    assert erasing.ask(person=person, how="own", by=person, now=now) == first
    assert erasing.carry_out(erasure_id=first.pk, by=None, now=now)
    assert not erasing.carry_out(erasure_id=first.pk, by=None, now=now)
    with pytest.raises(ValidationError, match="déjà effacées"):
        erasing.ask(person=person, how="own", by=person, now=now)
    assert erasing.carry_out_due(by=None, now=now) == 0


def test_whoever_was_in_here_twice_goes_as_one():
    kept = UserFactory(name="Une Marie", email="marie@exemple.fr")
    other = UserFactory(name="Autre Marie", email=None, phone=PHONE, is_active=False, merged_into=kept)
    OfferFactory(owner=other, title="Autre Marie loge")
    row = erased(other)
    assert (row.person, bool(row.done_at)) == (kept, True)
    assert where_it_is("Marie", PHONE, "marie@") == []


def test_only_they_themselves_and_the_desk_ask_for_it():
    person, stranger = UserFactory(), UserFactory()
    operator = CityRoleFactory(role="operator")
    now = timezone.now()
    with pytest.raises(PermissionDenied):
        erasing.ask(person=person, how="own", by=stranger, now=now)
    with pytest.raises(PermissionDenied):
        erasing.ask(
            person=person, how="phone", by=stranger, city=operator.city, reason="Au téléphone", now=now
        )
    with pytest.raises(ValidationError, match="Notez"):
        erasing.ask(person=person, how="phone", by=operator.user, city=operator.city, reason=" ", now=now)
    row = erasing.ask(
        person=person, how="phone", by=operator.user, city=operator.city, reason="Au téléphone", now=now
    )
    assert (row.asked_by, row.reason) == (operator.user, "Au téléphone")


def test_the_proof_stays_that_it_was_done():
    person = UserFactory()
    row = erased(person)
    edit = PersonEdit.objects.get(person=person)
    assert edit.what == {
        "email": [None, None], "phone": [None, None], "phone_proof": [None, None], "name": [None, None],
        "is_active": [True, False],
    }  # fmt: skip
    assert (edit.by, row.done_at is not None) == (person, True)


def test_a_history_says_that_something_changed_and_not_what():
    told = story()
    now = timezone.now()
    offers.change(
        offer_id=told.match.offer_id,
        fields={"text": MARK, "capacity": 4},
        windows=None,
        by=told.citizen,
        now=now,
    )
    erased(told.citizen)
    what = OfferEdit.objects.get(offer=told.match.offer_id).what
    assert what == {"text": [None, None], "capacity": [3, 4]}


def test_a_home_is_as_coarse_as_its_commune():
    told = story(offer={"latitude": 48.571, "longitude": 7.755})
    erased(told.citizen)
    offer = Offer.objects.select_related("commune").get(pk=told.match.offer_id)
    assert (offer.latitude, offer.longitude) == (offer.commune.latitude, offer.commune.longitude)


def test_the_figures_are_what_they_were():
    told = confirmed(0)
    now = timezone.now()
    matching.break_off(match_id=told.match.pk, by=told.member, now=now, reason="other_solution")
    offers.withdraw(offer_id=told.match.offer_id, by=told.citizen, now=now)

    def figures():
        today = local_day(now, told.city)
        scope = Scope(city=told.city, first=today.replace(day=1), until=today + timedelta(days=1))
        return count({one.name: rows_of(one, scope) for one in INDICATORS if isinstance(one, Counted)}, scope)

    before = figures()
    assert before
    assert erased(told.citizen).done_at
    assert figures() == before


def test_nobody_who_is_gone_is_written_to():
    person = UserFactory()
    person = forget_person(person=person, by=None, now=timezone.now())
    assert (
        queue(
            recipient=person, event="offer_receipt", subject_key="offer:1", city=None,
            compose=lambda: Text(title="Bonjour", body="Bonjour"), now=timezone.now(),
        )
        is None
    )  # fmt: skip
    assert erasing.carry_out_due(by=None, now=timezone.now()) == 1, "what is left of them goes as well"
    assert erasing.carry_out_due(by=None, now=timezone.now()) == 0


def test_two_who_answered_twice_by_mail_go_one_after_the_other():
    people = [UserFactory(), UserFactory()]
    for number, person in enumerate([*people, *people]):
        MailReply.objects.create(
            person=person, message=MessageFactory(recipient=person), said="other", became="read_by_desk",
            text=f"{MARK} {number}", sender=person.email, digest=f"{number:064}", received_at=timezone.now(),
        )  # fmt: skip
    for person in people:
        erased(person)
    assert where_it_is(MARK) == []


def proven(**fields):
    person = UserFactory(**fields)
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return person


def test_an_address_that_nobody_proved_is_written_nothing(smtp_server, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        erased(UserFactory(email="inconnue@exemple.fr"))
    assert not smtp_server.messages


def test_a_number_that_another_has_proven_is_not_theirs():
    number = "+33612345678"
    Stop.objects.create(number=number, at=timezone.now())
    claims = UserFactory(phone=number, phone_proof="", phone_proven_at=None)
    assert not rows.of("sms.Stop", claims, As.SUBJECT).exists()
    both = [UserFactory(phone=number) for _one in range(2)]
    assert not rows.of("sms.Stop", both[0], As.SUBJECT).exists()
    erased(claims)
    erased(both[0])
    assert Stop.objects.get().number == number
    erased(both[1])
    assert not Stop.objects.exists()


def test_the_last_message_goes_out_and_stands_nowhere(smtp_server, django_capture_on_commit_callbacks):
    person = proven(email="adieu@exemple.fr", language="ar")
    with django_capture_on_commit_callbacks(execute=True):
        erased(person)
    (mail,) = smtp_server.messages
    assert mail["To"] == "adieu@exemple.fr"
    assert where_it_is("adieu@") == []


def test_a_mail_server_that_is_down_keeps_nobody(settings, django_capture_on_commit_callbacks, caplog):
    settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 9
    person = proven(email="adieu@exemple.fr")
    with django_capture_on_commit_callbacks(execute=True):
        row = erased(person)
    assert row.done_at
    assert "last message not sent" in caplog.text
    assert "adieu" not in caplog.text


# --- The eraser ---------------------------------------------------------------------------------------------


def test_nobody_but_the_eraser_empties_a_history():
    told = confirmed(10)
    edit = PersonEdit.objects.create(
        person=told.citizen, what={"name": ["a", "b"]}, by=None, at=timezone.now()
    )
    for change in (
        lambda: Decision.objects.update(note=""),
        lambda: PersonEdit.objects.filter(pk=edit.pk).update(what={"name": [None, None]}),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
