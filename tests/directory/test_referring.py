"""Sending the people of a need to a service: what it is told, what it answers, and that each wait ends."""

from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import ContactReading, Organisation, User
from cities.days import local_day
from cities.models import City
from directory import asking, links, selectors
from directory.asking import Answer
from directory.models import Referral, ReferralChange, ReferralState, Service
from directory.tasks import follow_referrals
from needs import services as needs
from notifications.models import Message
from privacy import contact
from tests.directory.conftest import NOW, text
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.needs import NeedFactory

TODAY = NOW.date()
SERVICE_MAIL = "permanence@exemple.fr"


@pytest.fixture
def need(city: City, organisation: Organisation, member: User) -> Any:
    return NeedFactory(
        city=city,
        organisation=organisation,
        title="Famille de Mme Untel",
        text="Elle a besoin de repos.",
        first_day=TODAY,
        last_day=TODAY + timedelta(days=20),
        languages=["prs"],
    )


@pytest.fixture
def service(entered: Any) -> Service:
    return entered(email=SERVICE_MAIL, phone="+33353018000")


@pytest.fixture
def asked(need: Any, service: Service, member: User) -> Any:
    def asked(**said: Any) -> Referral:
        told_of = {"service": service, "by": member, "now": NOW, **said}
        referral, _told = asking.ask(need_id=need.pk, **told_of)
        return referral

    return asked


def of_service() -> User:
    return User.objects.get(email=SERVICE_MAIL)


def told(event: str) -> set[str]:
    found = Message.objects.filter(event=event).exclude(channel="inapp")
    return set(found.values_list("recipient__email", flat=True))


def page(referral: Referral, user: User | None = None) -> str:
    return links.answer_path(referral, user or of_service())


def test_a_service_is_told_the_facts_and_nothing_that_was_written(
    client: Client, asked: Any, need: Any
) -> None:
    referral = asked(words="Vient avec une poussette")
    message = Message.objects.get(event="referral_asked")
    assert message.recipient.email == SERVICE_MAIL
    assert page(referral) in message.action_url
    for said in (message.body, message.title, client.get(page(referral)).text):
        assert "Untel" not in said
        assert "repos" not in said
    shown = text(client.get(page(referral)))
    assert "Vient avec une poussette" in shown
    assert "dari" in shown


def test_a_contact_goes_only_with_a_yes(asked: Any, need: Any, service: Service, client: Client) -> None:
    with pytest.raises(ValidationError, match="Sans l’accord"):
        asked(contact="Laila, 06 12 34 56 78")
    assert not Referral.objects.exists()
    referral = asked(contact="Laila, 06 12 34 56 78", agreed=True)
    assert referral.consented_at == NOW
    assert "06 12 34" not in Message.objects.get(event="referral_asked").body
    assert "Laila, 06 12 34 56 78" in text(client.get(page(referral)))
    # Kept that it was read, once a day.
    client.get(page(referral))
    assert referral.changes.filter(act=selectors.READ).count() == 1
    assert not any(change.act == selectors.READ for change in selectors.changes_of_referrals(need))
    asking.answer(referral_id=referral.pk, answer=Answer.DECLINE, words="Complet", by=of_service(), now=NOW)
    referral.refresh_from_db()
    assert referral.contact == ""
    assert "Laila" not in text(client.get(page(referral)))


def test_reading_the_contact_of_somebody_with_an_account_is_theirs_to_see(
    client: Client, asked: Any, need: Any
) -> None:
    need.person = UserFactory()
    need.save(update_fields=["person"])
    client.get(page(asked(contact="Laila", agreed=True)))
    reading = ContactReading.objects.get()
    assert (reading.subject, reading.reader, reading.reference) == (need.person, of_service(), need.reference)


