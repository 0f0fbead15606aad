"""The strict harness: a mistake fails the test that makes it, wherever it is made.

Everything is real: PostgreSQL, Valkey, a Celery worker, an SMTP server, a browser. Tests that ask for none of
them (the engine's) pay nothing for them.
"""

import asyncio
import contextlib
import csv
import gzip
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config import embedded
from config.queues import QUEUES
from notifications import channel_folders
from tests import migrated

ROOT = Path(__file__).resolve().parent.parent

# --- The environment, before Django reads it -----------------------------------------------------------

# Whoever starts the suite in the background may have Ctrl-C ignored; what we start is to hear it all the same.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Under -n this process only hands the tests out, to processes with servers of their own.
_HANDS_OUT = "PYTEST_XDIST_WORKER" not in os.environ and any(
    re.match(r"-n|--numprocesses", argument) for argument in sys.argv[1:]
)
_until_the_end = contextlib.ExitStack()
_folder, _urls = Path(), dict[str, str]()
if not _HANDS_OUT:
    _folder = _until_the_end.enter_context(embedded.own_folder(embedded.data_dir() / "test"))
    _urls = _until_the_end.enter_context(embedded.servers(_folder, lasting=False))
# Nothing of the developer's own settings may leak into a test, least of all a database.
_READ = re.compile(r'(?:environ\.get|flag|number|words)\(\s*"(\w+)"')
_names = _READ.findall((ROOT / "config" / "settings.py").read_text(encoding="utf-8"))
for _name in [*_names, *channel_folders.variables()]:
    if _name != "ACCORDE_DATA":
        os.environ.pop(_name, None)
# What the tests seal is opened by the processes that they start as a town's, which refuse a key that everybody knows.
KEYS = {
    "FIELD_KEYS": "QYwZ5pcwAj9fuF3sRAgvSU-pAlY0ctKEmE1p8oxpI9c",
    "FIELD_INDEX_KEY": "0mXvS1b3b0w2oYB0yqf8dZ0VwQh5x3bq1s7mC9nJr2k",
}
os.environ.update(_urls)
os.environ |= {
    **KEYS,
    "ACCORDE_MODE": "test",
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "ADMIN_PATH": "admin",
    "EMAIL_USE_TLS": "0",  # mail servers of tests are on this machine, and have no certificate
    # Playwright's loop runs in the thread of the tests, where Django then sees an "async context".
    "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-sql", action="store_true", help="write tests/sql/*.sql anew (tests/sql_snapshots.py)"
    )


class UndefinedVariable(str):
    """What Django prints for an undefined template variable: an error, in the templates that are ours."""

    def __contains__(self, text: object) -> bool:
        return text == "%s" or super().__contains__(str(text))

    def __mod__(self, variable: object) -> str:
        origin = _template_being_rendered()
        if origin and ROOT in Path(origin).parents and ".venv" not in Path(origin).parts:
            pytest.fail(f"undefined variable «{variable}» in {Path(origin).relative_to(ROOT)}")
        return ""


def _template_being_rendered() -> str | None:
    """The file of the innermost node or template on the stack."""
    frame = sys._getframe(1)
    while frame := frame.f_back:  # type: ignore[assignment]
        if frame.f_code.co_name in {"render", "render_annotated", "_render"}:
            origin = getattr(frame.f_locals.get("self"), "origin", None)
            if origin is not None and getattr(origin, "name", None):
                return str(origin.name)
    return None


def _make_strict() -> None:
    from django.conf import settings

    templates: dict[str, Any] = settings.TEMPLATES[0]
    templates["OPTIONS"]["string_if_invalid"] = UndefinedVariable("undefined")
    settings.INSTALLED_APPS.append("zeal")
    settings.MIDDLEWARE.insert(0, "zeal.middleware.zeal_middleware")
    settings.ZEAL_RAISE = True
    # The third parties' own tables, and sessions, which they read anew; nothing that we can batch.
    settings.ZEAL_ALLOWLIST = [{"model": "account.*"}, {"model": "mfa.*"}, {"model": "accounts.Session"}]
    # Look a static file up when it is asked for, rather than all of them for each test's client.
    settings.WHITENOISE_AUTOREFRESH = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

    import django
    from django.db.models.signals import post_save, pre_save

    django.setup()
    pre_save.connect(_refuse_whole_saves)
    post_save.connect(_note_unrecorded_edits)


