"""The account page, the registration of associations, and the coordinators' list."""

import re
from functools import partial
from html import unescape

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.models import ApiToken, Organisation, User
from tests.factories.accounts import (
    ApiTokenFactory,
    CityRoleFactory,
    ConsentFactory,
    MembershipFactory,
    OrganisationFactory,
    UserFactory,
)
from tests.factories.cities import CityFactory

pytestmark = pytest.mark.django_db

FORM = {
    "name": "Les Voisins",
    "rna": "w67 1234567",
    "siret": "",
    "email": "",
    "phone": "",
    "about": "Des lits.",
}


@pytest.fixture
def user(client):
    user = UserFactory()
    client.force_login(user)
    return user


class TestAccount:
    def test_is_for_the_signed_in(self, client):
        assert client.get("/compte/").url == "/connexion/?next=/compte/"

    def test_shows_everything(self, client, user):
        MembershipFactory(user=user, organisation__name="Les Voisins")
        MembershipFactory(user=user, organisation__verified=True)
        MembershipFactory(user=user, organisation__suspended=True)
        ConsentFactory(user=user)
        ConsentFactory(user=user, withdrawn_at="2026-02-01T00:00Z")
        ApiTokenFactory(user=user, last_used_at="2026-02-01T00:00Z")
        ApiTokenFactory(user=user, revoked_at="2026-02-01T00:00Z")
        ApiTokenFactory(name="À quelqu’un d’autre")
        role = CityRoleFactory(user=user)
        page = client.get("/compte/").text
        for text in (user.email, user.name, "Les Voisins", "à vérifier", "Tableur", "révoquée", role.city.name,
                     "Me contacter au sujet de mes propositions", "retiré le 1 février 2026"):  # fmt: skip
            assert text in page
        assert "À quelqu’un d’autre" not in page

    def test_of_somebody_without_address(self, client):
        client.force_login(UserFactory(phone_only=True))
        assert client.get("/compte/").status_code == 200

    def test_queries_do_not_grow(self, client, user, django_assert_num_queries):
        def queries() -> int:
            from django.db import connection
            from django.test.utils import CaptureQueriesContext

            with CaptureQueriesContext(connection) as captured:
                assert client.get("/compte/").status_code == 200
            return len(captured)

        def fill(number: int) -> None:
            for version in range(number):
                MembershipFactory(user=user)
                CityRoleFactory(user=user)
                ConsentFactory(
                    user=user, wording_version=f"{ConsentFactory._meta.model.objects.count()}{version}"
                )
                ApiTokenFactory(user=user)

        fill(2)
        queries()  # that it is a team's session from now on is written once
        few = queries()
        fill(18)
        assert queries() == few

    def test_changes_are_kept_and_the_language_follows(self, client, user):
        response = client.post("/compte/", {"name": "Lou", "language": "en"})
        assert response.url == "/compte/"
        assert response.cookies["django_language"].value == "en"
        user.refresh_from_db()
        assert (user.name, user.language) == ("Lou", "en")

    def test_mistakes_are_shown_and_nothing_is_lost(self, client, user):
        page = client.post("/compte/", {"name": "Lou", "language": "zz"}).text
        assert 'value="Lou"' in page
        user.refresh_from_db()
        assert user.name != "Lou"

    def test_a_consent_is_withdrawn_by_its_giver_alone(self, client, user):
        mine, theirs = ConsentFactory(user=user), ConsentFactory()
        assert client.post(f"/compte/accords/{mine.pk}/retirer/").url == f"/compte/accords/{mine.pk}/retirer/"
        assert client.post(f"/compte/accords/{theirs.pk}/retirer/").status_code == 404
        mine.refresh_from_db()
        theirs.refresh_from_db()
        assert mine.withdrawn_at
        assert not theirs.withdrawn_at

    def test_a_key_is_shown_once_and_revoked_by_its_owner_alone(self, client, user):
        page = client.post("/compte/cles/", {"name": "Tableur", "scopes": ["read"], "days": "365"})
        [secret] = set(re.findall(r"acc_[\w-]{40,}", page.text))
        assert "no-store" in page["Cache-Control"]
        assert secret not in client.get("/compte/").text
        token = ApiToken.objects.get()
        theirs = ApiTokenFactory()
        assert client.post(f"/compte/cles/{theirs.pk}/revoquer/").status_code == 404
        client.post(f"/compte/cles/{token.pk}/revoquer/")
        token.refresh_from_db()
        assert token.revoked_at
        assert "Ce champ est obligatoire" in client.post("/compte/cles/", {"name": ""}).text

    @pytest.mark.parametrize("page", ["cles/", "cles/1/revoquer/", "accords/1/redonner/"])
    def test_acts_are_posted(self, client, user, page):
        assert client.get(f"/compte/{page}").status_code == 405