def test_yes_with_a_day_stands_on_the_case(
    client: Client, city: City, asked: Any, need: Any, member: User
) -> None:
    coordinator = CityRoleFactory(city=city).user
    asked()
    referral = Referral.objects.get()
    Referral.objects.update(asked_at=NOW, answer_by=NOW + timedelta(days=900))
    day = local_day(NOW, city) + timedelta(days=2)
    asking.answer(
        referral_id=referral.pk,
        answer=Answer.ACCEPT,
        day=day,
        hour=time(14),
        words="Sonner",
        by=of_service(),
        now=NOW,
    )
    assert told("referral_answered") == {coordinator.email, member.email}
    assert "à 14" in Message.objects.filter(event="referral_answered").first().body
    client.force_login(member)
    shown = text(client.get(f"/strasbourg/annuaire/orienter/{need.reference}/"))
    assert "rendez-vous donné" in shown
    assert "mercredi 11 mars à 14" in shown
    client.force_login(coordinator)
    assert "rendez-vous donné" in text(client.get(f"/strasbourg/bureau/{need.reference}/fil/"))


@pytest.mark.parametrize(
    ("said", "where"),
    [
        ({"answer": Answer.ACCEPT}, "day"),
        ({"answer": Answer.ACCEPT, "day": TODAY - timedelta(days=1)}, "day"),
        ({"answer": Answer.ACCEPT, "day": TODAY + timedelta(days=91)}, "day"),
        ({"answer": Answer.DECLINE}, "words"),
    ],
)
def test_an_answer_says_when_or_why(asked: Any, said: Any, where: str) -> None:
    referral = asked()
    with pytest.raises(ValidationError) as refusal:
        asking.answer(referral_id=referral.pk, **said, by=of_service(), now=NOW)
    assert where in refusal.value.error_dict
    referral.refresh_from_db()
    assert referral.state == ReferralState.ASKED


def test_called_first_then_answered_on_the_telephone(
    client: Client, asked: Any, need: Any, member: User
) -> None:
    referral = asked()
    Referral.objects.update(answer_by=NOW + timedelta(days=900))
    path = page(referral)
    assert client.post(path, {"answer": "call"}).status_code == 302
    client.force_login(member)
    home = f"/strasbourg/annuaire/orienter/{need.reference}/"
    client.post(home, {"act": "answer", "referral": referral.pk, "answer": "decline", "words": "Complet"})
    referral.refresh_from_db()
    assert (referral.state, referral.answer) == (ReferralState.DECLINED, "Complet")
    client.logout()
    again = client.post(path, {"answer": "call"})
    assert again.status_code == 422
    assert "Il y a déjà une réponse" in text(again)


def test_the_wait_is_reminded_once_and_ends(asked: Any, member: User) -> None:
    referral = asked()
    half = NOW + (referral.answer_by - NOW) / 2
    assert asking.remind(by=None, now=half - timedelta(minutes=1)) == 0
    assert asking.remind(by=None, now=half) == 1
    assert asking.remind(by=None, now=half) == 0
    assert told("referral_asked_again") == {SERVICE_MAIL}
    assert asking.give_up(by=None, now=referral.answer_by - timedelta(minutes=1)) == 0
    assert asking.give_up(by=None, now=referral.answer_by) == 1
    referral.refresh_from_db()
    assert (referral.state, told("referral_silent")) == (ReferralState.LAPSED, {member.email})
    with pytest.raises(ValidationError, match="déjà une réponse"):
        asking.answer(referral_id=referral.pk, answer=Answer.CALL, by=of_service(), now=referral.answer_by)


def test_no_wait_outlives_its_need(city: City, asked: Any, need: Any) -> None:
    type(need).objects.filter(pk=need.pk).update(last_day=TODAY)
    assert local_day(asked().answer_by, city) == TODAY


def test_taken_back_is_told_once(asked: Any, member: User) -> None:
    referral = asked(contact="Laila", agreed=True, words="Avec une poussette")
    for _twice in range(2):
        asking.withdraw(referral_id=referral.pk, by=member, now=NOW)
    referral.refresh_from_db()
    assert (referral.state, referral.contact, referral.words) == (ReferralState.WITHDRAWN, "", "")
    assert told("referral_withdrawn") == {SERVICE_MAIL}
    # There is nothing to answer any more.
    message = Message.objects.exclude(channel="inapp").get(event="referral_withdrawn")
    assert (message.action_label, message.action_url) == ("", "")
    assert ReferralChange.objects.filter(act="withdraw").count() == 1


