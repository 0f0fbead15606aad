"""The record: every table of changes is in it, it is searched, paged by key, and says no value."""

from collections import Counter
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import services as accounts
from accounts.models import ContactReading, PersonEdit
from config import audit
from matching import services as matches
from tests.factories.accounts import CityRoleFactory
from tests.factories.matching import suggested_match
from tests.factories.offers import OfferFactory
from town import presentation, record, services
from town.models import AuditRow
from town.record import Asked

from .conftest import NOW, Place

pytestmark = pytest.mark.django_db
TABLES = {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}


def names(place: Place, **asked) -> list[str]:
    """The tables of the histories in the record, in its order."""
    rows = [row for line in record.page(place.city, Asked(**asked)).lines for row in line.says]
    return [TABLES[row.table].__name__ for row in rows if row.table in record.histories()]


@pytest.fixture
def busy(place: Place):
    """A case of the town, decided, and its citizen's contact looked at; the same in another town."""
    now = timezone.now()
    match = suggested_match(city=place.city, now=now)
    matches.propose(match_id=match.pk, by=place.coordinator, now=now)
    accounts.log_contact_reading(
        subject=match.offer.owner,
        reason="desk",
        reference=match.offer.reference,
        city=place.city,
        by=place.coordinator,
        now=now,
    )
    services.change_settings(
        city=place.city, fields={"name": "Strasbourg !"}, by=place.administrator, now=now
    )
    elsewhere = CityRoleFactory()
    other = suggested_match(city=elsewhere.city, now=now)
    matches.propose(match_id=other.pk, by=elsewhere.user, now=now)
    accounts.log_contact_reading(
        subject=other.offer.owner, reason="desk", city=elsewhere.city, by=elsewhere.user, now=now
    )
    return match


def test_every_table_that_says_who_did_it_says_what_was_meant() -> None:
    says = {label for label, noted in audit.TABLES.items() if isinstance(noted, audit.Noted) and noted.by}
    assert {TABLES[table]._meta.label for table in record.histories()} == says
    assert not [label for label in says if not (audit.TABLES[label].city or audit.TABLES[label].about)]


def test_every_table_that_is_noted_is_of_a_kind_once() -> None:
    noted = {
        apps.get_model(label)._meta.db_table
        for label, how in audit.TABLES.items()
        if isinstance(how, audit.Noted)
    }
    found = Counter(table for kind in record.KINDS for table in record.tables(kind))
    assert {table for table, times in found.items() if times > 1} == {"matching_weightschange"}
    # Of no kind: found by whom they are about, or of nobody and no town.
    assert {TABLES[table]._meta.label for table in noted - set(found)} == {
        "accounts.ApiToken", "accounts.User_groups", "accounts.User_user_permissions", "agenda.Subscription",
        "auth.Group", "auth.Group_permissions", "call.Call", "inbox.MailReply", "insight.OwnIndicator",
        "outreach.Subscription", "outreach.Issue", "outreach.IssueEdit", "appeals.Appeal", "appeals.Appeal_needs",
        "appeals.AppealEdit", "push.Device", "sms.Reply", "sms.Stop", "privacy.Erasure", "privacy.LegalHold",
        "privacy.Notice",
    }  # fmt: skip


def test_a_town_reads_its_own_rows_alone(place: Place, busy) -> None:
    found = names(place)
    assert found.count("Decision") == 1
    assert found.count("ContactReading") == 1
    assert found.count("CityEdit") == 1


def test_who_is_in_two_towns_is_in_each_record_with_what_was_done_for_that_town(place: Place, busy) -> None:
    owner, now = busy.offer.owner, timezone.now()
    elsewhere = CityRoleFactory(city__slug="lyon")
    OfferFactory(city=elsewhere.city, owner=owner)
    accounts.log_contact_reading(
        subject=owner, reason="desk", city=elsewhere.city, by=elsewhere.user, now=now
    )
    accounts.log_contact_reading(
        subject=None,
        reason="export",
        reference="lyon needs.csv 3",
        city=elsewhere.city,
        by=elsewhere.user,
        now=now,
    )
    PersonEdit.objects.create(person=owner, by=elsewhere.user, at=now, what={"name": ["", "Odile"]})
    accounts.update_profile(user=owner, name="Odile T.", language="fr", by=owner, now=now)
    # And those of before, which say no town.
    for reader, subject, reason, reference in (
        (elsewhere.user, owner, "desk", ""),
        (elsewhere.user, None, "export", "lyon needs.csv 3"),
    ):
        ContactReading.objects.create(
            reader=reader, subject=subject, reason=reason, reference=reference, read_at=now
        )
    found = names(place)
    assert found.count("ContactReading") == 1
    assert found.count("PersonEdit") == 1  # their own
    there = names(Place(elsewhere.city, place.administrator, place.coordinator))
    assert there.count("ContactReading") == 4
    assert there.count("PersonEdit") == 2


