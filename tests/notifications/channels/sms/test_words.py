"""What stands in an SMS, and what is left out where there is no room."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from cities.models import City
from notifications.channels.sms import words
from notifications.channels.sms.alphabet import GSM, UCS2, alphabet_of, for_sms, segments
from notifications.models import Message
from tests.factories.notifications import MessageFactory

LINK = "https://accorde.exemple.fr/s/2n9c-4Fj2kP8sQz1B/"
ARABIC_LETTERS = "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"


@pytest.mark.parametrize(
    ("language", "alphabet", "most", "lines"),
    [
        (
            "fr",
            GSM,
            4,
            [
                "Strasbourg : Pouvez-vous aider ? Un toit pour 3 personnes",
                'Vous avez proposé "Chambre chez l\'habitant". Un besoin lui correspond :',
                "du 19 mars au 17 avril",
                "Dites oui ou non avant jeudi 12 mars à 12 h. Vous etes libre de dire non.",
                "Répondez OUI ou NON à ce SMS, ou ouvrez ce lien :",
                LINK,
                "Pour ne plus recevoir de SMS, répondez STOP.",
            ],
        ),
        (
            "ar",
            UCS2,
            6,
            [
                "Strasbourg: هل يمكنكم المساعدة؟ مأوى لـ 3 أشخاص",
                "من 19 مارس إلى 17 أبريل",
                "أجيبوا بنعم أو لا على هذه الرسالة، أو افتحوا هذا الرابط:",
                LINK,
                "لإيقاف الرسائل أجيبوا STOP.",
            ],
        ),
    ],
)
def test_a_question_says_who_asks_what_until_when_and_how_to_answer(ask, language, alphabet, most, lines):
    text = words.compose(ask(language=language).message, link=LINK)

    assert (alphabet_of(text), segments(text)) == (alphabet, most)
    assert [line for line in text.split("\n") if line in lines] == lines
    assert text.startswith(lines[0])
    assert text.endswith(lines[-1])
    assert "Bonjour" not in text
    assert words.CUT not in text


def test_nobody_is_asked_for_a_yes_to_half_a_question(ask, settings):
    settings.SMS_MAX_SEGMENTS = 3
    text = words.compose(ask().message, link=LINK)

    assert "OUI" not in text
    assert f"\nRépondre oui ou non :\n{LINK}\n" in text
    assert "..." in text


def test_what_is_no_question_asks_for_no_yes(ask, text_to):
    text = words.compose(text_to(), link=LINK)

    assert f"\nVoir ma proposition :\n{LINK}\n" in text
    assert "OUI" not in text


def test_without_something_to_open_there_is_no_address(text_to, gateway):
    text = words.compose(text_to(action_url="", action_label="Voir"), link="")

    assert "Voir" not in text
    assert "http" not in text


@pytest.mark.parametrize(
    ("secret", "sender", "phone", "stop"),
    [
        ("un-mot-secret", "", "03 88 60 90 90", "Pour ne plus recevoir de SMS, répondez STOP."),
        ("un-mot-secret", "+33700000000", "03 88 60 90 90", "Pour ne plus recevoir de SMS, répondez STOP."),
        (
            "un-mot-secret",
            "STRASBOURG",
            "03 88 60 90 90",
            "Pour ne plus recevoir de SMS, appelez le 03 88 60 90 90.",
        ),
        ("", "38080", "03 88 60 90 90", "Pour ne plus recevoir de SMS, appelez le 03 88 60 90 90."),
        ("", "38080", "", "Pour ne plus recevoir de SMS, dites-le à la ville."),
    ],
)
def test_how_to_stop_is_what_really_stops_it(gateway, text_to, town, settings, secret, sender, phone, stop):
    settings.SMS_WEBHOOK_SECRET, settings.SMS_SENDER, town.phone = secret, sender, phone

    assert words.compose(text_to(), link=LINK).split("\n")[-1] == stop


def test_where_nobody_hears_an_answer_none_is_asked_for(ask, settings):
    message = ask().message
    settings.SMS_WEBHOOK_SECRET = ""

    assert f"\nRépondre oui ou non :\n{LINK}\n" in words.compose(message, link=LINK)


def test_a_message_of_no_town_is_from_the_product(gateway, text_to):
    assert words.compose(text_to(city=None), link=LINK).startswith("Accorde : ")


def test_a_long_body_ends_with_a_whole_sentence_and_a_sign(gateway, text_to, settings):
    settings.SMS_MAX_SEGMENTS = 2
    text = words.compose(text_to(title="Titre", body="Bonjour,\n\n" + "Une phrase entière. " * 40), link=LINK)

    assert segments(text) == 2
    assert "Une phrase entière. Une phrase entière. ...\n" in text
    assert text.endswith("Pour ne plus recevoir de SMS, répondez STOP.")


@profile(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    most=st.integers(2, 6),
    title=st.text(
        st.characters(exclude_categories=["Cs"]) | st.sampled_from(ARABIC_LETTERS + " "), max_size=200
    ),
    body=st.text(st.sampled_from(ARABIC_LETTERS + "abcdé €’. \n,،؟"), max_size=900),
    language=st.sampled_from(["fr", "en", "ar"]),
    event=st.sampled_from(["match_question", "offer_receipt"]),
)
def test_whatever_it_says_it_is_no_longer_than_it_may_be(settings, most, title, body, language, event):
    settings.SMS_MAX_SEGMENTS, settings.SMS_WEBHOOK_SECRET, settings.SMS_SENDER = most, "un-mot-secret", ""
    message = Message(
        city=City(name="Saint-Quentin-en-Yvelines"), event=event, title=title, body=body, language=language,
        action_label="Voir la mise en relation", action_url="/x/",
    )  # fmt: skip

    text = words.compose(message, link=LINK)

    assert segments(text) <= most
    assert text == for_sms(text)
    lines = text.split("\n")
    assert lines[0].startswith("Saint-Quentin-en-Yvelines")
    assert LINK in lines
    assert "STOP" in lines[-1]


def test_every_message_of_the_factories_fits_in_one_way(db, gateway):
    """The default of the settings is enough for a receipt, whole."""
    assert words.CUT not in words.compose(MessageFactory(), link=LINK)
