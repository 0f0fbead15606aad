"""The pages on which an administrator edits the messages of their town."""

import pytest
from django.urls import reverse

from notifications.wording.models import Wording
from tests.factories.accounts import CityRoleFactory
from tests.notifications.wording.conftest import OWN


def page(city, name="match_question", language="fr", form="email"):
    return reverse("notifications:wording", args=[city.slug, name, language, form])


@pytest.fixture
def client(client, administrator):
    client.force_login(administrator)
    return client


def test_the_list_says_what_the_town_says_itself(client, city, write):
    before = client.get(reverse("notifications:wordings", args=[city.slug])).text
    assert "{demande}" in before
    assert "Courriel · " not in before
    write()
    assert "Courriel · " in client.get(reverse("notifications:wordings", args=[city.slug])).text


def test_the_list_and_the_page_tell_of_words_that_no_longer_hold(client, city, write):
    wording = write()
    Wording.objects.filter(pk=wording.pk).update(body="{autre}")
    assert "À réécrire" in client.get(reverse("notifications:wordings", args=[city.slug])).text
    assert "plus valable" in client.get(page(city)).text


def test_words_of_a_text_that_is_no_more_are_named(client, city):
    Wording.objects.create(city=city, name="ancien", form="email", language="fr", title="Un", body="Deux")
    assert "ancien" in client.get(reverse("notifications:wordings", args=[city.slug])).text


def test_saving_shows_the_words_and_who_wrote_them(client, city, administrator):
    answer = client.post(
        page(city), {"title": "Un  coup de main", "body": OWN.replace(". ", ".\r\n"), "step": "save"}
    )
    assert answer.status_code == 302
    wording = Wording.objects.get()
    assert (wording.title, wording.body) == ("Un coup de main", OWN.replace(". ", ".\n"))
    shown = client.get(page(city)).text
    assert str(administrator) in shown.split("Qui a changé quoi")[1]


def test_a_preview_saves_nothing(client, city):
    answer = client.post(page(city), {"title": "Un coup de main", "body": OWN, "step": "preview"})
    assert "Un toit pour 2 personnes à Schiltigheim" in answer.text
    assert not Wording.objects.exists()


@pytest.mark.parametrize("step", ["preview", "save"])
def test_what_is_wrong_stands_beside_its_field(client, city, step):
    answer = client.post(page(city), {"title": "Un", "body": f"{OWN}\r\n{{date}}", "step": step})
    assert answer.status_code == 422
    assert "Ligne 2" in answer.context["form"].errors["body"][0]
    assert not Wording.objects.exists()


def test_an_sms_is_counted_in_its_alphabet(client, city):
    french = client.post(page(city, form="sms"), {"body": OWN, "step": "preview"})
    assert french.context["sample"].segments == 2
    assert "alphabet long" not in french.text
    arabic = client.post(page(city, language="ar", form="sms"), {"body": f"هل {OWN}", "step": "preview"})
    assert arabic.context["sample"].segments > 2
    assert "alphabet long" in arabic.text
    assert 'dir="rtl"' in arabic.text


class TestRealData:
    def test_names_are_masked_where_they_are_not_to_be_read(self, client, city, tell):
        tell(values={"offer": "Chez Camille", "when": "du 1 au 2 mai"})
        shown = client.get(page(city)).text
        assert "du 1 au 2 mai" in shown
        assert "Chez Camille" not in shown

    def test_the_desk_reads_them(self, client, city, tell, administrator):
        CityRoleFactory(city=city, user=administrator)
        tell(values={"offer": "Chez Camille"})
        assert "Chez Camille" in client.get(page(city)).text

    def test_of_another_town_or_language_is_not_shown(self, client, city, tell):
        from tests.factories.cities import CityFactory

        tell(town=CityFactory(), values={"when": "du 1 au 2 mai"})
        tell(values={"when": "1 to 2 May"}, language="en", number=2)
        shown = client.get(page(city)).text
        assert "du 1 au 2 mai" not in shown
        assert "1 to 2 May" not in shown


def test_contacts_are_masked_for_everybody(client, city, administrator):
    from notifications.models import Message
    from notifications.wording.texts import text_of
    from tests.factories.notifications import MessageFactory

    CityRoleFactory(city=city, user=administrator)
    text = text_of("match_confirmed_poster")
    values = {name: f"<{name}>" for name in text.names()}
    MessageFactory(city=city, event="match_confirmed", wording=text.name, values=values)
    assert Message.objects.get().values["contact"] == "<contact>"
    shown = client.get(page(city, name=text.name)).text
    assert "&lt;contact&gt;" not in shown
    assert "&lt;need&gt;" in shown


def test_the_built_in_words_are_put_back(client, city, write):
    write()
    client.post(reverse("notifications:restore_wording", args=[city.slug, "match_question", "fr", "email"]))
    assert "Texte d’Accorde remis" in client.get(page(city)).text
    assert Wording.objects.get().body == ""


@pytest.mark.parametrize(
    "words", [("autre", "fr", "email"), ("match_question", "xx", "email"), ("match_question", "fr", "fax")]
)
def test_what_does_not_exist_is_not_found(client, city, words):
    assert client.get(page(city, *words)).status_code == 404
    assert client.post(reverse("notifications:restore_wording", args=[city.slug, *words])).status_code == 404
