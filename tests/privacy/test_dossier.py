"""One's own data are all there, in words, and nothing that is another's."""

import io
import json
import re
import zipfile
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import models
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise

from accounts import services as accounts
from accounts.models import ContactReading, DataCopy, Membership, Scope, User
from desk.models import Note
from followups.models import CheckIn, Incident, Side
from matching import services as matching
from matching.models import Decision, Match
from notifications.channels.sms.models import Reply
from notifications.models import Message
from offers.models import Offer
from privacy import copying, dossier
from privacy.rows import ROWS, Of
from privacy.told import TOLD, WORDS, Out, Shown
from tests.factories.accounts import CityRoleFactory, ConsentFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import story
from tests.factories.notifications import MessageFactory
from town.models import AuditRow

NOT_OURS = {"account", "mfa", "socialaccount", "admin"}


def of_people() -> list[str]:
    return [label for label, whose in ROWS.items() if isinstance(whose, Of) and (whose.subject or whose.also)]


def stored(label: str) -> list[str]:
    model = apps.get_model(label)
    fields = [*model._meta.local_concrete_fields, *model._meta.local_many_to_many]
    return [field.name for field in fields if not isinstance(field, models.AutoField)]


def named(told: Shown) -> list[str]:
    return [*told.shown.split(), *told.codes.split(), *" ".join(told.out.values()).split()]


# --- No table and no field is forgotten -----------------------------------------------------------------


def test_every_table_that_tells_of_people_is_given_or_left_out_with_its_reason() -> None:
    assert sorted(TOLD) == sorted(of_people())


@pytest.mark.parametrize("label", [label for label, told in TOLD.items() if isinstance(told, Shown)])
def test_every_field_is_given_or_left_out_with_its_reason(label: str) -> None:
    told = TOLD[label]
    assert isinstance(told, Shown)
    names = named(told)
    assert not set(stored(label)) - set(names), (
        "say in privacy/told.py whether it is shown, a code, or left out"
    )
    assert not set(names) - set(stored(label)), "these fields exist no more"
    assert not [name for name, times in Counter(names).items() if times > 1], "once is enough"


def test_everything_on_the_page_has_a_name_in_words() -> None:
    nameless = [
        f"{label}.{name}"
        for label, told in TOLD.items()
        if isinstance(told, Shown)
        for name in told.shown.split()
        if name not in WORDS
        and not isinstance(apps.get_model(label)._meta.get_field(name).verbose_name, Promise)
    ]
    assert not nameless


def test_no_text_of_a_person_is_left_out_but_secrets_and_what_tells_of_others() -> None:
    """What somebody typed or was told is theirs to read."""
    technical = {
        f"{label}.{name}"
        for label, told in TOLD.items()
        if isinstance(told, Shown)
        for out in (Out.TECHNICAL, Out.DERIVED)
        for name in told.out.get(out, "").split()
        if isinstance(apps.get_model(label)._meta.get_field(name), models.TextField)
    }
    assert not technical


# --- What stands in it ----------------------------------------------------------------------------------

NAMES = ("Zoé Marque-Hôte", "Yann Marque-Demandeur", "Xavier Marque-Bureau", "Wanda Marque-Membre")


class Life:
    """A citizen whose home was asked for, with everything around it; each text of theirs is a mark of its own."""

    def __init__(self, city: Any) -> None:
        now = timezone.now()
        self.host = UserFactory(name=NAMES[0], email="zoe@marque.example", phone="+33612000001")
        self.told = story(
            city=city,
            now=now,
            offer={
                "owner": self.host, "address": "1 rue Marque-Hôte", "title": "Titre-Hôte", "text": "Texte-Hôte",
                "nearest_stop": "Arrêt-Hôte",
            },
            need={"title": "Titre-Besoin", "text": "Texte-Besoin", "social_worker": "Veilleur-Besoin"},
        )  # fmt: skip
        self.desk, self.member = self.told.coordinator, self.told.member
        self._call(self.desk, NAMES[2], "xavier@marque.example", "+33612000003")
        self._call(self.member, NAMES[3], "wanda@marque.example", "+33612000004")
        match = self.told.match
        matching.propose(match_id=match.pk, by=self.desk, now=now)
        matching.accept(match_id=match.pk, by=self.host, now=now)
        matching.confirm(match_id=match.pk, by=self.member, now=now)
        self.match = Match.objects.get(pk=match.pk)

    def _call(self, person: User, name: str, email: str, phone: str) -> None:
        User.objects.filter(pk=person.pk).update(name=name, email=email, phone=phone)
        person.refresh_from_db()


