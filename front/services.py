"""Writing a town's home: its words a language at a time, and its picture. Each change is a row."""

from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from accounts.access import ADMINISTRATION, has_role, require
from accounts.models import User
from catalogue.changes import given, save_changed, values
from cities.models import City
from front.models import HomePicture, HomePictureEdit, HomeWords, HomeWordsEdit
from front.pictures import Picture
from front.words import FIELDS

State = HomePicture.State


def as_lines(text: str) -> str:
    """As it is stored: browsers end lines with two signs."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip().split("\n")
    return "\n".join(line.rstrip() for line in lines)


@transaction.atomic
def say(*, city: City, language: str, texts: Mapping[str, str], by: User, now: datetime) -> HomeWords:
    """Say these on the home in this language from now on; an empty one is the built-in again.

    Raises ValidationError by field.
    """
    require(has_role(by, city, ADMINISTRATION) and set(texts) <= set(FIELDS))
    if language not in dict(settings.LANGUAGES):
        raise ValueError("A home is written in a language of the product.")
    HomeWords.objects.get_or_create(city=city, language=language)
    words = HomeWords.objects.select_for_update(no_key=True).get(city=city, language=language)
    before = values(words)
    for name, text in texts.items():
        setattr(words, name, as_lines(text))
    words.full_clean()
    save_changed(words, before, edit=HomeWordsEdit(words=words, by=by, at=now))
    return words


@transaction.atomic
def add_picture(
    *, city: City, picture: Picture, descriptions: Mapping[str, str], by: User, now: datetime
) -> HomePicture:
    """Keep a picture that nobody sees yet, in place of another that waits. Raises ValidationError by field."""
    _locked(city, by)
    for waiting in HomePicture.objects.filter(city=city, state=State.WAITING):
        _drop(waiting, by=by, now=now)
    row = HomePicture(
        city=city,
        descriptions=_written(descriptions),
        small=picture.small,
        preview=picture.preview,
        width=picture.width,
        height=picture.height,
        digest=picture.digest,
        added_at=now,
    )
    row.full_clean(exclude=["small", "preview"])
    row.save(force_insert=True)
    begun = given(["state", "descriptions"], row)
    HomePictureEdit.objects.create(picture=row, what=begun, by=by, at=now)
    return row


@transaction.atomic
def show_picture(*, city: City, by: User, now: datetime) -> HomePicture:
    """Let everybody see the one that waits, in place of the one that they saw. Raises ValidationError if none waits."""
    _locked(city, by)
    rows = {row.state: row for row in HomePicture.objects.filter(city=city).exclude(state=State.GONE)}
    if State.WAITING not in rows:
        raise ValidationError("No picture waits.", code="none_waits")
    if State.SHOWN in rows:
        _drop(rows[State.SHOWN], by=by, now=now)
    row = rows[State.WAITING]
    before = values(row)
    row.state = State.SHOWN
    save_changed(row, before, edit=HomePictureEdit(picture=row, by=by, at=now))
    return row


@transaction.atomic
def describe_picture(
    *, city: City, state: str, descriptions: Mapping[str, str], by: User, now: datetime
) -> None:
    """Describe the picture that is shown, or the one that waits, anew. Raises ValidationError by field, and
    DoesNotExist where it was taken down.
    """
    _locked(city, by)
    row = HomePicture.objects.defer("small", "preview").get(city=city, state=state)
    before = {"descriptions": row.descriptions}
    row.descriptions = _written(descriptions)
    row.full_clean(exclude=["small", "preview"])
    save_changed(row, before, edit=HomePictureEdit(picture=row, by=by, at=now))


@transaction.atomic
def take_down_picture(*, city: City, state: str, by: User, now: datetime) -> None:
    """Show no picture any more, or forget the one that waits; its bytes are erased. Once or twice is the same."""
    _locked(city, by)
    for row in HomePicture.objects.filter(city=city, state=state):
        _drop(row, by=by, now=now)


def _locked(city: City, by: User) -> None:
    """One change of a town's picture at a time."""
    require(has_role(by, city, ADMINISTRATION))
    City.objects.select_for_update(no_key=True).get(pk=city.pk)


def _written(descriptions: Mapping[str, str]) -> dict[str, str]:
    """In the order of the product's languages, without those that are empty."""
    texts = {code: " ".join(descriptions.get(code, "").split()) for code, _name in settings.LANGUAGES}
    if not texts[settings.LANGUAGE_CODE]:
        raise ValidationError(
            {settings.LANGUAGE_CODE: ValidationError("Described in French.", code="required")}
        )
    return {code: text for code, text in texts.items() if text}


def _drop(row: HomePicture, *, by: User, now: datetime) -> None:
    before = {"state": row.state}
    row.state, row.small, row.preview = State.GONE, b"", b""
    save_changed(row, before, edit=HomePictureEdit(picture=row, by=by, at=now), also=("small", "preview"))