def _refuse_whole_saves(*, instance: Any, update_fields: Any, raw: bool, **_: Any) -> None:
    """A bare save() of a loaded row writes back what others have changed since."""
    if raw or update_fields is not None or instance._state.adding:
        return
    caller, line = _who_saves()
    if _is_ours(caller):
        raise AssertionError(f"bare save() of a loaded {type(instance).__name__} in {caller}:{line}")


# What a row of its own kind records: a change of state, a visit, a reminder, a verification, a sign-in.
_RECORDED_OTHERWISE = {
    "state", "confirmed_at", "reminded_at", "vetted_at", "vetted_by", "verified_at", "verified_by", "last_login",
}  # fmt: skip
_unrecorded: dict[tuple[str, int], set[str]] = {}


def _note_unrecorded_edits(*, instance: Any, created: bool, update_fields: Any, raw: bool, **_: Any) -> None:
    """A field that people decide on is saved together with a row that says who changed it, or the test fails."""
    from catalogue.changes import editable_fields
    from catalogue.models import FieldChange

    if isinstance(instance, FieldChange) and created:
        for field in instance._meta.concrete_fields:
            if field.remote_field is not None and field.remote_field.related_name == "edits":
                row = getattr(instance, field.name)
                _unrecorded.get((row._meta.label, row.pk), set()).difference_update(instance.what)
        return
    has_edits = any(relation.name == "edits" for relation in instance._meta.related_objects)
    if has_edits and update_fields and not (created or raw) and _is_ours(_who_saves()[0]):
        names = {field.name for field in editable_fields(type(instance))} & set(update_fields)
        _unrecorded.setdefault((instance._meta.label, instance.pk), set()).update(names - _RECORDED_OTHERWISE)


def _who_saves() -> tuple[Path, int]:
    """The file and line that called save()."""
    frame = sys._getframe(1)
    passing = ("/django/", "/tests/conftest.py")
    while frame.f_code.co_name == "save" or any(part in frame.f_code.co_filename for part in passing):
        assert frame.f_back
        frame = frame.f_back
    return Path(frame.f_code.co_filename), frame.f_lineno


def _is_ours(caller: Path) -> bool:
    return ROOT in caller.parents and not {".venv", "tests"} & set(caller.parts)


@pytest.fixture(autouse=True)
def every_edit_has_its_row() -> Iterator[None]:
    """Who changed which field is kept, by whatever service changed it."""
    _unrecorded.clear()
    yield
    forgotten = {label: names for label, names in _unrecorded.items() if names}
    assert not forgotten, f"saved without a row that says by whom: {forgotten}"


_make_strict()
if _HANDS_OUT:
    del os.environ["DJANGO_SETTINGS_MODULE"]  # theirs begin with this environment, and no servers yet

# --- Signed in, with a second factor -------------------------------------------------------------------


def _give_second_factor(*, request: Any, user: Any, **_of_the_signal: Any) -> None:
    from accounts.sign_in import note_second_factor

    note_second_factor(request=request, user=user)


def _every_session_begins_with_one() -> None:
    """Whoever works for a town would otherwise have to add one before each test."""
    from django.contrib.auth.signals import user_logged_in

    user_logged_in.connect(_give_second_factor, dispatch_uid="tests.second_factor")


if not _HANDS_OUT:
    _every_session_begins_with_one()


@pytest.fixture
def without_second_factor() -> Iterator[None]:
    """Sessions begin as they do outside of tests."""
    from django.contrib.auth.signals import user_logged_in

    user_logged_in.disconnect(dispatch_uid="tests.second_factor")
    yield
    _every_session_begins_with_one()


# --- No socket but our own -----------------------------------------------------------------------------

_LOOPBACK = {"127.0.0.1", "::1", "localhost", "0.0.0.0", "", None}
_escapes: list[str] = []