@pytest.fixture
def life(db: None) -> Life:
    return Life(CityFactory(slug="strasbourg", name="Strasbourg", awake=True))


def given(person: User) -> tuple[str, dict[str, Any]]:
    with copying.take(person=person, by=person, now=timezone.now()) as made, zipfile.ZipFile(made) as packed:
        assert sorted(packed.namelist()) == [dossier.PAGE, dossier.FILE]
        return packed.read(dossier.PAGE).decode(), json.loads(packed.read(dossier.FILE))


def test_the_archive_holds_what_is_known_of_somebody_with_its_history_and_messages(life: Life) -> None:
    ConsentFactory(user=life.host)
    said = MessageFactory(recipient=life.host, subject_key=f"offer:{life.match.offer_id}", body="Corps-Hôte")
    Reply.objects.create(
        person=life.host, message=said, city=said.city, text="Réponse-Hôte", received_at=timezone.now(),
        became=Reply._meta.get_field("became").choices[0][0],
    )  # fmt: skip
    page, file = given(life.host)
    assert file["format"] == "accorde-data/1"
    for mark in (
        *(NAMES[0], "zoe@marque.example", "1 rue Marque-Hôte", "Titre-Hôte", "Texte-Hôte", "Arrêt-Hôte"),
        *("Corps-Hôte", "Réponse-Hôte", life.match.offer.reference),
    ):
        assert mark in page
        assert mark in json.dumps(file, ensure_ascii=False)
    assert "+33612000001" in json.dumps(file)
    tables = file["tables"]
    assert [row["to_state"] for row in tables["matching.Decision"]][-1] == "confirmed"
    assert tables["offers.OfferChange"] or tables["town.AuditRow"]
    assert tables["accounts.User"][0]["name"] == NAMES[0]
    assert {row["by"] for row in tables["matching.Decision"]} == {"me", "someone_else"}


def test_of_others_neither_name_nor_number_nor_address_nor_their_words(life: Life) -> None:
    """Not even where somebody wrote them into a text about this person."""
    Decision.objects.create(
        match=life.match, act="x", from_state="confirmed", to_state="confirmed", by=life.desk, role="coordinator",
        note=f"Vu avec {NAMES[3]} au 06 12 00 00 04", at=timezone.now(),
    )  # fmt: skip
    MessageFactory(
        recipient=life.host, subject_key=f"match:{life.match.pk}",
        body=f"{NAMES[3]} vous appelle : 06.12.00.00.04, wanda@marque.example. {NAMES[2]}.",
    )  # fmt: skip
    MessageFactory(recipient=life.desk, subject_key=f"match:{life.match.pk}", body="Mot-du-Bureau")
    CheckIn.objects.create(
        match=life.match,
        side=Side.POSTER,
        due_on=timezone.now().date(),
        asked_at=timezone.now(),
        note="Nouvelle-Autre",
    )
    page, file = given(life.host)
    whole = page + json.dumps(file, ensure_ascii=False)
    for mark in (
        *NAMES[2:], "wanda@marque.example", "xavier@marque.example", "+33612000004", "06 12 00 00 04", "06.12.00.00.04",
        "Titre-Besoin", "Texte-Besoin", "Veilleur-Besoin", "Mot-du-Bureau", "Nouvelle-Autre",
    ):  # fmt: skip
        assert mark not in whole, mark
    assert "[…] vous appelle" in page


def test_a_report_is_whose_made_it(life: Life) -> None:
    now = timezone.now()
    incident = {"city": life.match.city, "offer": life.match.offer, "match": life.match, "reported_at": now}
    Incident.objects.create(**incident, text="Signal-Autre", reported_by=life.member)
    MessageFactory(recipient=life.desk, subject_key="incident:1", body="Signal-Message")
    page, file = given(life.host)
    whole = page + json.dumps(file, ensure_ascii=False)
    assert "Signal" not in whole
    assert file["tables"]["followups.Incident"] == []
    assert not [row for row in file["tables"]["town.AuditRow"] if row["table"].startswith("followups_")]
    Incident.objects.all().update(reported_by=life.host)
    page, file = given(life.host)
    assert "Signal-Autre" in page
    assert [row["reported_by"] for row in file["tables"]["followups.Incident"]] == ["me"]


