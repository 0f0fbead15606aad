"""What was kept long enough goes by itself, its people are told before, and nothing younger goes."""

import html
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse
from django.utils import timezone

from accounts import acting
from accounts.models import ContactReading, Session, User
from accounts.services import log_contact_reading
from desk.models import Note
from directory.models import Referral, ReferralChange, Service
from directory.themes import THEME_OF
from followups.models import Incident, IncidentChange
from homes.models import Dwelling, DwellingChange
from matching import services as matching
from matching.models import Decision, Match
from needs import services as needs
from needs.models import Need
from notifications.channels.sms.models import Reply
from notifications.models import Bounce, Message
from offers import services as offers
from offers.models import Offer, OfferState
from privacy import contact, erasing, holds, messages, retention
from privacy.models import Erasure, Notice
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import story
from tests.factories.needs import NeedFactory
from tests.factories.notifications import MessageFactory
from tests.factories.offers import OfferFactory
from tests.privacy.marks import MARK, PHONE, as_written_once, mark, where_it_is
from town.models import AuditRow
from webhooks import services as webhooks
from webhooks.models import Delivery

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def a_night(now):
    for rule in retention.RULES:
        if rule.forget is not None:
            rule.forget(now)  # `run` goes on where one fails
    erasing.carry_out_due(by=None, now=now)


def gone(person):
    return User.objects.get(pk=person.pk).anonymised_at is not None


@pytest.fixture
def silent():
    """Somebody whose offer was taken back, and who has not been heard of for two years and a day."""
    past = timezone.now()
    person = UserFactory(name="Jeanne", created_at=past)
    offer = OfferFactory(owner=person, confirmed_at=past, created_at=past)
    offers.withdraw(offer_id=offer.pk, by=person, now=past)
    return person


@pytest.fixture
def later():
    return timezone.now() + timedelta(days=733)


def test_whoever_is_silent_is_told_the_day_and_then_erased(silent, later):
    mark(silent)
    a_night(later)
    notice = Notice.objects.get(person=silent)
    said = Message.objects.get(event="data_to_go", recipient=silent)
    assert notice.erase_on - later.date() in (timedelta(days=30), timedelta(days=31))
    assert str(notice.erase_on.year) in said.title
    assert not gone(silent)
    a_night(later + 29 * DAY)
    assert not gone(silent)
    assert Message.objects.filter(event="data_to_go").exclude(channel="inapp").count() == 1, "told once"
    a_night(later + 32 * DAY)
    assert gone(silent)
    assert Erasure.objects.get(person=silent).how == "unused"
    assert where_it_is(MARK, PHONE) == []


def test_one_tap_keeps_them_for_as_long_again(silent, later, client):
    a_night(later)
    page = messages.keep_path(Notice.objects.get(person=silent))
    assert client.get(page).status_code == 200
    assert Notice.objects.get().kept_at is None, "to open it keeps nothing"
    # The moment of the tap is now, which is before this test's "later".
    retention.keep(notice_id=Notice.objects.get().pk, by=silent, now=later + DAY)
    a_night(later + 40 * DAY)
    assert not gone(silent)
    assert Notice.objects.count() == 1
    a_night(later + 740 * DAY)
    assert Notice.objects.count() == 2
    assert "vos données restent" in client.post(page).content.decode()


def test_a_link_that_was_cut_opens_nothing(silent, later, client):
    a_night(later)
    page = messages.keep_path(Notice.objects.get(person=silent))
    assert client.post(page[:-3] + "abc/").status_code == 404
    assert Notice.objects.get().kept_at is None


def test_whoever_comes_back_after_the_notice_stays(silent, later):
    a_night(later)
    User.objects.filter(pk=silent.pk).update(last_login=later + DAY)
    a_night(later + 40 * DAY)
    assert not gone(silent)
    assert Notice.objects.get().kept_at


@pytest.mark.parametrize(
    "sign",
    [
        lambda person, at: User.objects.filter(pk=person.pk).update(last_login=at),
        lambda person, at: Session.objects.create(session_key="a", expire_date=at, user=person, used_at=at),
        lambda person, at: Reply.objects.create(person=person, text="oui", received_at=at),
        lambda person, at: OfferFactory(owner=person, state="withdrawn", created_at=at),
        lambda person, at: NeedFactory(person=person, organisation=None, state="withdrawn", created_at=at),
        lambda person, at: MessageFactory(
            recipient=person, state="opened", sent_at=at, delivered_at=at, opened_at=at
        ),
    ],
    ids=["signed in", "session", "sms", "offer", "need", "opened"],
)
def test_each_of_these_is_a_contact(silent, later, sign):
    assert silent in contact.silent_since(later - retention.TWO_YEARS, now=later)
    sign(silent, later - 10 * DAY)
    assert silent not in contact.silent_since(later - retention.TWO_YEARS, now=later)


