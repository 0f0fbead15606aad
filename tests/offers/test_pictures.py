"""A picture of goods: added on the receipt or on the offer's page, written anew, seen by few, erased with the offer."""

import base64
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.models import User
from catalogue.pictures import LIGHT, shrunk, upright
from catalogue.vocabulary import Kind
from cities.models import City
from matching import services as matching
from offers import services
from offers.models import Offer, OfferPicture
from privacy import erasing
from privacy.dossier import Dossier
from privacy.models import Erasure
from tests.factories.accounts import MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.matching import suggested_match
from tests.factories.offers import OfferFactory
from tests.front.conftest import photo, sent

Answers = Callable[..., dict[str, dict[str, Any]]]
SignIn = Callable[[User], Client]


def of(offer: Offer) -> str:
    return f"/strasbourg/propositions/{offer.reference}/photo/"


@pytest.fixture
def goods(city: City, citizen: User) -> Offer:
    return OfferFactory(goods=True, city=city, owner=citizen)


def add(offer: Offer, *, by: User) -> OfferPicture:
    picture = shrunk(upright(BytesIO(photo())))
    return services.add_picture(offer_id=offer.pk, picture=picture, by=by, now=timezone.now())


def test_whoever_sent_goods_adds_their_picture_on_the_receipt(
    city: City, answers: Answers, walk: Callable[..., Any], send: Callable[..., Any]
) -> None:
    client = Client()
    walk(client, answers("goods"))
    send(client)
    offer = Offer.objects.get()
    receipt = f"/strasbourg/propositions/{offer.reference}/envoyee/"
    assert f'action="{of(offer)}"' in client.get(receipt).text
    exif, file = Image.Exif(), BytesIO()
    exif[0x010F] = "Appareil de Jeanne"
    Image.radial_gradient("L").resize((3000, 2000)).save(file, "JPEG", exif=exif)
    assert b"Jeanne" in file.getvalue()
    assert client.post(of(offer), {"file": sent(file.getvalue())})["Location"] == receipt
    kept = OfferPicture.objects.get(offer=offer)
    data = base64.b64decode(kept.content)
    assert Image.open(BytesIO(data)).format == "WEBP"
    assert len(data) <= LIGHT
    assert b"Jeanne" not in data
    assert kept.as_uri in client.get(receipt).text
    # Another browser finds neither the page nor the picture.
    assert Client().get(of(offer)).status_code == 404
    assert Client().post(of(offer), {"file": sent(photo())}).status_code == 404


def test_its_owner_changes_it_and_takes_it_away(goods: Offer, citizen: User, as_user: SignIn) -> None:
    client = as_user(citizen)
    page = f"/strasbourg/propositions/{goods.reference}/"
    assert "Ajouter la photo" in client.get(page).text
    for _time in range(2):
        assert client.post(of(goods), {"file": sent(photo())})["Location"] == page
    assert OfferPicture.objects.get().as_uri in client.get(page).text
    assert of(goods) in client.get(f"{page}modifier/").text
    client.post(of(goods), {"remove": "1"})
    assert not OfferPicture.objects.exists()
    assert "data:image" not in client.get(page).text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"%PDF-1.7 a letter", "que nous savons lire"),
        (b"", "vide"),
        (photo((300, 900)), "trop petite"),
        (photo(form="GIF"), "que nous savons lire"),
        (None, "Choisissez une photo."),
    ],
)
def test_what_is_no_picture_is_refused_beside_the_box(
    goods: Offer, citizen: User, as_user: SignIn, data: bytes | None, said: str
) -> None:
    answer = as_user(citizen).post(of(goods), {} if data is None else {"file": sent(data)})
    assert answer.status_code == 422
    assert said in answer.text
    assert not OfferPicture.objects.exists()


def test_a_picture_of_forty_megabytes_is_not_read_and_the_page_says_so(
    goods: Offer, citizen: User, as_user: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The same way, with a smaller limit: forty megabytes would be sent for nothing.
    monkeypatch.setattr("offers.picture_views.picture.takes_files_up_to", 100)
    monkeypatch.setattr("offers.forms.small.MOST_BYTES", 100)
    answer = as_user(citizen).post(of(goods), {"file": sent(photo())})
    assert answer.status_code == 422
    assert "trop lourde" in answer.text
    assert not OfferPicture.objects.exists()


def test_pictures_are_sent_so_often_and_no_more(
    goods: Offer, citizen: User, as_user: SignIn, settings: Any
) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"offer_picture": "1/h/ip"}
    client = as_user(citizen)
    client.post(of(goods), {"file": sent(b"no picture")})
    assert "Trop de photos" in client.post(of(goods), {"file": sent(photo())}).text


def test_it_is_of_goods_alone_of_ones_own_and_while_they_can_be_changed(city: City, goods: Offer) -> None:
    room = OfferFactory(city=city)
    with pytest.raises(ValidationError):
        add(room, by=room.owner)
    with pytest.raises(PermissionDenied):
        add(goods, by=UserFactory())
    with pytest.raises(PermissionDenied):
        services.remove_picture(offer_id=goods.pk, by=UserFactory())
    services.withdraw(offer_id=goods.pk, by=goods.owner, now=timezone.now())
    with pytest.raises(ValidationError):
        add(goods, by=goods.owner)


def test_the_desk_sees_it_and_the_association_once_it_is_agreed(
    city: City, operator: User, coordinator: User, as_user: SignIn
) -> None:
    association = OrganisationFactory(city=city, verified=True)
    member = MembershipFactory(organisation=association).user
    match = suggested_match(
        city=city,
        now=timezone.now(),
        kind=Kind.GOODS,
        need={"category": "furniture", "organisation": association},
        offer={"category": "furniture"},
    )
    offer = match.offer
    uri = add(offer, by=offer.owner).as_uri
    page = f"/strasbourg/propositions/{offer.reference}/"
    desk, theirs = as_user(operator), f"/strasbourg/demandes/{match.pk}/"
    assert uri in desk.get(page).text
    assert "Ajouter la photo" not in desk.get(page).text
    case = as_user(coordinator).get(f"/strasbourg/bureau/{match.need.reference}/").text
    assert f'href="{page}#picture"' in case
    matching.propose(match_id=match.pk, by=coordinator, now=timezone.now())
    matching.accept(match_id=match.pk, by=offer.owner, now=timezone.now())
    assert uri not in as_user(member).get(theirs).text, "not before both have said yes"
    matching.confirm(match_id=match.pk, by=member, now=timezone.now())
    assert uri in as_user(member).get(theirs).text
    assert uri not in Client().get("/strasbourg/").text


def test_it_is_sealed_given_to_its_owner_and_erased_with_them(goods: Offer, citizen: User) -> None:
    content = add(goods, by=citizen).content
    with connection.cursor() as cursor:
        cursor.execute("SELECT content FROM offers_offerpicture")
        assert content[:200] not in cursor.fetchone()[0]
    assert content in "".join(Dossier(citizen, now=timezone.now()).as_json())
    erasing.ask(person=citizen, how=Erasure.How.OWN, by=citizen, now=timezone.now())
    erasing.carry_out_due(by=None, now=timezone.now())
    assert not OfferPicture.objects.exists()
