"""The invented people and associations: a first name and an initial, numbers and addresses that reach nobody.

Addresses end in `demo.example` (a name reserved for examples), phone numbers lie in ranges kept for films, RNA
numbers name a prefecture 000 and SIRET numbers a SIREN below every one that was given.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.contrib.auth.hashers import make_password
from stdnum import luhn

from accounts.access import Role
from accounts.models import CityRole, Consent, Membership, Organisation, OrganisationReview, PhoneProof, User
from accounts.services.consents import APPEALS_WORDING
from cities.models import City
from offers.intake import WORDING_VERSION

DOMAIN = "demo.example"
PHONE_RANGES = {"strasbourg": "+3335301", "grenoble": "+3346571"}

FIRST_NAMES = [
    "Adèle", "Aïcha", "Alain", "Albane", "Alma", "Amandine", "Anaïs", "Anton", "Armel", "Basile", "Béatrice", "Bilal",
    "Blandine", "Boris", "Camille", "Caroline", "Cédric", "Chantal", "Charlotte", "Claire", "Colette", "Corentin",
    "Damien", "Delphine", "Denis", "Diane", "Édith", "Élias", "Éliane", "Émile", "Emma", "Éric", "Estelle", "Fabrice",
    "Fanny", "Farid", "Fatou", "Félix", "Florence", "Franck", "Gaëlle", "Gilles", "Hakim", "Hannah", "Henri", "Hugo",
    "Inès", "Irène", "Ismaël", "Jeanne", "Joël", "Jonas", "Josiane", "Judith", "Jules", "Karima", "Kévin", "Laure",
    "Léa", "Léon", "Lina", "Loïc", "Louise", "Lucas", "Lucie", "Madeleine", "Mael", "Malika", "Manon", "Marc", "Margot",
    "Mariam", "Mathilde", "Maud", "Maya", "Michel", "Mireille", "Mona", "Nadège", "Naïma", "Nathan", "Nicole", "Noé",
    "Odile", "Olivier", "Omar", "Pascale", "Patrice", "Pauline", "Perrine", "Quentin", "Rachid", "Raphaël", "Régine",
    "Rémi", "Rosa", "Sabine", "Samia", "Sandrine", "Simon", "Solène", "Sophie", "Sylvain", "Tania", "Thierry", "Tom",
    "Valérie", "Vera", "Victor", "Viviane", "Yann", "Yasmine", "Yves", "Zoé",
]  # fmt: skip
CONCERNED_NAMES = [
    "Abel", "Adama", "Aster", "Daryna", "Ehsan", "Fatima", "Grace", "Hamid", "Idris", "Khadija", "Lamine", "Maryam",
    "Nino", "Oksana", "Parwana", "Rahel", "Samuel", "Selam", "Sofia", "Yusuf", "Zahra",
]  # fmt: skip
INITIALS = "ABCDEFGHIJKLMNOPRSTVWZ"

ORGANISATIONS = {
    "strasbourg": [
        "Toits ouverts Bas-Rhin", "La Table du Faubourg bleu", "Passerelles de l’Ill", "Le Pont des Langues",
        "Atelier Pas à Pas Neudorf", "Les Mercredis du Port", "Cigogne Solidaire", "Accueil des Deux-Rives",
        "La Maison aux Volets jaunes", "Un Toit, Une Clef", "Les Couturières du Krutenau", "Entraide Meinau-Plaine",
        "Le Vestiaire de la Robertsau", "Collectif Bienvenue Hautepierre", "Mots de passage", "Les Amis du Quai vert",
        "Foyer de la Marelle", "Jeunes en chemin Alsace", "La Soupe du Samedi", "Parrains d’Ill",
        "Roue libre Strasbourg-Ouest", "L’Heure du français", "Le Petit Nid", "Mission accueil du Port",
    ],
    "grenoble": [
        "Toits ouverts Isère", "La Cordée d’accueil", "Trois Massifs Solidaires", "Le Fil de l’Isère",
        "Les Voisins du Vercors", "Atelier des Langues Drac", "La Remise d’Échirolles", "Bonsoir Toit",
        "Parrains des Alpes", "Le Refuge des mots", "Cantine de la Villeneuve bleue", "Vélos pour tous Gières",
        "Maison des Glycines", "Jeunes en chemin Isère", "Les Berceaux du Drac", "Mission accueil de la Presqu’île",
    ],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody whom a visitor of the demonstration can be."""

    key: str
    name: str
    email: str


