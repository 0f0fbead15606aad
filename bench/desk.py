"""One town: its pages, its ranking, and the way from a need's commit to its suggestions with a real worker."""

import random
import statistics
import time
from datetime import datetime, timedelta
from functools import partial

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import engine
from accounts.models import Organisation, User
from bench import plain, town
from bench.tables import milliseconds, ratio, refuse_unless, say, spread
from catalogue.vocabulary import Kind
from cities.days import local_day
from cities.models import City, Commune
from matching import scanning
from matching.models import Scan
from matching.scanning import snapshots
from needs import services as needs
from needs.models import Need

AIM_MEDIAN_MS = 300
AIM_QUERIES = 15
PATIENCE_SECONDS = 30.0
ROUNDS = 60


def prepare(*, offers: int, needs: int) -> None:
    """An empty database, migrated and filled; every need scanned once."""
    say("Préparation : base, communes, ville")
    call_command("migrate", verbosity=0)
    call_command("flush", interactive=False, verbosity=0)
    call_command("load_gazetteer", verbosity=0, stdout=open("/dev/null", "w"))  # noqa: SIM115
    town.fill(offers=offers, needs=needs, now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    say(f"{offers} propositions, {needs} besoins\n")


def show(*, rounds: int) -> None:
    """Every table, one after the other."""
    city = scanned()
    _pages(city)
    _ranking(city, rounds)
    _from_commit_to_suggestions(city, rounds)


def scanned() -> City:
    """The town, all of its needs due at once: what an import leaves to do."""
    total = Need.objects.update(scan_due_at=timezone.now())
    started = time.perf_counter()
    while scanning.scan_due_needs(by=None, now=timezone.now()):
        pass
    seconds = time.perf_counter() - started
    say(
        f"Tous les besoins à la suite, un processus : {total} en {seconds:.1f} s, {total / seconds:.0f} par seconde\n"
    )
    return City.objects.get(slug="strasbourg")


def _pages(city: City) -> None:
    """Queries of the queue and of one need: the same at any size."""
    client = Client()
    client.force_login(User.objects.get(email="bench@example.org"))
    references = list(Need.objects.order_by("pk").values_list("reference", flat=True)[:5])
    say(f"Pages (visé : au plus {AIM_QUERIES} requêtes)")
    for name, path in (
        ("file", f"/{city.slug}/bureau/"),
        ("un besoin", f"/{city.slug}/bureau/{references[0]}/"),
    ):
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            client.get(path)
        count = len(captured)  # the next request empties the log
        times = [milliseconds(partial(client.get, path)) for _ in range(10)]
        say(f"  {name:10} {count:3} requêtes   {statistics.median(times):7.1f} ms au milieu")
    say()


def _ranking(city: City, rounds: int) -> None:
    """One home's need, ranked by the engine and by the plain query, in turn."""
    some = list(Need.objects.filter(kind=Kind.HOUSING, city=city).order_by("pk")[:rounds])
    now = timezone.now()
    ours: list[float] = []
    theirs: list[float] = []
    engine_only: list[float] = []
    same = 0
    for need in some:
        ours.append(milliseconds(partial(_ranked, need, city, now)))
        theirs.append(milliseconds(partial(plain.best, need, now)))
        same += _ranked(need, city, now) == plain.best(need, now)
        snapshot = snapshots.of_needs([need], city=city, now=now)
        engine_only.append(milliseconds(partial(snapshot.rank, today=local_day(now, city))))
    say("Classer un besoin de logement (mêmes règles, même ordre)")
    refuse_unless(same == len(some), f"the plain query agrees {same} times out of {len(some)}")
    say(f"  même liste que la requête simple : {same} sur {len(some)}")
    ratio("lecture et explications comprises", ours, theirs, "requête simple")
    ratio("le calcul seul", engine_only, theirs, "requête simple")
    say()


def _ranked(need: Need, city: City, now: datetime) -> list[int]:
    snapshot = snapshots.of_needs([need], city=city, now=now)
    today = local_day(now, city)
    (ranking,) = snapshot.rank(today=today)
    offers = snapshot.offer_records(int(str(pairing.offer_id)) for pairing in ranking.pairings)
    record = snapshot.need_records()[need.pk]
    for pairing in ranking.pairings:
        engine.explain(pairing, record, offers[int(str(pairing.offer_id))], today)
    return [int(str(pairing.offer_id)) for pairing in ranking.pairings]


def _from_commit_to_suggestions(city: City, rounds: int) -> None:
    """From the commit of a need to its suggestions in the database, with a real worker that is otherwise idle."""
    chance = random.Random(2)  # noqa: S311
    organisation = Organisation.objects.get(city=city)
    by = User.objects.get(email="bench@example.org")
    communes = list(Commune.objects.filter(epci_code=city.epci_code))
    _registered_and_scanned(city, organisation, by, chance.choice(communes), chance)  # the worker warms up
    times = [
        _registered_and_scanned(city, organisation, by, chance.choice(communes), chance)
        for _ in range(rounds)
    ]
    say("Du besoin enregistré aux pistes visibles (un vrai worker, au repos)")
    part = statistics.median(times) / AIM_MEDIAN_MS
    say(f"  {part:5.2f} × le but de {AIM_MEDIAN_MS} ms   {spread(times)}\n")


def _registered_and_scanned(
    city: City, organisation: Organisation, by: User, commune: Commune, chance: random.Random
) -> float:
    """Milliseconds; a time-out is an error, never a figure."""
    now = timezone.now()
    model = town.need(2, city, organisation, by, commune, chance, now)
    fields = {
        name: getattr(model, name)
        for name in (
            "kind", "title", "commune", "reach_km", "first_day", "last_day", "urgency", "languages",
            "adult_women", "children_3_to_11", "shared_home_ok", "pets",
        )
    }  # fmt: skip
    need = needs.register(
        city=city, organisation=organisation, person=None, fields=fields, source="web",  # type: ignore[arg-type]
        by=by, now=now, today=now.date() - timedelta(days=1), notify=False,
    )  # fmt: skip
    started = time.perf_counter()
    while not Scan.objects.filter(need=need).exists():
        if time.perf_counter() - started > PATIENCE_SECONDS:
            raise RuntimeError("the worker did not answer: see its log, worker.log beside the servers' data")
        time.sleep(0.002)
    return (time.perf_counter() - started) * 1000
