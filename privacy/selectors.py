"""What is asked of erasures, and of whom somebody is talking."""

from accounts.models import User
from cities.models import City
from needs.models import Need
from offers.models import Offer
from privacy.models import Erasure


def pending(people: list[User]) -> Erasure | None:
    """The erasure that was asked for and waits, or is about to be done."""
    return Erasure.objects.filter(person__in=people, done_at=None, taken_back_at=None).first()


def by_reference(reference: str, city: City) -> User | None:
    """Who offers, or needs for themselves, what has this reference in the town; as who they are now."""
    wanted = {"reference": reference.strip().upper(), "city": city}
    offer = Offer.objects.filter(**wanted).select_related("owner").first()
    need = Need.objects.filter(**wanted).select_related("person").first()
    return offer.owner if offer else need.person if need else None


def town_of(person: User) -> City | None:
    """The town with which somebody last had to do."""
    offer = Offer.objects.filter(owner=person).select_related("city").order_by("-pk").first()
    need = Need.objects.filter(person=person).select_related("city").order_by("-pk").first()
    entries = [entry for entry in (offer, need) if entry is not None]
    return max(entries, key=lambda entry: entry.created_at).city if entries else None