def test_what_they_write_is_a_contact(silent):
    """By a page or a link: the database's notes have who wrote, and there is no list of acts here."""
    before = timezone.now() - timedelta(hours=1)
    User.objects.filter(pk=silent.pk).update(created_at=before - DAY)
    Offer.objects.filter(owner=silent).update(created_at=before - DAY, confirmed_at=before - DAY)
    assert silent not in contact.silent_since(before, now=timezone.now())
    with acting.erasing():
        from town.models import AuditRow

        AuditRow.objects.filter(actor=silent.pk).delete()
    assert silent in contact.silent_since(before, now=timezone.now())


def test_nobody_on_whom_somebody_counts_is_told(later):
    told = story(need={"first_day": (later + DAY).date(), "last_day": (later + 9 * DAY).date()})
    matching.propose(match_id=told.match.pk, by=told.coordinator, now=timezone.now())
    assert told.citizen not in contact.silent_since(later, now=later)
    assert told.coordinator not in contact.silent_since(later, now=later)
    assert told.member not in contact.silent_since(later, now=later)


def test_nothing_of_whoever_a_court_asks_for_is_erased(silent, later):
    first, second = (CityRoleFactory(role="administrator") for _ in range(2))
    city = Offer.objects.get(owner=silent).city
    CityRoleFactory(user=first.user, city=city, role="administrator")
    CityRoleFactory(user=second.user, city=city, role="administrator")
    now = timezone.now()
    hold = holds.ask(city=city, person=silent, reason="Tribunal", by=first.user, now=now)
    holds.agree(hold_id=hold.pk, by=second.user, now=now)
    mark(silent)
    before = where_it_is(MARK)
    a_night(later + 800 * DAY)
    assert not Notice.objects.exists()
    assert where_it_is(MARK) == before
    own = erasing.ask(person=silent, how="own", by=silent, now=now)
    assert own.waits_for == "hold"
    erasing.carry_out_due(by=None, now=now)
    assert not gone(silent)
    holds.lift(hold_id=hold.pk, by=first.user, now=now)
    holds.lift(hold_id=hold.pk, by=second.user, now=now)
    erasing.carry_out_due(by=None, now=now)
    assert gone(silent)


def test_nor_what_was_noted_of_them_in_the_need_of_an_association(later):
    told, now = story(), timezone.now()
    first, second = (CityRoleFactory(city=told.city, role="administrator").user for _ in range(2))
    hold = holds.ask(city=told.city, person=told.citizen, reason="Tribunal", by=first, now=now)
    holds.agree(hold_id=hold.pk, by=second, now=now)
    matching.dismiss(match_id=told.match.pk, by=told.coordinator, now=now, reason="safety", note=MARK)
    needs.withdraw(need_id=told.match.need_id, by=told.member, now=now)
    Need.objects.filter(pk=told.match.need_id).update(last_day=now.date())
    retention.run(by=None, now=later)
    assert where_it_is(MARK) == ["matching_decision"]
    for by in (first, second):
        holds.lift(hold_id=hold.pk, by=by, now=now)
    retention.run(by=None, now=later)
    assert where_it_is(MARK) == []


# --- What goes though its person stays ---------------------------------------------------------------------


def test_the_words_of_a_closed_need_of_an_association_go(later):
    told = story(need={"title": MARK, "text": MARK, "social_worker": MARK})
    need, now = told.match.need, timezone.now()
    matching.dismiss(match_id=told.match.pk, by=told.coordinator, now=now, reason="not_suitable", note=MARK)
    Note.objects.create(city=told.city, need=need, by=told.coordinator, at=now, text=MARK)
    needs.withdraw(need_id=need.pk, by=told.member, now=now)
    Need.objects.filter(pk=need.pk).update(last_day=now.date())
    a_night(later - 10 * DAY)
    assert "needs_need" in where_it_is(MARK)
    retention.run(by=None, now=later)
    assert where_it_is(MARK) == []
    assert (Need.objects.get(pk=need.pk).people, Decision.objects.count()) == (need.people, 1)
    assert told.citizen.email, "whoever offered is not concerned"


