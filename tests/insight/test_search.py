"""One search: by whatever one knows of a thing, and only among what one sees."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import ContactReading, Role
from insight.finding import SHOWN, find
from insight.query import read
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory

PATH = "/strasbourg/chercher/"


@pytest.fixture
def offer(city, citizen, illkirch):
    return OfferFactory(
        city=city, owner=citizen, commune=illkirch, goods=True, text="Deux couettes d’été, très propres"
    )


@pytest.fixture
def need(city, member, illkirch):
    return NeedFactory(
        city=city,
        organisation=member.memberships.get().organisation,
        title="Une mère et deux enfants",
        case_reference="DOS-2026/117",
        commune=illkirch,
    )


def found(user, city, text):
    one = find(user, city, read(text))
    return {*one.offers, *one.needs, *one.organisations}


@pytest.mark.parametrize(
    "typed", ["06 12 34", "+33612345678", "lea@exemple.fr", "Léa 06.12.34.56.78", "mot @lea"]
)
def test_a_contact_that_is_looked_for_stands_in_no_address(client, coordinator, offer, typed):
    client.force_login(coordinator)
    answer = client.post(PATH, {"q": typed})
    assert answer.status_code == 200, "shown where it was sent, without an address of its own"
    assert answer.context["asked"] == typed
    old = client.get(PATH, {"q": typed})
    assert (old.context["asked"], old.context["groups"]) == ("", []), (
        "what an address holds is not looked for"
    )


@pytest.mark.parametrize("typed", ["P-4KQ7-2MXN", "couette 140", "DOS-2026/117", "léa dupont"])
def test_what_is_no_contact_has_an_address_to_come_back_to(client, coordinator, offer, typed):
    client.force_login(coordinator)
    answer = client.post(PATH, {"q": typed})
    assert answer.status_code == 302
    assert client.get(answer.url).context["asked"] == typed


class TestTheDesk:
    @pytest.mark.parametrize(
        "typed",
        [
            "couettes", "COUETTES D’ETE", "propres couette", "Illkirch", "illkirch couettes", "67400", "léa",
            "lea dupont", "06 12 34", "0612-34", "+33612345678", "lea.dupont@exemple.fr", "dupont@",
        ],
    )  # fmt: skip
    def test_finds_an_offer_by_its_words_place_and_person(self, city, coordinator, operator, offer, typed):
        OfferFactory(city=city)
        assert found(coordinator, city, typed) == found(operator, city, typed) == {offer}

    @pytest.mark.parametrize(
        "typed", ["mère", "mere enfants", "dos-2026/117", "2026 117", "Graffenstaden", "mere illkirch"]
    )
    def test_finds_a_need_by_its_words_place_and_case(self, city, coordinator, need, typed):
        NeedFactory(city=city, title="Un couple")
        assert found(coordinator, city, typed) == {need}

    def test_finds_an_association_by_its_name_number_and_people_and_its_needs_by_its_name(
        self, city, coordinator, member, need
    ):
        organisation = need.organisation
        assert found(coordinator, city, "amis ill") == {organisation, need}
        for typed in ("fatou", organisation.rna, "ill@exemple.org", member.email):
            assert found(coordinator, city, typed) == {organisation}, typed

    def test_finds_by_a_reference_whole_begun_or_spelt_badly(self, city, coordinator, offer, need):
        for thing in (offer, need):
            plain = thing.reference.replace("-", "")
            for typed in (
                thing.reference,
                plain.lower(),
                f"{plain[:1]} {plain[1:5]} {plain[5:]}",
                thing.reference[:9],
            ):
                assert found(coordinator, city, typed) == {thing}

    def test_finds_the_person_concerned_of_a_need_of_their_own(self, city, coordinator):
        own = NeedFactory(city=city, for_person=UserFactory(name="Amira", phone="+33755555555"))
        assert found(coordinator, city, "amira") == found(coordinator, city, "07 55 55 55 55") == {own}

    @pytest.mark.parametrize("typed", ["couete", "coutte", "ilkirch", "dupond", "grafenstaden"])
    def test_finds_what_is_typed_with_a_slip_and_says_so(self, city, coordinator, offer, typed):
        one = find(coordinator, city, read(typed))
        assert list(one.offers) == [offer]
        assert not one.is_exact

    @pytest.mark.parametrize("typed", ["%", "____", "couettes'; --", "\\", "=(", "06"])
    def test_signs_of_the_database_mean_themselves(self, city, coordinator, offer, typed):
        assert found(coordinator, city, typed) <= {offer}

    def test_each_word_must_stand_somewhere(self, city, coordinator, offer):
        assert found(coordinator, city, "couettes strasbourg") == set()


class TestWhoSeesWhat:
    def test_another_town_finds_nothing(self, city, offer, need):
        elsewhere = CityFactory()
        stranger = CityRoleFactory(city=elsewhere).user
        for typed in ("couettes", offer.reference, "0612345678", "lea.dupont@exemple.fr", "illkirch"):
            assert found(stranger, city, typed) == found(stranger, elsewhere, typed) == set()

    def test_an_administrator_finds_no_offer_and_no_need(self, city, offer, need):
        administrator = CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user
        for typed in ("couettes", "mere", "0612345678", offer.reference, need.reference):
            assert found(administrator, city, typed) == set()

    def test_a_citizen_finds_their_own_offers_alone(self, city, citizen, offer, need):
        OfferFactory(city=city, goods=True, text="Des couettes aussi")
        assert found(citizen, city, "couettes") == {offer}
        assert found(citizen, city, "mere") == found(citizen, city, need.reference) == set()

    def test_an_association_finds_its_own_needs_alone(self, city, member, need, offer):
        other = NeedFactory(city=city)
        assert found(member, city, "mere enfants") == {need}
        assert found(member, city, other.reference) == found(member, city, "couettes") == set()

    @pytest.mark.parametrize("typed", ["0612345678", "06 12 34", "lea.dupont@exemple.fr", "dupont", "dupond"])
    def test_a_contact_or_name_is_no_oracle_for_whoever_may_not_see_it(
        self, city, member, citizen, offer, typed
    ):
        """Not even about what they see: their own need, whose person is known to the desk."""
        NeedFactory(city=city, organisation=member.memberships.get().organisation, person=citizen)
        OfferFactory(city=city, owner=member)
        assert found(member, city, typed) == set()

    @pytest.mark.parametrize("typed", ["0612345678", "lea@exemple.fr", "dupont couette"])
    def test_no_query_of_theirs_touches_a_persons_contact_or_name(self, city, member, citizen, offer, typed):
        for user in (member, citizen):
            with CaptureQueriesContext(connection) as sent:
                find(user, city, read(typed))
            asked = [query["sql"].split("WHERE", 1)[1] for query in sent if "WHERE" in query["sql"]]
            assert not [sql for sql in asked if '"accounts_user"."' in sql]

    def test_a_member_of_a_suspended_association_reads_it_still(self, city, need):
        """What they see on its pages: a search opens no other door, and closes none."""
        suspended = OrganisationFactory(city=city, suspended=True, name="Fermée")
        person = MembershipFactory(organisation=suspended).user
        assert found(person, city, "fermee") == {suspended}


class TestThePage:
    def test_shows_what_and_where_and_no_contact(self, client, city, coordinator, offer, need):
        client.force_login(coordinator)
        text = client.get(PATH, {"q": "illkirch"}).text
        for shown in (
            offer.reference,
            need.reference,
            "Illkirch-Graffenstaden",
            f"/bureau/{need.reference}/",
        ):
            assert shown in text
        for hidden in ("612345678", "lea.dupont@", "12 rue des Invités"):
            assert hidden not in text
        assert not ContactReading.objects.exists()

    def test_an_association_is_led_to_its_need(self, client, city, member, need):
        client.force_login(member)
        text = client.get(PATH, {"q": "mère"}).text
        assert f"/besoins/{need.reference}/" in text
        assert "/bureau/" not in text

    def test_a_coordinator_is_led_to_the_association_alone(self, client, city, coordinator, member):
        OrganisationFactory(city=city, name="Une autre")
        client.force_login(coordinator)
        (group,) = client.get(PATH, {"q": "amis"}).context["groups"]
        text = client.get(group["lines"][0]["url"]).text
        assert "Les Amis de l’Ill" in text
        assert "Une autre" not in text

    def test_says_when_it_is_too_short_when_nothing_is_found_and_when_there_is_more(
        self, client, city, coordinator
    ):
        client.force_login(coordinator)
        assert "trop court" in client.get(PATH, {"q": "à"}).text
        assert "Rien trouvé" in client.get(PATH, {"q": "introuvable"}).text
        OfferFactory.create_batch(SHOWN + 1, city=city, title="Chambre claire")
        answer = client.get(PATH, {"q": "claire"})
        assert len(answer.context["groups"][0]["lines"]) == SHOWN
        assert "ajoutez un mot" in answer.text

    def test_what_is_typed_comes_back_escaped(self, client, city, coordinator):
        client.force_login(coordinator)
        assert "<script>x" not in client.get(PATH, {"q": "<script>x"}).text
        assert client.get(PATH, {"q": "\x00couette"}).status_code in (200, 404)
        assert client.get(PATH, {"q": "couette " * 500}).status_code == 200

    def test_takes_as_many_queries_for_one_as_for_twenty(self, client, city, coordinator):
        client.force_login(coordinator)
        counts = []
        for _more in range(2):
            NeedFactory.create_batch(5, city=city, title="Une famille")
            OfferFactory.create_batch(5, city=city, title="Pour une famille")
            client.get(PATH, {"q": "famille"})
            with CaptureQueriesContext(connection) as sent:
                client.get(PATH, {"q": "famille"})
            counts.append(len(sent))
        assert counts[0] == counts[1] <= 15


class TestTheWordsKeptBesideARow:
    def test_follow_what_is_written_one_by_one_or_at_once(self, city, coordinator, offer):
        offer.title = "Bibliothèque"
        offer.save(update_fields=["title"])
        assert found(coordinator, city, "bibliotheque") == {offer}
        type(offer).objects.update(text="Plus rien d’autre", item_words="")
        assert found(coordinator, city, "rien") == {offer}
        assert found(coordinator, city, "couettes") == set()

    def test_take_words_of_any_script(self, city, coordinator):
        need = NeedFactory(city=city, title="عائلة من خمسة أشخاص")
        assert found(coordinator, city, "عائلة") == {need}

    def test_go_with_it(self, offer):
        words = offer.words
        offer.windows.all().delete()
        offer.delete()
        assert not type(words).objects.exists()
