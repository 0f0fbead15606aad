"""From the person to the coordinator, to an association that says yes; and back, when it cannot."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import ContactReading, Organisation, User
from catalogue.vocabulary import Source
from followups.models import CheckIn, Going, Side
from matching.selectors import posters_of
from needs.models import Need, NeedState
from needs.selectors import public_needs
from notifications.models import Message
from privacy import rows
from statements import links, selectors, services
from statements.models import Proof, Stage, Statement
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.matching import suggested_match
from tests.statements.conftest import HOME, NUMBER

DESK = "/strasbourg/bureau/besoins-a-confier/"


def proven(statement: Statement) -> Statement:
    return services.prove(statement_id=statement.pk, now=timezone.now())


def adopted(statement: Statement, organisation: Organisation, coordinator: User, member: User) -> Statement:
    proven(statement)
    services.entrust(statement_id=statement.pk, organisation=organisation, by=coordinator, now=timezone.now())
    return services.adopt(statement_id=statement.pk, by=member, now=timezone.now())


def told(event: str) -> list[int]:
    return list(
        Message.objects.filter(event=event).exclude(channel="inapp").values_list("recipient", flat=True)
    )


def test_the_association_that_says_yes_owns_it(
    client: Client, city: Any, stated: Any, organisation: Organisation, coordinator: User, member: User
) -> None:
    statement = proven(stated())
    client.force_login(coordinator)
    assert statement.reference in client.get(DESK).text
    client.post(DESK, {"reference": statement.reference, "act": "entrust", "organisation": organisation.pk})
    assert told("statement_offered") == [member.pk]
    assert not Need.objects.exists()
    client.force_login(member)
    asked = client.get(f"{HOME}confies/").text
    assert statement.reference in asked
    assert "Laila" not in asked
    assert "12 34 56 78" not in asked
    assert not ContactReading.objects.exists()
    client.post(f"{HOME}confies/", {"reference": statement.reference, "act": "adopt"})
    need = Need.objects.get()
    statement.refresh_from_db()
    assert (need.organisation, need.person, need.source) == (organisation, statement.person, Source.WEB)
    assert (need.quantity, need.step_free_needed, need.languages) == (3, False, ["prs"])
    assert statement.answers == {}
    assert (statement.stage, statement.need) == (Stage.ADOPTED, need)
    assert told("statement_adopted") == [statement.person_id]
    # Now, and only now, its list has it; the association reads how the person is reached, and that is noted.
    assert len(list(public_needs(city, today=timezone.localdate()))) == 1
    page = client.get(f"{HOME}confies/").text
    assert "Laila" in page
    assert "+33612345678" in page
    assert ContactReading.objects.get().subject == statement.person


def test_a_suspended_association_reads_no_contact_and_none_does_long_after_the_end(
    client: Client, stated: Any, organisation: Organisation, coordinator: User, member: User
) -> None:
    statement = adopted(stated(), organisation, coordinator, member)
    client.force_login(member)
    page = f"{HOME}confies/"
    assert "Laila" in client.get(page).text
    Organisation.objects.filter(pk=organisation.pk).update(state=Organisation.State.SUSPENDED)
    assert "Laila" not in client.get(page).text
    Organisation.objects.filter(pk=organisation.pk).update(state=Organisation.State.VERIFIED)
    today = timezone.localdate()
    Need.objects.filter(pk=statement.need_id).update(
        first_day=today - timedelta(days=60), last_day=today - timedelta(days=31)
    )
    assert "Laila" not in client.get(page).text


@pytest.mark.parametrize("way", ["phone", "mail"])
def test_an_association_reads_the_one_contact_that_was_given_for_it(
    client: Client, stated: Any, organisation: Organisation, coordinator: User, member: User, way: str
) -> None:
    contact = {"phone": NUMBER} if way == "phone" else {"phone": None, "email": "laila@exemple.fr"}
    statement = adopted(stated(way=way, **contact), organisation, coordinator, member)
    User.objects.filter(pk=statement.person_id).update(phone=NUMBER, email="laila@exemple.fr")
    client.force_login(member)
    page = client.get(f"{HOME}confies/").text
    assert (NUMBER in page, "laila@exemple.fr" in page) == (way == "phone", way == "mail")


def test_the_most_urgent_waits_first_and_the_page_asks_once_for_all(
    client: Client, stated: Any, organisation: Organisation, coordinator: User, city: Any
) -> None:
    later, tonight, soon = (
        proven(stated(urgency=urgency)) for urgency in ("planned", "tonight", "this_week")
    )
    found = selectors.of_town(coordinator, city, (Stage.WAITING,))
    assert list(found) == [tonight, soon, later]
    client.force_login(coordinator)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(DESK).text.count("Les Passerelles") == 3
    assert sum('ORDER BY "accounts_organisation"."name"' in one["sql"] for one in asked) == 1


def test_it_is_asked_of_the_association_and_no_more_of_the_person(
    stated: Any, organisation: Organisation, coordinator: User, member: User
) -> None:
    statement = adopted(stated(), organisation, coordinator, member)
    assert statement.need is not None
    assert posters_of(statement.need) == [member]


def test_the_association_that_cannot_gives_it_back(
    client: Client, stated: Any, organisation: Organisation, coordinator: User, member: User
) -> None:
    statement = proven(stated())
    services.entrust(statement_id=statement.pk, organisation=organisation, by=coordinator, now=timezone.now())
    client.force_login(member)
    client.post(f"{HOME}confies/", {"reference": statement.reference, "act": "decline"})
    statement.refresh_from_db()
    assert statement.stage == Stage.OFFERED
    client.post(
        f"{HOME}confies/", {"reference": statement.reference, "act": "decline", "reason": "Plus de place"}
    )
    statement.refresh_from_db()
    assert (statement.stage, statement.organisation) == (Stage.WAITING, None)
    assert told("statement_waits") == [coordinator.pk, coordinator.pk]
    assert statement.reference not in client.get(f"{HOME}confies/").text
    client.force_login(coordinator)
    assert "Plus de place" in client.get(DESK).text


def test_the_town_may_look_after_it_itself(stated: Any, coordinator: User) -> None:
    statement = proven(stated())
    services.adopt(statement_id=statement.pk, by=coordinator, now=timezone.now())
    need = Need.objects.get()
    assert (need.organisation, need.person) == (None, statement.person)


def test_nobody_else_takes_it(
    stated: Any, organisation: Organisation, coordinator: User, member: User, operator: User
) -> None:
    statement = proven(stated())
    now = timezone.now()
    for by in (member, operator):
        with pytest.raises((PermissionDenied, ValidationError)):
            services.adopt(statement_id=statement.pk, by=by, now=now)
        with pytest.raises(PermissionDenied):
            services.entrust(statement_id=statement.pk, organisation=organisation, by=by, now=now)
    services.entrust(statement_id=statement.pk, organisation=organisation, by=coordinator, now=now)
    other = MembershipFactory(organisation=OrganisationFactory(city=statement.city, verified=True)).user
    for act in (services.adopt, services.decline):
        more = {"reason": "non"} if act is services.decline else {}
        with pytest.raises(PermissionDenied):
            act(statement_id=statement.pk, by=other, now=now, **more)
    assert not Need.objects.exists()


@pytest.mark.parametrize("elsewhere", [True, False])
def test_it_is_given_to_verified_associations_of_the_town(
    stated: Any, coordinator: User, elsewhere: bool
) -> None:
    statement = proven(stated())
    other = OrganisationFactory(verified=True) if elsewhere else OrganisationFactory(city=statement.city)
    with pytest.raises(ValidationError):
        services.entrust(statement_id=statement.pk, organisation=other, by=coordinator, now=timezone.now())


# --- By a number, at a desk ----------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "proof"), [("operator", Proof.DESK), ("member", Proof.ASSOCIATION)])
def test_a_desk_and_an_association_confirm_a_number(
    client: Client, request: Any, stated: Any, coordinator: User, organisation: Any, who: str, proof: Proof
) -> None:
    statement = stated(way="desk", phone=None)
    client.force_login(request.getfixturevalue(who))
    typed = statement.reference.lower().replace("-", " ")
    page = client.post(f"{HOME}numero/", {"number": typed})
    assert "Est-ce bien son besoin" in page.text
    statement.refresh_from_db()
    assert statement.stage == Stage.UNPROVEN
    client.post(f"{HOME}numero/", {"number": statement.reference, "act": "confirm"})
    statement.refresh_from_db()
    assert (statement.stage, statement.proof) == (Stage.WAITING, proof)
    assert statement.organisation == (organisation if who == "member" else None)
    assert told("statement_waits") == [coordinator.pk]
    assert client.post(f"{HOME}numero/", {"number": statement.reference}).status_code == 422


def test_whoever_left_no_contact_goes_to_an_association(
    stated: Any, organisation: Organisation, coordinator: User, member: User, operator: User
) -> None:
    statement, now = stated(way="desk", phone=None), timezone.now()
    services.vouch(statement_id=statement.pk, organisation=None, by=operator, now=now)
    with pytest.raises(ValidationError, match="confiez son besoin"):
        services.adopt(statement_id=statement.pk, by=coordinator, now=now)
    services.entrust(statement_id=statement.pk, organisation=organisation, by=coordinator, now=now)
    services.adopt(statement_id=statement.pk, by=member, now=now)
    assert (Need.objects.get().organisation, Need.objects.get().person) == (organisation, None)


def test_an_association_speaks_for_nobody_whose_account_is_proven(
    client: Client, stated: Any, organisation: Organisation, member: User, operator: User
) -> None:
    person = UserFactory(
        name="Laila", email=None, phone=NUMBER, phone_proof="sms", phone_proven_at=timezone.now()
    )
    statement, now = stated(), timezone.now()
    with pytest.raises(ValidationError, match="par un code"):
        services.vouch(statement_id=statement.pk, organisation=organisation, by=member, now=now)
    statement.refresh_from_db()
    assert (statement.stage, statement.person) == (Stage.UNPROVEN, None)
    vouched = services.vouch(statement_id=statement.pk, organisation=None, by=operator, now=now)
    assert vouched.person == person


def test_nor_for_whoever_has_confirmed_another_need_by_a_code(
    stated: Any, organisation: Organisation, member: User
) -> None:
    mail = {"way": "mail", "phone": None, "email": "laila@exemple.fr"}
    proven(stated(**mail))
    with pytest.raises(ValidationError, match="par un code"):
        services.vouch(
            statement_id=stated(**mail).pk, organisation=organisation, by=member, now=timezone.now()
        )


def test_an_association_that_is_not_verified_confirms_nothing(stated: Any, city: Any) -> None:
    unknown = OrganisationFactory(city=city)
    by = MembershipFactory(organisation=unknown).user
    with pytest.raises(PermissionDenied):
        services.vouch(statement_id=stated().pk, organisation=unknown, by=by, now=timezone.now())


def test_a_stranger_confirms_nothing(client: Client, stated: Any) -> None:
    statement, stranger = stated(), UserFactory()
    client.force_login(stranger)
    assert client.get(f"{HOME}numero/").status_code == 404
    with pytest.raises(PermissionDenied):
        services.vouch(statement_id=statement.pk, organisation=None, by=stranger, now=timezone.now())


def test_the_database_shows_nothing_unproven(stated: Any) -> None:
    statement = stated()
    with pytest.raises(IntegrityError), transaction.atomic():
        Statement.objects.filter(pk=statement.pk).update(stage=Stage.WAITING)


# --- Taken back ----------------------------------------------------------------------------------------


def test_taken_back_in_two_taps_and_all_answers_go(client: Client, stated: Any) -> None:
    path = links.own_path(proven(stated()))
    assert "?retirer" in client.get(path).text
    assert "Oui, retirer" in client.get(f"{path}?retirer").text
    page = client.post(path, {"act": "withdraw"}, follow=True)
    statement = Statement.objects.get()
    assert (statement.stage, statement.answers, statement.name) == (Stage.CLOSED, {}, "")
    assert "Vos réponses sont effacées" in page.text


def test_with_it_goes_the_need_that_it_has_become(
    client: Client, stated: Any, organisation: Organisation, coordinator: User, member: User
) -> None:
    statement = adopted(stated(), organisation, coordinator, member)
    path = links.own_path(statement)
    assert "Nous cherchons." in client.get(path).text
    client.get(f"{path}?retirer")
    assert Need.objects.get().state == NeedState.OPEN
    page = client.post(path, {"act": "withdraw"}, follow=True)
    assert Need.objects.get().state == NeedState.WITHDRAWN
    # The association keeps what it has of it as of any need: nothing else is said.
    assert "Votre besoin est retiré" in page.text
    assert "effacées" not in page.text


def test_the_person_takes_it_back_while_its_association_is_suspended(
    client: Client, stated: Any, organisation: Organisation, coordinator: User, member: User
) -> None:
    statement = adopted(stated(), organisation, coordinator, member)
    Organisation.objects.filter(pk=organisation.pk).update(state=Organisation.State.SUSPENDED)
    assert client.post(links.own_path(statement), {"act": "withdraw"}).status_code == 302
    assert Need.objects.get().state == NeedState.WITHDRAWN


def test_nobody_else_takes_it_back(stated: Any, operator: User, member: User) -> None:
    statement = proven(stated())
    for by in (operator, member, UserFactory()):
        with pytest.raises(PermissionDenied):
            services.withdraw(statement_id=statement.pk, by=by, now=timezone.now())


def test_of_whoever_has_no_account_no_reason_stays(
    stated: Any, organisation: Organisation, coordinator: User, member: User, operator: User
) -> None:
    statement, now = stated(way="desk", phone=None), timezone.now()
    services.vouch(statement_id=statement.pk, organisation=None, by=operator, now=now)
    services.entrust(statement_id=statement.pk, organisation=organisation, by=coordinator, now=now)
    services.decline(statement_id=statement.pk, reason="Laila est partie", by=member, now=now)
    assert "Laila est partie" in [change.reason for change in statement.changes.all()]
    services.withdraw(statement_id=statement.pk, reason="Laila a appelé", by=coordinator, now=now)
    assert {change.reason for change in statement.changes.all()} == {""}


def test_with_the_words_of_its_need_go_the_reasons_of_a_statement(
    stated: Any, organisation: Organisation, coordinator: User, member: User
) -> None:
    statement = adopted(stated(), organisation, coordinator, member)
    statement.changes.update(reason="Laila est partie")
    assert statement.need is not None
    told = dict(rows.that_tell_of(Need, [statement.need.pk]))
    assert set(told["statements.StatementChange"]) == set(statement.changes.values_list("pk", flat=True))


def test_a_coordinator_closes_one_with_a_reason(client: Client, stated: Any, coordinator: User) -> None:
    statement = proven(stated())
    client.force_login(coordinator)
    client.post(DESK, {"reference": statement.reference, "act": "close"})
    statement.refresh_from_db()
    assert statement.stage == Stage.WAITING
    client.post(DESK, {"reference": statement.reference, "act": "close", "reason": "Doublon"})
    statement.refresh_from_db()
    assert (statement.stage, statement.answers) == (Stage.CLOSED, {})


# --- And what would they give --------------------------------------------------------------------------


def test_after_the_first_news_they_are_asked_once(
    stated: Any, organisation: Organisation, coordinator: User, member: User
) -> None:
    statement = adopted(stated(), organisation, coordinator, member)
    now = timezone.now()
    match = suggested_match(city=statement.city, now=now, need=statement.need)
    check = CheckIn.objects.create(match=match, side=Side.POSTER, due_on=now.date(), asked_at=now)
    assert services.ask_to_give(by=None, now=now) == 0
    CheckIn.objects.filter(pk=check.pk).update(answer=Going.WELL, answered_at=now, answered_by=member)
    assert services.ask_to_give(by=None, now=now) == 1
    assert services.ask_to_give(by=None, now=now) == 0
    message = Message.objects.filter(event="statement_give_back").exclude(channel="inapp").get()
    assert message.recipient == statement.person
    assert message.action_url.startswith("/strasbourg/propositions/")
    # Nor again for whatever else the same person has stated.
    Statement.objects.filter(pk=statement.pk).update(need=None, stage=Stage.CLOSED)
    Statement.objects.create(
        reference="D-AAAA-AAAA", city=statement.city, person=statement.person, language="fr", kind="housing",
        urgency="planned", commune=statement.commune, first_day=now.date(), way="phone", stage=Stage.ADOPTED,
        proof=Proof.SMS, proven_at=now, organisation=organisation, need=statement.need, created_at=now, changed_at=now,
    )  # fmt: skip
    assert services.ask_to_give(by=None, now=now) == 0
