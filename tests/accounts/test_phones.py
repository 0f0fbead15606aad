"""A number finds whoever has proven it, and nobody else; who bears another name is asked about."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts import links, phones, services
from accounts.models import PhoneProof, User
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NUMBER = "+33612345678"


def of(city, **person):
    """Somebody who has to do with the town."""
    return CityRoleFactory(city=city, user=UserFactory(**{"phone": NUMBER, **person})).user


def enter(city, **said):
    """What the desk enters of somebody on the line."""
    said = {"phone": NUMBER, "name": "Jeanne", **said}
    return services.ensure_person(on_the_line=city, by=UserFactory(), now=NOW, **said)


class TestFinding:
    def test_whoever_wrote_it_in_their_account_is_not_found(self):
        city = CityFactory()
        of(city, phone_proof="")
        assert phones.people_at("06 12 34 56 78") == []
        assert phones.on_the_line(phone=NUMBER, name="", city=city) == phones.OnTheLine()
        assert phones.people_at("06 12") == phones.people_at("") == []

    def test_by_the_number_and_the_name(self):
        city = CityFactory()
        jeanne = of(city, name="Jeanne Martin")
        for name in ("", "jeanne", "Mme MARTIN", "Jeanne Martin-Roy"):
            assert phones.on_the_line(phone="0612345678", name=name, city=city).person == jeanne
        assert phones.on_the_line(phone=NUMBER, name="Paul", city=city) == phones.OnTheLine(perhaps=(jeanne,))

    def test_of_a_couple_the_name_says_who(self):
        city = CityFactory()
        both = of(city, name="Jeanne Martin"), of(city, name="Paul Martin")
        assert phones.on_the_line(phone=NUMBER, name="paul", city=city).person == both[1]
        for name in ("", "Martin", "Nour"):
            assert phones.on_the_line(phone=NUMBER, name=name, city=city).perhaps == both

    def test_in_other_towns_nobody(self):
        of(CityFactory(), name="Jeanne")
        assert phones.on_the_line(phone=NUMBER, name="Paul", city=CityFactory()) == phones.OnTheLine()


class TestEntering:
    def test_the_desk_proves_the_number_of_whoever_it_enters(self):
        person = enter(CityFactory())
        assert (str(person.phone), person.phone_proof, person.phone_proven_at) == (NUMBER, "call", NOW)

    def test_a_form_and_a_list_prove_none(self):
        for by in (None, UserFactory()):
            person = services.ensure_person(
                email=f"{by}@exemple.fr".replace(" ", ""), phone=NUMBER, by=by, now=NOW
            )
            assert person.proven_phone is None

    def test_who_bears_another_name_is_asked_about_and_may_be_another(self):
        city = CityFactory()
        jeanne = of(city, name="Jeanne")
        with pytest.raises(ValidationError, match="C’est bien cette personne"):
            enter(city, name="Paul")
        paul = enter(city, name="Paul", is_another=True)
        assert paul != jeanne
        assert enter(city, name="Jeanne") == jeanne

    def test_what_somebody_wrote_into_their_account_brings_them_nothing(self):
        city = CityFactory()
        thief = of(city, phone_proof="", name="Jeanne")
        assert enter(city, name="Jeanne") != thief


class TestProving:
    def test_by_a_code_or_by_the_desk_each_for_themselves(self):
        user, operator = UserFactory(), UserFactory()
        services.write_phone(user=user, phone=NUMBER, by=user, now=NOW)
        prove = partial(services.prove_phone, user=user, phone=NUMBER, now=NOW)
        for how, by in ((PhoneProof.SMS, operator), (PhoneProof.CALL, user)):
            with pytest.raises(PermissionDenied):
                prove(how=how, by=by)
        edit = prove(how=PhoneProof.CALL, by=operator)
        assert (edit.what, edit.by) == ({"phone_proof": ["", "call"]}, operator)
        assert prove(how=PhoneProof.SMS, by=user) is None

    def test_a_proven_number_gives_way_to_a_proven_one_alone(self):
        user = UserFactory(phone=NUMBER)
        with pytest.raises(ValidationError, match="est prouvé"):
            services.write_phone(user=user, phone="+33687654321", by=user, now=NOW)
        services.prove_phone(user=user, phone="+33687654321", how=PhoneProof.SMS, by=user, now=NOW)
        user.refresh_from_db()
        assert (str(user.proven_phone), user.contact_changes) == ("+33687654321", 1)

    def test_the_desk_doubts_and_the_person_gives_it_up(self):
        user = UserFactory(phone=NUMBER)
        services.doubt_phone(user=user, by=UserFactory(), now=NOW)
        assert phones.people_at(NUMBER) == []
        services.give_up_phone(user=user, by=user, now=NOW)
        user.refresh_from_db()
        assert user.phone is None
        caller = UserFactory(phone_only=True)
        with pytest.raises(ValidationError, match="Indiquez une adresse"):
            services.give_up_phone(user=caller, by=caller, now=NOW)

    @pytest.mark.django_db(transaction=True)
    def test_two_accounts_that_prove_one_number_at_once_share_it(self, at_once):
        both = [UserFactory(name=name) for name in ("Jeanne", "Paul")]
        answers = at_once(
            *[
                partial(services.prove_phone, user=user, phone=NUMBER, how=PhoneProof.SMS, by=user, now=NOW)
                for user in both
                for _twice in range(2)
            ]
        )
        assert not [one for one in answers if isinstance(one, Exception)]
        assert phones.people_at(NUMBER) == both
        assert [user.edits.count() for user in both] == [1, 1]


class TestLinks:
    def test_those_sent_before_a_contact_gave_way_open_nothing(self):
        user = UserFactory(phone=NUMBER)
        read = partial(links.read, salt="here", valid_for=timedelta(days=1))
        before = links.sign(salt="here", subject_id=7, user=user)
        assert read(before) == links.Grant(7, user.pk)
        services.prove_phone(user=user, phone="+33687654321", how=PhoneProof.SMS, by=user, now=NOW)
        with pytest.raises(links.LinkBroken):
            read(before)
        now = links.sign(salt="here", subject_id=7, user=User.objects.get(pk=user.pk))
        assert read(now) == links.Grant(7, user.pk)

    def test_those_sent_to_a_number_that_is_doubted_open_nothing(self):
        user = UserFactory(phone=NUMBER)
        before = links.sign(salt="here", subject_id=7, user=user)
        services.doubt_phone(user=user, by=UserFactory(), now=NOW)
        with pytest.raises(links.LinkBroken):
            links.read(before, salt="here", valid_for=timedelta(days=1))

    def test_a_first_number_or_a_first_proof_voids_none(self):
        user = UserFactory()
        link = links.sign(salt="here", subject_id=7, user=user)
        services.write_phone(user=user, phone=NUMBER, by=user, now=NOW)
        services.prove_phone(user=user, phone=NUMBER, how=PhoneProof.SMS, by=user, now=NOW)
        assert links.read(link, salt="here", valid_for=timedelta(days=1))
