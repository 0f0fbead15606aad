"""The outbox beside a bare loop that only sends; how long what decides a night waits behind 100,000 digests; what it
costs to decide of 10,000 messages when and by what they leave.
"""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import User
from bench.empty import empty_database
from bench.mail_sink import sink
from bench.processes import Processes
from bench.tables import count, decimal, doing, refuse_unless, say, spread, times_as_fast
from cities.models import City, Commune
from config import embedded
from notifications import delivery, services
from notifications.channel_transport import transport_of
from notifications.events import Priority
from notifications.models import Message, MessageState, Preference

MESSAGES = 2_000
DIGESTS = 100_000
URGENT = 200
ROUNDS = 3
# What a mail server near by takes for one message; and none, where the commits of the outbox are all there is to see.
SERVER_SECONDS = (0.02, 0.0)
EVENTS = 10_000
AIM_DECIDED_SECONDS = 1.0
AIM_ALONE, AIM_TWO, AIM_P99_MS = 0.7, 1.8, 2_000
PATIENCE_SECONDS = 300.0
CHANNEL = "email"


def prepare() -> None:
    """An empty database with a town and somebody who is written to."""
    say("Préparation : base, ville")
    empty_database()
    City.objects.create(name="Strasbourg", slug="strasbourg", seat=Commune.objects.get(insee="67482"))
    now = timezone.now()
    User.objects.create(email="lectrice@exemple.fr", name="Une lectrice", created_at=now)
    User.objects.create(email="urgence@exemple.fr", name="Une coordinatrice", created_at=now)


def show(folder: Path) -> None:
    """The three tables."""
    _decisions()
    for seconds in SERVER_SECONDS:
        _throughput(seconds)
    _urgent_behind_digests(folder)


# --- When, and by what ----------------------------------------------------------------------------------


def _decisions() -> None:
    """A reminder to each of so many citizens: what reaches them, what they chose, their week, the hour."""
    now, town = timezone.now(), City.objects.get()
    emails = [f"hote{number}@exemple.fr" for number in range(EVENTS)]
    User.objects.bulk_create([User(email=email, name="Une hôte", created_at=now) for email in emails])
    people = list(User.objects.filter(email__in=emails))
    Preference.objects.bulk_create(
        [Preference(person=person, refused_sorts=["digest"]) for person in people[::4]]
    )
    text = services.Text("Votre proposition tient-elle ?", "Bonjour," + " Dites-le-nous en un geste." * 10)
    drafts = [
        services.NewMessage(person, "offer_reminder", f"offer:{person.pk}", town, lambda: text)
        for person in people
    ]
    bare, decided = [], []
    for number in range(ROUNDS):
        doing(f"tour {number + 1} sur {ROUNDS}")
        bare.append(_seconds(partial(_write_alone, drafts, now)))
        decided.append(_seconds(partial(services.queue_many, drafts=drafts, now=now)))
        queued = Message.objects.count()
        refuse_unless(queued == EVENTS, f"{queued} of {EVENTS} messages were queued")
    alone, ours = statistics.median(bare), statistics.median(decided)
    say(f"{count(EVENTS)} messages\u202f: à qui, quand, par quoi")
    say(f"{times_as_fast(ours, alone)} la boucle nue, qui ne fait qu’écrire les mêmes lignes")
    say(f"  {'la boucle nue':20} {decimal(alone, 2)} s")
    say(f"  {'avec la décision':20} {decimal(ours, 2)} s")
    say(
        f"  {'la décision seule':20} {decimal(ours - alone, 2)} s (visé : au plus {decimal(AIM_DECIDED_SECONDS)} s)"
    )
    say()
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE notifications_message, notifications_preference CASCADE")


def _write_alone(drafts: Sequence[services.NewMessage], now: datetime) -> None:
    with transaction.atomic():
        Message.objects.bulk_create(
            [
                Message(
                    recipient=draft.recipient, event=draft.event, subject_key=draft.subject_key, city=draft.city,
                    channel=CHANNEL, priority=Priority.DIGEST, language="fr", **draft.compose().columns(),
                    due_at=now, created_at=now,
                )
                for draft in drafts
            ],
            batch_size=1_000,
        )  # fmt: skip


def _seconds(act: Callable[[], object]) -> float:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE notifications_message, notifications_outage CASCADE")
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


# --- So many a second -----------------------------------------------------------------------------------


def _throughput(server_seconds: float) -> None:
    with sink(server_seconds):
        bare, one, two = [], [], []
        for number in range(ROUNDS):
            doing(f"tour {number + 1} sur {ROUNDS}")
            bare.append(_bare_loop())
            one.append(_through_the_outbox(1))
            two.append(_through_the_outbox(2))
    middle = [statistics.median(times) for times in (bare, one, two)]
    words = f"{decimal(server_seconds * 1000, 0)} ms par message" if server_seconds else "réponse immédiate"
    say(f"{count(MESSAGES)} messages vers un serveur SMTP de cette machine, {words}")
    say(f"{times_as_fast(middle[1], middle[0])} la boucle nue : un ouvrier (visé : {decimal(AIM_ALONE)})")
    say(f"{times_as_fast(middle[2], middle[1])} un ouvrier : deux ouvriers (visé : {decimal(AIM_TWO)})")
    for name, seconds in zip(("la boucle nue", "un ouvrier", "deux ouvriers"), middle, strict=True):
        say(f"  {name:20} {count(MESSAGES / seconds):>8} messages par seconde")
    say()


