"""What the database refuses, constraint by constraint."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from accounts.models import CityRole, Consent, ContactReading, Membership, Organisation, User
from tests.factories.accounts import (
    ApiTokenFactory,
    CityRoleFactory,
    ConsentFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
    siret,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def refused_by(constraint: str):
    return pytest.raises(IntegrityError, match=constraint)


class TestUser:
    def test_needs_an_address_or_a_number(self):
        UserFactory(phone_only=True)
        UserFactory(email="a@exemple.fr", phone=None)
        with transaction.atomic(), refused_by("user_has_contact"):
            UserFactory(email=None, phone=None)
        with pytest.raises(ValidationError, match="Indiquez une adresse e-mail ou un numéro de téléphone"):
            User.objects.create_user(name="Sans contact")

    def test_once_anonymised_has_neither_name_nor_contact(self):
        UserFactory(email=None, phone=None, name="", anonymised_at=NOW)
        for rest in ({"name": "Encore là"}, {"email": "encore@exemple.fr"}, {"phone": "+33612345678"}):
            fields = {"email": None, "phone": None, "name": "", **rest}
            with transaction.atomic(), refused_by("user_anonymised_is_empty"):
                UserFactory(**fields, anonymised_at=NOW)

    def test_address_is_unique_whatever_its_case(self):
        user = UserFactory(email=" Lou@Exemple.FR ")
        assert user.email == "lou@exemple.fr"
        assert User.objects.get(email="LOU@exemple.fr") == user
        with transaction.atomic(), refused_by("email"):
            UserFactory(email="LOU@EXEMPLE.FR")
        with transaction.atomic(), refused_by("user_email_lower_case"):
            User.objects.filter(pk=user.pk).update(email=_raw("Lou@exemple.fr"))

    def test_number_is_unique_and_international(self):
        user = UserFactory(phone="03 53 01 00 01")
        user.refresh_from_db()
        assert str(user.phone) == "+33353010001"
        with transaction.atomic(), refused_by("phone"):
            UserFactory(phone="+33353010001")
        with transaction.atomic(), refused_by("user_phone_e164"):
            UserFactory(phone="12")
        with pytest.raises(ValidationError):
            User.objects.create_user(email="b@exemple.fr", phone="12")

    def test_has_no_password_and_never_says_who_it_is(self):
        user = User.objects.create_user(email="c@exemple.fr")
        assert not user.has_usable_password()
        assert str(user) == f"Personne n° {user.pk}"
        assert "exemple" not in str(user)

    def test_phone_only_people_cannot_sign_in(self):
        assert not UserFactory.build(phone_only=True).can_sign_in
        assert UserFactory.build().can_sign_in
        assert not UserFactory.build(is_active=False).can_sign_in

    def test_superuser(self):
        user = User.objects.create_superuser("chef@exemple.fr", "secret-de-test")
        assert (user.is_staff, user.is_superuser) == (True, True)


def _raw(value: str):
    """The value as it is, past the field's own normalisation."""
    from django.db.models import CharField, Value

    return Value(value, output_field=CharField())


class TestCityRole:
    def test_once_per_city(self):
        given = CityRoleFactory()
        CityRoleFactory(user=given.user, role="operator", city=given.city)
        CityRoleFactory(user=given.user)
        with refused_by("city_role_unique"):
            CityRoleFactory(user=given.user, city=given.city)

    def test_known(self):
        given = CityRoleFactory()
        with refused_by("city_role_known"):
            CityRole.objects.filter(pk=given.pk).update(role="king")


