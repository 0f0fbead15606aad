"""No field is forgotten when data are erased, and none ever asks what must not be recorded."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django import forms
from django.apps import apps
from django.db import models

from privacy.register import REGISTER, Marks

ROOT = Path(__file__).resolve().parent.parent

# Parts of names that would ask for nationality, origin, religion, papers or procedure, diagnosis, surname.
FORBIDDEN = re.compile(
    r"(?:^|_)("
    r"nationalit\w*|nation|citizenship|country|countries|origins?|ethnic\w*|race|birth\w*|born|"
    r"religions?|religious|faith|church|"
    r"papers?|passports?|visas?|asylum|refugee|migra\w+|immigra\w*|residence_permit|permit|legal_status|"
    r"procedures?|deportation|"
    r"diagnos\w+|disease\w*|illness\w*|medical|health|handicap|disabilit\w+|pregnan\w+|"
    r"surnames?|last_name|family_name|maiden_name"
    r")(?:_|$)"
)


def ours(model: type[models.Model]) -> bool:
    # An environment may stand inside the checkout.
    return "site-packages" not in Path(apps.get_app_config(model._meta.app_label).path).parts


def stored_fields(model: type[models.Model]) -> list[str]:
    """The fields with a column or a table of their own; a number given by the database says nothing."""
    fields = [*model._meta.local_concrete_fields, *model._meta.local_many_to_many]
    return [field.name for field in fields if not isinstance(field, models.AutoField)]


def marked(marks: Marks) -> list[str]:
    return [*marks.keep.split(), *marks.anonymise.split(), *marks.delete.split()]


MODELS = {model._meta.label: model for model in apps.get_models(include_auto_created=True)}
MODELS = {label: model for label, model in MODELS.items() if not model._meta.proxy}


def test_every_model_is_in_the_register() -> None:
    assert sorted(REGISTER) == sorted(MODELS)


@pytest.mark.parametrize("label", sorted(label for label, model in MODELS.items() if ours(model)))
def test_every_field_is_marked_once(label: str) -> None:
    names = marked(REGISTER.get(label, Marks()))
    fields = stored_fields(MODELS[label])
    assert not set(fields) - set(names), "mark them keep, anonymise or delete in privacy/register.py"
    assert not set(names) - set(fields), "these fields exist no more"
    assert not [name for name, times in Counter(names).items() if times > 1], "one mark is enough"


def test_only_tables_of_others_are_marked_as_a_whole() -> None:
    assert not [label for label, marks in REGISTER.items() if ours(MODELS[label]) and "*" in marked(marks)]


def test_rows_go_as_a_whole() -> None:
    for label, marks in REGISTER.items():
        if marks.delete:
            assert not marks.keep, label
            assert not marks.anonymise, label


def test_what_tells_of_a_person_is_never_kept() -> None:
    """Free text, addresses, numbers and points; the town's own and what is a code are named here."""
    codes = {
        "act", "algorithm", "answer", "answers_need", "authority", "channel", "condition", "department_code",
        "dwelling_state",
        "became", "ended", "error", "event", "fingerprint", "form", "from_state", "hand_over", "how", "item", "kind",
        "language", "category", "purpose", "reference", "rent_payer", "rhythm", "rna", "role", "rule", "said", "side",
        "siret",
        "size", "source", "state", "subject", "subject_key", "to_state", "urgency", "why", "wording", "wording_version",
            "extract", "refusal", "stage", "wish", "outcome", "table", "end", "reported_as", "what",
            "waits_for", "step", "proof", "way",
    }  # fmt: skip
    public = {
        "wording.Wording": {"name", "title", "body"},
        "accounts.Organisation": {"name", "about"},
        "lists.Sender": {"key"},  # under which a list's numbers count, as a command is given it
        "lists.ListImport": {"digest", "columns"},  # of the file; the names of our own columns
        "matching.Decision": {"reason"},
        "inbox.MailReply": {"digest"},  # of a mail's own number, by which it is taken once
        "insight.OwnIndicator": {"name", "about"},
        "whatif.Question": {"cpu_seconds"},  # what the answer cost this machine
        "front.HomeWords": {
            "title",
            "lead",
            "offer_label",
            "need_label",
            "call_note",
            "needs_title",
            "needs_none",
            "figures_title",
            "about_title",
            "about",
            "associations_title",
            "language",
        },
        "front.HomePicture": {"digest"},
        # What a service gives everybody of itself, as its list has it.
        "directory.Service": {
            "run_by",
            "name",
            "about",
            "hours_note",
            "address",
            "how_to_come",
            "phone",
            "email",
            "site",
            "fees",
            "source",
            "source_id",
            "source_structure",
            "listed",
        },
        "matching.WeightsChange": {"opinion"},  # the number of a council's opinion
        # What a town publishes, with what the council said of it.
        "shelters.Shelter": {"name"},  # of a gymnasium, which is no person
        "voice.RemarkGroup": {"titles", "answers"},
        "voice.Proposal": {"titles", "texts", "verdict", "opinion_texts", "answers", "drop_texts"},
        "statements.Recording": {"question", "media_type", "content"},  # the town's questions, read aloud
    }
    for label, model in MODELS.items():
        if not ours(model) or label.startswith("cities."):
            continue
        kept = set(REGISTER[label].keep.split()) - codes - public.get(label, set())
        telling = (models.CharField, models.TextField, models.FloatField)
        figures = {
            "reach_km", "score", "distance_km", "objective", "bound", "first_come", "greedy", "people",
            "people_first_come", "value",
        }  # fmt: skip
        suspicious = {
            field.name
            for field in model._meta.local_concrete_fields
            if isinstance(field, telling) and field.name in kept - figures
        }
        assert not suspicious, label


# --- Never recorded ------------------------------------------------------------------------------------


def form_classes(base: type[forms.BaseForm] = forms.BaseForm) -> Iterator[type[forms.BaseForm]]:
    for form in base.__subclasses__():
        yield form
        yield from form_classes(form)


def test_no_field_asks_what_must_not_be_recorded() -> None:
    """Neither in a table, nor in a form."""
    for app in {model._meta.app_label for model in MODELS.values() if ours(model)}:
        config = apps.get_app_config(app)
        for module in ("forms", "wizard"):
            if (Path(config.path) / f"{module}.py").exists():
                __import__(f"{config.name}.{module}")
    names = [
        f"{label}.{field.name}"
        for label, model in MODELS.items()
        if ours(model)
        for field in model._meta.fields
    ]
    names += [
        f"{form.__module__}.{form.__name__}.{name}"
        for form in form_classes()
        if (ROOT / form.__module__.split(".")[0]).is_dir()
        for name in getattr(form, "base_fields", {})
    ]
    assert len(names) > 250
    assert not [name for name in names if FORBIDDEN.search(name.rsplit(".", 1)[1])]


@pytest.mark.parametrize(
    "name",
    ["nationality", "country_of_origin", "religion", "has_papers", "asylum_procedure", "diagnosis",
     "beneficiary_surname", "last_name", "birth_country", "health_notes", "residence_permit", "is_refugee"],
)  # fmt: skip
def test_the_pattern_catches(name: str) -> None:
    assert FORBIDDEN.search(name)


@pytest.mark.parametrize(
    "name", ["destination", "reference", "last_day", "pets", "permission", "text", "rna"]
)
def test_the_pattern_lets_through(name: str) -> None:
    assert not FORBIDDEN.search(name)
