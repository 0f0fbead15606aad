"""A picture of goods: added on the receipt or on the offer's page, written anew, seen by few, erased with the offer."""

import base64
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import resolve
from django.utils import timezone
from PIL import Image

from accounts.models import User
from catalogue.pictures import LIGHT, shrunk, upright
from catalogue.vocabulary import Kind
from cities.models import City
from matching import services as matching
from offers import services
from offers.models import Offer, OfferPicture, OfferState
from offers.receipts import SENT
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


def receipt_of(offer: Offer) -> Client:
    """The browser that sent it, in which nobody is signed in."""
    client = Client()
    session = client.session
    known = {"reference": offer.reference, "answers_need": "", "code_url": "", "draft": "strasbourg:1"}
    session[SENT] = {"key": known}
    session.save()
    return client


def test_a_receipt_acts_for_the_owner_until_the_offer_is_confirmed(goods: Offer) -> None:
    uri = add(goods, by=goods.owner).as_uri
    receipt = f"/strasbourg/propositions/{goods.reference}/envoyee/"
    client = receipt_of(goods)
    assert uri not in client.get(receipt).text
    assert of(goods) not in client.get(receipt).text
    assert client.get(of(goods)).status_code == 404
    assert client.post(of(goods), {"file": sent(photo())}).status_code == 404
    assert client.post(of(goods), {"remove": "1"}).status_code == 404
    assert OfferPicture.objects.get().as_uri == uri


def large(form: str) -> bytes:
    """Twenty million pixels of one colour: a few kB."""
    file = BytesIO()
    Image.new("RGB", (5000, 4000), "teal").save(file, form)
    return file.getvalue()


def test_who_is_not_signed_in_sends_no_small_file_that_unfolds_into_a_large_one(city: City) -> None:
    goods = OfferFactory(goods=True, city=city, state=OfferState.UNCONFIRMED, confirmed_at=None)
    client = receipt_of(goods)
    answer = client.post(of(goods), {"file": sent(large("PNG"))})
    assert answer.status_code == 422
    assert "trop de pixels" in answer.text
    # As a JPEG it is read smaller, as cameras write it.
    assert client.post(of(goods), {"file": sent(large("JPEG"))}).status_code == 302
    kept = OfferPicture.objects.get()
    assert (kept.width, kept.height) == (900, 720)


def test_a_picture_that_lies_on_its_side_is_read_smaller_and_set_upright() -> None:
    exif, file = Image.Exif(), BytesIO()
    exif[0x0112] = 6
    Image.linear_gradient("L").resize((8000, 4000)).save(file, "JPEG", exif=exif)
    read = upright(file)
    assert read.size == (2000, 4000)
    assert (shrunk(read).width, shrunk(read).height) == (360, 720)


def test_a_file_of_nobody_who_sent_the_offer_is_not_even_kept_for_the_page(goods: Offer) -> None:
    def files_of(session: dict[str, Any], user: User | AnonymousUser) -> list[str]:
        request = RequestFactory().post(of(goods), {"file": sent(photo((400, 400)))})
        request.user, request.session, request.resolver_match = user, session, resolve(of(goods))  # type: ignore[assignment]
        names = list(request.FILES)
        request.close()
        return names

    theirs = dict(receipt_of(goods).session)
    others = dict(receipt_of(OfferFactory(goods=True, city=goods.city)).session)
    assert files_of({}, AnonymousUser()) == []
    assert files_of(others, AnonymousUser()) == []
    assert files_of(theirs, AnonymousUser()) == ["file"]
    assert files_of({}, goods.owner) == ["file"]


@pytest.mark.parametrize("state", [OfferState.WITHDRAWN, OfferState.FROZEN])
def test_its_owner_erases_it_though_the_offer_changes_no_more(
    goods: Offer, citizen: User, as_user: SignIn, state: OfferState
) -> None:
    add(goods, by=citizen)
    Offer.objects.filter(pk=goods.pk).update(state=state)
    client = as_user(citizen)
    page = client.get(f"/strasbourg/propositions/{goods.reference}/").text
    assert "Effacer la photo" in page
    assert "Changer la photo" not in page
    assert client.post(of(goods), {"file": sent(photo())}).status_code == 404
    assert client.post(of(goods), {"remove": "1"}).status_code == 302
    assert not OfferPicture.objects.exists()


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
    monkeypatch.setattr("catalogue.pictures.LONGEST_FORM", 100)
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
    answer = client.post(of(goods), {"file": sent(b"no picture")})
    assert answer.status_code == 422
    assert "Trop de photos" in answer.text
    assert "que nous savons lire" not in answer.text, "it is not even looked at"
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
