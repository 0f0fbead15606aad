"""The hosting agreement: filled in, in French and in the guest's language, for the desk alone, once it is confirmed."""

from django.urls import reverse

from accounts.models import ContactReading
from stays.agreement import as_pdf, versions
from tests.factories.accounts import UserFactory
from tests.factories.matching import NOW
from tests.stays.conftest import fresh


def test_it_stands_in_french_and_in_the_guests_language(db, begin):
    it = begin(need={"languages": ["ti", "ar"]}, offer={"languages": ["ar"], "address": "3 rue des Roses"})
    french, arabic = versions(fresh(it), now=NOW)
    assert (french.language, arabic.language, arabic.is_rtl) == ("fr", "ar", True)
    assert "3 rue des Roses" in french.articles[0]
    for party, name in zip(french.parties, (it.citizen.name, it.match.need.organisation.name), strict=False):
        assert name in party.lines[0]
    # By itself, a number reads from left to right in Arabic too.
    assert arabic.parties[0].lines[0] == f"\u2068{it.citizen.name}\u2069"
    assert french.articles[2:] != arabic.articles[2:]
    assert as_pdf(fresh(it), now=NOW).startswith(b"%PDF")


def test_a_language_that_the_product_does_not_speak_leaves_the_french(db, begin):
    it = begin(need={"languages": ["ti"]}, offer={"languages": ["ti"]})
    assert [one.language for one in versions(fresh(it), now=NOW)] == ["fr"]


def test_the_desk_fetches_it_and_the_reading_is_kept(client, db, begin):
    from django.utils import timezone

    it = begin(now=timezone.now())
    url = reverse("stays:agreement", args=[it.city.slug, it.match.pk])
    for person in (it.member, it.citizen, UserFactory()):
        client.force_login(person)
        assert client.get(url).status_code == 404
    assert not ContactReading.objects.exists()
    client.force_login(it.coordinator)
    page = client.get(url)
    assert (page.status_code, page["Content-Type"]) == (200, "application/pdf")
    reading = ContactReading.objects.get()
    assert (reading.reader, reading.subject, reading.reason) == (it.coordinator, it.citizen, "agreement")
