"""No town stands where a page of the site does: the words are those of the site's own addresses."""

import pytest
from django.core.exceptions import ValidationError
from django.urls import get_resolver
from django.utils.timezone import now

from accounts.services import create_city, update_city
from cities.addresses import reserved_words
from cities.models import City
from tests.addresses import names
from tests.factories.cities import CityFactory, CommuneFactory


def first_words() -> set[str]:
    """Of every address that begins with a word of its own, as the site makes it for its links."""
    found = set()
    for name in names(get_resolver()):
        *spaces, last = name.split(":")
        resolver, before = get_resolver(), ""
        for space in spaces:
            prefix, resolver = resolver.namespace_dict[space]
            before += prefix
        for forms, *_rest in resolver.reverse_dict.getlist(last):
            first = (before + forms[0][0]).partition("/")[0]
            if "%(" not in first and "<" not in first:
                found.add(first.lstrip(".").partition(".")[0])
    return found - {""}


def test_the_first_word_of_every_address_of_the_site_is_reserved() -> None:
    words = first_words()
    assert {"api", "communes", "compte", "connexion", "healthz", "premiere-ville"} <= words
    assert words - {"well-known"} <= reserved_words()
    assert {"admin", "static", "demo"} <= reserved_words()
    assert {"strasbourg", "propositions", "bureau"}.isdisjoint(reserved_words()), (
        "what stands below a town is free"
    )


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["api", "admin", "static", "connexion", "Compte"])
def test_a_town_gets_no_reserved_address(slug: str) -> None:
    with pytest.raises(ValidationError, match="prise par le site"):
        create_city(slug=slug, name="Api", locative="À Api", seat=CommuneFactory(), by=None, now=now())
    assert not City.objects.exists()


@pytest.mark.django_db
def test_a_town_that_had_the_address_before_the_site_did_can_still_be_changed() -> None:
    city = CityFactory(slug="objets")
    update_city(city_id=city.pk, changes={"phone": "03 53 01 00 00"}, by=None, now=now())
    other = CityFactory()
    with pytest.raises(ValidationError, match="prise par le site"):
        update_city(city_id=other.pk, changes={"slug": "compte"}, by=None, now=now())
