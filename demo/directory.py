"""The directory of each town: a few services that its team and its associations keep, some of them not looked at for
long. Names are invented, the communes are real.
"""

from datetime import datetime, time, timedelta
from typing import Any, NamedTuple

from catalogue.meaning import read_slots
from catalogue.vocabulary import Kind
from cities.days import local_day
from cities.models import City, Commune
from demo.people import DOMAIN, PHONE_RANGES, People
from directory import agents, asking, services
from directory.selectors import shown
from directory.themes import Theme, with_themes
from needs.models import Need


class Entry(NamedTuple):
    """`run_by`: a number of the town's associations, or a name. `hours` as people write them; `days`: since when it
    was checked.
    """

    name: str
    run_by: int | str
    themes: tuple[Theme, ...]
    about: str
    languages: str
    hours: tuple[str, ...]
    commune: str
    address: str
    how_to_come: str = ""
    hours_note: str = ""
    fees: str = "gratuit"
    days: int = 20


_STRASBOURG = (
    Entry(
        "Accueil social de la ville",
        "Ville de Strasbourg",
        (Theme.PAPERWORK, Theme.RIGHTS),
        "Premier accueil sans rendez-vous : domiciliation, aides, orientation vers le bon service.",
        "fr en ar ru",
        ("lun-ven 8h30-12h", "lun-jeu 13h30-17h"),
        "67482",
        "1 place de l’Exemple",
        "Tram A ou D, arrêt Étoile.",
    ),
    Entry(
        "Permanence juridique",
        0,
        (Theme.RIGHTS,),
        "Une juriste et un interprète répondent à vos questions sur la demande d’asile, le séjour et le travail.",
        "fr prs ps en",
        ("mar 14h-18h", "jeu 14h-18h"),
        "67482",
        "12 rue des Modèles",
        hours_note="Sur rendez-vous le jeudi",
    ),
    Entry(
        "Repas du soir",
        1,
        (Theme.FOOD, Theme.MEETING),
        "Un repas chaud pour tout le monde, sans inscription. Plats sans porc chaque soir.",
        "fr ar ti uk",
        ("lun-sam 18h30-20h30",),
        "67482",
        "5 quai des Essais",
    ),
    Entry(
        "Cours de français du quartier",
        2,
        (Theme.FRENCH,),
        "Trois niveaux, de l’alphabet à la conversation. Les enfants jouent à côté pendant le cours.",
        "fr en ar",
        ("lun 9h-11h", "mer 18h-20h", "sam 10h-12h"),
        "67447",
        "Maison des associations, 3 rue du Canal",
        days=230,
    ),
    Entry(
        "Inscription à l’école",
        "Ville de Strasbourg, direction de l’éducation",
        (Theme.CHILDREN,),
        "Inscrire un enfant à l’école, à la cantine, au périscolaire, sans justificatif de domicile si besoin.",
        "fr en prs uk",
        ("lun-ven 9h-12h", "mer 14h-17h"),
        "67482",
        "1 place de l’Exemple",
    ),
    Entry(
        "Consultation sans droits ouverts",
        "Permanence d’accès aux soins",
        (Theme.HEALTH,),
        "Un médecin, une infirmière et une assistante sociale. Interprète par téléphone dans toutes les langues.",
        "fr en ar ru sq",
        ("lun-ven 9h-16h30",),
        "67482",
        "2 rue de l’Hospice",
        hours_note="Venez tôt : vingt personnes par jour",
    ),
    Entry(
        "Vestiaire et puces de téléphone",
        3,
        (Theme.THINGS, Theme.DIGITAL),
        "Vêtements, couvertures, poussettes ; une carte SIM et de quoi recharger son téléphone.",
        "fr en",
        ("sam 14h-18h", "dim 14h-16h"),
        "67218",
        "8 allée du Moulin",
        fees="",
        days=300,
    ),
)
_GRENOBLE = (
    Entry(
        "Point d’accueil des nouveaux habitants",
        "Ville de Grenoble",
        (Theme.PAPERWORK, Theme.SHELTER),
        "Écouter, expliquer, orienter : le premier endroit où venir quand on arrive.",
        "fr en ar es",
        ("lun-ven 9h-12h", "lun-ven 14h-17h"),
        "38185",
        "10 place du Modèle",
        "Tram A, arrêt Chavant.",
    ),
    Entry(
        "Aide aux démarches en ligne",
        0,
        (Theme.PAPERWORK, Theme.DIGITAL),
        "Un bénévole à côté de vous devant l’ordinateur : préfecture, CAF, assurance maladie.",
        "fr ar prs",
        ("mar 10h-12h", "jeu 17h-19h30"),
        "38185",
        "4 rue de l’Atelier",
    ),
    Entry(
        "Épicerie solidaire",
        1,
        (Theme.FOOD,),
        "Des produits frais à petit prix, sur orientation d’une association ou d’un travailleur social.",
        "fr en tr",
        ("mer 14h-18h", "ven 10h-13h"),
        "38151",
        "17 cours des Essais",
        fees="payant",
    ),
    Entry(
        "École : inscription et soutien",
        "Ville de Grenoble, service éducation",
        (Theme.CHILDREN, Theme.FRENCH),
        "Inscriptions, bourses de cantine, aide aux devoirs avec des étudiants qui parlent votre langue.",
        "fr prs ar pt",
        ("lun-ven 8h30-12h",),
        "38185",
        "10 place du Modèle",
        days=210,
    ),
    Entry(
        "Emploi et premiers contrats",
        2,
        (Theme.WORK, Theme.TRANSPORT),
        "Un CV, une formation, un vélo prêté pour aller travailler.",
        "fr en es",
        ("lun 14h-18h", "mer 14h-18h"),
        "38421",
        "25 avenue de l’Exemple",
    ),
)
_ENTRIES = {"strasbourg": _STRASBOURG, "grenoble": _GRENOBLE}


