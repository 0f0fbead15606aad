"""Writing people, roles, associations, consents and keys."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from allauth.account.models import EmailAddress
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction

from accounts import acting, services
from accounts.access import COORDINATION, has_role, roles_in
from accounts.models import (
    ApiToken,
    CityEdit,
    CityRole,
    Consent,
    MembershipChange,
    Organisation,
    OrganisationEdit,
    PersonEdit,
    Role,
    RoleChange,
    Scope,
    User,
)
from catalogue.changes import editable_fields
from tests.factories.accounts import (
    ApiTokenFactory,
    CityRoleFactory,
    OrganisationFactory,
    UserFactory,
    siret,
)
from tests.factories.cities import CityFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def ensure(**fields):
    return services.ensure_person(
        **{"email": None, "phone": None, "name": "", "language": "fr", "now": NOW, **fields}
    )


class TestEnsurePerson:
    def test_creates_with_an_address_or_a_number(self):
        user = ensure(email="Lou@Exemple.fr", name="Lou", language="ar")
        assert (user.email, user.name, user.language, user.created_at) == ("lou@exemple.fr", "Lou", "ar", NOW)
        assert not user.has_usable_password()
        caller = ensure(phone="03 53 01 00 01", name="Sacha", by=UserFactory())
        assert (caller.email, str(caller.phone)) == (None, "+33353010001")
        assert ensure(email="zz@exemple.fr", language="zz").language == "fr"

    def test_finds_again(self):
        user = UserFactory(email="lou@exemple.fr")
        assert ensure(email="LOU@exemple.fr") == user
        entered = ensure(phone="0353010001", name="Sacha")
        assert ensure(phone="0353010001", name="Sacha") == entered
        assert ensure(phone="0353010001", name="Lou") != entered

    def test_nobody_enters_an_account_by_its_number(self):
        account = UserFactory(email="lou@exemple.fr", phone="+33353010001", name="Lou")
        assert ensure(phone="0353010001", name="Lou") != account

    def test_never_adds_a_phone_to_an_account(self):
        user = UserFactory(email="lou@exemple.fr", phone=None)
        assert ensure(email="lou@exemple.fr", phone="0353010001") == user
        user.refresh_from_db()
        assert user.phone is None

    def test_a_visitor_does_not_enter_the_account_of_a_number(self):
        caller = UserFactory(phone_only=True, phone="+33353010001")
        visitor = ensure(email="new@exemple.fr", phone="0353010001")
        assert visitor != caller
        assert (visitor.phone, visitor.proven_phone) == (caller.phone, None)

    def test_fills_a_missing_name_until_the_address_is_proven(self):
        user = UserFactory(name="", email="lou@exemple.fr")
        assert ensure(email="lou@exemple.fr", name="Lou").name == "Lou"
        assert ensure(email="lou@exemple.fr", name="Intrus").name == "Lou"
        proven = UserFactory(name="", email="max@exemple.fr")
        EmailAddress.objects.create(user=proven, email=proven.email, verified=True, primary=True)
        assert ensure(email="max@exemple.fr", name="Intrus").name == ""
        user.refresh_from_db()
        assert user.name == "Lou"

    @pytest.mark.parametrize("contact", [{"email": "pas une adresse"}, {"phone": "12"}, {}])
    def test_refuses_a_malformed_contact(self, contact):
        with pytest.raises(ValidationError):
            ensure(**contact)
        assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_forms_at_once_make_one_person(at_once):
    def form():
        return ensure(email="lou@exemple.fr", name="Lou").pk

    answers = at_once(*[form] * 6)
    assert len(set(answers)) == 1, answers
    assert User.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("_round", range(3))
def test_what_is_posted_twice_at_once_is_written_once(at_once, _round):
    administrator, user = CityRoleFactory(role=Role.ADMINISTRATOR), UserFactory()
    city = administrator.city
    posted = {
        "a role": lambda: services.give_role(
            user=User.objects.get(pk=user.pk), city=city, role="operator", by=administrator.user, now=NOW
        ),
        "an association": lambda: services.register_organisation(
            city=city, name="Les Voisins", rna="W671234567", by=user, now=NOW
        ),
        "a consent": lambda: services.record_consent(
            user=user, purpose=Consent.Purpose.CONTACT, wording_version="1", by=user, now=NOW
        ),
    }
    for what, post in posted.items():
        answers = at_once(post, post, post, post)
        assert {getattr(answer, "pk", answer) for answer in answers} == {answers[0].pk}, (what, answers)
    assert user.role_changes.count() == 1
    assert user.membership_changes.count() == 1


class TestProfile:
    def test_changes(self):
        user = UserFactory()
        services.update_profile(user=user, name="Lou ", language="en", by=user, now=NOW)
        user.refresh_from_db()
        assert (user.name, user.language) == ("Lou", "en")

    def test_of_nobody_else(self):
        with pytest.raises(PermissionDenied):
            services.update_profile(user=UserFactory(), name="", language="fr", by=UserFactory(), now=NOW)


class TestRoles:
    def test_given_by_an_administrator_once_and_taken_back(self):
        administrator = CityRoleFactory(role=Role.ADMINISTRATOR)
        city, user = administrator.city, UserFactory()
        assert not has_role(user, city, COORDINATION)
        for _twice in range(2):
            services.give_role(user=user, city=city, role="coordinator", by=administrator.user, now=NOW)
        assert has_role(user, city, COORDINATION)
        given = CityRole.objects.get(user=user)
        assert (given.given_by, given.given_at) == (administrator.user, NOW)
        services.take_role(user=user, city=city, role="coordinator", by=administrator.user, now=NOW)
        assert not has_role(user, city, COORDINATION)

    def test_by_nobody_else(self):
        city, user = CityFactory(), UserFactory()
        others = [UserFactory(), CityRoleFactory(city=city).user, CityRoleFactory(role="administrator").user]
        for other in others:
            with pytest.raises(PermissionDenied):
                services.give_role(user=user, city=city, role="coordinator", by=other, now=NOW)
        services.give_role(user=user, city=city, role="administrator", by=None, now=NOW)
        with pytest.raises(ValidationError):
            services.give_role(user=user, city=city, role="king", by=None, now=NOW)


class TestOrganisations:
    def register(self, city, by, **fields):
        fields = {"name": "Les Voisins", "rna": "w67 1234567", **fields}
        return services.register_organisation(city=city, by=by, now=NOW, **fields)

    def test_registered_pending_with_its_manager(self):
        city, user = CityFactory(), UserFactory()
        assert roles_in(user, city) == frozenset()
        organisation = self.register(city, user, siret=siret(3), phone="03 88 00 00 00")
        organisation.refresh_from_db()
        assert (organisation.state, organisation.rna) == ("pending", "W671234567")
        assert organisation.memberships.get(user=user).role == "manager"
        assert roles_in(user, city) == {"association"}

    def test_posted_twice_it_is_one_and_a_number_is_nobody_s_before_it_is_verified(self):
        city, user = CityFactory(), UserFactory()
        mine = self.register(city, user)
        assert mine == self.register(city, user)
        others = self.register(city, UserFactory())
        by = CityRoleFactory(city=city).user
        services.verify_organisation(organisation=others, by=by, now=NOW)
        with pytest.raises(ValidationError, match="est vérifiée avec ce numéro"):
            services.verify_organisation(organisation=mine, by=by, now=NOW)

    def test_two_of_one_number_are_not_verified_at_once(self, at_once):
        city = CityFactory()
        both = [self.register(city, UserFactory()) for _side in range(2)]
        by = CityRoleFactory(city=city).user
        at_once(*(partial(services.verify_organisation, organisation=one, by=by, now=NOW) for one in both))
        assert Organisation.objects.filter(state="verified").count() == 1

    def test_refuses_without_or_with_wrong_numbers(self):
        city, user = CityFactory(), UserFactory()
        with pytest.raises(ValidationError, match="Indiquez le numéro RNA ou le numéro SIRET"):
            self.register(city, user, rna="")
        with pytest.raises(ValidationError, match="SIRET"):
            self.register(city, user, siret="12345678901234")
        assert not Organisation.objects.exists()

    def test_verified_and_suspended_by_a_coordinator_of_the_city_with_a_trace(self):
        organisation = OrganisationFactory()
        coordinator = CityRoleFactory(city=organisation.city).user
        for _twice in range(2):
            services.verify_organisation(organisation=organisation, by=coordinator, now=NOW)
        organisation.refresh_from_db()
        assert (organisation.state, organisation.verified_at, organisation.verified_by) == (
            "verified",
            NOW,
            coordinator,
        )
        services.suspend_organisation(organisation=organisation, reason="Fermée", by=coordinator, now=NOW)
        organisation.refresh_from_db()
        assert not organisation.is_verified
        trace = organisation.reviews.order_by("pk").values_list("state", "reason", "by", "at")
        assert list(trace) == [
            ("verified", "", coordinator.pk, NOW),
            ("suspended", "Fermée", coordinator.pk, NOW),
        ]

    def test_by_nobody_else(self):
        organisation = OrganisationFactory()
        operator = CityRoleFactory(city=organisation.city, role="operator").user
        manager = organisation.memberships.create(user=UserFactory(), role="manager").user
        for other in (operator, manager, CityRoleFactory().user):
            with pytest.raises(PermissionDenied):
                services.verify_organisation(organisation=organisation, by=other, now=NOW)
            with pytest.raises(PermissionDenied):
                services.suspend_organisation(organisation=organisation, reason="Fermée", by=other, now=NOW)


class TestConsentsAndReadings:
    def test_recorded_once_heard_by_an_operator_and_withdrawn(self):
        user, operator = UserFactory(phone_only=True), UserFactory()
        words = {"user": user, "purpose": Consent.Purpose.CONTACT, "wording_version": "1", "now": NOW}
        consent = services.record_consent(**words, how="phone", by=operator)
        assert consent.recorded_by == operator
        assert services.record_consent(**words, how="web", by=user) == consent
        with pytest.raises(PermissionDenied):
            services.withdraw_consent(consent=consent, by=operator, now=NOW)
        later = NOW + timedelta(days=1)
        services.withdraw_consent(consent=consent, by=user, now=later)
        again = services.record_consent(**{**words, "now": later}, by=user)
        assert (again != consent, again.recorded_by) == (True, None)

    def test_each_reading_is_logged(self):
        reader, subject, city = UserFactory(), UserFactory(), CityFactory()
        reading = services.log_contact_reading(
            subject=subject, reason="match", reference="M-1", city=city, by=reader, now=NOW
        )
        assert (reading.reader, reading.subject, reading.city, reading.read_at) == (
            reader,
            subject,
            city,
            NOW,
        )
        services.log_contact_reading(subject=None, reason="export", city=city, by=reader, now=NOW)
        with pytest.raises(ValidationError):
            services.log_contact_reading(subject=None, reason="match", city=city, by=reader, now=NOW)


class TestTokens:
    def test_the_secret_is_never_kept(self):
        user = UserFactory()
        token, secret = services.issue_token(user=user, name="Tableur", scopes=Scope.values, by=user, now=NOW)
        assert len(secret) >= 40
        assert secret.startswith(token.prefix)
        kept = ApiToken.objects.values().get()
        assert secret not in map(str, kept.values())
        assert services.use_token(secret=secret, now=NOW) == token

    def test_use_is_noted_once_a_minute(self):
        token = ApiTokenFactory(secret="acc_one")
        for seconds, noted in ((0, 0), (59, 0), (60, 60)):
            services.use_token(secret="acc_one", now=NOW + timedelta(seconds=seconds))
            token.refresh_from_db()
            assert token.last_used_at == NOW + timedelta(seconds=noted)

    def test_revoked_wrong_and_of_a_closed_account(self):
        token = ApiTokenFactory(secret="acc_two")
        assert services.use_token(secret="acc_three", now=NOW) is None
        with pytest.raises(PermissionDenied):
            services.revoke_token(token=token, by=UserFactory(), now=NOW)
        services.revoke_token(token=token, by=token.user, now=NOW)
        assert services.use_token(secret="acc_two", now=NOW) is None
        ApiTokenFactory(secret="acc_four", user__is_active=False)
        assert services.use_token(secret="acc_four", now=NOW) is None


def whats(changes):
    return [(change.what, change.by, change.at) for change in changes]


class TestWhoChangedWhat:
    def test_a_person_by_themselves(self):
        user = UserFactory(name="Lou", language="fr")
        for _twice in range(2):
            services.update_profile(user=user, name="Lou M.", language="ar", by=user, now=NOW)
        what = {"name": ["Lou", "Lou M."], "language": ["fr", "ar"]}
        assert whats(user.edits.all()) == [(what, user, NOW)]

    def test_a_person_by_whoever_entered_their_name(self):
        user, operator = UserFactory(name=""), UserFactory()
        ensure(email=user.email, name="Lou", by=operator)
        assert whats(user.edits.all()) == [({"name": ["", "Lou"]}, operator, NOW)]

    def test_what_opens_an_account_is_never_kept(self):
        names = {field.name for field in editable_fields(User)}
        assert {"email", "is_superuser"} <= names
        assert not names & {"password"}
        assert "digest" not in {field.name for field in editable_fields(ApiToken)}

    def test_a_role_given_and_taken_back(self):
        administrator, user = CityRoleFactory(role=Role.ADMINISTRATOR), UserFactory()
        moment = {"user": user, "city": administrator.city, "by": administrator.user}
        for _twice in range(2):
            services.give_role(**moment, role="operator", now=NOW)
        later = NOW + timedelta(days=1)
        for _twice in range(2):
            services.take_role(**moment, role="operator", now=later)
        assert whats(user.role_changes.filter(city=administrator.city)) == [
            ({"role": [None, "operator"]}, administrator.user, NOW),
            ({"role": ["operator", None]}, administrator.user, later),
        ]

    def test_members_come_change_and_go(self):
        organisation, user = OrganisationFactory(), UserFactory()
        staff = UserFactory(is_staff=True)
        change = {"user": user, "organisation": organisation, "by": staff, "now": NOW}
        services.set_member(**change, role="member")
        services.set_member(**change, role="member")
        services.set_member(**change, role="manager")
        services.remove_member(**change)
        services.remove_member(**change)
        assert not organisation.memberships.exists()
        assert [change.what["role"] for change in user.membership_changes.filter(by=staff, at=NOW)] == [
            [None, "member"],
            ["member", "manager"],
            ["manager", None],
        ]
        for nobody in (UserFactory(), CityRoleFactory(city=organisation.city).user):
            with pytest.raises(PermissionDenied):
                services.set_member(**{**change, "by": nobody}, role="member")
            with pytest.raises(PermissionDenied):
                services.remove_member(**{**change, "by": nobody})

    def test_whoever_registers_an_association_is_its_first_member(self):
        city, user = CityFactory(), UserFactory()
        organisation = services.register_organisation(
            city=city, name="Les Voisins", rna="W671234567", by=user, now=NOW
        )
        assert whats(organisation.membership_changes.all()) == [({"role": [None, "manager"]}, user, NOW)]

    def test_an_association(self):
        organisation, staff = OrganisationFactory(about=""), UserFactory(is_staff=True)
        change = {"organisation": organisation, "fields": {"about": "Depuis 1990"}}
        services.change_organisation(**change, by=staff, now=NOW)
        assert whats(organisation.edits.all()) == [({"about": ["", "Depuis 1990"]}, staff, NOW)]
        with pytest.raises(PermissionDenied):
            services.change_organisation(**change, by=UserFactory(), now=NOW)
        with pytest.raises(ValidationError):
            services.change_organisation(
                organisation=organisation, fields={"rna": "", "siret": ""}, by=staff, now=NOW
            )
        assert organisation.edits.count() == 1

    def test_a_town_opened_changed_linked_and_unlinked(self):
        by = UserFactory()
        seat = CityFactory().seat
        names = {"slug": "eybens", "name": "Eybens", "locative": "À Eybens", "seat": seat}
        city = services.create_city(**names, phone="1", by=by, now=NOW)
        other = CityFactory(slug="gieres")
        services.update_city(city_id=city.pk, changes={"phone": "2", "name": "Eybens"}, by=by, now=NOW)
        for service in (
            services.link_cities,
            services.link_cities,
            services.unlink_cities,
            services.unlink_cities,
        ):
            service(city_id=city.pk, other_id=other.pk, by=by, now=NOW)
        opened = {"slug": "eybens", "name": "Eybens", "locative": "À Eybens", "seat": seat.pk, "phone": "1"}
        assert whats(city.edits.all()) == [
            ({name: [None, value] for name, value in opened.items()}, by, NOW),
            ({"phone": ["1", "2"]}, by, NOW),
            ({"linked": [[], ["gieres"]]}, by, NOW),
            ({"linked": [["gieres"], []]}, by, NOW),
        ]
        assert [edit.what["linked"] for edit in other.edits.all()] == [[[], ["eybens"]], [["eybens"], []]]

    def test_no_row_is_rewritten(self):
        user = UserFactory(name="Lou")
        services.update_profile(user=user, name="", language="fr", by=user, now=NOW)
        for table in (PersonEdit, RoleChange, MembershipChange, OrganisationEdit, CityEdit):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname = 'field_change_is_final'",
                    [table._meta.db_table],
                )
                assert cursor.fetchone() == (1,), table
        with pytest.raises(IntegrityError), transaction.atomic():
            user.edits.update(at=NOW + timedelta(days=1))
        with acting.erasing():
            user.edits.update(what={"name": [None, None]})
