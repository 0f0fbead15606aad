"""A match has its need and its offer, though no foreign key asks row by row."""

from functools import partial

import pytest
from django.db import IntegrityError, connection, transaction

from catalogue.constraints import violated
from matching.models import Match
from needs.models import Need
from offers.models import Offer
from tests.factories.matching import due_need, due_offer, suggested_match

pytestmark = pytest.mark.django_db(transaction=True)


def copy_of(match, **ends):
    """A second row like this match, with other ends, written by somebody who asks nobody."""
    fields = [field.column for field in Match._meta.local_concrete_fields if field.column != "id"]
    values = [str(ends.get(column, column)) for column in fields]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO matching_match ({', '.join(fields)}) SELECT {', '.join(values)}"
            " FROM matching_match WHERE id = %s",
            [match.pk],
        )


def delete(model, pk):
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {model._meta.db_table} WHERE id = %s", [pk])


@pytest.fixture
def match(city):
    return suggested_match(city=city)


@pytest.mark.parametrize("end", ["need", "offer"])
def test_neither_is_invented(match, end):
    with pytest.raises(IntegrityError) as failure, transaction.atomic():
        copy_of(match, **{f"{end}_id": -1})
    assert violated(failure.value) == f"match_{end}_exists"


@pytest.mark.parametrize("end", ["need", "offer"])
def test_neither_changes(match, city, end):
    other = {"need": due_need, "offer": due_offer}[end](city=city)
    with pytest.raises(IntegrityError) as failure, transaction.atomic():
        Match.objects.filter(pk=match.pk).update(**{end: other})
    assert violated(failure.value) == "match_keeps_its_ends"
    assert Match.objects.filter(pk=match.pk).update(need=match.need_id, offer=match.offer_id) == 1


@pytest.mark.parametrize(("end", "model"), [("need", Need), ("offer", Offer)])
def test_neither_is_deleted(match, end, model):
    match.need.scan.delete()
    match.offer.windows.all().delete()
    with pytest.raises(IntegrityError) as failure:
        delete(model, getattr(match, f"{end}_id"))
    assert violated(failure.value) == f"match_{end}_exists"


def test_what_no_match_names_can_be_deleted(match, city):
    need = due_need(city=city)
    delete(Need, need.pk)
    assert not Need.objects.filter(pk=need.pk).exists()


def test_the_keys_stay_declared(match):
    with connection.cursor() as cursor:
        with pytest.raises(Exception, match="foreign key"), transaction.atomic():
            cursor.execute("TRUNCATE offers_offer")
        cursor.execute("TRUNCATE offers_offer, matching_scan CASCADE")
    assert not Match.objects.exists()


@pytest.mark.parametrize("first", ["write", "delete"])
def test_who_deletes_waits_for_who_writes_and_the_other_way_round(match, city, meanwhile, first):
    """One of the two gives way, whoever comes first: never a match whose need is gone."""
    need = due_need(city=city)
    acts = {"write": partial(copy_of, match, need_id=need.pk), "delete": partial(delete, Need, need.pk)}
    before = acts.pop(first)
    (after,) = acts.values()
    with transaction.atomic():
        before()
        answer = meanwhile(after)
    assert isinstance(answer(), IntegrityError)
    assert Match.objects.filter(need=need.pk).exists() == (first == "write")
    assert Need.objects.filter(pk=need.pk).exists() == (first == "write")