class TestRegistration:
    def test_signed_in(self, client, user):
        city = CityFactory()
        page = f"/{city.slug}/associations/inscription/"
        assert "person_email" not in client.get(page).text
        for _twice in range(2):
            assert client.post(page, FORM).url == "/compte/"
        organisation = Organisation.objects.get()
        assert (organisation.city, organisation.rna, organisation.state) == (city, "W671234567", "pending")
        assert organisation.memberships.get().user == user

    def test_visitor(self, client, smtp_server):
        city = CityFactory()
        page = f"/{city.slug}/associations/inscription/"
        assert "person_email" in client.get(page).text
        person = {"person_name": "Lou", "person_email": "lou@exemple.fr"}
        sign_in = client.post(page, {**FORM, **person}).url
        assert sign_in.startswith("/connexion/code/")
        # No association is anybody's, and no number taken, before the address is proven.
        assert not Organisation.objects.exists()
        code = re.search(r"^ +(\d{6})\r?$", smtp_server.messages[0].get_content(), re.MULTILINE)[1]
        assert client.post(sign_in, {"code": code}).url == page
        again = client.get(page).text
        assert "Votre adresse est confirmée" in again
        for kept in (FORM["name"], "W671234567", "Des lits."):
            assert kept in again
        client.post(page, FORM)
        assert Organisation.objects.get().memberships.get().user == User.objects.get(email="lou@exemple.fr")
        assert "Votre adresse est confirmée" not in client.get(page).text

    def test_the_answers_of_a_visitor_are_shown_to_nobody_else_in_that_browser(self, client):
        page = f"/{CityFactory().slug}/associations/inscription/"
        client.post(page, {**FORM, "person_name": "Lou", "person_email": "lou@exemple.fr"})
        client.force_login(UserFactory())
        seen = client.get(page).text
        assert FORM["name"] not in seen
        assert "Votre adresse est confirmée" not in seen

    def test_nobody_is_made_to_belong_to_what_a_stranger_registers(self, client):
        known = UserFactory(email="lou@exemple.fr")
        city = CityFactory()
        page = f"/{city.slug}/associations/inscription/"
        client.post(page, {**FORM, "person_name": "Eve", "person_email": known.email})
        other = Client()
        other.force_login(known)
        assert FORM["name"] not in other.get(page).text
        assert not known.memberships.exists()
        known.refresh_from_db()
        assert known.name != "Eve"

    @pytest.mark.parametrize(
        ("wrong", "sentence"),
        [
            ({"rna": ""}, "Indiquez le numéro RNA ou le numéro SIRET de l’association."),
            ({"rna": "67"}, "Un numéro RNA s’écrit W suivi de 9 chiffres"),
            ({"siret": "12345678901234"}, "Ce numéro SIRET n’est pas valable"),
            ({"phone": "12"}, "Ce numéro n’est pas complet"),
            ({"email": "nom@"}, "adresse"),
            ({"name": ""}, "Ce champ est obligatoire"),
        ],
    )
    def test_mistakes(self, client, wrong, sentence):
        city = CityFactory()
        person = {"person_name": "Lou", "person_email": "lou@exemple.fr"}
        response = client.post(f"/{city.slug}/associations/inscription/", {**FORM, **person, **wrong})
        assert response.status_code == 422
        assert sentence in response.text
        assert "Des lits." in response.text
        assert not Organisation.objects.exists()
        assert not User.objects.exists()

    @pytest.mark.parametrize("fields", [{}, {"verified": True}])
    def test_a_number_that_another_has_said_is_no_oracle_and_the_desk_s_to_decide(self, client, user, fields):
        other = OrganisationFactory(rna="W671234567", name="Les Premiers", **fields)
        page = f"/{other.city.slug}/associations/inscription/"
        assert client.post(page, FORM).url == "/compte/"
        mine = Organisation.objects.exclude(pk=other.pk).get()
        client.force_login(CityRoleFactory(city=other.city).user)
        desk = f"/{other.city.slug}/associations/"
        assert f"Même numéro que {other.name} ({other.get_state_display()})" in client.get(desk).text
        said = client.post(f"{desk}{mine.pk}/verifier/", follow=True).text
        mine.refresh_from_db()
        assert mine.is_verified is (not fields)
        assert ("Si elle l’a pris à tort, suspendez-la d’abord" in unescape(said)) is bool(fields)
        if fields:
            client.post(f"{desk}{other.pk}/suspendre/", {"reason": "Ce n’est pas la leur."})
            client.post(f"{desk}{mine.pk}/verifier/")
            mine.refresh_from_db()
            assert mine.is_verified

    def test_in_an_open_city_only(self, client):
        assert client.get("/nulle-part/associations/inscription/").status_code == 404
        assert client.get(f"/{CityFactory(is_open=False).slug}/associations/inscription/").status_code == 404