def _watch_sockets(event: str, arguments: tuple[Any, ...]) -> None:
    host: Any = "127.0.0.1"
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in {"socket.connect", "socket.sendto"} and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    if isinstance(host, bytes):
        host = host.decode()
    if host not in _LOOPBACK and host != socket.gethostname() and not _is_loopback(host):
        _escapes.append(f"{event} {host}")
        raise RuntimeError(f"A test tried to reach {host}: only this machine's own servers may be used.")


def _is_loopback(host: str) -> bool:
    """Also in a writing of its own: "127.1", "0x7f000001"."""
    try:
        return socket.inet_aton(host)[0] == 127
    except (OSError, ValueError):
        return False


sys.addaudithook(_watch_sockets)


@pytest.fixture(autouse=True)
def no_other_host() -> Iterator[None]:
    """Fail even where the code under test swallowed the refusal."""
    _escapes.clear()
    yield
    assert not _escapes, f"reached for other hosts: {_escapes}"


# --- The database --------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def migrated_name(django_db_use_migrations: bool, django_db_keepdb: bool) -> str:
    """The kept database to begin from; none under pytest-django's own options."""
    return migrated.name() if django_db_use_migrations and not django_db_keepdb else ""


@pytest.fixture(scope="session")
def turn() -> Iterator[contextlib.ExitStack]:
    """Held while a database to begin from is looked for, and made where there is none."""
    with contextlib.ExitStack() as held:
        yield held


@pytest.fixture(scope="session")
def django_db_modify_db_settings(migrated_name: str, turn: contextlib.ExitStack) -> None:
    """Begin as a copy of what an earlier run or another process has migrated, if that is what would be migrated now."""
    from django.db import connection

    if not migrated_name:
        return
    turn.enter_context(migrated.one_at_a_time())
    with _as_admin() as admin:
        if migrated.is_kept(admin, migrated_name) or migrated.take_over(admin, migrated_name):
            connection.settings_dict["TEST"]["TEMPLATE"] = migrated_name
            turn.close()


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, migrated_name: str, turn: contextlib.ExitStack, django_db_blocker: Any
) -> Iterator[None]:
    """Keep what was migrated for the next run; at the end, end the sessions of killed processes.

    PostgreSQL would notice those in its own time.
    """
    from django.db import connection

    if migrated_name and not connection.settings_dict["TEST"].get("TEMPLATE"):
        with django_db_blocker.unblock():
            connection.close()
        with _as_admin() as admin:
            migrated.keep(admin, migrated_name, made_from=connection.settings_dict["NAME"])
            migrated.hand_on(admin, migrated_name)
    turn.close()
    yield
    theirs = "from pg_stat_activity where datname like 'test\\_%' and backend_type = 'client backend'"
    with _as_admin() as admin:
        admin.execute(f"select pg_terminate_backend(pid) {theirs}")
        embedded.wait_until(lambda: admin.execute(f"select count(*) {theirs}").fetchone() == (0,), 10)


def _as_admin() -> psycopg.Connection[Any]:
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


# --- A clean slate -------------------------------------------------------------------------------------


# A page is 8 kB: a table that a test has filled beyond these is given its room back.
_ROOMY_PAGES = 50


def _empty_what_was_written() -> None:
    """After a test that commits, the tables that have rows are emptied, and no others: Django truncates all of them and
    writes its kinds of rows and permissions anew, which takes a second each time.

    What is written once refuses that to everybody (docs/adr/0028, 0032), hence the door.
    """
    from django.db import connection, transaction
    from django.test import TransactionTestCase

    of_migrations = {"django_content_type", "auth_permission"}  # they are the same after every test
    written = (
        "select oid::regclass::text from pg_class where relname = any(%s) and pg_relation_size(oid) > %s"
    )

    def empty(self: TransactionTestCase) -> None:
        tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
        ours = sorted({*tables} - of_migrations)
        with connection.cursor() as cursor:
            with transaction.atomic():
                cursor.execute(written, [ours, 0])
                deletions = [f"DELETE FROM {table}" for (table,) in cursor]
                cursor.execute("; ".join(["SET LOCAL session_replication_role = replica", *deletions]))
            cursor.execute(written, [ours, _ROOMY_PAGES * 8192])
            if roomy := [table for (table,) in cursor]:
                cursor.execute(f"VACUUM {', '.join(roomy)}")

    TransactionTestCase._fixture_teardown = empty


