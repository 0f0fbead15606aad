"""Reading the demonstration: whom a visitor can be, and what each person received."""

from dataclasses import dataclass

from django.db.models import Max
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from cities.models import City
from demo.people import DOMAIN, personas
from demo.towns import TOWNS
from matching.models import Match, MatchState
from notifications.models import Message, MessageQuerySet

RECENT = 30
# In the order of the story: she asks, she answers, he confirms; the hotline beside them.
ROLES = {
    "coordination": (_("Coordination"), _("Placez la famille de ce soir.")),
    "citoyenne": (_("Habitante"), _("Répondez quand on vous sollicite, ou confirmez votre table.")),
    "association": (_("Association"), _("Confirmez une place, puis postez un besoin.")),
    "accueil": (_("Accueil téléphonique"), _("Saisissez la proposition d’une personne au téléphone.")),
    "administration": (_("Administration"), _("Réglez la ville, invitez une collègue, lisez le registre.")),
}


@dataclass(frozen=True, slots=True)
class Door:
    """One person to be, and what to try as them."""

    user: User
    key: str
    role: str
    what_to_try: str


@dataclass(frozen=True, slots=True)
class Entrance:
    """A town with its doors."""

    city: City
    doors: list[Door]


def entrances() -> list[Entrance]:
    """The towns of the demonstration with the people to be there; two queries."""
    towns = {city.slug: city for city in City.objects.filter(slug__in=[town.slug for town in TOWNS])}
    casts = {slug: personas(slug) for slug in towns}
    wanted = [someone.email for cast in casts.values() for someone in cast.values()]
    users = {user.email: user for user in User.objects.filter(email__in=wanted)}
    return [
        Entrance(
            city,
            [
                Door(users[casts[slug][key].email], key, str(role), str(what))
                for key, (role, what) in ROLES.items()
                if casts[slug][key].email in users
            ],
        )
        for slug, city in sorted(towns.items())
    ]


def invented(user_id: int) -> User | None:
    """Somebody invented whom a visitor may be; nobody who registered by themselves, and no superuser."""
    return User.objects.filter(
        pk=user_id, email__endswith=f"@{DOMAIN}", is_active=True, is_superuser=False
    ).first()


def first_page(user: User) -> str:
    """Where somebody invented lands: on what waits for them."""
    for town in TOWNS:
        key = next((key for key, someone in personas(town.slug).items() if someone.email == user.email), None)
        if key is None:
            continue
        waits = {"citoyenne": MatchState.PROPOSED, "association": MatchState.ACCEPTED}.get(key)
        if waits is not None and Match.objects.concerning(user).filter(state=waits).exists():
            return reverse("matching:mine", args=[town.slug])
        page = {
            "coordination": "desk:queue",
            "citoyenne": "offers:mine",
            "association": "needs:mine",
            "accueil": "callers:enter",
            "administration": "town:home",
        }.get(key, "home")
        return reverse(page, args=[town.slug])
    return reverse("cities")


def letters(reader: User | None) -> MessageQuerySet:
    """What one person, or everybody, was told, the newest first."""
    found = Message.objects.select_related("recipient", "city").order_by("-created_at", "-id")
    return found if reader is None else found.filter(recipient=reader)


def readers() -> list[User]:
    """The people who were written to last, the cast apart."""
    cast = [someone.email for town in TOWNS for someone in personas(town.slug).values()]
    return list(
        User.objects.filter(received_messages__isnull=False)
        .exclude(email__in=cast)
        .annotate(last=Max("received_messages__created_at"))
        .order_by("-last", "pk")[:RECENT]
    )