def test_who_may_not(city: City, asked: Any, need: Any, service: Service) -> None:
    other = MembershipFactory(organisation=OrganisationFactory(city=city, verified=True)).user
    for stranger in (UserFactory(), other, CityRoleFactory(city=city, role="administrator").user):
        with pytest.raises(PermissionDenied):
            asking.ask(need_id=need.pk, service=service, by=stranger, now=NOW)
    referral = asked()
    for stranger in (UserFactory(), other):
        with pytest.raises(PermissionDenied):
            asking.answer(referral_id=referral.pk, answer=Answer.CALL, by=stranger, now=NOW)
        with pytest.raises(PermissionDenied):
            asking.withdraw(referral_id=referral.pk, by=stranger, now=NOW)


def test_what_is_not_asked(
    city: City, asked: Any, need: Any, service: Service, member: User, fields: Any
) -> None:
    asked()
    with pytest.raises(ValidationError, match="déjà interrogé"):
        asked()
    with pytest.raises(IntegrityError), transaction.atomic():
        Referral.objects.create(
            need=need, service=service, asked_by=member, asked_at=NOW, answer_by=NOW + timedelta(hours=1)
        )
    elsewhere = Service.objects.create(
        **{**fields(), "city": CityFactory(), "checked_at": NOW, "created_at": NOW, "changed_at": NOW}
    )
    with pytest.raises(ValidationError, match="plus dans l’annuaire"):
        asked(service=elsewhere)
    type(need).objects.filter(pk=need.pk).update(state="withdrawn")
    with pytest.raises(ValidationError, match="plus ouvert"):
        asked()


def test_an_association_that_is_suspended_answers_for_nobody(
    city: City, need: Any, member: User, entered: Any, client: Client
) -> None:
    runs = OrganisationFactory(city=city, name="Droits ici", verified=True)
    theirs = MembershipFactory(organisation=runs).user
    service = entered(organisation=runs, run_by="")
    referral, is_told = asking.ask(need_id=need.pk, service=service, by=member, now=NOW)
    assert is_told
    assert told("referral_asked") == {theirs.email}
    path = page(referral, theirs)
    assert client.get(path).status_code == 200
    Organisation.objects.filter(pk=runs.pk).update(state=Organisation.State.SUSPENDED)
    assert client.get(path).status_code == 404


def test_a_link_of_nobody_and_of_another_town(client: Client, asked: Any) -> None:
    referral = asked()
    path = page(referral)
    assert client.get(path.replace("strasbourg", CityFactory(slug="grenoble").slug)).status_code == 404
    assert client.get(path[:-3] + "xx/").status_code == 404
    # The mail is another service's now: the link of before answers for nothing.
    Service.objects.update(email="autre@exemple.fr")
    assert client.get(path).status_code == 404


def test_a_service_without_mail_is_called(
    client: Client, city: City, need: Any, entered: Any, member: User
) -> None:
    service = entered(name="Sans mail", phone="+33353018000")
    client.force_login(member)
    home = f"/strasbourg/annuaire/orienter/{need.reference}/"
    type(need).objects.filter(pk=need.pk).update(last_day=local_day(NOW, city) + timedelta(days=900))
    shown = text(client.post(home, {"service": service.pk}, follow=True))
    assert "appelez-le, puis notez sa réponse" in shown
    assert not Message.objects.filter(event="referral_asked").exists()
    assert "03 53 01 80 00" in shown


def accepted(referral: Referral, *, day: Any = TODAY) -> Referral:
    return asking.answer(referral_id=referral.pk, answer=Answer.ACCEPT, day=day, by=of_service(), now=NOW)