def fill(city: City, people: People, *, now: datetime) -> None:
    """Enter them, each by whoever keeps it."""
    verified = [one for one in people.organisations if one.is_verified]
    for number, entry in enumerate(_ENTRIES[city.slug]):
        organisation = verified[entry.run_by % len(verified)] if isinstance(entry.run_by, int) else None
        fields: dict[str, Any] = {
            "name": entry.name,
            "organisation": organisation,
            "run_by": "" if organisation else entry.run_by,
            "thematics": with_themes([], entry.themes),
            "about": entry.about,
            "languages": entry.languages.split(),
            "slots": [slot for text in entry.hours for slot in read_slots(text).value],
            "hours_note": entry.hours_note,
            "commune": Commune.objects.get(pk=entry.commune),
            "address": entry.address,
            "how_to_come": entry.how_to_come,
            "phone": f"{PHONE_RANGES[city.slug]}{8000 + number:04d}",
            "email": f"service{number + 1}.{city.slug}@{DOMAIN}",
            "fees": entry.fees,
        }
        by = people.members[organisation.pk] if organisation else people.administrator
        services.add(city=city, fields=fields, by=by, now=now - timedelta(days=entry.days))
    _who_answers(city, people, now=now)


def _who_answers(city: City, people: People, *, now: datetime) -> None:
    """One card of the town's that everybody reads, one of an association that stays among those who work together."""
    association = next(one for one in people.organisations if one.is_verified)
    cards: tuple[dict[str, Any], ...] = (
        {
            "name": "Nadia, accueil de l’école",
            "themes": [Theme.CHILDREN],
            "words": "inscription, cantine, collège",
            "languages": ["fr", "prs"],
            "hours": "du lundi au jeudi, le matin",
            "is_public": True,
        },
        {
            "organisation": association,
            "name": "Omar, permanence du mardi",
            "themes": [Theme.RIGHTS, Theme.PAPERWORK],
            "languages": ["fr", "ar", "ti"],
            "email": f"permanence.{city.slug}@{DOMAIN}",
        },
    )
    for number, fields in enumerate(cards):
        by = people.members[association.pk] if "organisation" in fields else people.administrator
        phone = f"{PHONE_RANGES[city.slug]}{8500 + number:04d}"
        agents.add(city=city, fields={**fields, "phone": phone}, by=by, now=now - timedelta(days=15))


def refer(city: City, people: People, *, now: datetime) -> None:
    """One household is sent to a service, which has not answered yet, and another that has given a day."""
    open_needs = Need.objects.open().filter(city=city, organisation=people.association, kind=Kind.HOUSING)
    services_here = list(shown(city).filter(organisation=None))[:2]
    for number, need in enumerate(open_needs.order_by("-created_at", "pk")[:2]):
        referral, _is_told = asking.ask(
            need_id=need.pk,
            service=services_here[number % len(services_here)],
            words="Vient avec une poussette.",
            by=people.member,
            now=now - timedelta(hours=1),
        )
        if number:
            asking.answer(
                referral_id=referral.pk,
                answer=asking.Answer.ACCEPT,
                day=local_day(now, city) + timedelta(days=2),
                hour=time(14),
                words="Demandez l’accueil social.",
                by=people.member,
                now=now,
            )