def test_what_was_written_to_a_service_goes_with_the_words_of_the_need(later):
    now, person = timezone.now(), CityRoleFactory().user
    need = NeedFactory(state="withdrawn", changed_at=now)
    Need.objects.filter(pk=need.pk).update(last_day=now.date())
    service = Service.objects.create(
        city=need.city, run_by="CCAS", name="Permanence", about="Une juriste.", thematics=[next(iter(THEME_OF))],
        commune=need.city.seat, checked_at=now, created_at=now, changed_at=now,
    )  # fmt: skip
    referral = Referral.objects.create(
        need=need, service=service, words=MARK, answer=MARK, state="accepted", day=now.date(), asked_by=person,
        asked_at=now, answer_by=now,
    )  # fmt: skip
    ReferralChange.objects.create(
        referral=referral,
        act="accept",
        from_state="asked",
        to_state="accepted",
        by=person,
        at=now,
        reason=MARK,
    )
    a_night(later - 10 * DAY)
    assert len(where_it_is(MARK)) == 2
    retention.run(by=None, now=later)
    assert where_it_is(MARK) == []


def test_notes_of_two_years_ago_go_but_those_of_whom_a_court_asks_for(later):
    past = timezone.now()
    city = CityFactory()
    held, other = (OfferFactory(city=city).owner for _ in range(2))
    first, second = (CityRoleFactory(city=city, role="administrator").user for _ in range(2))
    hold = holds.ask(city=city, person=held, reason="Réquisition", by=first, now=later)
    holds.agree(hold_id=hold.pk, by=second, now=later)
    with as_written_once():
        AuditRow.objects.all().delete()
    for person in (held, other):
        AuditRow.objects.create(
            at=past, table="offers_offer", key=1, act="update", role="accorde", about=person.pk
        )
        log_contact_reading(subject=person, reason="desk", city=city, by=first, now=past)
    a_night(later)
    assert set(AuditRow.objects.filter(at=past).values_list("about", flat=True)) == {held.pk}
    assert [reading.subject for reading in ContactReading.objects.all()] == [held]


def test_how_a_service_reaches_somebody_goes_but_of_whom_a_court_asks_for(later):
    city = CityFactory()
    mine, theirs = (NeedFactory(city=city, organisation=None, person=UserFactory()) for _ in range(2))
    held = mine.person
    first, second = (CityRoleFactory(city=city, role="administrator").user for _ in range(2))
    hold = holds.ask(city=city, person=held, reason="Réquisition", by=first, now=later)
    holds.agree(hold_id=hold.pk, by=second, now=later)
    service = Service.objects.create(
        city=city, run_by="CCAS", name="Permanence", about="Une juriste.", thematics=[next(iter(THEME_OF))],
        commune=city.seat, checked_at=later, created_at=later, changed_at=later,
    )  # fmt: skip
    for need in (mine, theirs):
        Referral.objects.create(
            need=need, service=service, words="", answer="", state="accepted", day=later.date(), asked_by=first,
            asked_at=later, answer_by=later, contact=need.person.name, forget_on=(later - 10 * DAY).date(),
        )  # fmt: skip
    a_night(later)
    kept = Referral.objects.exclude(forget_on=None)
    assert [(one.need.person, one.contact) for one in kept] == [(held, held.name)]
    assert Referral.objects.get(forget_on=None).contact == ""


def test_an_offer_that_is_proven_at_the_last_moment_stays():
    past = timezone.now() - timedelta(days=31)
    offer = OfferFactory(state=OfferState.UNCONFIRMED, created_at=past, confirmed_at=None)
    never = Offer.objects.filter(state=OfferState.UNCONFIRMED, pk=offer.pk)
    offers.prove_contact(owner=offer.owner, by=offer.owner, now=timezone.now())
    assert not retention._forget_offer(never, now=timezone.now())
    offer.refresh_from_db()
    assert offer.state == OfferState.ACTIVE


def test_the_words_of_an_offer_that_was_taken_back_go(later):
    offer = OfferFactory(title=MARK, address=MARK, confirmed_at=timezone.now())
    offers.withdraw(offer_id=offer.pk, by=offer.owner, now=timezone.now())
    open_one = OfferFactory(owner=offer.owner, title="Chambre", confirmed_at=timezone.now())
    retention.run(by=None, now=later)
    assert where_it_is(MARK) == []
    assert Offer.objects.get(pk=open_one.pk).title == "Chambre"


