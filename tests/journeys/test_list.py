"""An association's old list of 300 rows with 40 oddities comes in: not one row is lost."""

import csv
import io
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from lists import working
from lists.models import Fate, ListImport, Step
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory
from tests.journeys import town as towns

pytestmark = pytest.mark.django_db

HEADER = [
    "N°",
    "Prénom",
    "Forme du logement",
    "INSEE",
    "Courriel",
    "Places",
    "Disponibilités",
    "Qui accueillez-vous",
]
ROWS = 300
# Of every seventh row: in which column, and what somebody has typed there.
ODD = (
    ("N°", "{n}.0"), ("N°", "00{n}"), ("N°", " {n} "), ("N°", "n° {n}"), ("N°", "'{n}"),
    ("Prénom", " Ana\u00a0"), ("Prénom", "=Ana"), ("Prénom", "O’Néa"), ("Prénom", ""), ("Prénom", "-"),
    ("Forme du logement", "chambre chez l'habitant"), ("Forme du logement", "CHAMBRE CHEZ L’HABITANT"),
    ("Forme du logement", "shared_room"), ("Forme du logement", "canapé du salon"), ("Forme du logement", ""),
    ("INSEE", "67482.0"), ("INSEE", " 67482"), ("INSEE", "99999"), ("INSEE", ""), ("INSEE", "67 482"),
    ("Courriel", "P{n}@Exemple.FR"), ("Courriel", " p{n}@exemple.fr "), ("Courriel", "p{n} chez exemple"),
    ("Courriel", "aucun"), ("Courriel", ""),
    ("Places", "2 places"), ("Places", "2.0"), ("Places", "0"), ("Places", "beaucoup"), ("Places", ""),
    ("Disponibilités", "{year}-03-01 .. {year}-04-01"), ("Disponibilités", "bientôt"), ("Disponibilités", ""),
    ("Disponibilités", "2019-01-01..2019-02-01"), ("Disponibilités", "{year}-13-01.."),
    ("Qui accueillez-vous", "ttes"), ("Qui accueillez-vous", "ttes"), ("Qui accueillez-vous", "TTES"),
    ("Qui accueillez-vous", "-"), ("Qui accueillez-vous", "femmes"),
)  # fmt: skip


def row(n: int) -> dict[str, str]:
    days = f"{timezone.localdate().year + 1}-03-01.."
    cells = [str(n), f"Prénom {n}", "Chambre chez l’habitant", "67482", f"p{n}@exemple.fr", "2", days, ""]
    return dict(zip(HEADER, cells, strict=True))


def written(rows: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER, delimiter=";", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


@pytest.fixture
def take(client: Client, gazetteer: None) -> Callable[[bytes], ListImport]:
    """Send a list, choose its columns as the page guesses them, and try it."""
    city = towns.strasbourg()
    client.force_login(CityRoleFactory(city=city).user, backend="accounts.backends.Backend")

    def taken(content: bytes) -> ListImport:
        data = {"what": "offers", "name": "Vieille liste", "file": SimpleUploadedFile("liste.csv", content)}
        response = client.post(reverse("lists:lists", args=[city.slug]), data)
        assert response.status_code == 302
        form = client.get(response["Location"]).context["form"]
        names = {"N°": "id", "Prénom": "contact_name", "Forme du logement": "category", "INSEE": "commune"}
        names |= {"Courriel": "contact_email", "Places": "capacity", "Disponibilités": "available"}
        names |= {"Qui accueillez-vous": "accepts"}
        chosen = {name: names.get(str(form[name].label), "") for name in form.columns}
        assert client.post(response["Location"], chosen | {"fixed-kind": "housing"}).status_code == 302
        return work()

    return taken


def work() -> ListImport:
    while working.work_on_one(now=timezone.now(), until=time.monotonic() + 60):
        pass
    return ListImport.objects.latest("pk")


def press(client: Client, name: str, one: ListImport, *args: str, **data: Any) -> Any:
    return client.post(reverse(f"lists:{name}", args=[one.city.slug, one.pk, *args]), data)


def test_not_one_row_is_lost(client: Client, take: Callable[[bytes], ListImport]) -> None:
    rows = [row(n) for n in range(1, ROWS + 1)]
    year = timezone.localdate().year + 1
    for at, (name, text) in enumerate(ODD):
        rows[at * 7][name] = text.format(n=at * 7 + 1, year=year)
    one = take(written(rows))
    assert one.step == Step.READY
    assert (one.read, Offer.objects.count()) == (ROWS, 0)

    # One question for what three rows say; the answer counts for all of them.
    page = client.get(reverse("lists:one", args=[one.city.slug, one.pk]))
    asked = {question.text.lower(): question for question in page.context["answers"].questions}
    assert asked["ttes"].lines == 3
    press(client, "words", one, **{asked["ttes"].name: ["women", "families"]})
    press(client, "start", work())
    one = work()
    assert one.step == Step.DONE
    assert one.new + one.bad == ROWS
    assert Offer.objects.count() == one.new >= ROWS - len(ODD)
    assert Offer.objects.filter(accepts=["women", "families"]).count() == 3

    # What is left comes out in a spreadsheet, is mended, and comes in.
    report = b"".join(press(client, "to_mend", one, "csv").streaming_content).decode("utf-8-sig")
    to_mend = list(csv.DictReader(io.StringIO(report), delimiter=";"))
    assert len(to_mend) == one.bad == one.all_lines.filter(fate=Fate.BAD).count()
    assert all(line["À corriger"] for line in to_mend)
    mended = take(written([row(int(line["N°"].strip("' n°").removesuffix(".0"))) for line in to_mend]))
    assert (mended.new, mended.bad) == (one.bad, 0)
    press(client, "start", mended)
    work()
    assert Offer.objects.count() == ROWS

    # And the whole list once more is nothing new.
    again = take(written([row(n) for n in range(1, ROWS + 1)]))
    assert (again.new, again.bad) == (0, 0)