def test_who_is_looked_up_by_an_address_is_a_reading_once(place: Place, busy, administrator) -> None:
    url, owner = place.address("record"), busy.offer.owner
    stranger = OfferFactory().owner
    before = ContactReading.objects.count()
    for who in (owner.email, owner.email, stranger.email, busy.offer.reference, ""):
        administrator.post(url, {"who": who}, follow=True)
    assert ContactReading.objects.count() == before + 1
    reading = ContactReading.objects.latest("pk")
    assert (reading.subject, reading.reader, reading.city, reading.reason) == (
        owner,
        place.administrator,
        place.city,
        "record-look-up",
    )


def test_it_is_searched_by_person_colleague_reference_and_day(place: Place, busy) -> None:
    owner = busy.offer.owner
    assert set(names(place, person=owner.pk)) >= {"Decision", "ContactReading"}
    assert "CityEdit" not in names(place, person=owner.pk)
    assert names(place, colleague=place.administrator.pk) == ["CityEdit"]
    assert names(place, kind="readings") == ["ContactReading"]
    assert names(place, reference=busy.need.reference).count("Decision") == 1
    tomorrow = timezone.now() + timedelta(days=1)
    assert names(place, since=tomorrow) == []
    assert names(place, until=tomorrow) == names(place)
    assert names(place, person=0) == []


def test_the_page_finds_somebody_by_address_and_says_no_value(place: Place, busy, administrator) -> None:
    url = place.address("record")
    owner = busy.offer.owner
    page = administrator.get(url).content.decode()
    assert "Coordonnées lues" in page
    assert busy.offer.reference in page
    assert "Strasbourg !" not in page.split("<table>")[1]
    assert str(owner) not in page  # of whom nobody asked
    asked = administrator.post(url, {"who": owner.email}).content.decode()
    assert str(owner) in asked
    assert "Coordonnées lues" in asked
    # What the form asks for, the record is asked: a kind, and a reference as somebody types it.
    settings = administrator.get(url, {"kind": "settings"}).content.decode()
    assert busy.need.reference not in settings.split("<table>")[1]
    assert "Rien de tel" in administrator.post(url, {"kind": "settings", "who": owner.email}).content.decode()
    typed = administrator.get(url, {"who": busy.need.reference.lower()}).content.decode()
    assert "Décision sur une mise en relation" in typed
    assert "Rien de tel" in administrator.post(url, {"who": "personne@exemple.fr"}).content.decode()
    assert administrator.get(url, {"first_day": "hier", "avant": "1-2"}).status_code == 200


def test_whom_somebody_looks_for_stands_in_no_address(place: Place, busy, administrator) -> None:
    url, owner = place.address("record"), busy.offer.owner
    assert administrator.post(url, {"who": owner.email}).status_code == 200, (
        "shown without an address of its own"
    )
    before = ContactReading.objects.count()
    assert str(owner) not in administrator.get(url, {"who": owner.email}).content.decode(), "an old address"
    assert ContactReading.objects.count() == before
    answer = administrator.post(url, {"who": busy.need.reference.lower()})
    assert answer.url.endswith(f"?who={busy.need.reference.lower()}"), "a reference names nobody"
    page = administrator.get(answer.url).content.decode()
    assert busy.need.reference in page
    assert "Rien de tel" not in page


def noted(place: Place, n: int, **fields) -> AuditRow:
    """A row as a transaction of its own would leave it."""
    return AuditRow(
        **{
            "at": NOW, "transaction": 1000 + n, "table": "accounts_contactreading", "key": n, "act": "insert",
            "city": place.city.pk, "actor": place.coordinator.pk, "role": "accorde", **fields,
        }
    )  # fmt: skip


