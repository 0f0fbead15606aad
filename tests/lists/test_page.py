"""A list by the page: sent, its columns guessed and chosen, tried, imported, mended, taken back."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import ContactReading, Role, User
from agenda.models import Subscription
from catalogue.vocabulary import Source
from cities.models import City
from lists import keeping, services, undoing
from lists.models import Fate, FilePart, Line, ListImport, Sender, Step
from notifications.models import Bounce, Preference
from offers import services as offers
from offers.models import Offer, OfferState
from privacy.models import LegalHold
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.notifications import MessageFactory
from tests.factories.offers import OfferFactory
from tests.imports.conftest import YEAR
from town.models import AuditRow, Invitation

pytestmark = pytest.mark.django_db

ODD = f"""Surnom;Quoi;Ville;Joindre;Tel;Places;Du au;Qui accueillez-vous
Ana;Chambre chez l’habitant;67482;ana@exemple.fr;;2;{YEAR}-03-01..;femmes
Bea;Chambre chez l’habitant;67482;bea@exemple.fr;06 12 34 56 78;3;{YEAR}-03-01..;zzz
Cleo;Chambre chez l’habitant;67482;;06 12 34 56 79;0;{YEAR}-03-01..;zzz
Dan;Chambre chez l’habitant;67218;dan@exemple.fr;;1;{YEAR}-03-01..;
""".encode()
CHOICES = {
    "Surnom": "contact_name",
    "Quoi": "category",
    "Places": "capacity",
    "Du au": "available",
    "Qui accueillez-vous": "accepts",
}
ALL = {"kind": "housing"}


def test_columns_are_guessed_from_their_names_and_from_what_stands_in_them(
    send: Callable[..., ListImport], desk: Client
) -> None:
    one = send(ODD)
    page = desk.get(reverse("lists:columns", args=[one.city.slug, one.pk]))
    guessed = {column["header"]: (column["field"].value(), column["how"]) for column in page.context["shown"]}
    assert guessed["Joindre"] == ("contact_email", "content")
    assert guessed["Quoi"] == ("category", "content")
    assert guessed["Tel"][0] == "contact_phone"
    assert guessed["Du au"] == ("available", "header")
    assert guessed["Surnom"] == ("", "")
    text = page.content.decode()
    assert "devinée d’après son contenu" in text
    assert "ana@exemple.fr" in text


def test_where_somebody_comes_from_and_what_is_refused_are_not_proposed(
    send: Callable[..., ListImport], desk: Client
) -> None:
    rows = "Surnom;Nationalité;Langue refusée;Badge;Chez nous\n" + "Anne;arabe;arabe;1004;arabe\n" * 3
    one = send(rows.encode())
    page = desk.get(reverse("lists:columns", args=[one.city.slug, one.pk]))
    guessed = {column["header"]: column["field"].value() for column in page.context["shown"]}
    assert [guessed[name] for name in ("Nationalité", "Langue refusée", "Badge")] == ["", "", ""]
    assert guessed["Chez nous"] == "languages"


def test_a_list_goes_all_the_way(
    send: Callable[..., ListImport],
    choose: Callable[..., ListImport],
    press: Callable[..., Any],
    work: Callable[[], None],
    desk: Client,
    camille: User,
) -> None:
    one = choose(send(ODD), fixed=ALL, **CHOICES)
    assert (one.step, one.new, one.bad) == (Step.READY, 2, 2)
    assert not Offer.objects.exists()
    page = desk.get(reverse("lists:one", args=[one.city.slug, one.pk]))
    text = page.content.decode()
    assert "Strasbourg" in text
    assert "sera importée" in text
    # Asked once, though two lines say it.
    assert [(q.text, q.lines) for q in page.context["answers"].questions] == [("zzz", 2), ("0", 1)]

    press("words", one, **{"accepts:zzz": ["families", "couples"]})
    work()
    one.refresh_from_db()
    assert (one.step, one.new, one.bad) == (Step.READY, 3, 1)
    press("start", one)
    press("start", one)
    work()
    one.refresh_from_db()
    assert (one.step, one.new, one.bad) == (Step.DONE, 3, 1)
    bea = Offer.objects.get(owner__email="bea@exemple.fr")
    assert (bea.accepts, bea.entered_by) == (["families", "couples"], camille)
    assert Line.objects.get(offer=bea).fate == Fate.NEW

    # What is to be mended comes out in the same columns, and comes in again.
    report = b"".join(press("to_mend", one, "csv").streaming_content)
    header, row = report.decode("utf-8-sig").splitlines()
    assert header.endswith("Qui accueillez-vous;À corriger")
    assert "quantité ou places" in row
    assert ContactReading.objects.filter(reader=camille, reason="export").exists()
    again = send(report.replace(b";0;", b";4;"))
    again = choose(again)
    assert (again.new, again.bad) == (1, 0)
    press("start", again)
    work()
    assert Offer.objects.get(capacity=4).owner.name == "Cleo"

    # The whole list once more: nothing is new, its columns and words are known.
    third = choose(send(ODD))
    assert (third.new, third.known, third.bad) == (0, 3, 1)


def test_an_import_is_taken_back_but_for_what_somebody_touched(
    send: Callable[..., ListImport],
    choose: Callable[..., ListImport],
    press: Callable[..., Any],
    work: Callable[[], None],
    desk: Client,
    camille: User,
) -> None:
    one = choose(send(ODD), fixed=ALL, **CHOICES)
    press("start", one)
    work()
    ana, dan = Offer.objects.order_by("pk")
    offers.change(offer_id=dan.pk, fields={"capacity": 5}, windows=None, by=camille, now=timezone.now())
    press("undo", one)
    work()
    one.refresh_from_db()
    ana.refresh_from_db()
    dan.refresh_from_db()
    assert (one.step, one.kept_on) == (Step.UNDONE, 1)
    assert (ana.state, dan.state) == (OfferState.WITHDRAWN, OfferState.ACTIVE)
    # She was entered by this list, and never came: nothing of her stays. He is still there with what stays.
    assert (ana.owner.anonymised_at is not None, dan.owner.anonymised_at) == (True, None)
    page = desk.get(reverse("lists:one", args=[one.city.slug, one.pk]) + "?restent")
    assert "Changée depuis par quelqu’un" in page.content.decode()
    # What was taken back may come again, what stayed is known.
    third = choose(send(ODD))
    assert (third.new, third.disputed + third.known) == (1, 1)


def test_who_came_or_offers_something_else_stays_when_an_import_is_taken_back(
    send: Callable[..., ListImport],
    choose: Callable[..., ListImport],
    press: Callable[..., Any],
    work: Callable[[], None],
) -> None:
    one = choose(send(ODD), fixed=ALL, **CHOICES)
    press("start", one)
    work()
    ana, dan = Offer.objects.order_by("pk")
    User.objects.filter(pk=ana.owner_id).update(last_login=timezone.now())
    OfferFactory(owner=dan.owner, city=one.city)
    press("undo", one)
    work()
    assert Offer.objects.filter(state=OfferState.WITHDRAWN).count() == 2
    assert not User.objects.filter(anonymised_at__isnull=False).exists()


NOW = timezone.now()
KEPT: dict[str, Callable[[User, City], Any]] = {
    "a proven number": lambda person, city: User.objects.filter(pk=person.pk).update(
        phone="+33612345678", phone_proof="sms", phone_proven_at=NOW
    ),
    "was there before": lambda person, city: User.objects.filter(pk=person.pk).update(
        created_at=NOW - timedelta(seconds=1)
    ),
    "an invitation": lambda person, city: Invitation.objects.create(
        city=city, person=person, roles=[Role.COORDINATOR], invited_by=person, invited_at=NOW,
        expires_at=NOW + timedelta(days=1),
    ),
    "a legal hold": lambda person, city: LegalHold.objects.create(
        city=city, person=person, reason="x", asked_by=UserFactory(), asked_at=NOW
    ),
    "a choice of messages": lambda person, city: Preference.objects.create(person=person),
    "a bounce": lambda person, city: Bounce.objects.create(person=person, channel="email", address="x", at=NOW),
    "a message": lambda person, city: MessageFactory(recipient=person, city=city),
    "its agenda": lambda person, city: Subscription.objects.create(person=person, key="x", created_at=NOW),
}  # fmt: skip


@pytest.mark.parametrize("why", ["", *KEPT])
def test_who_left_anything_else_stays_when_an_import_is_taken_back(why: str, city: City) -> None:
    sender = Sender.objects.create(city=city, what="offers", name="X", key="x", created_at=NOW)
    one = ListImport.objects.create(sender=sender, city=city, name="x", at=NOW, moved_at=NOW)
    person = UserFactory(created_at=NOW)
    offer = OfferFactory(
        owner=person, city=city, source=Source.IMPORT, state=OfferState.WITHDRAWN, created_at=NOW
    )
    Line.objects.create(list=one, number=1, fate=Fate.NEW, offer=offer, taken_back=True)
    if why:
        KEPT[why](person, city)
    assert undoing.forget_people(one=one, by=None, now=NOW) == (not why)
    person.refresh_from_db()
    assert (person.anonymised_at is None) == bool(why)


def test_who_sends_it_is_asked_of_what_it_holds_alone(desk: Client, city: City) -> None:
    page = desk.get(reverse("lists:lists", args=[city.slug])).content.decode()
    assert "(facultatif)" not in page
    file = SimpleUploadedFile("liste.csv", b"id;nom\n1;Ana\n")
    sent = desk.post(reverse("lists:lists", args=[city.slug]), {"what": "offers", "file": file})
    assert set(sent.context["form"].errors) == {"name"}
    sent = desk.post(reverse("lists:lists", args=[city.slug]), {"what": "needs", "file": file})
    assert "organisation" in sent.context["form"].errors
    assert "name" not in sent.context["form"].errors


def test_who_takes_back_what_somebody_else_sent_is_noted_as_who_did_it(
    send: Callable[..., ListImport],
    choose: Callable[..., ListImport],
    press: Callable[..., Any],
    work: Callable[[], None],
    desk: Client,
    camille: User,
) -> None:
    one = choose(send(ODD), fixed=ALL, **CHOICES)
    press("start", one)
    work()
    awa = CityRoleFactory(city=one.city, role=Role.COORDINATOR).user
    desk.force_login(awa, backend="accounts.backends.Backend")
    press("undo", one)
    noted = AuditRow.objects.filter(table="lists_listimport", key=one.pk).order_by("pk")
    assert [noted.first().actor, noted.last().actor] == [camille.pk, awa.pk]


def test_not_after_a_week_and_not_by_somebody_of_another_town(
    send: Callable[..., ListImport],
    choose: Callable[..., ListImport],
    press: Callable[..., Any],
    work: Callable[[], None],
    camille: User,
) -> None:
    one = choose(send(ODD), fixed=ALL, **CHOICES)
    press("start", one)
    work()
    one.refresh_from_db()
    later = timezone.now() + timedelta(days=8)
    assert services.may_undo(one, now=timezone.now())
    assert not services.may_undo(one, now=later)
    assert keeping.empty_old(by=None, now=timezone.now()) == 0
    assert keeping.empty_old(by=None, now=later) == 1
    assert not FilePart.objects.exists()
    assert not Line.objects.exists()
    assert Offer.objects.count() == 2


def test_what_stands_in_the_file_is_sealed(send: Callable[..., ListImport]) -> None:
    from django.db import connection

    send(ODD)
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM lists_filepart")
        (kept,) = (row[0] for row in cursor.fetchall())
    assert kept.startswith("enc1:")


def test_one_imports_and_the_other_is_told(
    send: Callable[..., ListImport],
    choose: Callable[..., ListImport],
    press: Callable[..., Any],
    desk: Client,
) -> None:
    first = choose(send(ODD), fixed=ALL, **CHOICES)
    second = choose(send(ODD))
    press("start", first)
    press("start", second)
    assert ListImport.objects.get(pk=second.pk).step == Step.READY
    page = desk.get(reverse("lists:one", args=[second.city.slug, second.pk])).content.decode()
    assert "Camille importe déjà une liste de cette source" in page


def test_a_column_that_is_missing_and_one_chosen_twice_are_said(
    send: Callable[..., ListImport], press: Callable[..., Any]
) -> None:
    one = send(ODD)
    page = press("columns", one, **{f"column-{at}": "" for at in range(8)})
    assert page.status_code == 422
    assert "Il manque" in page.content.decode()
    page = press("columns", one, **{f"column-{at}": "capacity" for at in range(8)})
    assert "Laissez-en une non lue" in page.content.decode()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "vide"),
        (b"%PDF-1.4 abc", "PDF"),
        (b"a;b;c\n", "aucune ligne"),
    ],
)
def test_a_file_that_is_none_says_so_on_the_form(desk: Client, city: City, content: bytes, says: str) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    data = {"what": "offers", "name": "X", "file": SimpleUploadedFile("l.csv", content)}
    page = desk.post(reverse("lists:lists", args=[city.slug]), data)
    assert page.status_code == 422
    assert says in page.content.decode()
    assert not ListImport.objects.exists()


def test_a_file_that_is_too_large_is_refused_before_it_is_read(
    desk: Client, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    monkeypatch.setattr("lists.views._LONGEST_FORM", 100)
    monkeypatch.setattr("lists.views.lists.takes_files_up_to", 100)
    data = {"what": "offers", "name": "X", "file": SimpleUploadedFile("l.csv", b"x" * 500)}
    page = desk.post(reverse("lists:lists", args=[city.slug]), data)
    assert page.status_code == 422
    assert "trop gros" in page.content.decode()


def test_without_its_token_the_form_is_refused(camille: User, city: City) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(camille, backend="accounts.backends.Backend")
    assert strict.post(reverse("lists:lists", args=[city.slug]), {"what": "offers"}).status_code == 403


def test_needs_of_an_association(
    send: Callable[..., ListImport],
    choose: Callable[..., ListImport],
    press: Callable[..., Any],
    work: Callable[[], None],
    organisation: Any,
) -> None:
    from needs.models import Need

    rows = f"id,kind,commune,first_day,last_day,adult_women\n1,housing,67482,{YEAR}-03-01,{YEAR}-04-01,2\n".encode()
    one = choose(send(rows, what="needs", organisation=organisation.pk))
    assert (one.step, one.new) == (Step.READY, 1)
    press("start", one)
    work()
    assert Need.objects.get().organisation == organisation
    assert Sender.objects.get().organisation == organisation
    press("undo", one)
    work()
    assert Need.objects.get().state == "withdrawn"


def test_columns_that_say_one_thing_together_stay_together(
    send: Callable[..., ListImport], choose: Callable[..., ListImport], press: Callable[..., Any], work: Any
) -> None:
    content = (
        "Type d'hébergement;Commune;Places;Libre à partir du;Nom;Prénom;Mail;Tél fixe;Tél portable;Femmes;Familles;"
        "Séjour (mois)\n"
        "Logement entier;67482;2;01/12/2027;Weber;Anne;a@exemple.fr;03 88 00 00 01;06 12 00 01 01;x;;3\n"
    )
    one = choose(send(content.encode()), **{"Séjour (mois)": "longest_stay_days"})
    press("start", one)
    work()
    offer = Offer.objects.get()
    assert (offer.kind, offer.category, offer.accepts) == ("housing", "whole_dwelling", ["women"])
    assert (offer.owner.name, str(offer.owner.phone)) == ("Anne Weber", "+33612000101")
    assert offer.longest_stay_days == 90


def test_a_length_without_its_unit_is_asked_on_the_page_as_well(
    send: Callable[..., ListImport], choose: Callable[..., ListImport], desk: Client
) -> None:
    header, ana = ODD.decode().splitlines()[:2]
    one = choose(send(f"{header};Durée max\n{ana};6\n".encode()), fixed=ALL, **CHOICES)
    assert (one.step, one.trouble, one.new, one.bad) == (Step.READY, "", 0, 1)
    page = desk.get(reverse("lists:one", args=[one.city.slug, one.pk]))
    assert [(q.column.name, q.text) for q in page.context["answers"].questions] == [
        ("longest_stay_days", "6")
    ]
    assert "(?)" not in page.content.decode()
