"""The demonstration's towns, drawn from a seed: the same seed and moment give the same towns."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random

from django.db import connection, transaction
from django.utils import translation

from catalogue.vocabulary import Kind, Urgency
from cities.days import local_day
from cities.models import City, Commune
from demo import (
    between,
    directory,
    going_on,
    need_rows,
    offer_rows,
    outbox,
    shelters,
    texts,
    this_week,
    tonight,
    visits,
    voice,
)
from demo.need_rows import PART_OF_THE_PAST, NeedWriter
from demo.offer_rows import OfferWriter
from demo.people import DOMAIN, People, settle
from demo.story import Story, scan
from demo.towns import TOWNS, Places, Town, open_town
from desk import services as desk
from desk.baskets import Basket, Wanted, query_of
from followups import services as followups
from followups.models import End
from insight import services as insight
from matching import sweeps
from matching import tonight as matching_tonight
from matching.models import Match, MatchState
from matching.tasks import scan_due
from needs import selectors as asked_for
from needs import services as needs
from needs.models import Need
from notifications.services import DELIVER_TASK
from notifications.wake_up import wake_on_commit
from offers import services as offers
from offers.models import Offer, OfferState
from oncall import services as oncall
from oncall.models import Rank
from outreach.appeals import services as appeals
from town import services as settings

SCAN_TASK = scan_due.name
# Of one town's people, by its offers: most give once.
CITIZENS_OF_OFFERS = 0.86
TABLES = (
    "accounts_user",
    "offers_offer",
    "offers_window",
    "needs_need",
    "matching_match",
    "matching_decision",
    "matching_hold",
    "notifications_message",
)


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
    with connection.cursor() as cursor:
        # Every row is met by its key, in the order in which the queries name the tables: nothing to plan.
        cursor.execute("SET LOCAL join_collapse_limit = 1")
    with translation.override("fr"):
        seeded = [_seed_town(town, Random(f"{seed} {town.slug}"), now, scale, say) for town in TOWNS]  # noqa: S311
    # Thousands of acts have each sent a wake-up: two are enough.
    connection.run_on_commit.clear()
    wake_on_commit(SCAN_TASK)
    wake_on_commit(DELIVER_TASK)
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
    # The second of the towns, with the first, which is there by then.
    others = list(City.objects.exclude(pk=city.pk).filter(slug__in=[town.slug for town in TOWNS]))
    between.link(city, people, others, now=now - timedelta(days=200))
    places, scene = Places(city, rng), tonight.SCENES[town.slug]

    say(f"{town.name} : {offers_wanted} propositions")
    giving = OfferWriter(city, people, places, rng, now=now)
    certain = tonight.offers_of(scene, giving)
    told = [*certain.drawn, *this_week.offers_of(scene, giving)]
    given = offer_rows.write([*giving.draw(offers_wanted, beside=told), *told])
    reserved = [one.offer for one in told]  # left to the visitor
    visits.note_past(city, now=now)

    asking = NeedWriter(city, people, places, rng, now=now)
    certain_needs = tonight.needs_of(scene, asking)
    asked = [*certain_needs.all(), *this_week.needs_of(scene, asking, today=giving.today)]
    past = asking.draw_past(round(needs_wanted * PART_OF_THE_PAST))
    waiting = asking.draw_waiting(needs_wanted - len(past) - len(asked))
    for need in past:
        need.scan_due_at = None  # each is due at its own moment
    need_rows.write(past)
    _gather_statistics()

    say(f"{town.name} : {len(past)} besoins d’hier, leurs décisions et leurs suites")
    story = Story(people, rng, now=now, reserved=[offer.pk for offer in reserved])
    story.live(past)

    say(f"{town.name} : {needs_wanted - len(past)} besoins d’aujourd’hui et leurs pistes")
    need_rows.write([*waiting, *asked])
    _gather_statistics()
    outbox.write_receipts(given, [*past, *waiting, *asked])
    needs.expire_past(city=city, by=None, now=now)
    _share_nights(city, people, now=now)
    _see_to_the_town(city, people, now=now)
    _let_time_pass(now)
    scan(now)
    story.confirm(certain_needs.quilts, offer=certain.quilts)
    story.decide(waiting)
    _report(city, people, reserved=reserved, now=now)
    insight.define(
        city=city, fields=texts.OWN_INDICATOR, by=people.coordinators[0], now=now - timedelta(days=40)
    )
    _take_back(people, reserved=reserved, now=now)
    visits.plan_some(city, people, reserved=reserved, now=now)
    visits.note_dwellings(city, people, now=now)
    _work_together(city, people, now=now)
    _appeal(city, people, now=now)
    directory.fill(city, people, now=now)
    directory.refer(city, people, now=now)
    shelters.open_one(city, people, rng, now=now)
    voice.hear(city, people, now=now)
    between.show_places(city, people, reserved=reserved, now=now)
    _let_time_pass(now)
    going_on.play(people, city, now=now)
    scan(now)
    outbox.settle_past(city, people, now=now)
    outbox.try_calls(city, people, now=now)
    for one in [city, *others] if others else []:
        between.show_households(one, now=now)
    return Seeded(city, offers_wanted, needs_wanted, len(people.organisations))


def _gather_statistics() -> None:
    """The planner must know the rows now, not at the next autovacuum: all happens in one transaction."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(TABLES)}")


def _let_time_pass(now: datetime) -> None:
    """What the scheduler would have done by now."""
    sweeps.lapse_unanswered(by=None, now=now)
    sweeps.start_due(by=None, now=now)
    followups.plan_due(now=now)
    followups.complete_over(now=now)