def _bare_loop() -> float:
    """The same mails over one connection, from rows that are in memory; nothing is noted."""
    _fill(MESSAGES, Priority.NORMAL)
    messages = list(Message.objects.select_related("recipient", "city"))
    started = time.perf_counter()
    with transport_of(CHANNEL) as transport:
        for message in messages:
            transport.send(message)
    return time.perf_counter() - started


def _through_the_outbox(workers: int) -> float:
    with Processes(workers) as processes:
        _fill(20 * workers, Priority.NORMAL)
        processes.run(deliver_all, [()] * workers)  # imports, sessions and templates are there from now on
        _fill(MESSAGES, Priority.NORMAL)
        seconds, _done = processes.run(deliver_all, [()] * workers)
    sent = Message.objects.filter(state=MessageState.SENT).count()
    refuse_unless(sent == MESSAGES, f"{sent} of {MESSAGES} messages were sent")
    return seconds


def deliver_all() -> None:
    """What a worker's task does, until nothing waits."""
    while delivery.deliver_batch(channel=CHANNEL, by=None, clock=timezone.now):
        pass


def _fill(messages: int, priority: Priority) -> None:
    now, said = timezone.now(), "Bonjour," + " Merci, votre proposition est enregistrée." * 10
    texts = {"title": "Votre proposition est enregistrée", "body": said, "action_url": "/strasbourg/"}
    # As the columns keep them; the same for all, which costs as much to open.
    fields = {field.name: field for field in Message._meta.concrete_fields}
    sealed = [fields[name].get_db_prep_save(text, connection) for name, text in texts.items()]
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE notifications_message, notifications_outage CASCADE")
        cursor.execute(
            """INSERT INTO notifications_message (recipient_id, city_id, channel, event, subject_key, priority,
                language, title, body, action_label, action_url, state, why, due_at, attempts, last_error, connection,
                provider_ref, created_at)
            SELECT person.id, city.id, %s, 'offer_receipt', 'offer:' || n, %s, 'fr',
                %s, %s, 'Voir', %s,
                'queued', '', %s, 0, '', 0, '', %s
            FROM accounts_user person, cities_city city, generate_series(1, %s) n
            WHERE person.email = 'lectrice@exemple.fr'""",
            [CHANNEL, priority, *sealed, now, now, messages],
        )
        cursor.execute("VACUUM (ANALYZE) notifications_message")


# --- What decides a night -------------------------------------------------------------------------------


def _urgent_behind_digests(folder: Path) -> None:
    with sink(0.0) as accepted:
        _fill(DIGESTS, Priority.DIGEST)
        with _worker(folder):
            services.wake_on_commit(services.DELIVER_TASK)
            _until(lambda: Message.objects.filter(state=MessageState.SENT).count() > 100)
            times = [_urgent(number, accepted) for number in range(URGENT)]
        left = Message.objects.filter(state=MessageState.QUEUED, priority=Priority.DIGEST).count()
        refuse_unless(left > DIGESTS // 4, "the digests were gone before the end: nothing was overtaken")
    say(f"De l’événement à l’acceptation par le serveur, avec {count(DIGESTS)} récapitulatifs en attente")
    say(f"  {'ce qui décide d’une nuit':52} {spread(times)} (visé : au plus {count(AIM_P99_MS)} ms)")
    say()


def _urgent(number: int, accepted: Connection) -> float:
    reader = User.objects.get(email="urgence@exemple.fr")
    started = time.time()
    services.queue(
        recipient=reader,
        event="need_receipt",
        subject_key=f"need:{number}",
        city=City.objects.get(),
        compose=lambda: services.Text("Ce soir", "Une famille a besoin d’un toit ce soir."),
        now=timezone.now(),
        priority=Priority.NIGHT,
    )
    if not accepted.poll(PATIENCE_SECONDS):
        raise RuntimeError("an urgent message did not arrive")
    moment: float = accepted.recv()
    time.sleep(0.02)
    return (moment - started) * 1000


@contextmanager
def _worker(folder: Path) -> Iterator[None]:
    """The messages' worker with two processes, as in a town."""
    queue = settings.CELERY_TASK_ROUTES["notifications.*"]["queue"]
    log = embedded.home(folder) / "messages.log"
    with log.open("wb") as output:
        worker = subprocess.Popen(  # noqa: S603 (our own words)
            [sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", queue, "-c", "2",
             "--without-gossip", "--without-mingle", "-l", "WARNING"],
            stdout=output, stderr=output, preexec_fn=embedded.die_with_parent,
        )  # fmt: skip
        try:
            yield
        finally:
            worker.terminate()
            try:
                worker.wait(90)
            except subprocess.TimeoutExpired:
                worker.kill()


def _until(condition: Any) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("the worker does not send")
        time.sleep(0.05)