class TestReview:
    @pytest.mark.django_db(transaction=True)
    def test_two_that_claim_one_number_are_verified_at_once_and_one_is(self, at_once):
        by = CityRoleFactory(role="coordinator")
        for _again in range(5):
            both = [OrganisationFactory(city=by.city, rna="W671234567") for _twice in range(2)]
            verify = partial(services.verify_organisation, by=by.user, now=timezone.now())
            answers = at_once(*[partial(verify, organisation=one) for one in both])
            refused = [one for one in answers if isinstance(one, Exception)]
            assert [type(one) for one in refused] == [ValidationError], answers
            Organisation.objects.update(state="suspended")

    @pytest.fixture
    def town(self, client):
        role = CityRoleFactory()
        client.force_login(role.user)
        return role

    def test_list(self, client, town):
        OrganisationFactory(city=town.city, name="A vérifiée", verified=True, phone="+33353010001")
        OrganisationFactory(city=town.city, name="Z nouvelle")
        OrganisationFactory(city=town.city, name="S suspendue", suspended=True, email="")
        OrganisationFactory(name="D’ailleurs")
        page = client.get(f"/{town.city.slug}/associations/").text
        assert page.index("Z nouvelle") < page.index("A vérifiée")
        assert "D’ailleurs" not in page

    def test_empty(self, client, town):
        assert "Aucune association pour l’instant" in client.get(f"/{town.city.slug}/associations/").text

    def test_queries_do_not_grow(self, client, town, django_assert_num_queries):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        counts = []
        for number in (2, 18):
            OrganisationFactory.create_batch(number, city=town.city, verified=True)
            with CaptureQueriesContext(connection) as captured:
                client.get(f"/{town.city.slug}/associations/")
            counts.append(len(captured))
        assert counts[0] == counts[1]

    def test_verified_then_suspended(self, client, town):
        organisation = OrganisationFactory(city=town.city)
        page = f"/{town.city.slug}/associations/"
        for _twice in range(2):
            assert client.post(f"{page}{organisation.pk}/verifier/").url == page
        organisation.refresh_from_db()
        assert organisation.verified_by == town.user
        assert client.post(f"{page}{organisation.pk}/suspendre/", {"reason": "x" * 501}).url == page
        refused = client.post(f"{page}{organisation.pk}/suspendre/", {"reason": " "}, follow=True)
        assert "Dites pourquoi" in refused.text
        organisation.refresh_from_db()
        assert organisation.state == "verified"
        client.post(f"{page}{organisation.pk}/suspendre/", {"reason": "Dissoute"})
        organisation.refresh_from_db()
        assert organisation.state == "suspended"
        assert [review.reason for review in organisation.reviews.order_by("pk")] == ["", "Dissoute"]

    def test_does_not_exist_for_others(self, client):
        organisation = OrganisationFactory()
        page = f"/{organisation.city.slug}/associations/"
        acts = [f"{page}{organisation.pk}/{act}/" for act in ("verifier", "suspendre")]
        others = [
            UserFactory(),
            MembershipFactory(organisation=organisation, role="manager").user,
            CityRoleFactory(city=organisation.city, role="operator").user,
            CityRoleFactory(city=organisation.city, role="administrator").user,
            CityRoleFactory().user,
        ]
        for other in others:
            client.force_login(other)
            assert client.get(page).status_code == 404
            assert [client.post(act).status_code for act in acts] == [404, 404]
        organisation.refresh_from_db()
        assert organisation.state == "pending"
        assert Client().get(page).url.startswith("/connexion/")

    def test_another_towns_association_does_not_exist(self, client, town):
        other = OrganisationFactory()
        assert client.post(f"/{town.city.slug}/associations/{other.pk}/verifier/").status_code == 404
        assert client.get(f"/{town.city.slug}/associations/{other.pk}/verifier/").status_code == 405
