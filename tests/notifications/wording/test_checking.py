"""Any text either says all that it must, or is refused with its line; nothing in it is executed, nothing raises."""

from string import printable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifications.channels.sms import words
from notifications.channels.sms.alphabet import segments
from notifications.events import EVENTS
from notifications.models import Message
from notifications.wording.checking import Problem, fill, placeholders, problems
from notifications.wording.models import Form, Wording
from notifications.wording.placeholders import PLACEHOLDERS, by_token
from notifications.wording.selectors import is_broken, said_with
from notifications.wording.texts import Reader, all_texts, text_of
from tests.test_architecture import ROOT

KNOWN = ("dates", "besoin", "delai")

# Words, braces, placeholders that exist and that do not, and every sign there is.
pieces = st.one_of(
    st.sampled_from(["{dates}", "{besoin}", "{delai}", "{", "}", "{{", "{autre}", "{dates", "\n", "%s"]),
    st.text(max_size=8),
    st.text(printable, max_size=8),
)  # fmt: skip
texts = st.lists(pieces, max_size=12).map("".join)


@given(text=texts, value=texts)
@example(text="{dates} {besoin}", value="{delai}")
def test_a_text_without_problem_is_filled_with_all_that_it_must_say(text, value):
    values = dict.fromkeys(KNOWN, value)
    if problems(text, known=KNOWN, required=["dates", "besoin"], longest=200):
        return
    said = fill(text, values)
    assert said.count(value) >= 2 or not value
    for name in KNOWN:
        text = text.replace(f"{{{name}}}", "")
    assert "{" not in text
    assert "}" not in text


@given(text=texts)
def test_what_is_refused_says_where(text):
    lines = text.count("\n") + 1
    for problem in problems(text, known=KNOWN, required=["dates"], longest=20):
        if problem.code in ("unknown", "brace", "control"):
            assert 1 <= problem.line <= lines


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Le {dates}", []),
        ("", [Problem("empty")]),
        (" \n", [Problem("empty")]),
        ("Bonjour,\nle {date} {dates}", [Problem("unknown", 2, "date")]),
        ("{dates} {", [Problem("brace", 1)]),
        ("{dates}\n}", [Problem("brace", 2)]),
        ("{{dates}}", [Problem("brace", 1)]),
        ("{dates.__class__}", [Problem("unknown", 1, "dates.__class__"), Problem("missing", what="dates")]),
        ("{dates!r:>9}", [Problem("unknown", 1, "dates!r:>9"), Problem("missing", what="dates")]),
        ("{ dates }", [Problem("unknown", 1, " dates "), Problem("missing", what="dates")]),
        ("Sans rien", [Problem("missing", what="dates")]),
        # Twice is once more than needed; misspelt, in another script or other brackets it is none.
        ("{dates}, oui, {dates}", []),
        ("{Dates}", [Problem("unknown", 1, "Dates"), Problem("missing", what="dates")]),
        ("{datеs}", [Problem("unknown", 1, "datеs"), Problem("missing", what="dates")]),
        ("{تواريخ}", [Problem("unknown", 1, "تواريخ"), Problem("missing", what="dates")]),
        ("{dates\u200b}", [Problem("unknown", 1, "dates\u200b"), Problem("missing", what="dates")]),
        ("｛dates｝ %(dates)s", [Problem("missing", what="dates")]),
        ("{da\ntes}", [Problem("brace", 1), Problem("brace", 2), Problem("missing", what="dates")]),
        # The link is no part of the text: the channel adds it, and nobody can leave it out.
        ("{dates} {lien}", [Problem("unknown", 1, "lien")]),
        ("\u202e{dates}", [Problem("control", 1)]),
        ("\u2066{dates}\u2069 \u200f", []),
        ("{dates}\x00", [Problem("control", 1)]),
        ("{dates}" + "a" * 200, [Problem("long", what="200")]),
    ],
)
def test_each_problem_is_named(text, found):
    assert problems(text, known=KNOWN, required=["dates"], longest=200) == found


def test_what_stands_in_a_value_is_no_placeholder():
    assert fill("{dates}, {besoin}", {"dates": "{besoin}", "besoin": "{dates}"}) == "{besoin}, {dates}"


def test_a_placeholder_is_named_once():
    assert placeholders("{dates} {besoin} {dates}") == ["dates", "besoin"]


@given(title=texts, body=texts, form=st.sampled_from(list(Form)), blank=st.booleans())
def test_a_message_never_fails_on_what_a_town_wrote_and_says_all_that_it_promised(title, body, form, blank):
    built_in = text_of("match_confirmed_poster")
    assert built_in
    values = {name: "" if blank else f"<{name}>" for name in built_in.names()}
    text = built_in.filled(values)
    own = Wording(pk=1, name=built_in.name, form=form, language="fr", title=title, body=body)
    said = said_with(text, [own], language="fr")
    for name in built_in.required:
        assert values[name] in said.body
        assert not said.short or values[name] in said.short
    assert said.title
    assert "\n" not in said.title
    if is_broken(own):
        assert said == text


@given(short=texts)
def test_an_sms_says_the_link_and_how_to_stop_whatever_the_words(short):
    message = Message(
        event="match_question", language="fr", title="Titre", body="Corps", short=short, action_label="Voir"
    )
    said = words.compose(message, link="https://accorde.exemple.fr/s/1a2b3-xxxxxxxxxxxx/")
    assert "https://accorde.exemple.fr/s/1a2b3-xxxxxxxxxxxx/" in said
    assert "Pour ne plus recevoir de SMS" in said
    assert said.startswith("Accorde")
    assert segments(said) <= 6


class TestEachText:
    @pytest.mark.parametrize("text", all_texts().values(), ids=lambda text: text.name)
    def test_is_of_events_that_exist_and_promises_what_it_says(self, text):
        assert set(text.events) <= set(EVENTS)
        with_body = [
            name for name in text.names() if f"{{{PLACEHOLDERS[name].token}}}" in text.as_written()[1]
        ]
        assert set(text.required) <= set(with_body)
        assert text.required

    @pytest.mark.parametrize("text", all_texts().values(), ids=lambda text: text.name)
    @pytest.mark.parametrize("language", ["fr", "en", "ar"])
    def test_as_it_is_holds_and_says_the_same_in_its_own_placeholders(self, text, language):
        from django.utils import translation

        with translation.override(language):
            title, body = text.as_written()
            told = text.filled(text.examples())
        own = Wording(pk=1, name=text.name, form=Form.LETTER, language=language, title=title, body=body)
        assert not is_broken(own)
        assert said_with(told, [own], language=language) == told

    def test_has_placeholders_of_one_name_each(self):
        tokens = [placeholder.token for placeholder in PLACEHOLDERS.values()]
        assert len(set(tokens)) == len(tokens)
        assert by_token({"when": "demain"}) == {"dates": "demain"}


def test_the_docs_list_every_text_and_what_it_must_name():
    page = (ROOT / "docs" / "messages.md").read_text("utf-8")
    readers = {Reader.CITIZEN: "who offers", Reader.POSTER: "who posted", Reader.EITHER: "both"}
    for text in all_texts().values():
        must = " ".join(f"`{{{name}}}`" for name in text.required_tokens())
        assert f"| `{text.name}` | {readers[text.reader]} | {must} |" in page
    assert page.count("| who offers |") + page.count("| who posted |") + page.count("| both |") == len(
        all_texts()
    )