# One of each a town; `/demo/` lets a visitor in as the first four.
_NAMES = {
    "strasbourg": ("Camille R.", "Inès B.", "Élise W.", "Martine K.", "Paul H."),
    "grenoble": ("Jeanne M.", "Samir T.", "Awa D.", "Nadia F.", "Hélène V."),
}
_SECOND_COORDINATORS = {"strasbourg": "Karim S.", "grenoble": "Luc P."}
KEYS = ("citoyenne", "association", "coordination", "accueil", "administration")


def personas(slug: str) -> dict[str, Persona]:
    """The people to sign in as, by what they do."""
    return {
        key: Persona(key, name, f"{key}.{slug}@{DOMAIN}")
        for key, name in zip(KEYS, _NAMES[slug], strict=True)
    }


@dataclass(slots=True)
class People:
    """Everybody in one town."""

    coordinators: list[User]
    operator: User
    administrator: User
    citizen: User
    member: User
    association: Organisation
    organisations: list[Organisation]
    members: dict[int, User]
    citizens: list[User]
    concerned: list[User]


def _user(name: str, *, email: str | None, phone: str | None, language: str, at: datetime) -> User:
    return User(
        name=name,
        email=email,
        phone=phone,
        phone_proof=PhoneProof.CALL if phone else "",
        phone_proven_at=at if phone else None,
        language=language,
        created_at=at,
        password=make_password(None),
    )


def rna(number: int) -> str:
    """A well-formed RNA number of a prefecture that does not exist."""
    return f"W000{number:06d}"


def siret(number: int) -> str:
    """A SIRET with right check digits whose SIREN begins with 000, which none does."""
    siren = f"000{number:05d}"
    siren += luhn.calc_check_digit(siren)
    start = f"{siren}0001"
    return start + luhn.calc_check_digit(start)


def settle(
    city: City, *, citizens: int, concerned: int, organisations: int, rng: Random, now: datetime
) -> People:
    """The people of a town: its team, its associations with their members, its citizens."""
    begun = now - timedelta(days=320)
    cast = {
        key: _user(someone.name, email=someone.email, phone=None, language="fr", at=begun)
        for key, someone in personas(city.slug).items()
    }
    second = _user(
        _SECOND_COORDINATORS[city.slug],
        email=f"coordination2.{city.slug}@{DOMAIN}",
        phone=None,
        language="fr",
        at=begun,
    )
    prefix = PHONE_RANGES[city.slug]
    cast["citoyenne"].phone = f"{prefix}9900"
    cast["citoyenne"].phone_proof, cast["citoyenne"].phone_proven_at = PhoneProof.SMS, begun
    givers = [_citizen(city.slug, number, prefix, rng, begun) for number in range(citizens)]
    askers = [
        _user(
            rng.choice(CONCERNED_NAMES),
            # Half of them were entered by the hotline, and are called back.
            email=f"personne.{city.slug}.{number + 1}@{DOMAIN}" if number % 2 else None,
            phone=f"{prefix}{8000 + number:04d}",
            language=rng.choice(["fr", "fr", "en", "ar"]),
            at=begun,
        )
        for number in range(concerned)
    ]
    names = ORGANISATIONS[city.slug][:organisations]
    speakers = [cast["association"]] + [
        _user(
            _name(rng),
            email=f"association{number}.{city.slug}@{DOMAIN}",
            phone=None,
            language="fr",
            at=begun,
        )
        for number in range(2, len(names) + 1)
    ]
    User.objects.bulk_create([*cast.values(), second, *givers, *askers, *speakers[1:]])
    team = {
        Role.COORDINATOR: [cast["coordination"], second],
        Role.OPERATOR: [cast["accueil"]],
        Role.ADMINISTRATOR: [cast["administration"]],
    }
    CityRole.objects.bulk_create(
        CityRole(user=user, city=city, role=role, given_at=begun)
        for role, users in team.items()
        for user in users
    )
    rows = _associations(city, names, by=cast["coordination"], rng=rng, begun=begun, now=now)
    Membership.objects.bulk_create(
        Membership(user=user, organisation=row, role=Membership.Role.MANAGER)
        for user, row in zip(speakers, rows, strict=True)
    )
    everybody = [cast["citoyenne"], *givers]
    Consent.objects.bulk_create(
        Consent(
            user=user,
            purpose=Consent.Purpose.RECORD,
            wording_version=WORDING_VERSION,
            given_at=begun,
            how=Consent.How.WEB if user.email else Consent.How.PHONE,
            recorded_by=None if user.email else cast["accueil"],
        )
        for user in everybody
    )
    # One in three of those who have an address would be asked for other needs near by.
    Consent.objects.bulk_create(
        Consent(
            user=user,
            purpose=Consent.Purpose.APPEALS,
            wording_version=APPEALS_WORDING,
            given_at=begun,
            how=Consent.How.WEB,
        )
        for user in [user for user in everybody if user.email][::3]
    )
    return People(
        coordinators=team[Role.COORDINATOR],
        operator=cast["accueil"],
        administrator=cast["administration"],
        citizen=cast["citoyenne"],
        member=cast["association"],
        association=rows[0],
        organisations=rows,
        members={row.pk: user for user, row in zip(speakers, rows, strict=True)},
        citizens=givers,
        concerned=askers,
    )