def test_paged_by_key_it_shows_each_row_once_whatever_comes_meanwhile(place: Place) -> None:
    first = AuditRow.objects.filter(city=place.city.pk).count()  # the town itself, and its team
    AuditRow.objects.bulk_create(
        # Three of each moment: the key decides between them.
        noted(place, n, at=NOW + timedelta(minutes=n // 3))
        for n in range(2 * record.PER_PAGE + 7)
    )
    seen, after = [], ""
    for number in range(4):
        page = record.page(place.city, Asked(until=NOW + timedelta(days=1)), after=after)
        seen += [(row.at, row.pk) for line in page.lines for row in line.says]
        after = page.older
        if not after:
            break
        AuditRow.objects.bulk_create([noted(place, 500 + number, at=NOW + timedelta(hours=9))])
    assert after == ""
    assert len(seen) == len(set(seen)) == 2 * record.PER_PAGE + 7
    assert seen == sorted(seen, reverse=True)
    assert first


def test_what_one_transaction_wrote_is_one_line_and_says_what_was_meant(place: Place) -> None:
    def beside(n: int, **fields) -> AuditRow:
        return noted(place, n, table="offers_offer", act="update", what={"address": [None, None]}, **fields)

    AuditRow.objects.bulk_create(
        [
            beside(1),
            noted(
                place, 1, table="offers_offeredit", what={"address": [None, None]}, reference="P-4KQ7-3MXN"
            ),
            beside(1, actor=None),
            beside(2, actor=None),  # nobody said what was meant
            beside(3, transaction=None),
            beside(4, transaction=None),
        ]
    )
    lines = record.page(place.city, Asked(until=NOW + timedelta(days=1))).lines
    told = presentation.record_lines(lines, named=[], now=NOW)
    assert [(len(line.says), len(line.folded)) for line in lines] == [(1, 0), (1, 0), (1, 0), (1, 2)]
    assert [line["who"] for line in told[2:]] == ["Le service", "Awa D."]
    assert told[2]["what"] == [{"text": "Proposition\u202f: modification", "details": "Adresse (cachée)"}]
    assert told[3]["what"] == [{"text": "Proposition modifiée", "details": "Adresse (cachée)"}]
    assert told[3]["folded"] == ["Proposition\u202f: modification (Adresse (cachée)) × 2"]
    assert told[3]["references"] == ["P-4KQ7-3MXN"]


def test_what_two_persons_did_in_one_transaction_is_two_lines_and_much_is_several(place: Place) -> None:
    AuditRow.objects.bulk_create(
        [
            *(noted(place, 1, key=n) for n in range(record._READABLE + 1)),
            noted(place, 1, key=99, actor=place.administrator.pk),
        ]
    )
    lines = record.page(place.city, Asked(until=NOW + timedelta(days=1))).lines
    told = presentation.record_lines(lines, named=[], now=NOW)
    assert [(line["who"], len(line["what"])) for line in told] == [
        ("Ruth K.", 1), ("Awa D.", record._READABLE), ("Awa D.", 1),
    ]  # fmt: skip


def test_of_a_transaction_longer_than_a_page_reads_the_rest_comes_on_the_next(place: Place) -> None:
    long = 2 * record._READ + 3
    AuditRow.objects.bulk_create([*(noted(place, 1, key=n) for n in range(long)), noted(place, 2)])
    seen, after = [], ""
    for _page in range(3):
        page = record.page(place.city, Asked(until=NOW + timedelta(days=1)), after=after)
        seen += [row.pk for line in page.lines for row in line.says]
        after = page.older
    assert after == ""
    assert len(seen) == len(set(seen)) == long + 1


def test_it_asks_as_often_for_many_rows_as_for_few(place: Place, administrator, busy) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            administrator.get(place.address("record"))
        return len(queries)

    few = asked()
    for number in range(20):
        person = CityRoleFactory(city=place.city).user
        accounts.log_contact_reading(
            subject=person,
            reason="desk",
            city=place.city,
            by=person,
            now=timezone.now() + timedelta(seconds=number),
        )
    assert asked() == few <= 15
