"""What is taken home: all rows, of one moment, as data and never as a formula; and it is kept who took them."""

import csv
import io
import tracemalloc
from datetime import UTC, datetime

import openpyxl
import pytest
from django.core.exceptions import PermissionDenied

from accounts.models import ContactReading, Organisation, Role
from catalogue.spreadsheets.writing import FORMATS, write_csv, write_xlsx
from insight import exports
from insight.exports import COLUMNS, What, export
from matching import services as matching
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory
from tests.factories.matching import NOW, story
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory

PATH = "/strasbourg/chiffres/equipe/exporter/"


def csv_rows(file):
    return list(csv.reader(io.StringIO(file.read().decode("utf-8-sig")), delimiter=";"))


def xlsx_rows(file):
    return [list(row) for row in openpyxl.load_workbook(file).active.iter_rows(values_only=True)]


def taken(city, by, what, form="csv"):
    with export(city=city, what=what, form=form, by=by, now=NOW) as file:
        return csv_rows(file) if form == "csv" else xlsx_rows(file)


class TestTheRows:
    def test_are_those_of_the_town(self, city, coordinator, illkirch):
        ours = OfferFactory(city=city, goods=True, commune=illkirch, created_at=NOW)
        OfferFactory()
        header, row = taken(city, coordinator, What.OFFERS)
        assert len(header) == len(COLUMNS[What.OFFERS])
        said = dict(zip(header, row, strict=True))
        assert said["Référence"] == ours.reference
        assert (said["Objet"], said["Commune"], said["État"]) == (
            "couette",
            "Illkirch-Graffenstaden",
            "active",
        )
        assert said["Enregistré le"] == "2026-03-09 12:00:00", "by the town's clocks"

    def test_hold_no_contact_and_nothing_that_was_typed(self, city, coordinator, citizen):
        OfferFactory(city=city, owner=citizen, title="Chez Léa", text="Sonnez deux fois")
        NeedFactory(city=city, for_person=citizen, title="Pour Léa", text="Discret", case_reference="DOS-1")
        everything = str([taken(city, coordinator, what) for what in What])
        for hidden in ("Léa", "Sonnez", "Discret", "DOS-1", "612345678", "exemple.fr", "rue des Invités"):
            assert hidden not in everything

    def test_of_matches_are_those_that_somebody_was_asked_about(self, city, coordinator):
        story(city=city, kind="goods")
        one = story(city=city)
        matching.propose(match_id=one.match.pk, by=one.coordinator, now=NOW)
        (row,) = taken(city, coordinator, What.MATCHES)[1:]
        assert row[:2] == [one.match.need.reference, one.match.offer.reference]

    @pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+33 6", "-1", "@SUM(A1)", "\tx"])
    def test_are_never_a_formula(self, city, coordinator, name):
        need = NeedFactory(city=city)
        Organisation.objects.filter(pk=need.organisation_id).update(name=name)
        for form in FORMATS:
            assert taken(city, coordinator, What.NEEDS, form)[1][-1] == f"'{name}"

    def test_are_numbers_and_days_in_a_workbook(self, city, coordinator):
        NeedFactory(city=city, created_at=NOW)
        header, row = taken(city, coordinator, What.NEEDS, "xlsx")
        said = dict(zip(header, row, strict=True))
        assert said["Personnes"] == 3
        assert said["Enregistré le"] == datetime(2026, 3, 9, 12)  # noqa: DTZ001 (a spreadsheet knows no zone)

    @pytest.mark.django_db(transaction=True)
    def test_are_of_the_moment_at_which_it_began(self, city, coordinator, monkeypatch, at_once):
        """Another connection commits changes of every row once the first ones have been read."""
        monkeypatch.setattr(exports, "CHUNK", 2)
        OfferFactory.create_batch(9, city=city)
        columns = COLUMNS[What.OFFERS]
        with exports.transaction.atomic():
            rows = exports._rows(exports._of(coordinator, city, What.OFFERS), columns, city)
            first = next(rows)
            at_once(lambda: (Offer.objects.update(state="paused"), OfferFactory(city=city)))
            found = [first, *rows]
        assert len(found) == 9
        assert {row[5] for row in found} == {"active"}


class TestWhoTookThem:
    def test_is_kept_with_how_many(self, city, coordinator):
        OfferFactory.create_batch(3, city=city)
        taken(city, coordinator, What.OFFERS, "xlsx")
        reading = ContactReading.objects.get()
        assert (reading.reader, reading.subject, reading.reason) == (coordinator, None, "export")
        assert (reading.reference, reading.read_at) == ("strasbourg offers.xlsx 3", NOW)

    @pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMINISTRATOR])
    def test_is_nobody_but_a_coordinator(self, city, role):
        with pytest.raises(PermissionDenied):
            export(
                city=city,
                what=What.OFFERS,
                form="csv",
                by=CityRoleFactory(city=city, role=role).user,
                now=NOW,
            )
        assert not ContactReading.objects.exists()

    def test_takes_them_with_a_button(self, client, city, coordinator):
        NeedFactory(city=city)
        client.force_login(coordinator)
        answer = client.post(PATH, {"what": "needs", "form": "xlsx"})
        assert "attachment" in answer["Content-Disposition"]
        assert len(xlsx_rows(io.BytesIO(b"".join(answer.streaming_content)))) == 2
        assert client.get(PATH).status_code == 405
        for wrong in ({}, {"what": "people", "form": "csv"}, {"what": "needs", "form": "pdf"}):
            assert client.post(PATH, wrong).status_code == 400
        assert ContactReading.objects.count() == 1


@pytest.mark.parametrize("write", [write_csv, write_xlsx])
def test_memory_does_not_grow_with_the_rows(write, tmp_path):
    row = ["P-4KQ7-3MXN", "couette", 2, datetime(2026, 3, 9, tzinfo=UTC).replace(tzinfo=None), "Strasbourg"]
    peaks = []
    for number in (500, 5_000):
        with (tmp_path / "rows").open("wb") as file:
            tracemalloc.start()
            assert write(file, ["a"] * len(row), (row for _n in range(number))) == number
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < peaks[0] + 500_000