@pytest.mark.parametrize("state", ["withdrawn", "met", "expired"])
def test_no_service_is_waited_for_once_the_need_is_over(asked: Any, need: Any, state: str) -> None:
    referral = asked(contact="Laila", agreed=True)
    assert asking.end_of_closed(by=None, now=NOW) == 0
    type(need).objects.filter(pk=need.pk).update(state=state)
    with pytest.raises(ValidationError, match="plus ouvert"):
        accepted(referral)
    assert asking.end_of_closed(by=None, now=NOW) == 1
    referral.refresh_from_db()
    assert (referral.state, referral.contact) == (ReferralState.WITHDRAWN, "")
    assert told("referral_withdrawn") == {SERVICE_MAIL}


def test_an_appointment_falls_with_the_need_that_is_withdrawn(asked: Any, need: Any) -> None:
    referral = accepted(asked(contact="Laila", agreed=True))
    type(need).objects.filter(pk=need.pk).update(state="met")
    assert asking.end_of_closed(by=None, now=NOW) == 0
    type(need).objects.filter(pk=need.pk).update(state="withdrawn")
    # What took place stays what it was.
    assert asking.end_of_closed(by=None, now=NOW + timedelta(days=1)) == 0
    assert asking.end_of_closed(by=None, now=NOW) == 1
    referral.refresh_from_db()
    assert (referral.state, referral.contact, referral.day) == (ReferralState.WITHDRAWN, "", None)
    assert told("referral_withdrawn") == {SERVICE_MAIL}


def test_an_appointment_falls_with_the_person_who_is_gone(asked: Any, need: Any) -> None:
    accepted(asked())
    need.person = UserFactory()
    need.save(update_fields=["person"])
    assert asking.end_of_closed(by=None, now=NOW) == 0
    User.objects.filter(pk=need.person_id).update(anonymised_at=NOW, email=None, name="", is_active=False)
    assert asking.end_of_closed(by=None, now=NOW) == 1


def test_an_answer_and_the_end_of_the_need_wait_for_each_other(
    asked: Any, need: Any, member: User, meanwhile: Any
) -> None:
    referral = asked()
    with transaction.atomic():
        needs.withdraw(need_id=need.pk, by=member, now=NOW)
        answered = meanwhile(partial(accepted, referral))
    assert "plus ouvert" in str(answered())


@pytest.mark.parametrize("state", [ReferralState.WITHDRAWN, ReferralState.LAPSED])
def test_what_is_over_is_read_no_more(client: Client, asked: Any, member: User, state: str) -> None:
    referral = asked(words="Avec une poussette")
    path = page(referral)
    if state == ReferralState.WITHDRAWN:
        asking.withdraw(referral_id=referral.pk, by=member, now=NOW)
    else:
        asking.give_up(by=None, now=referral.answer_by)
    referral.refresh_from_db()
    assert (referral.state, referral.words) == (state, "")
    for shown in (client.get(path), client.post(path, {"answer": "call"})):
        assert shown.status_code == 410
        assert "poussette" not in shown.text
        assert "Merci" not in shown.text


def test_a_no_needs_no_words_any_more(asked: Any) -> None:
    referral = asked(words="Avec une poussette")
    asking.answer(referral_id=referral.pk, answer=Answer.DECLINE, words="Complet", by=of_service(), now=NOW)
    referral.refresh_from_db()
    assert referral.words == ""


def test_whoever_wants_to_be_called_is_waited_for_anew(asked: Any, need: Any, member: User) -> None:
    referral = asked(contact="Laila", agreed=True)
    wait = referral.answer_by - NOW
    later = referral.answer_by - timedelta(minutes=1)
    asking.answer(referral_id=referral.pk, answer=Answer.CALL, by=of_service(), now=later)
    assert asking.give_up(by=None, now=referral.answer_by) == 0
    referral.refresh_from_db()
    assert (referral.contact, referral.answer_by) == ("Laila", later + wait)
    assert asking.give_up(by=None, now=referral.answer_by) == 1
    said = Message.objects.exclude(channel="inapp").get(event="referral_silent")
    assert "demande qu’on l’appelle" in said.body
    assert "veut qu’on l’appelle" in said.title
    # What it said on the telephone is noted all the same.
    day = local_day(referral.answer_by, need.city)
    noted = asking.answer(
        referral_id=referral.pk, answer=Answer.ACCEPT, day=day, by=member, now=referral.answer_by
    )
    assert (noted.state, noted.day) == (ReferralState.ACCEPTED, day)