_empty_what_was_written()


def _refuse_orders_by_chance() -> None:
    """Rows in the order of an encrypted column are in none; the database would not say so."""
    from django.db.models.expressions import Col
    from django.db.models.sql.compiler import SQLCompiler

    from sealing.fields import Encrypted

    get_order_by = SQLCompiler.get_order_by

    def checked(self: SQLCompiler) -> Any:
        orders = get_order_by(self)
        for order, _sql in orders:
            for part in order.flatten():
                if isinstance(part, Col) and isinstance(part.target, Encrypted):
                    pytest.fail(f"an order by {part.target}, which is encrypted")
        return orders

    SQLCompiler.get_order_by = checked  # type: ignore[method-assign]


_refuse_orders_by_chance()


@pytest.fixture(autouse=True)
def clear_cache() -> Iterator[None]:
    """No counter, cached page or waiting task survives a test: the cache and the broker share one Valkey.

    Nor does a broker that did not answer keep the next test's wake-ups back.
    """
    from django.core.cache import cache

    from notifications.wake_up import patience

    yield
    cache.clear()
    patience.regain()


@pytest.fixture(autouse=True)
def no_language_left() -> Iterator[None]:
    """A view that answered in Arabic leaves no language behind for the next test."""
    from django.utils import translation

    yield
    translation.deactivate()


def pytest_unconfigure() -> None:
    _until_the_end.close()


# --- The gazetteer -------------------------------------------------------------------------------------

# The two towns of the demonstration with their neighbours, one far overseas, and names that several share.
_EPCIS = {"246700488", "200040715"}
_COMMUNES = {"Paris", "Lyon", "Marseille", "Lille", "Saint-Denis", "Saint-Martin", "Cayenne", "Bourg", "Vif"}


@pytest.fixture(scope="session")
def gazetteer_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small gazetteer, its rows taken from the real one."""
    from cities.services import GAZETTEER

    small = tmp_path_factory.mktemp("gazetteer") / "communes.csv.gz"
    with (
        gzip.open(GAZETTEER, "rt", encoding="utf-8", newline="") as lines,
        gzip.open(small, "wt", encoding="utf-8", newline="") as kept,
    ):
        rows = csv.DictReader(lines)
        assert rows.fieldnames
        writer = csv.DictWriter(kept, rows.fieldnames)
        writer.writeheader()
        writer.writerows(row for row in rows if row["epci_code"] in _EPCIS or row["name"] in _COMMUNES)
    return small


@pytest.fixture
def gazetteer(gazetteer_file: Path, db: None) -> None:
    """About a hundred real communes: Strasbourg's and Grenoble's, an overseas one, and shared names."""
    from cities.services import load_gazetteer

    load_gazetteer(source=gazetteer_file)


# --- The worker ----------------------------------------------------------------------------------------


@pytest.fixture
def wake_ups() -> Callable[[], list[tuple[str, list[Any]]]]:
    """What has been published and no worker has taken: (task, arguments), in no order."""
    from config.celery import app

    def waiting() -> list[tuple[str, list[Any]]]:
        found = []
        with app.connection_for_read() as connection:
            channel = connection.default_channel
            prefix = channel.global_keyprefix  # kombu adds it to its own commands alone
            for queue in QUEUES:
                for raw in channel.client.lrange(f"{prefix}{queue}", 0, -1):
                    message = channel.Message(json.loads(raw), channel=channel)
                    found.append((message.headers["task"], list(message.decode()[0])))
        return found

    return waiting


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    """A Celery worker in a thread of this process, on all queues: what a commit announces, it does."""
    from celery.contrib.testing.worker import start_worker

    from config.celery import app

    with start_worker(
        app,
        pool="solo",
        loglevel="WARNING",  # it becomes the root logger's, for all tests that follow
        perform_ping_check=False,
        queues=QUEUES,
        shutdown_timeout=30,
    ):
        yield


@pytest.fixture
def worker_process(transactional_db: None) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start workers as processes, for tests that kill them: `worker_process("-Q", "matching")`."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> subprocess.Popen[bytes]:
        log = embedded.home(_folder) / "log" / "worker.log"
        with log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "config", "worker", "-P", "solo",
                 "-Q", ",".join(QUEUES), "--without-gossip", "--without-mingle",
                 "-l", "INFO", *arguments],
                cwd=ROOT, env={**os.environ, "DATABASE_URL": database_url()}, stdout=output, stderr=output,
                start_new_session=True, preexec_fn=embedded.die_with_parent,
            )  # fmt: skip
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def database_url() -> str:
    """The address of the test database, for a process of its own."""
    from django.db import connection

    base, _, _name = os.environ["DATABASE_URL"].rpartition("/")
    return f"{base}/{connection.settings_dict['NAME']}"


@pytest.fixture
def eventually() -> Callable[..., Any]:
    """Wait for what another thread or process does: `eventually(lambda: Match.objects.count() == 3)`."""

    def wait(condition: Callable[[], Any], *, seconds: float = 15) -> Any:
        end = time.monotonic() + seconds
        while True:
            if value := condition():
                return value
            if time.monotonic() > end:
                pytest.fail(f"not within {seconds} s")
            time.sleep(0.02)

    return wait


# --- Mail ----------------------------------------------------------------------------------------------


@dataclass
class Mailbox:
    """A real SMTP server's view: what it received, and what it answers."""

    port: int
    messages: list[EmailMessage] = field(default_factory=list)
    # Set to refuse: "451 try later", "550 no such mailbox".
    answer: str = ""
    # Seconds that it takes for each recipient and for each message.
    delay: float = 0
    stop: Callable[[], None] = lambda: None
    start: Callable[[], None] = lambda: None

    def to(self, address: str) -> list[EmailMessage]:
        """The messages for one address, oldest first."""
        return [message for message in self.messages if address in str(message["To"])]