def _share_nights(city: City, people: People, *, now: datetime) -> None:
    """A month of nights in turn, from the week that has begun; for one week somebody else is sought."""
    first, second = people.coordinators[:2]
    begun = now - timedelta(days=7)
    shifts = oncall.share_out(
        city=city,
        people=[first, second],
        first_day=local_day(begun, city),
        weeks=4,
        hand_over=time(18),
        by=first,
        now=begun,
    )
    sought = [shift for shift in shifts if shift.person == second and shift.rank == Rank.FIRST][-1]
    oncall.ask_replacement(shift_id=sought.pk, by=second, now=now - timedelta(hours=20))


def _see_to_the_town(city: City, people: People, *, now: datetime) -> None:
    """What the administration has changed, and whom it has invited."""
    by = people.administrator
    earlier = now - timedelta(days=12)
    settings.change_settings(city=city, fields={"answer_hours_this_week": 36}, by=by, now=earlier)
    settings.change_settings(city=city, fields={"remind_after_days": 28}, by=by, now=now - timedelta(days=3))
    settings.invite(
        city=city,
        email=f"leila.{city.slug}@{DOMAIN}",
        name="Leïla N.",
        language="fr",
        roles=["operator"],
        by=by,
        now=now - timedelta(hours=20),
    )


def _report(city: City, people: People, *, reserved: list[Offer], now: datetime) -> None:
    """One report that a coordinator has to look at, and one that was closed: of stays that ended, if there are."""
    ended = (
        Match.objects.select_related("offer")
        .filter(city=city, offer__kind=Kind.HOUSING, offer__state=OfferState.ACTIVE)
        .filter(state__in=[MatchState.BROKEN_OFF, MatchState.COMPLETED])
        .order_by("-changed_at", "id")
    )
    stays: dict[int, tuple[Offer, int | None, datetime]] = {}
    for match in ended:
        last = max(match.changed_at, match.offer.changed_at)
        stays.setdefault(match.offer_id, (match.offer, match.pk, last))
    # A small town may have no stay behind it: then a home that nobody has come to yet.
    quiet = Offer.objects.open().filter(city=city, kind=Kind.HOUSING, matches__decisions__isnull=True)
    for offer in quiet.exclude(pk__in=[offer.pk for offer in reserved]).order_by("pk").distinct()[:2]:
        stays.setdefault(offer.pk, (offer, None, offer.changed_at))
    reports = list(stays.values())[:2]
    first, second = people.coordinators[:2]
    for reader in (first, second):
        followups.name_reader(city=city, person=reader, by=people.administrator, now=now - timedelta(days=30))
    for (offer, match_id, last), text in zip(reports, [texts.INCIDENT, texts.INCIDENT_CLOSED], strict=False):
        told = last + (now - last) / 4
        incident = followups.report_incident(
            offer_id=offer.pk, match_id=match_id, text=text, by=people.operator, now=told
        )
        if text == texts.INCIDENT_CLOSED:
            proposed = told + (now - told) / 2
            followups.propose_end(
                incident_id=incident.pk, end=End.SETTLED, conclusion=texts.CONCLUSION, by=first, now=proposed
            )
            followups.confirm_end(
                incident_id=incident.pk,
                proposed_at=proposed,
                by=second,
                now=proposed + (now - proposed) / 2,
            )


def _work_together(city: City, people: People, *, now: datetime) -> None:
    """The coordinators share the cases out, write to one another, and come back to one today."""
    first, second = people.coordinators[:2]
    open_ones = (
        Need.objects.open().filter(city=city).exclude(urgency=Urgency.TONIGHT).order_by("created_at", "pk")
    )
    shared = list(open_ones.select_related("city")[:6])
    for need, by in zip(shared, (first, second, first, second), strict=False):
        matching_tonight.take(need=need, by=by, now=now - timedelta(hours=4))
    for need in shared[:1]:
        note = texts.NOTE % {"name": second.name}
        desk.write_note(need=need, text=note, by=first, now=now - timedelta(hours=3))
        desk.set_flag(
            need=need, day=local_day(now, city), words=texts.FLAG, by=first, now=now - timedelta(hours=3)
        )
    for need in shared[4:5]:
        matching_tonight.hand_over(need=need, to=second, seen=None, by=first, now=now - timedelta(hours=2))
    for need in shared[5:]:
        soon = local_day(now, city) + timedelta(days=2)
        desk.set_flag(need=need, day=soon, words=texts.FLAG, by=second, now=now - timedelta(hours=2))
    query = query_of(Basket.WAIT, Wanted(kind=Kind.HOUSING))
    desk.save_view(city=city, name=texts.VIEW, query=query, by=first, now=now - timedelta(days=9))


def _take_back(people: People, *, reserved: list[Offer], now: datetime) -> None:
    """Some citizens have just set an offer aside: it no longer is a suggestion."""
    shown = (
        Offer.objects.open()
        .filter(matches__state=MatchState.SUGGESTED, city=reserved[0].city, owner__email__isnull=False)
        .exclude(pk__in=[offer.pk for offer in reserved])
    )
    for offer in shown.select_related("owner").order_by("pk").distinct()[:3]:
        offers.pause(offer_id=offer.pk, by=offer.owner, now=now - timedelta(minutes=25))


def _appeal(city: City, people: People, *, now: datetime) -> None:
    """A colleague has written to the citizens about those for whom no home suits; the visitor may send it, or not."""
    colleague = people.coordinators[1]
    without = asked_for.published(city).filter(kind=Kind.HOUSING, scan__suggested=0)
    missing = list(without.order_by("created_at", "pk")[:2])
    appeals.draft(
        city=city,
        needs=missing,
        words={"fr": texts.APPEAL},
        wanted=len(missing),
        reach_km=10,
        by=colleague,
        now=now - timedelta(hours=1),
    )