def test_a_call_is_not_waited_for_after_the_last_day(city: City, asked: Any, need: Any) -> None:
    type(need).objects.filter(pk=need.pk).update(last_day=TODAY)
    referral = asked()
    evening = asking.evening(TODAY, city)
    asking.answer(
        referral_id=referral.pk, answer=Answer.CALL, by=of_service(), now=evening - timedelta(minutes=5)
    )
    referral.refresh_from_db()
    assert referral.answer_by == evening


def test_what_came_too_late_is_not_noted_beside_another_question(asked: Any, need: Any, member: User) -> None:
    late = asked()
    asking.give_up(by=None, now=late.answer_by)
    asked(now=late.answer_by)
    with pytest.raises(ValidationError, match="déjà interrogé"):
        asking.answer(referral_id=late.pk, answer=Answer.CALL, by=member, now=late.answer_by)


def test_nobody_is_written_to_after_the_last_evening(city: City, asked: Any, need: Any) -> None:
    type(need).objects.filter(pk=need.pk).update(last_day=TODAY)
    evening = asking.evening(TODAY, city)
    with pytest.raises(ValidationError, match="appelez-le"):
        asked(now=evening)
    assert asked(now=evening - timedelta(minutes=1)).answer_by == evening


def test_what_was_taken_back_is_not_asked_again_within_the_day(asked: Any, member: User) -> None:
    asking.withdraw(referral_id=asked().pk, by=member, now=NOW)
    with pytest.raises(ValidationError, match="vient d’être reprise"):
        asked(now=NOW + timedelta(hours=23))
    assert asked(now=NOW + timedelta(hours=24)).state == ReferralState.ASKED


def test_nobody_asks_without_end(
    client: Client, need: Any, service: Service, member: User, settings: Any
) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"refer": "1/d/user"}
    type(need).objects.filter(pk=need.pk).update(last_day=TODAY + timedelta(days=900))
    client.force_login(member)
    home = f"/strasbourg/annuaire/orienter/{need.reference}/"
    assert client.post(home, {"service": service.pk}).status_code == 302
    Referral.objects.update(state=ReferralState.LAPSED)
    again = client.post(home, {"service": service.pk})
    assert again.status_code == 422
    assert "Trop de demandes" in text(again)
    assert Referral.objects.count() == 1


def test_whoever_takes_it_back_reads_whether_the_service_is_told(
    client: Client, need: Any, service: Service, entered: Any, member: User
) -> None:
    client.force_login(member)
    home = f"/strasbourg/annuaire/orienter/{need.reference}/"
    for one, said in ((service, "Le service est prévenu"), (entered(name="Sans mail"), "Appelez le service")):
        referral, _told = asking.ask(need_id=need.pk, service=one, by=member, now=NOW)
        back = client.post(home, {"act": "withdraw", "referral": referral.pk}, follow=True)
        assert said in text(back)


def test_an_association_that_is_suspended_is_written_to_no_more(
    city: City, need: Any, member: User, entered: Any
) -> None:
    coordinator = CityRoleFactory(city=city).user
    runs = OrganisationFactory(city=city, verified=True)
    MembershipFactory(organisation=runs)
    referral, _told = asking.ask(
        need_id=need.pk, service=entered(organisation=runs, run_by=""), by=member, now=NOW
    )
    Organisation.objects.filter(pk=runs.pk).update(state=Organisation.State.SUSPENDED)
    # The desk is told at once, and asks elsewhere.
    assert asking.give_up(by=None, now=NOW) == 1
    assert told("referral_silent") == {member.email, coordinator.email}
    Referral.objects.update(state=ReferralState.ASKED)
    _referral, is_told = asking.withdraw(referral_id=referral.pk, by=member, now=NOW)
    assert is_told is False
    assert told("referral_withdrawn") == set()