@pytest.fixture
def smtp_server(settings: Any) -> Iterator[Mailbox]:
    """A real SMTP server; `stop()` and `start()` play the one that is down."""
    from aiosmtpd.controller import Controller

    class Handler:
        async def handle_RCPT(
            self, server: Any, session: Any, envelope: Any, address: str, options: Any
        ) -> str:
            await asyncio.sleep(mailbox.delay)
            if mailbox.answer:
                return mailbox.answer
            envelope.rcpt_tos.append(address)
            return "250 OK"

        async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
            await asyncio.sleep(mailbox.delay)
            message = BytesParser(policy=policy.default).parsebytes(envelope.content)
            assert isinstance(message, EmailMessage)
            mailbox.messages.append(message)
            return "250 OK"

    mailbox = Mailbox(port=embedded._free_port(None))
    running: list[Controller] = []

    def start() -> None:
        controller = Controller(Handler(), hostname="127.0.0.1", port=mailbox.port)
        controller.start()
        running.append(controller)

    def stop() -> None:
        while running:
            running.pop().stop()

    mailbox.start, mailbox.stop = start, stop
    start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST = "127.0.0.1"
    settings.EMAIL_PORT = mailbox.port
    yield mailbox
    stop()


# --- The browser ---------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The machine's own Chromium with our own fonts; one for the whole run."""
    from playwright.sync_api import sync_playwright

    from config import browser_fonts

    program = next((path for path in BROWSERS if Path(path).exists()), None)
    if program is None:
        pytest.fail(f"No browser found ({', '.join(BROWSERS)}): install Chromium, then run again.")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program,
            env={**os.environ, "FONTCONFIG_FILE": str(browser_fonts.configuration(tmp_path_factory.mktemp("fonts")))},
            args=[
                "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
                "--disable-sync",
            ],
        )  # fmt: skip
        yield chromium
        chromium.close()


BROWSERS = [
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
]