def test_a_person_s_own_need_and_the_desk_s_notes_about_it(db: None) -> None:
    city, person = CityFactory(), UserFactory(name=NAMES[1])
    told = story(city=city, now=timezone.now(), need={"organisation": None, "person": person, "text": "Texte-Besoin"},
                 offer={"address": "2 rue Marque-Autre"})  # fmt: skip
    Note.objects.create(city=city, need=told.match.need, by=told.coordinator, at=timezone.now(),
                        text="Préfère le matin, près de 2 rue Marque-Autre")  # fmt: skip
    page, file = given(person)
    assert "Texte-Besoin" in page
    assert "Préfère le matin, près de […]" in page
    assert "Marque-Autre" not in page + json.dumps(file, ensure_ascii=False)


def test_what_a_team_wrote_of_others_is_counted_and_not_repeated(life: Life) -> None:
    page, file = given(life.desk)
    assert file["done_for_others"]["matching.Decision"] == 1
    whole = page + json.dumps(file, ensure_ascii=False)
    assert not [mark for mark in (NAMES[0], "Titre-Hôte", "Texte-Hôte", "1 rue Marque-Hôte") if mark in whole]


def test_no_secret_leaves(life: Life) -> None:
    _token, secret = accounts.issue_token(
        user=life.host, name="Tableur", scopes=Scope.values, by=life.host, now=timezone.now()
    )
    MessageFactory(
        recipient=life.host, subject_key=f"match:{life.match.pk}", action_url="/s/reponse/jeton-secret/"
    )
    page, file = given(life.host)
    whole = page + json.dumps(file, ensure_ascii=False)
    assert "Tableur" in whole
    digest = accounts.token_digest(secret)
    assert not [mark for mark in (secret, digest, "jeton-secret") if mark in whole]


def test_it_is_read_from_right_to_left_in_arabic_and_needs_no_other_file(life: Life) -> None:
    User.objects.filter(pk=life.host.pk).update(language="ar")
    page, _file = given(User.objects.get(pk=life.host.pk))
    assert '<html lang="ar" dir="rtl">' in page
    assert "http" not in page.replace("http-equiv", "")
    assert "src=" not in page
    assert translation.get_language() == "fr"


def test_a_long_history_stands_in_the_file_whole_and_on_the_page_in_part(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dossier, "MOST_SHOWN", 3)
    for event in ("match_question", "match_lapsed", "match_moved", "match_cancelled", "match_longer"):
        MessageFactory(recipient=life.host, event=event, subject_key=f"match:{life.match.pk}:again")
    page, file = given(life.host)
    count = Message.objects.filter(recipient=life.host).count()
    assert len([row for row in file["tables"]["notifications.Message"] if row["recipient"] == "me"]) == count
    assert f": {len(file['tables']['notifications.Message']) - 3}." in page


# --- Who takes it, and who gives it ---------------------------------------------------------------------


def test_one_takes_it_after_a_proof_and_it_is_noted(life: Life, as_user: Any) -> None:
    page = as_user(life.host)
    answer = page.post(reverse("my_data:mine"), {"take": ""})
    assert answer["Content-Type"] == "application/zip"
    assert zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).namelist() == [
        dossier.PAGE,
        dossier.FILE,
    ]
    copy = DataCopy.objects.get()
    assert (copy.person, copy.by, copy.how, copy.city) == (life.host, life.host, "own", None)
    assert AuditRow.objects.filter(table="accounts_datacopy", about=life.host.pk, actor=life.host.pk).exists()


def test_an_open_session_of_yesterday_is_no_proof(life: Life, as_user: Any, mailoutbox: Any) -> None:
    page = as_user(life.host)
    session = page.session
    for shown in session["account_authentication_methods"]:
        shown["at"] -= timedelta(minutes=11).total_seconds()
    session.save()
    answer = page.post(reverse("my_data:mine"), {"take": ""})
    assert answer["Content-Type"].startswith("text/html")
    assert not DataCopy.objects.exists()
    proof = re.search(r'href="(/compte/confirmer/[^"]+)"', answer.text)[1]
    page.post(proof)
    assert mailoutbox[0].to == [life.host.email]
    code = re.search(r"\b\d{6}\b", mailoutbox[0].body)[0]
    assert page.post(proof, {"code": code}).url == reverse("my_data:mine")
    taken = page.post(reverse("my_data:mine"), {"take": ""})
    assert taken["Content-Type"] == "application/zip"
    taken.close()


