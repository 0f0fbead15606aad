"""People, roles and associations for tests. Names are invented."""

from datetime import UTC, datetime, timedelta

import factory
from allauth.mfa.models import Authenticator
from django.utils import timezone
from stdnum import luhn

from accounts.models import ApiToken, CityRole, Consent, Membership, Organisation, Role, User
from accounts.services import token_digest
from tests.factories.cities import CityFactory


class UserFactory(factory.django.DjangoModelFactory):
    """Somebody with an address; `phone_only=True` for somebody that an operator entered."""

    class Meta:
        model = User

    class Params:
        # 03 53 01 is a range that is never given to anybody.
        phone_only = factory.Trait(email=None, phone=factory.Sequence(lambda n: f"+3335301{n % 10_000:04d}"))

    email = factory.Sequence(lambda n: f"personne{n}@exemple.fr")
    name = factory.Sequence(lambda n: f"Personne {n}")
    password = "!"
    # `phone_proof=""`: as somebody has written it, and nobody has looked.
    phone_proof = factory.LazyAttribute(lambda user: "call" if getattr(user, "phone", None) else "")
    phone_proven_at = factory.LazyAttribute(
        lambda user: datetime(2026, 1, 5, 9, tzinfo=UTC) if user.phone_proof else None
    )


class CityRoleFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = CityRole

    user = factory.SubFactory(UserFactory)
    city = factory.SubFactory(CityFactory)
    role = Role.COORDINATOR


class OrganisationFactory(factory.django.DjangoModelFactory):
    """An association that awaits its verification; `verified=True` or `suspended=True` otherwise."""

    class Meta:
        model = Organisation

    class Params:
        verified = factory.Trait(
            state=Organisation.State.VERIFIED,
            verified_at=datetime(2026, 1, 5, 9, tzinfo=UTC),
            verified_by=factory.SubFactory(UserFactory),
        )
        suspended = factory.Trait(state=Organisation.State.SUSPENDED)

    city = factory.SubFactory(CityFactory)
    name = factory.Sequence(lambda n: f"Association {n}")
    rna = factory.Sequence(lambda n: f"W67{n:07d}")
    email = factory.Sequence(lambda n: f"association{n}@exemple.fr")


class MembershipFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    organisation = factory.SubFactory(OrganisationFactory)
    role = Membership.Role.MEMBER


class ConsentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Consent

    user = factory.SubFactory(UserFactory)
    purpose = Consent.Purpose.CONTACT
    wording_version = "1"
    given_at = datetime(2026, 1, 5, 9, tzinfo=UTC)
    how = Consent.How.WEB


class ApiTokenFactory(factory.django.DjangoModelFactory):
    """A key whose secret is `secret`."""

    class Meta:
        model = ApiToken
        exclude = ["secret"]
        skip_postgeneration_save = True

    secret = factory.Sequence(lambda n: f"acc_{n:043d}")
    user = factory.SubFactory(UserFactory)
    name = "Tableur"
    prefix = factory.LazyAttribute(lambda token: token.secret[:10])
    digest = factory.LazyAttribute(lambda token: token_digest(token.secret))
    scopes = ["read", "offers", "needs", "matches"]
    created_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyAttribute(lambda token: token.created_at + timedelta(days=365))

    @factory.post_generation
    def second_factor(self, create, given, **_of_it):
        """Whoever works for a town needs one for their keys to live; `second_factor=False` for somebody without."""
        if create and given is not False:
            Authenticator.objects.get_or_create(user=self.user, type="totp", defaults={"data": {}})


def siret(number: int) -> str:
    """The nth SIRET with right check digits (both the SIREN's and its own)."""
    siren = f"{80_000_000 + number:08d}"
    siren += luhn.calc_check_digit(siren)
    start = f"{siren}0001"
    return start + luhn.calc_check_digit(start)