class TestOrganisation:
    def test_has_a_number(self):
        OrganisationFactory(rna="", siret=siret(1))
        with refused_by("organisation_has_number"):
            OrganisationFactory(rna="", siret="")

    @pytest.mark.parametrize("rna", ["W67", "671234567", "X671234567", "W67123456\n"])
    def test_rna(self, rna):
        with transaction.atomic(), refused_by("organisation_rna_format"):
            OrganisationFactory(rna=rna)

    @pytest.mark.parametrize("rna", ["W67", "671234567", "X671234567", "W6712345678"])
    def test_rna_is_checked_with_a_sentence(self, rna):
        with pytest.raises(ValidationError) as refusal:
            OrganisationFactory.build(rna=rna).clean_fields(exclude=["city"])
        assert "RNA" in str(refusal.value) or "10" in str(refusal.value)

    def test_siret_is_checked_with_its_keys(self):
        with transaction.atomic(), refused_by("organisation_siret_format"):
            OrganisationFactory(siret="123")
        good = siret(7)
        OrganisationFactory.build(siret=f"{good[:3]} {good[3:6]} {good[6:9]} {good[9:]}").clean_fields(
            ["city"]
        )
        wrong = good[:-1] + str((int(good[-1]) + 1) % 10)
        with pytest.raises(ValidationError, match="SIRET n’est pas valable"):
            OrganisationFactory.build(siret=wrong).clean_fields(exclude=["city"])

    def test_numbers_are_unique_in_a_city(self):
        first = OrganisationFactory(siret=siret(2), verified=True)
        OrganisationFactory(rna=first.rna, siret=first.siret, verified=True)
        OrganisationFactory(city=first.city, rna=first.rna, siret=first.siret)  # says so, and is not verified
        with transaction.atomic(), refused_by("organisation_rna_unique"):
            OrganisationFactory(city=first.city, rna=first.rna, verified=True)
        with transaction.atomic(), refused_by("organisation_siret_unique"):
            OrganisationFactory(city=first.city, siret=first.siret, verified=True)

    def test_verification_has_a_day_and_an_author_and_goes_with_the_state(self):
        verified = OrganisationFactory(verified=True)
        rows = Organisation.objects.filter(pk=verified.pk)
        for change in ({"verified_by": None}, {"verified_at": None}):
            with transaction.atomic(), refused_by("organisation_verified_pair"):
                rows.update(**change)
        with transaction.atomic(), refused_by("organisation_verified_state"):
            rows.update(state="pending")
        with transaction.atomic(), refused_by("organisation_verified_state"):
            Organisation.objects.filter(pk=OrganisationFactory().pk).update(state="verified")
        rows.update(state="suspended")

    def test_members_once(self):
        member = MembershipFactory()
        with refused_by("membership_unique"):
            MembershipFactory(
                user=member.user, organisation=member.organisation, role=Membership.Role.MANAGER
            )


class TestConsent:
    def test_spoken_consent_names_who_heard_it(self):
        ConsentFactory(how="phone", recorded_by=UserFactory())
        for how in ("phone", "paper"):
            with transaction.atomic(), refused_by("consent_recorded_by"):
                ConsentFactory(how=how)

    def test_withdrawn_after_given(self):
        consent = ConsentFactory()
        with refused_by("consent_withdrawn_after"):
            Consent.objects.filter(pk=consent.pk).update(withdrawn_at=datetime(2025, 1, 1, tzinfo=UTC))

    def test_one_at_a_time_per_wording(self):
        consent = ConsentFactory()
        ConsentFactory(user=consent.user, wording_version="2")
        ConsentFactory(user=consent.user, withdrawn_at=NOW)
        with refused_by("consent_live_unique"):
            ConsentFactory(user=consent.user)


def test_a_reading_is_of_a_person_of_many_or_of_the_owner_of_a_named_dwelling():
    ContactReading.objects.create(reader=UserFactory(), reason="export", read_at=NOW)
    ContactReading.objects.create(
        reader=UserFactory(), reason="dwelling", reference="dwelling-1", read_at=NOW
    )
    with transaction.atomic(), refused_by("contact_reading_subject"):
        ContactReading.objects.create(reader=UserFactory(), reason="dwelling", read_at=NOW)
    with refused_by("contact_reading_subject"):
        ContactReading.objects.create(reader=UserFactory(), reason="call", read_at=NOW)


def test_token_keeps_a_hash_only():
    token = ApiTokenFactory()
    with transaction.atomic(), refused_by("api_token_digest_format"):
        ApiTokenFactory(digest="acc_a-secret-in-clear")
    with refused_by("digest"):
        ApiTokenFactory(digest=token.digest)
