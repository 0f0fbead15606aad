"""No table is forgotten when it is asked whose its rows are."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import models

from accounts.models import User
from notifications.models import Message
from privacy import rows
from privacy.register import REGISTER
from privacy.rows import ROWS, SPOKEN_OF, As, Of
from tests.factories.accounts import UserFactory
from tests.factories.matching import suggested_match
from tests.factories.notifications import MessageFactory

ROOT = Path(__file__).resolve().parent.parent.parent
PATHS = [
    (label, role, path)
    for label, whose in ROWS.items()
    if isinstance(whose, Of)
    for role in As
    for path in getattr(whose, role).split()
]


def leads_to(label: str, path: str) -> type[models.Model] | None:
    """The model that a path of keys ends at; None at a plain number."""
    model = apps.get_model(label)
    for step in path.split("__"):
        field = model._meta.pk if step == "pk" else model._meta.get_field(step)
        if field.related_model is None:
            return model if field.primary_key else None
        model = field.related_model
    return model


def test_every_model_of_the_register_says_whose_its_rows_are() -> None:
    assert sorted(ROWS) == sorted(REGISTER)


@pytest.mark.parametrize(("label", "role", "path"), PATHS)
def test_every_path_leads_to_a_person(label: str, role: As, path: str) -> None:
    end = leads_to(label, path)
    # The notes of the database have numbers, so that they outlive what they speak of.
    assert end is User or (label == "town.AuditRow" and end is None)


def test_every_key_to_a_person_is_a_path() -> None:
    """A row that names somebody says as what: a new key to a person is not forgotten."""
    forgotten = []
    for label, whose in ROWS.items():
        for field in apps.get_model(label)._meta.local_concrete_fields:
            if field.related_model is not User or field.primary_key:
                continue
            paths = "" if isinstance(whose, str) else f"{whose.subject} {whose.author} {whose.reader}"
            if field.name not in paths.split() and (label, field.name) != ("accounts.User", "merged_into"):
                forgotten.append(f"{label}.{field.name}")
    assert not forgotten


def test_what_is_of_nobody_says_why() -> None:
    assert all(len(whose) > 10 for whose in ROWS.values() if isinstance(whose, str))


def test_every_word_of_a_message_is_known() -> None:
    """Of a word that nobody knows here, what was said would stay."""
    said = re.compile(r'subject_key=f?"([a-z_]+):|key = f"([a-z_]+):\{')
    used = {
        word
        for app in {label.split(".")[0] for label in ROWS}
        for path in (ROOT / apps.get_app_config(app).name.split(".")[0]).rglob("*.py")
        if ROOT in path.parents and (ROOT / "privacy") not in path.parents
        for found in said.findall(path.read_text("utf-8"))
        for word in found
        if word
    }
    assert len(used) > 15
    assert used - set(SPOKEN_OF) == set()
    assert set(SPOKEN_OF.values()) <= set(ROWS)


def test_what_is_said_to_others_of_a_match_is_of_both_sides(db: None) -> None:
    match = suggested_match()
    told = MessageFactory.create(recipient=UserFactory.create(), subject_key=f"match:{match.pk}:confirmed")
    of_another = MessageFactory.create(subject_key=f"match:{match.pk}0")
    mine = rows.of("notifications.Message", match.offer.owner, As.SUBJECT)
    assert told in mine
    assert of_another not in mine
    assert list(rows.of("notifications.Message", told.recipient)) == [told]


def test_what_quotes_an_offer_of_theirs_is_of_them_too(db: None) -> None:
    """To the desk, of another's need: "la proposition « Chambre chez Marie » répond au besoin"."""
    match = suggested_match()
    told = MessageFactory.create(
        recipient=UserFactory.create(),
        city=match.city,
        subject_key="need:1",
        body=f"«Chez Marie» ({match.offer.reference})",
    )
    assert told in rows.of("notifications.Message", match.offer.owner, As.SUBJECT)


def test_who_only_wrote_is_not_whom_a_row_tells_of(db: None) -> None:
    match = suggested_match()
    writer = UserFactory.create()
    match.offer.entered_by = writer
    match.offer.save(update_fields=["entered_by"])
    assert list(rows.of("offers.Offer", writer, As.AUTHOR)) == [match.offer]
    assert not rows.of("offers.Offer", writer, As.SUBJECT)
    assert list(rows.of("offers.Offer", match.offer.owner, As.SUBJECT)) == [match.offer]


def test_of_a_table_of_nobody_there_are_no_rows(db: None) -> None:
    person = UserFactory.create()
    assert not rows.of("cities.Commune", person)
    assert Message not in [apps.get_model(label) for label, _whose in rows.tables(As.READER)]
