"""The demonstration's towns, drawn from a seed: the same seed and moment give the same towns."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db import connection, transaction
from django.utils import timezone, translation

from cities.models import City, Commune
from demo import need_rows, offer_rows, outbox, texts, tonight
from demo.need_rows import PART_OF_THE_PAST, NeedWriter
from demo.offer_rows import OfferWriter
from demo.people import People, settle
from demo.story import Story, scan
from demo.towns import TOWNS, Places, Town, open_town
from followups import services as followups
from matching import services as matching
from matching.models import Match, MatchState
from matching.tasks import scan_due
from needs import services as needs
from notifications.bell import ring_on_commit
from notifications.services import DELIVER_TASK
from offers import services as offers
from offers.models import Offer

SCAN_TASK = scan_due.name
# Of one town's people, by its offers: most give once.
CITIZENS_OF_OFFERS = 0.86
TABLES = ("offers_offer", "offers_window", "needs_need", "accounts_user", "notifications_message")


@dataclass(frozen=True, slots=True)
class Seeded:
    """What a town was given."""

    city: City
    offers: int
    needs: int
    organisations: int


class NoGazetteer(Exception):
    """The communes of France are not loaded yet."""


def is_there() -> bool:
    """Whether a town of the demonstration exists already."""
    return City.objects.filter(slug__in=[town.slug for town in TOWNS]).exists()


@transaction.atomic
def seed_towns(
    *,
    seed: int,
    now: datetime,
    scale: float = 1.0,
    say: Callable[[str], None] = lambda text: None,
) -> list[Seeded]:
    """Both towns with everything in them, or nothing at all. Raises NoGazetteer.

    `scale` makes smaller towns for tests. The cast, the scene of tonight and each state are there at any scale.
    """
    if Commune.objects.filter(pk__in=[town.seat for town in TOWNS]).count() < len(TOWNS):
        raise NoGazetteer
    with translation.override("fr"):
        seeded = [_seed_town(town, Random(f"{seed} {town.slug}"), now, scale, say) for town in TOWNS]  # noqa: S311
    # Thousands of acts have each rung the bell: two are enough.
    connection.run_on_commit.clear()
    ring_on_commit(SCAN_TASK)
    ring_on_commit(DELIVER_TASK)
    return seeded


def _seed_town(town: Town, rng: Random, now: datetime, scale: float, say: Callable[[str], None]) -> Seeded:
    offers_wanted, needs_wanted = round(town.offers * scale), round(town.needs * scale)
    say(f"{town.name} : les associations, l’équipe et les habitants")
    city = open_town(town, now=now - timedelta(days=320))
    people = settle(
        city,
        citizens=max(12, round(offers_wanted * CITIZENS_OF_OFFERS)),
        concerned=max(2, needs_wanted // 12),
        organisations=max(4, round(town.organisations * scale)),
        rng=rng,
        now=now,
    )
    places, scene = Places(city, rng), tonight.SCENES[town.slug]

    say(f"{town.name} : {offers_wanted} propositions")
    giving = OfferWriter(city, people, places, rng, now=now)
    certain = tonight.offers_of(scene, giving)
    given = offer_rows.write([*giving.draw(offers_wanted - len(certain.drawn)), *certain.drawn])

    asking = NeedWriter(city, people, places, rng, now=now)
    certain_needs = tonight.needs_of(scene, asking)
    past = asking.draw_past(round(needs_wanted * PART_OF_THE_PAST))
    waiting = asking.draw_waiting(needs_wanted - len(past) - len(certain_needs.all()))
    for need in past:
        need.scan_due_at = None  # each is due at its own moment
    need_rows.write(past)
    _gather_statistics()

    say(f"{town.name} : {len(past)} besoins d’hier, leurs décisions et leurs suites")
    story = Story(people, rng, now=now, reserved=[offer.pk for offer in certain.reserved])
    story.live(past)

    say(f"{town.name} : {needs_wanted - len(past)} besoins d’aujourd’hui et leurs pistes")
    need_rows.write([*waiting, *certain_needs.all()])
    outbox.write_receipts(given, [*past, *waiting, *certain_needs.all()])
    needs.expire_past(by=None, now=now, today=timezone.localdate(now))
    _move_the_clock(now)
    scan(now)
    story.confirm(certain_needs.quilts, offer=certain.quilts)
    story.decide(waiting)
    _report(city, people, rng, now=now)
    _take_back(people, reserved=certain.reserved, now=now)
    _move_the_clock(now)
    scan(now)
    outbox.settle_past(city, people, now=now)
    return Seeded(city, offers_wanted, needs_wanted, len(people.organisations))


def _gather_statistics() -> None:
    """The planner must know the rows before the first scan, not at the next autovacuum."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(TABLES)}")


def _move_the_clock(now: datetime) -> None:
    """What the scheduler would have done by now."""
    matching.lapse_unanswered(by=None, now=now)
    matching.start_due(by=None, now=now)
    followups.plan_due(now=now)
    followups.complete_over(now=now)


def _report(city: City, people: People, rng: Random, *, now: datetime) -> None:
    """One report that a coordinator has to look at, and one that was closed."""
    stays = Match.objects.filter(city=city, offer__kind="housing", offer__state="active")
    ended = list(
        stays.filter(state__in=[MatchState.BROKEN_OFF, MatchState.COMPLETED]).order_by("-changed_at", "id")[
            :6
        ]
    )
    by = people.coordinators[0]
    if ended:
        told = min(ended[0].changed_at + timedelta(hours=20), now - timedelta(hours=2))
        followups.report_incident(
            offer_id=ended[0].offer_id,
            match_id=ended[0].pk,
            text=texts.INCIDENT,
            by=people.operator,
            now=told,
        )
    others = [match for match in ended if match.offer_id != ended[0].offer_id]
    if others:
        told = others[-1].changed_at + (now - others[-1].changed_at) / 4
        incident = followups.report_incident(
            offer_id=others[-1].offer_id, match_id=others[-1].pk, text=texts.INCIDENT_CLOSED, by=by, now=told
        )
        followups.close_incident(
            incident_id=incident.pk,
            conclusion=texts.CONCLUSION,
            unfreeze=True,
            by=by,
            now=told + timedelta(hours=26) if now - told > timedelta(hours=30) else now,
        )


def _take_back(people: People, *, reserved: list[Offer], now: datetime) -> None:
    """Some citizens have just set an offer aside: it no longer is a suggestion."""
    shown = Offer.objects.filter(
        matches__state=MatchState.SUGGESTED, city=reserved[0].city, owner__email__isnull=False
    ).exclude(pk__in=[offer.pk for offer in reserved])
    for offer in shown.select_related("owner").order_by("pk").distinct()[:3]:
        offers.pause(offer_id=offer.pk, by=offer.owner, now=now - timedelta(minutes=25))