def _name(rng: Random) -> str:
    return f"{rng.choice(FIRST_NAMES)} {rng.choice(INITIALS)}."


def _citizen(slug: str, number: int, prefix: str, rng: Random, begun: datetime) -> User:
    """One in seven has no e-mail and came by the phone; six in ten left both."""
    by_phone = number % 7 == 3
    return _user(
        _name(rng),
        email=None if by_phone else f"habitant.{slug}.{number + 1}@{DOMAIN}",
        phone=f"{prefix}{number:04d}" if by_phone or rng.random() < 0.6 else None,
        language="en" if rng.random() < 0.03 else "fr",
        at=begun,
    )


def _associations(
    city: City, names: list[str], *, by: User, rng: Random, begun: datetime, now: datetime
) -> list[Organisation]:
    """Associations with their reviews: most verified, the last two waiting, one suspended where there are many."""
    State = Organisation.State  # noqa: N806  (a class)
    rows, reviews = [], []
    for number, name in enumerate(names):
        state = State.VERIFIED
        if number >= max(2, len(names) - 2):
            state = State.PENDING
        elif number == 12:
            state = State.SUSPENDED
        at = now - timedelta(hours=rng.randint(3, 60)) if state == State.PENDING else begun
        verified_at = None if state == State.PENDING else begun + timedelta(days=rng.randint(1, 40))
        key = number + (100 if city.slug == "grenoble" else 0) + 1
        rows.append(
            Organisation(
                city=city,
                name=name,
                rna="" if name.startswith("Mission") else rna(key),
                siret=siret(key) if name.startswith("Mission") or number % 3 == 0 else "",
                email=f"contact.association{number + 1}.{city.slug}@{DOMAIN}",
                phone=f"{PHONE_RANGES[city.slug]}{9000 + number:04d}",
                about="Une équipe de bénévoles, une permanence par semaine, un numéro de garde le soir.",
                state=state,
                verified_at=verified_at,
                verified_by=by if verified_at else None,
                created_at=at,
            )
        )
    Organisation.objects.bulk_create(rows)
    for row in rows:
        if row.verified_at:
            reviews.append(
                OrganisationReview(organisation=row, state=State.VERIFIED, by=by, at=row.verified_at)
            )
        if row.state == State.SUSPENDED:
            reviews.append(
                OrganisationReview(
                    organisation=row,
                    state=State.SUSPENDED,
                    reason="Plus de réponse depuis deux mois.",
                    by=by,
                    at=now - timedelta(days=20),
                )
            )
    OrganisationReview.objects.bulk_create(reviews)
    return rows
