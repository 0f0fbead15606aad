"""Channels are found by the name of their folder; nothing outside a folder knows what is in it."""

import ast
import re
from pathlib import Path

import pytest

from accounts.models import User
from notifications import channel_folders, channel_registry
from notifications.channel_transport import transport_of
from notifications.models import Message
from tests.factories.accounts import UserFactory
from tests.test_architecture import ROOT, imports, names, sources

HOUSE = ROOT / "notifications"


def test_whoever_has_an_address_is_written_to_and_anybody_else_is_called(db):
    assert channel_registry.preferred(UserFactory()) == "email"
    assert channel_registry.preferred(UserFactory(phone_only=True)) == "call"


def test_the_last_channel_reaches_everybody():
    *_others, last = channel_registry.all_channels().values()
    assert last.reaches(User())


def test_calls_are_made_by_a_person_and_all_else_is_sent_by_a_machine():
    assert channel_registry.by_machine() == {"email", "inapp", "push", "sms", "team"}
    assert channel_registry.by_person() == "call"
    assert list(channel_registry.all_channels()) == ["email", "sms", "push", "team", "inapp", "call"]
    assert channel_registry.companions() == {"inapp", "push", "team"}
    assert channel_registry.read_here() == {"inapp"}


def test_a_folder_is_a_channel(courier, db):
    assert channel_folders.names() == ["call", "courier", "email", "inapp", "push", "sms", "team"]
    assert list(channel_registry.all_channels()) == [
        "courier",
        "email",
        "sms",
        "push",
        "team",
        "inapp",
        "call",
    ]
    assert channel_registry.by_machine() == {"courier", "email", "inapp", "push", "sms", "team"}
    assert channel_registry.preferred(UserFactory(email="agent@mairie.exemple.fr")) == "courier"
    assert channel_registry.preferred(UserFactory()) == "email"


def test_each_channel_has_a_name_that_fits_a_label_and_a_place_of_its_own(courier):
    found = channel_registry.all_channels()
    longest = Message._meta.get_field("channel").max_length
    assert [name for name in found if len(name) > longest] == []
    assert all(str(channel.label) for channel in found.values())
    assert len({channel.preference for channel in found.values()}) == len(found)


def test_each_transport_keeps_to_the_interface(courier):
    for name in channel_registry.by_machine():
        transport = transport_of(name)
        assert all(hasattr(transport, method) for method in ("__enter__", "__exit__", "send")), name


def test_screens_can_name_a_channel_even_when_it_is_no_more():
    assert [channel_registry.label(name) for name in ("call", "pigeon")] == ["par téléphone", "pigeon"]


# --- Nobody looks into a folder ------------------------------------------------------------------------


def test_only_a_folder_imports_what_is_in_it():
    wrong = []
    for path in sources():
        if (HOUSE.parent / "demo") in path.parents:
            continue  # it plays what people do, by whatever channel
        for module in imports(path):
            found = re.match(r"notifications\.channels\.(\w+)", module)
            inside = (
                found
                and found[1] in channel_folders.names()
                and HOUSE / "channels" / found[1] in path.parents
            )
            if found and found[1] in channel_folders.names() and not inside:
                wrong.append(f"{names(path)}: {module}")
    assert not wrong


OUTBOX = sorted([*HOUSE.glob("*.py"), *(HOUSE / "channels").glob("*.py")])


@pytest.mark.parametrize("path", OUTBOX, ids=names)
def test_the_outbox_knows_no_channel_by_name(path: Path):
    texts = {
        node.value for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Constant)
    }
    assert not texts & set(channel_folders.names())