@pytest.fixture
def new_page(browser: Any, live_server: Any, request: pytest.FixtureRequest) -> Iterator[Callable[..., Any]]:
    """Open a page as another person: `new_page(locale="ar")`; its own cookies, its own session."""
    contexts: list[Any] = []
    complaints: list[str] = []

    def request_sent(sent: Any) -> None:
        if not _own_host(sent.url):
            complaints.append(f"left for {sent.url}")

    def line_logged(line: Any) -> None:
        if "Content Security Policy" in line.text:
            complaints.append(f"refused: {line.text}")

    def watch(page: Any) -> None:
        page.on("pageerror", lambda error: complaints.append(f"script error: {error}"))
        page.on("request", request_sent)
        page.on("console", line_logged)

    def open_page(**options: Any) -> Any:
        options = {"locale": "fr-FR", "timezone_id": "Europe/Paris", "reduced_motion": "reduce", **options}
        context = browser.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        watch(page)
        return page

    yield open_page
    failed = request.node.stash.get(FAILED, False)
    for number, context in enumerate(contexts):
        if failed:
            folder = embedded.data_dir() / "screenshots"
            folder.mkdir(parents=True, exist_ok=True)
            for page in context.pages:
                page.screenshot(path=folder / f"{request.node.name}-{number}.png", full_page=True)
        context.close()
    _let_the_server_finish()
    assert not complaints, complaints


def _let_the_server_finish() -> None:
    """A page that looks again by itself may have been closed in the midst of a request: emptying the tables while that
    is answered would be a deadlock.
    """
    from django.db import connection

    under_way = "select count(*) from pg_stat_activity where datname = %s and state <> 'idle' and pid <> %s"
    with _as_admin() as admin:
        ours = connection.connection.info.backend_pid if connection.connection else 0
        asked = (connection.settings_dict["NAME"], ours)
        embedded.wait_until(lambda: admin.execute(under_way, asked).fetchone() == (0,), 10)


@pytest.fixture
def page(new_page: Callable[..., Any]) -> Any:
    """One person's page, in French."""
    return new_page()


def _own_host(url: str) -> bool:
    return url.startswith(("http://127.0.0.1", "http://localhost", "data:", "blob:", "about:"))


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report: Any = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


# The files whose single tests take longest: begun first, so that no process is left alone with one of them at the end.
LONGEST = (
    "test_who_opens_what.py",
    "journeys/test_pages.py",
    "test_run.py",
    "drills/",
    "matching/test_plan_property.py",
    "test_who_reads_whom.py",
    "test_languages.py",
)


def pytest_collection_modifyitems(items: list[Any]) -> None:
    items.sort(key=lambda item: not any(f"tests/{name}" in item.nodeid for name in LONGEST))


# --- At the same time ----------------------------------------------------------------------------------


@pytest.fixture
def as_user(client: Any) -> Callable[[Any], Any]:
    """The client, signed in as somebody."""

    def sign_in(user: Any) -> Any:
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def at_once(transactional_db: None) -> Callable[..., list[Any]]:
    """Run callables at the same moment, each on a connection of its own; results and exceptions in order."""
    from django.db import connections

    def run(*calls: Callable[[], Any]) -> list[Any]:
        gate = threading.Barrier(len(calls))
        answers: list[Any] = [None] * len(calls)

        def one(number: int, call: Callable[[], Any]) -> None:
            try:
                gate.wait(30)
                answers[number] = call()
            except Exception as failure:
                answers[number] = failure
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one, args=pair) for pair in enumerate(calls)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return answers

    return run


@pytest.fixture
def meanwhile(at_once: Callable[..., list[Any]]) -> Iterator[Callable[..., Callable[[], Any]]]:
    """While we hold locks: start a call on another connection, see it wait for us, ask for its answer later.

    `answer = meanwhile(call)`, then, once we have let go, `answer()`.
    """
    from tests.matching.locks import waiting_for_us

    threads: list[threading.Thread] = []

    def start(call: Callable[[], Any]) -> Callable[[], Any]:
        answers: list[Any] = []
        thread = threading.Thread(target=lambda: answers.extend(at_once(call)))
        threads.append(thread)
        before = len(waiting_for_us())
        thread.start()
        while len(waiting_for_us()) == before:
            thread.join(0.01)
            if not thread.is_alive():
                pytest.fail(f"it did not wait for us: {answers}")

        def answer() -> Any:
            thread.join()
            return answers[0]

        return answer

    yield start
    for thread in threads:
        thread.join()
