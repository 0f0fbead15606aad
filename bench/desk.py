"""One town: its pages, its ranking, and the way from a need's commit to its suggestions with a real worker."""

import gzip
import random
import statistics
import time
from datetime import datetime, timedelta
from functools import partial

from django.db import connection
from django.db.models import Count, Q
from django.http import HttpRequest
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import engine
from accounts.models import Organisation, User
from accounts.sign_in import note_second_factor
from bench import plain, seals, town
from bench.empty import empty_database
from bench.tables import decimal, milliseconds, percentile, ratio, refuse_unless, say, spread
from catalogue.vocabulary import Kind
from cities.days import local_day
from cities.models import City, Commune
from matching import scanning
from matching.models import MatchState, Scan
from matching.scanning import snapshots
from needs import services as needs
from needs.models import Need

AIM_MEDIAN_MS = 300
AIM_QUERIES, AIM_UNCHANGED = 15, 3
AIM_PAGE_MS, AIM_DASHBOARD_MS, AIM_KB = 100, 300, 60
AIM_SEALS = 1.2
PAGE_ROUNDS = 40
PATIENCE_SECONDS = 30.0
ROUNDS = 60


def prepare(*, offers: int, needs: int) -> None:
    """An empty database, migrated and filled; every need scanned once."""
    say("Préparation : base, communes, ville")
    empty_database()
    town.fill(offers=offers, needs=needs, now=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    say(f"{offers} propositions, {needs} besoins\n")


def show(*, rounds: int) -> None:
    """Every table, one after the other."""
    city = scanned()
    pages(city)
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


def signed_in(user: User) -> Client:
    """A client of somebody who has shown their second factor."""
    client, request = Client(), HttpRequest()
    client.force_login(user)
    request.session = client.session
    note_second_factor(request=request, user=user)
    request.session.save()
    return client


def pages(city: City) -> None:
    """Every page of the desk at this size: queries, time on the server, weight on the way; then what is asked while
    nothing changes. Times are shown as parts of their aim.
    """
    client = signed_in(User.objects.get(email="bench@example.org"))
    suggested = Count("matches", filter=Q(matches__state=MatchState.SUGGESTED))
    # The fullest case there is: twenty suggestions, as many as are kept.
    homes = Need.objects.filter(kind=Kind.HOUSING, city=city).annotate(suggested=suggested)
    need = homes.order_by("-suggested", "pk").first()
    assert need is not None  # the town's needs are scanned
    case, here = f"/{city.slug}/bureau/{need.reference}/", f"/{city.slug}/"
    chosen = need.matches.suggested().values_list("pk", flat=True)[:4]
    say(
        f"Pages (visé : {AIM_QUERIES} requêtes, {AIM_PAGE_MS} ms au 95e centile, {AIM_KB} ko en gzip,"
        f" {decimal(AIM_SEALS)} × sans chiffrement)"
    )
    for name, path, aim in (
        ("file", f"{here}bureau/", AIM_PAGE_MS),
        ("liste seule", f"{here}bureau/direct/", AIM_PAGE_MS),
        ("un besoin", case, AIM_PAGE_MS),
        ("son fil", f"{case}fil/", AIM_PAGE_MS),
        ("ses messages", f"{case}messages/", AIM_PAGE_MS),
        ("tour à tour", f"{case}tour-a-tour/", AIM_PAGE_MS),
        ("comparer", f"{case}comparer/?{'&'.join(f'piste={pk}' for pk in chosen)}", AIM_PAGE_MS),
        ("chercher", f"{here}chercher/?q=offre+12", AIM_PAGE_MS),
        ("accueils", f"{here}accueils/", AIM_PAGE_MS),
        ("lits libres", f"{here}accueils/libres/", AIM_PAGE_MS),
        ("logements", f"{here}bureau/logements-vides/", AIM_PAGE_MS),
        ("visites", f"{here}bureau/visites/", AIM_PAGE_MS),
        ("équipe", f"{here}ma-ville/equipe/", AIM_PAGE_MS),
        ("ma ville", f"{here}ma-ville/", AIM_PAGE_MS),
        ("tableau de bord", f"{here}chiffres/equipe/", AIM_DASHBOARD_MS),
    ):
        _page(client, name, path, aim)
    for name, path in (("la file", f"{here}bureau/direct/"), ("un besoin", f"{case}direct/")):
        _unchanged(client, name, path)
    say()


def _page(client: Client, name: str, path: str, aim: int) -> None:
    get = partial(client.get, path)
    get()
    with CaptureQueriesContext(connection) as captured:
        page = get()
    refuse_unless(page.status_code == 200, f"{path}: {page.status_code}")
    queries, weight = len(captured), len(gzip.compress(page.content, compresslevel=6)) / 1000
    late = percentile([milliseconds(get) for _ in range(PAGE_ROUNDS)], 95)
    say(
        f"  {decimal(late / aim, 2):>6} × le but   {decimal(weight / AIM_KB, 2):>6} × le poids   "
        f"{queries:3} requêtes   {decimal(seals.cost(get), 2):>5} × sans chiffrement   "
        f"{late:7.1f} ms   {weight:6.1f} ko   {name}"
    )


def _unchanged(client: Client, name: str, path: str) -> None:
    mark = client.get(path)["ETag"]
    get = partial(client.get, path, headers={"if-none-match": mark})
    with CaptureQueriesContext(connection) as captured:
        refuse_unless(get().status_code == 304, f"{path} has changed by itself")
    queries = len(captured)
    late = percentile([milliseconds(get) for _ in range(PAGE_ROUNDS)], 95)
    say(f"  inchangé : {name}, {queries} requêtes (visé : {AIM_UNCHANGED}), {late:.1f} ms au 95e centile")


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
