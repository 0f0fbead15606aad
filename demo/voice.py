"""What people have said is missing in each town, a group that the town answers, and points submitted to comments."""

from datetime import datetime, timedelta

from cities.days import local_day
from cities.models import City
from demo.people import People
from engine.vocabulary import PARTS
from voice import services
from voice.models import Remark
from voice.progress import GroupState

# (language, words, days ago)
_SHOWERS = (
    ("fr", "Il n’y a pas de douche ouverte le dimanche.", 40),
    ("fr", "Où se laver le week-end\u202f? Tout est fermé.", 33),
    ("en", "No place to take a shower on Sundays.", 25),
    ("fr", "Une douche près de la gare, même payante.", 19),
    ("en", "The showers close at noon, I work until two.", 12),
    ("fr", "Les bains sont fermés le dimanche et les jours fériés.", 6),
)
_TO_SORT = (
    ("fr", "Un lieu pour charger son téléphone le soir.", 4),
    ("en", "A French class in the evening, for people who work.", 2),
    ("fr", "Une consigne pour les bagages, la journée.", 1),
)
_TITLES = {"fr": "Des douches le dimanche", "en": "Showers on Sundays"}
_ANSWERS = {
    "fr": "Les bains du centre ouvriront le dimanche matin à partir du mois prochain.",
    "en": "The baths in the centre will open on Sunday mornings from next month on.",
}
_PROPOSAL = {
    "titles": {"fr": "Donner plus de poids à la proximité", "en": "Give more weight to being near"},
    "texts": {
        "fr": "Les familles disent que l’école et le travail sont trop loin. Nous proposons que la proximité compte "
        "davantage quand un logement est cherché.",
        "en": "Families say that school and work are too far away. We propose that being near should count for more "
        "when a home is sought.",
    },
}
_COMMENTS = (
    ("fr", "D’accord, mais sans oublier la langue de l’hôte.", 5),
    ("en", "Yes. My children change trams twice to reach school.", 3),
    ("fr", "Attention aux villages, qui en auront moins.", 1),
)


def hear(city: City, people: People, *, now: datetime) -> None:
    """A group that the town has answered, some remarks to sort, and a proposal that is open with comments."""
    by = people.coordinators[1]
    sorted_ones = [_say(city, number, *said, now=now) for number, said in enumerate(_SHOWERS)]
    begun = now - timedelta(days=5)
    group = services.begin_group(city=city, titles=_TITLES, by=by, now=begun)
    services.put(
        city=city, remark_ids=[remark.pk for remark in sorted_ones], group_id=group.pk, by=by, now=begun
    )
    services.change_group(
        group_id=group.pk,
        titles=_TITLES,
        state=GroupState.UNDER_WAY,
        answers=_ANSWERS,
        by=by,
        now=now - timedelta(days=2),
    )
    for number, said in enumerate(_TO_SORT, len(sorted_ones)):
        _say(city, number, *said, now=now)
    _submit(city, people, now=now)


def _say(city: City, number: int, language: str, text: str, days: int, *, now: datetime) -> Remark:
    return services.say(
        city=city,
        text=text,
        language=language,
        form_key=f"demo-{city.slug}-remark-{number}",
        by=None,
        now=now - timedelta(days=days),
    )


def _submit(city: City, people: People, *, now: datetime) -> None:
    """Points that would change, opened ten days ago."""
    by, opened = people.administrator, now - timedelta(days=10)
    proposal = services.draft(
        city=city, weights=_nearer(city), by=by, now=opened - timedelta(days=2), **_PROPOSAL
    )
    until = local_day(now, city) + timedelta(days=20)
    services.open_to_comments(proposal_id=proposal.pk, until=until, by=by, now=opened)
    for number, (language, text, days) in enumerate(_COMMENTS):
        services.comment(
            proposal_id=proposal.pk,
            text=text,
            language=language,
            form_key=f"demo-{city.slug}-comment-{number}",
            by=None,
            now=now - timedelta(days=days),
        )


def _nearer(city: City) -> dict[str, float]:
    """The town's points, five of the largest other part given to being near."""
    points = {part: city.weights[part] for part in PARTS}
    largest = max((part for part in PARTS if part != "proximity"), key=lambda part: points[part])
    points["proximity"], points[largest] = points["proximity"] + 5, points[largest] - 5
    return points
