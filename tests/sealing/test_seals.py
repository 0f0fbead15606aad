"""A seal opens with its key, in its column, unchanged; and in no other way."""

import base64
import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealing.keys import BadKey, key_bytes, key_name, keyring
from sealing.seals import NotSealed, Tampered, UnknownKey, blind, is_sealed, seal, seal_anew, unseal

COLUMN = "desk_note.text"
# Whatever PostgreSQL keeps as text.
texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=300)


@pytest.fixture
def new_key() -> str:
    return secrets.token_urlsafe(32)


@given(text=texts)
def test_what_is_sealed_opens_again_and_is_sealed_otherwise_each_time(text: str) -> None:
    sealed = seal(text, of=COLUMN)
    assert unseal(sealed, of=COLUMN) == text
    if text:
        assert is_sealed(sealed)
        assert seal(text, of=COLUMN) != sealed


def test_a_text_is_not_to_be_seen_in_its_seal() -> None:
    text = "12 rue des Tilleuls, chez Marie"
    raw = base64.b64decode(seal(text, of=COLUMN).split(":")[3])
    assert text.encode() not in raw
    assert not {word for word in text.split() if len(word) > 3 and word.encode() in raw}


def test_nothing_stays_nothing() -> None:
    assert seal("", of=COLUMN) == unseal("", of=COLUMN) == blind("", of="user.email") == ""


def test_a_text_that_looks_like_a_seal_is_a_text() -> None:
    text = seal("Lit", of=COLUMN)
    assert unseal(seal(text, of=COLUMN), of=COLUMN) == text


def test_each_sign_that_is_changed_is_noticed() -> None:
    sealed = seal("OK", of=COLUMN, index="a1")
    for place in range(len("enc1:"), len(sealed)):
        other = "A" if sealed[place] != "A" else "B"
        with pytest.raises((Tampered, UnknownKey)):
            unseal(sealed[:place] + other + sealed[place + 1 :], of=COLUMN)
    for cut in ("enc1:", sealed[:-4], sealed.rsplit(":", 1)[0], f"{sealed}AAAA"):
        with pytest.raises((Tampered, UnknownKey)):
            unseal(cut, of=COLUMN)


def test_a_value_is_of_one_column() -> None:
    with pytest.raises(Tampered, match=r"desk_flag\.words"):
        unseal(seal("Lit", of=COLUMN), of="desk_flag.words")


def test_what_stands_in_clear_is_refused_and_not_repeated() -> None:
    with pytest.raises(NotSealed, match=r"desk_note\.text") as refused:
        unseal("12 rue des Tilleuls", of=COLUMN)
    assert "Tilleuls" not in str(refused.value)


def test_another_key_opens_nothing_and_is_named(settings, new_key: str) -> None:
    sealed = seal("Lit", of=COLUMN)
    old, settings.FIELD_KEYS = settings.FIELD_KEYS, [new_key]
    with pytest.raises(UnknownKey, match=key_name(key_bytes(old[0]))):
        unseal(sealed, of=COLUMN)


def test_a_key_that_pretends_to_be_another_opens_nothing(settings, new_key: str) -> None:
    name, *rest = seal("Lit", of=COLUMN).split(":")[1:]
    settings.FIELD_KEYS = [new_key]
    with pytest.raises(Tampered):
        unseal(":".join(["enc1", key_name(key_bytes(new_key)), *rest]), of=COLUMN)
    assert name != key_name(key_bytes(new_key))


def test_a_new_key_seals_and_the_older_ones_still_open(settings, new_key: str) -> None:
    sealed = seal("Lit", of=COLUMN, index="a1")
    settings.FIELD_KEYS = [new_key, *settings.FIELD_KEYS]
    anew = seal_anew(sealed, of=COLUMN)
    assert unseal(sealed, of=COLUMN) == unseal(anew, of=COLUMN) == "Lit"
    assert anew.split(":")[1:3] == [key_name(key_bytes(new_key)), "a1"]
    assert seal_anew(anew, of=COLUMN) == anew


def test_an_index_is_the_same_for_the_same_text_of_a_column_and_with_the_same_key_alone(
    settings, new_key: str
) -> None:
    index = blind("lea@exemple.fr", of="user.email")
    assert index == blind("lea@exemple.fr", of="user.email")
    assert index != blind("lea@exemple.fr", of="user.phone")
    assert index != blind("leo@exemple.fr", of="user.email")
    settings.FIELD_KEYS = [new_key]
    assert index == blind("lea@exemple.fr", of="user.email"), "data keys change, indexes stay"
    settings.FIELD_INDEX_KEY = new_key
    assert index != blind("lea@exemple.fr", of="user.email")


@pytest.mark.parametrize("written", ["", "short", "x" * 44, "é" * 43, "A" * 42])
def test_what_is_no_key_is_refused_and_not_repeated(written: str) -> None:
    with pytest.raises(BadKey) as refused:
        keyring([written])
    assert not written or written not in str(refused.value)


def test_without_a_key_nothing_is_sealed(settings) -> None:
    settings.FIELD_KEYS = []
    with pytest.raises(BadKey):
        seal("Lit", of=COLUMN)