def test_whoever_asked_and_has_left_is_told_nothing(
    city: City, asked: Any, organisation: Organisation, member: User
) -> None:
    stays = MembershipFactory(organisation=organisation).user
    referral = asked()
    member.memberships.all().delete()
    asking.answer(referral_id=referral.pk, answer=Answer.CALL, by=of_service(), now=NOW)
    assert told("referral_answered") == {stays.email}


def test_whoever_answers_by_a_link_is_not_forgotten_before_it_ends(asked: Any) -> None:
    accepted(asked())
    now = timezone.now()
    ends = now + links.VALID_FOR
    Referral.objects.update(answer_by=now, asked_at=now)

    def is_silent(then: datetime) -> bool:
        return contact.silent_since(now + timedelta(hours=1), now=then).filter(pk=of_service().pk).exists()

    assert not is_silent(ends - timedelta(days=1))
    assert is_silent(ends)
    Referral.objects.update(state=ReferralState.DECLINED, day=None)
    assert is_silent(ends - timedelta(days=1))


def test_the_task_does_all_of_it(need: Any, entered: Any, member: User) -> None:
    now, today = timezone.now(), timezone.localdate()
    other = NeedFactory(city=need.city, organisation=need.organisation, state="withdrawn")
    type(need).objects.filter(pk=need.pk).update(last_day=today + timedelta(days=30))

    def one(name: str, **said: Any) -> Referral:
        return Referral.objects.create(
            **{
                "need": need,
                "service": entered(name=name, email=f"{name.lower()}@exemple.fr"),
                "asked_by": member,
                "asked_at": now - timedelta(days=2),
                "answer_by": now + timedelta(days=1),
                **said,
            }
        )

    reminded, closed = one("Rappel"), one("Clos", need=other)
    lapsed = one("Muet", answer_by=now - timedelta(minutes=1))
    follow_referrals()
    for referral in (reminded, closed, lapsed):
        referral.refresh_from_db()
    assert [referral.state for referral in (reminded, closed, lapsed)] == ["asked", "withdrawn", "lapsed"]
    assert told("referral_asked_again") == {"rappel@exemple.fr"}
    assert told("referral_withdrawn") == {"clos@exemple.fr"}
    assert told("referral_silent") == {member.email}
    assert reminded.reminded_at is not None


def test_a_contact_goes_a_month_after_the_day(asked: Any) -> None:
    referral = asked(contact="Laila", agreed=True)
    asking.answer(referral_id=referral.pk, answer=Answer.ACCEPT, day=TODAY, by=of_service(), now=NOW)
    referral.refresh_from_db()
    last = TODAY + asking.KEPT_AFTER
    assert selectors.shows_contact(referral, last)
    assert not selectors.shows_contact(referral, last + timedelta(days=1))
    nobody = User.objects.none().values("pk")
    assert asking.forget_contacts(but_of=nobody, now=NOW + asking.KEPT_AFTER + timedelta(days=1)) == 0
    assert asking.forget_contacts(but_of=nobody, now=NOW + asking.KEPT_AFTER + timedelta(days=2)) == 1
    referral.refresh_from_db()
    assert (referral.contact, referral.day) == ("", TODAY)
    assert asking.forget_contacts(but_of=nobody, now=NOW + timedelta(days=99)) == 0


def test_two_who_ask_at_once_ask_once(
    at_once: Any, city: City, need: Any, service: Service, member: User
) -> None:
    coordinator = CityRoleFactory(city=city).user
    sent = at_once(
        *(
            partial(asking.ask, need_id=need.pk, service=service, by=by, now=NOW)
            for by in (member, coordinator)
        )
    )
    assert {type(one) for one in sent} == {tuple, ValidationError}
    assert Referral.objects.count() == 1
