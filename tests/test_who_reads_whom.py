"""Who reads how to reach somebody, or the address of a home, leaves a row that says so: wherever it is shown.

No page is named here but the ones that are excused: each address of the product is opened, by each kind of person that
it opens for, and whatever contact of somebody else stands in the answer must have been noted as read.
"""

import html
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import SimpleCookie

import pytest
from django.contrib import admin
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import services
from accounts.models import ContactReading, PersonEdit, User
from homes.models import Dwelling
from offers.models import Offer
from tests.journeys import pages
from tests.journeys import town as journeys
from tests.test_who_opens_what import EVERYBODY, ROWS, build, is_api, session_of

pytestmark = pytest.mark.django_db

# Where a contact is shown that nobody needs to have read, and why.
_INVITED = "Those who have invited somebody see the address that they typed, until it is accepted."
EXCUSED: dict[str, str] = {"town:team": _INVITED, "town:association": _INVITED}


@dataclass(frozen=True, slots=True)
class Secret:
    """A contact: whose (by key; None of an empty dwelling's owner), and how it may stand in a page."""

    subject: int | None
    spellings: tuple[str, ...]


def secrets() -> list[Secret]:
    """Each person gets a number and each home an address that stand nowhere else."""
    for number, user in enumerate(User.objects.order_by("pk")):
        User.objects.filter(pk=user.pk).update(phone=f"+336{12000000 + number}")
    for offer in Offer.objects.all():
        Offer.objects.filter(pk=offer.pk).update(address=_street(offer))
    Dwelling.objects.update(owner_phone="+33612990000", owner_email="proprietaire@essais.example")
    found = [
        Secret(
            user.pk,
            tuple(
                filter(None, (user.email, user.phone.as_e164, user.phone.as_national, user.phone.as_rfc3966))
            ),
        )
        for user in User.objects.all()
    ]
    found += [Secret(offer.owner_id, (_street(offer),)) for offer in Offer.objects.all()]
    found += [
        Secret(None, (one.owner_email, one.owner_phone.as_e164, one.owner_phone.as_national))
        for one in Dwelling.objects.all()
    ]
    return found


def _street(offer: Offer) -> str:
    return f"{offer.pk:05} quai des Essais"


def unnoted(
    url: str, viewer: User | None, known: list[Secret], sessions: dict[User | None, SimpleCookie]
) -> Iterator[str]:
    """What of whom stands in the answer without having been noted; whoever has no session yet signs in."""
    if viewer not in sessions:
        sessions[viewer] = session_of(viewer)
    client = Client()
    client.cookies = deepcopy(sessions[viewer])
    with transaction.atomic():
        before = ContactReading.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        arguments = {"content_type": "application/json"} if is_api(url) else {}
        response = client.get(url, **arguments)
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response = client.post(url, **arguments)
        body = b"".join(response.streaming_content) if response.streaming else response.content
        text = html.unescape(body.decode(errors="ignore"))
        noted = ContactReading.objects.filter(pk__gt=before).values_list("subject", "reader")
        read = {subject for subject, reader in noted if viewer is None or reader == viewer.pk}
        transaction.set_rollback(True)
    for secret in known:
        seen = [spelling for spelling in secret.spellings if spelling in text]
        if seen and secret.subject not in read and (viewer is None or secret.subject != viewer.pk):
            yield f"{secret.subject} {seen[0]}"


def test_each_address_notes_whose_contact_it_shows() -> None:
    world = build()
    known = secrets()
    wrong: dict[str, dict[str, list[str]]] = {}
    sessions: dict[User | None, SimpleCookie] = {}
    asked = {"insight:search": f"?q={world.people['citizen'].name}"}
    for name, row in ROWS.items():
        # What is the same for everybody is the same for each of them.
        for who in ("visitor", "coordinator") if row.opens == EVERYBODY else sorted(row.opens):
            if found := list(
                unnoted(world.address(name) + asked.get(name, ""), world.people[who], known, sessions)
            ):
                wrong.setdefault(name, {})[who] = found
    assert [(at, found) for at, found in wrong.items() if at not in EXCUSED] == []
    assert not set(EXCUSED) - set(wrong), "these show nobody any more"


def test_each_page_of_a_town_in_the_midst_of_its_day_does_too(gazetteer) -> None:
    town = journeys.build(now=timezone.now())
    known = secrets()
    wrong = {}
    sessions: dict[User | None, SimpleCookie] = {}
    for page in pages.PAGES:
        viewer = getattr(town, page.who) if page.who else None
        if found := list(unnoted(page.path(town), viewer, known, sessions)):
            wrong[page.name, page.who] = found
    # The page of `town:team`, excused above.
    assert [(at, found) for at, found in wrong.items() if at[0] != "town-team"] == []


def test_the_administration_notes_whom_it_looks_at(settings) -> None:
    """Every list and every page of a row, of every table that the installation's own pages show."""
    # Django's own pages read a person in several places.
    settings.ZEAL_ALLOWLIST = [*settings.ZEAL_ALLOWLIST, {"model": "accounts.*"}]
    world = build()
    known = secrets()
    installer, citizen = world.people["installer"], world.people["citizen"]
    services.correct_person(
        user=citizen, fields={"email": "neuve@essais.example"}, by=installer, now=timezone.now()
    )
    known.append(Secret(citizen.pk, ("neuve@essais.example",)))
    wrong, seen = {}, set()
    sessions: dict[User | None, SimpleCookie] = {}
    for model in admin.site._registry:
        table = f"{model._meta.app_label}_{model._meta.model_name}"
        row = model._default_manager.filter(person=citizen) if model is PersonEdit else model._default_manager
        row = citizen if model is User else row.order_by("pk").first()
        addresses = [reverse(f"admin:{table}_changelist")]
        if row is not None:
            addresses.append(reverse(f"admin:{table}_change", args=[row.pk]))
            seen.add(model)
        for address in addresses:
            if found := list(unnoted(address, installer, known, sessions)):
                wrong[address] = found
    assert [*wrong.items()] == []
    assert {User, PersonEdit} <= seen
    client = Client()
    client.force_login(installer)
    gone = client.post(reverse("admin:accounts_user_delete", args=[citizen.pk]), {"post": "yes"})
    assert gone.status_code == HTTPStatus.FORBIDDEN