def test_an_offer_of_an_address_nobody_proved_goes_after_thirty_days():
    offer = OfferFactory(title=MARK, state="unconfirmed", confirmed_at=None, created_at=timezone.now())
    retention.run(by=None, now=timezone.now() + 29 * DAY)
    assert "offers_offer" in where_it_is(MARK)
    retention.run(by=None, now=timezone.now() + 31 * DAY)
    assert where_it_is(MARK) == []
    assert Offer.objects.get(pk=offer.pk).state == OfferState.WITHDRAWN


def test_an_account_that_nobody_ever_opened_goes_after_thirty_days():
    now = timezone.now()
    offered = OfferFactory(state="unconfirmed", confirmed_at=None, created_at=now, owner__created_at=now)
    alone = UserFactory(created_at=now)
    proven = UserFactory(created_at=now)
    EmailAddress.objects.create(user=proven, email=proven.email, verified=True)
    on_the_line = UserFactory(created_at=now, phone="+33388000055", phone_proof="call", phone_proven_at=now)
    came = OfferFactory(confirmed_at=now, created_at=now, owner__created_at=now)
    offers.withdraw(offer_id=came.pk, by=came.owner, now=now)
    part = CityRoleFactory(user__created_at=now)
    a_night(now + 29 * DAY)
    assert not gone(alone)
    a_night(now + 31 * DAY)
    a_night(now + 32 * DAY)
    assert gone(alone)
    assert gone(offered.owner), "with what they offered"
    assert not any(map(gone, (proven, on_the_line, came.owner, part.user)))


def test_a_closed_report_loses_its_words_after_two_years(later):
    told, now = story(), timezone.now()
    closed = {"state": "closed", "end": "settled", "closed_at": now, "closed_by": told.member}
    with as_written_once():
        report = Incident.objects.create(
            city=told.city, offer=told.match.offer, text=MARK, reported_by=told.citizen, reported_at=now,
            proposed_by=told.coordinator, proposed_at=now, conclusion=MARK, **closed,
        )  # fmt: skip
    IncidentChange.objects.create(
        incident=report,
        act="close",
        from_state="ending",
        to_state="closed",
        by=told.member,
        reason=MARK,
        at=now,
    )
    retention.run(by=None, now=now + 700 * DAY)
    assert "followups_incident" in where_it_is(MARK)
    retention.run(by=None, now=later)
    assert where_it_is(MARK) == []
    assert Incident.objects.get().end == "settled"


def test_a_message_says_nothing_a_year_after_what_it_spoke_of():
    now = timezone.now()
    told = story()
    over = MessageFactory(subject_key="offer:1", body=MARK, state="sent", sent_at=now, created_at=now)
    goes_on = MessageFactory(
        subject_key=f"match:{told.match.pk}", body=MARK, state="sent", sent_at=now, created_at=now
    )
    with as_written_once():
        Match.objects.filter(pk=told.match.pk).update(state="under_way", changed_at=now)
    retention.run(by=None, now=now + 360 * DAY)
    over.refresh_from_db()
    assert over.body == MARK
    retention.run(by=None, now=now + 366 * DAY)
    over.refresh_from_db()
    goes_on.refresh_from_db()
    assert (over.body, over.sent_at, goes_on.body) == ("—", now, MARK)


def test_small_things_go_in_their_time(later):
    city_role = CityRoleFactory(role="administrator")
    now, city = timezone.now(), city_role.city
    person = UserFactory()
    Reply.objects.create(person=person, text=MARK, received_at=now)
    Bounce.objects.create(person=person, channel="email", address=MARK, error="rcpt 550", at=now)
    dwelling = Dwelling.objects.create(
        city=city, commune=city.seat, stage="dropped", capacity=1, title=MARK, owner_name=MARK, created_at=now,
        changed_at=now,
    )  # fmt: skip
    DwellingChange.objects.create(
        dwelling=dwelling, what={"owner_name": ["", MARK]}, by=city_role.user, at=now
    )
    endpoint = webhooks.add(
        city=city, url="https://93.184.216.34/", happenings=["need.met"], by=city_role.user, now=now
    )
    webhooks.send_test(endpoint_id=endpoint.pk, by=city_role.user, now=now)
    retention.run(by=None, now=now + 89 * DAY)
    assert Delivery.objects.exists()
    assert len(where_it_is(MARK)) == 4
    retention.run(by=None, now=now + 91 * DAY)
    assert not Delivery.objects.exists()
    retention.run(by=None, now=later)
    assert where_it_is(MARK) == []


def test_every_rule_is_said_on_the_page(client):
    page = html.unescape(client.get(reverse("privacy")).content.decode())
    for rule in retention.RULES:
        for said in (rule.what, rule.kept, rule.since, rule.why):
            assert f">{said}<" in page
