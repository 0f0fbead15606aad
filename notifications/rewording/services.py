"""Writing a town's own words: what does not hold is refused, with the line, and every change is a row."""

from datetime import datetime
from typing import Any

from django.db import transaction

from accounts.access import ADMINISTRATION, has_role, require
from accounts.models import User
from catalogue.changes import save_changed, values
from cities.models import City
from notifications.rewording import refusals
from notifications.wording.checking import one_line
from notifications.wording.models import Form, Wording, WordingEdit
from notifications.wording.texts import BuiltIn


@transaction.atomic
def rewrite(
    *,
    city: City,
    built_in: BuiltIn,
    form: Form,
    language: str,
    title: str,
    body: str,
    by: User,
    now: datetime,
) -> Wording:
    """Say it in these words from now on. Raises ValidationError with what speaks against them, by field.

    What is queued already keeps its words.
    """
    require(has_role(by, city, ADMINISTRATION))
    title = one_line(title) if form == Form.LETTER else ""
    body = as_lines(body)
    refusals.refuse_wrong(city, built_in, form=form, language=language, title=title, body=body, by=by)
    return _keep(city, built_in.name, form, language, title=title, body=body, by=by, now=now)


@transaction.atomic
def restore(*, city: City, name: str, form: Form, language: str, by: User, now: datetime) -> Wording:
    """Say it in the built-in words again; what the town had written stays in the history."""
    require(has_role(by, city, ADMINISTRATION))
    return _keep(city, name, form, language, title="", body="", by=by, now=now)


def as_lines(text: str) -> str:
    """As it is stored: browsers end lines with two signs."""
    return "\n".join(
        line.rstrip() for line in text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
    )


def _keep(
    city: City, name: str, form: Form, language: str, *, title: str, body: str, by: User, now: datetime
) -> Wording:
    key: dict[str, Any] = {"city": city, "name": name, "form": form, "language": language}
    Wording.objects.get_or_create(**key)
    wording = Wording.objects.select_for_update(no_key=True, of=("self",)).get(**key)
    before = values(wording)
    wording.title, wording.body = title, body
    save_changed(wording, before, edit=WordingEdit(wording=wording, by=by, at=now))
    return wording