def test_nobody_takes_another_s(life: Life) -> None:
    with pytest.raises(PermissionDenied):
        copying.take(person=life.host, by=life.desk, now=timezone.now())


class TestOnThePhone:
    @pytest.fixture
    def caller(self, life: Life) -> User:
        User.objects.filter(pk=life.host.pk).update(email=None)
        life.host.refresh_from_db()
        return life.host

    def ask(self, page: Any, life: Life, **said: str) -> Any:
        fields = {"phone": "06 12 00 00 01", "name": NAMES[0].upper(), **said}
        return page.post(reverse("my_data:of_caller", args=[life.match.city.slug]), fields)

    def test_the_operator_prints_it_once_the_caller_is_recognised(
        self, caller: User, life: Life, as_user: Any
    ) -> None:
        operator = CityRoleFactory(city=life.match.city, role="operator").user
        page = as_user(operator)
        assert "La personne est reconnue" in self.ask(page, life).text
        assert "Texte-Hôte" in self.ask(page, life, how="post").text
        copy = DataCopy.objects.get()
        assert (copy.person, copy.by, copy.how, copy.city) == (caller, operator, "post", life.match.city)
        assert ContactReading.objects.filter(subject=caller, reader=operator, reason="data-copy").exists()

    def test_what_the_caller_has_reported_is_not_the_operator_s_to_read(
        self, caller: User, life: Life, as_user: Any
    ) -> None:
        Incident.objects.create(
            city=life.match.city, offer=life.match.offer, match=life.match, reported_at=timezone.now(),
            text="Signal-Hôte", reported_by=caller,
        )  # fmt: skip
        MessageFactory(recipient=caller, subject_key="incident:1", body="Signal-Message")
        assert "Signal-Hôte" in given(caller)[0]
        assert "Signal" not in self.ask(as_user(life.desk), life, how="post").text

    @pytest.mark.parametrize("said", [{"name": "Quelqu’un d’autre"}, {"phone": "06 99 99 99 99"}])
    def test_another_name_or_number_opens_nothing(
        self, caller: User, life: Life, as_user: Any, said: dict[str, str]
    ) -> None:
        answer = self.ask(as_user(life.desk), life, how="post", **said)
        assert answer.status_code == 422
        assert "Personne n’est connu ici" in answer.text
        assert not DataCopy.objects.exists()

    def test_who_can_sign_in_takes_it_themselves(self, life: Life, as_user: Any) -> None:
        assert "elle prend sa copie elle-même" in self.ask(as_user(life.desk), life, how="post").text

    def test_the_caller_takes_a_consent_back_and_gives_it_again(
        self, caller: User, life: Life, as_user: Any
    ) -> None:
        consent = ConsentFactory(user=caller, purpose="record", given_at=timezone.now() - timedelta(days=1))
        page = as_user(life.desk)
        assert "Son accord est retiré" in self.ask(page, life, withdraw=str(consent.pk)).text
        assert Offer.objects.get(owner=caller).state == "paused"
        assert "Son accord est redonné" in self.ask(page, life, give=str(consent.pk)).text
        assert Offer.objects.get(owner=caller).state == "active"
        of_another = ConsentFactory()
        self.ask(page, life, withdraw=str(of_another.pk))
        of_another.refresh_from_db()
        assert of_another.withdrawn_at is None

    def test_what_another_town_knows_is_not_this_desk_s_to_give(
        self, caller: User, life: Life, as_user: Any
    ) -> None:
        story(city=CityFactory(), now=timezone.now(), offer={"owner": caller})
        assert "Une autre ville" in self.ask(as_user(life.desk), life, how="post").text
        assert not DataCopy.objects.exists()


def test_rows_are_read_once_each_and_of_nobody_else(life: Life) -> None:
    _page, file = given(life.host)
    assert [row["id"] for row in file["tables"]["accounts.User"]] == [life.host.pk]
    assert all(row["owner"] == "me" for row in file["tables"]["offers.Offer"])
    assert not file["tables"]["accounts.Membership"]
    assert Membership.objects.exists()
