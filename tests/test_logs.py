"""A mark stands in every private field, things break on purpose, and no log tells the mark."""

import io
import json
import logging
import smtplib
import sys
import threading
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path

import psycopg
import pytest
import yaml
from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, models, transaction
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse
from django.views.debug import get_exception_reporter_filter

from accounts import links
from accounts.links import LinkBroken
from accounts.models import PersonEdit, Session
from config import embedded, logs
from privacy.register import REGISTER
from tests import conftest
from tests.factories.accounts import ApiTokenFactory, CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory

MARK = "zqxmark"
MAIL = f"{MARK}@{MARK}.example"
TOKEN = f"{MARK}AA:1wXyZq:9f3kLmN0pQrStUvWxYz012345678901"
COMPOSE = yaml.safe_load((conftest.ROOT / "docker-compose.yml").read_text(encoding="utf-8"))


@pytest.fixture
def written():
    """All that is written while the test runs, as people and as machines read it."""
    output, root = io.StringIO(), logging.getLogger()
    handlers = [logging.StreamHandler(output), logging.StreamHandler(output)]
    for handler, formatter in zip(handlers, (logs.Line(), logs.Json()), strict=True):
        handler.setFormatter(formatter)
        root.addHandler(handler)
    yield output
    for handler in handlers:
        root.removeHandler(handler)


def of_machines(written):
    return [json.loads(line) for line in written.getvalue().splitlines() if line.startswith("{")]


@pytest.fixture
def postgres_log():
    """What PostgreSQL writes by itself while the test runs."""
    log = embedded.home(conftest._folder) / "log" / "postgres.log"
    begin = log.stat().st_size
    return lambda: log.read_bytes()[begin:].decode("utf-8", "replace")


# --- What the database refuses -------------------------------------------------------------------------


def private_columns(label):
    """The columns of a model whose words go when a person is forgotten; of a table that is not ours, all."""
    marks, model = REGISTER[label], apps.get_model(label)
    names = {*marks.anonymise.split(), *marks.delete.split()}
    fields = [field for field in model._meta.local_concrete_fields if names & {"*", field.name}]
    words = (models.CharField, models.TextField, models.JSONField, ArrayField)
    return model, [field for field in fields if isinstance(field, words)]


def test_no_refusal_of_the_database_tells_a_private_field(db, written, postgres_log):
    """Each table of the register refuses a row that has the mark in each private column."""
    log, quoted, asked = logging.getLogger("matching"), [], []
    for label in REGISTER:
        model, fields = private_columns(label)
        if not fields:
            continue
        asked.append(label)
        # What stands in no column that must be: PostgreSQL quotes the whole row in its refusal.
        named = ", ".join(f'"{field.column}"' for field in fields)
        values = [value_for(field) for field in fields]
        sql = f'INSERT INTO "{model._meta.db_table}" ({named}) VALUES ({", ".join(["%s"] * len(values))})'
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql, values)
                # A table that takes it refuses it on the way out.
                cursor.execute(f"SELECT ('{MARK}' || count(*))::int FROM \"{model._meta.db_table}\"")
        except DatabaseError as error:
            quoted.append(MARK in str(error))
            log.exception("it is refused: %s", error)
            log.error(f"it is refused: {error}")
    assert len(asked) > 40
    assert all(quoted), "each refusal does quote the mark, or this test tells nothing"
    assert MARK not in written.getvalue()
    assert MARK not in postgres_log()
    assert "NotNullViolation 23502 accounts_user" in written.getvalue(), "what it was is told"


def value_for(field):
    if isinstance(field, models.JSONField):
        return json.dumps({"a": MARK})
    if isinstance(field, ArrayField):
        return [MARK] if isinstance(field.base_field, models.CharField | models.TextField) else None
    return MARK[: field.max_length]


@pytest.mark.parametrize(
    "error",
    [
        ValidationError({"email": [f"{MAIL} is no address"]}),
        ValueError(f"invalid literal for int() with base 10: '{MARK}'"),
        KeyError(MARK),
        smtplib.SMTPRecipientsRefused({MAIL: (550, f"no {MAIL}".encode())}),
        smtplib.SMTPDataError(554, f"refused for {MAIL}".encode()),
        UnicodeEncodeError("ascii", MARK, 0, 1, "no"),
        FileNotFoundError(2, "No such file or directory", f"/tmp/{MARK}.csv"),
        ExceptionGroup(MARK, [ValueError(MARK), psycopg.errors.UniqueViolation(MARK)]),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_exception_tells_its_words_wherever_it_stands_in_a_line(error, written):
    log = logging.getLogger("somebody.else")
    try:
        try:
            raise error
        except type(error) as inner:
            log.warning("it is %s", inner)
            log.warning(f"it is {inner}")
            log.warning("Task %(name)s: %(exc)s", {"name": "t", "exc": repr(inner), "traceback": repr(inner)})
            log.exception(inner)
            raise RuntimeError(f"wrapped: {MARK}") from inner
    except RuntimeError:
        log.exception("it ends at /strasbourg/reponse/%s/ of %s", TOKEN, MAIL)
    assert MARK not in written.getvalue().replace(TOKEN, "")
    assert type(error).__name__ in written.getvalue()
    assert f"{Path(__file__).name}:" in written.getvalue(), "and where"


def test_values_that_do_not_fit_are_not_printed_by_python_itself():
    record = logging.LogRecord("somebody.else", logging.WARNING, __file__, 1, "%d of %s", (MARK,), None)
    assert logs.Line().format(record).endswith("%d of %s (with values that do not fit)")


def test_an_exception_that_is_its_own_cause_is_told_once():
    error = ValueError(MARK)
    error.__cause__ = error
    assert logs.places(error) == ["ValueError"]


def test_what_an_exception_says_of_our_code_or_of_a_server_is_told():
    assert logs.describe(AttributeError("'Offer' object has no attribute 'x'")).endswith("attribute 'x'")
    assert logs.describe(smtplib.SMTPDataError(554, MARK.encode())) == "SMTPDataError 554"
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect("postgresql://accorde@127.0.0.1:1/accorde")
    assert "port 1 failed" in logs.describe(refused.value)


# --- What is asked of the site -------------------------------------------------------------------------


@pytest.fixture
def town(db):
    return CityFactory(slug="strasbourg", name="Strasbourg")


def test_no_request_that_fails_tells_what_was_sent(town, written, tmp_path, settings):
    person = CityRoleFactory(city=town, user__name=MARK, user__email=MAIL).user
    ApiTokenFactory(user=person, secret=f"acc_{MARK}")
    client = Client(raise_request_exception=False)
    program = Client(headers={"authorization": f"Bearer acc_{MARK}"})
    strict = Client(enforce_csrf_checks=True)
    broken = tmp_path / "legal.html"
    broken.write_text("{% url 'home' person=request.user.name %}", encoding="utf-8")
    answers = {
        "a token": client.get(f"/strasbourg/reponse/{TOKEN}/"),
        "a letter": client.get(f"/strasbourg/lettre/confirmer/{TOKEN}/"),
        "nowhere": client.get(f"/{MARK}/{MARK}/{MARK}/?q={MAIL}"),
        "no town": client.get(f"/{MARK}/"),
        "another site": strict.post(reverse("account_login"), {"login": MAIL}, secure=True, headers={"referer": f"https://{MARK}.example/"}),
        "a wrong form": client.post(reverse("account_login"), {"login": f"{MARK} no address"}),
        "a NUL": client.post(reverse("account_login"), {"login": f"{MARK}\0"}),
        "a wrong answer": program.post("/api/v1/needs/", {"title": MARK}, content_type="application/json"),
        "no JSON": program.post("/api/v1/needs/", f"{{{MARK}", content_type="application/json"),
        "no need": program.get(f"/api/v1/needs/{MARK}/"),
        "no key": Client(headers={"authorization": f"Bearer acc_no{MARK}"}).get("/api/v1/needs/"),
    }  # fmt: skip
    with override_settings(ALLOWED_HOSTS=["accorde.example"]):
        answers["another host"] = client.get("/connexion/", headers={"host": f"{MARK}.example"})
    client.force_login(person)
    templates = settings.TEMPLATES[0]
    with override_settings(TEMPLATES=[templates | {"DIRS": [tmp_path, *templates["DIRS"]]}]):
        answers["a template"] = client.get(reverse("legal"))
    expected = {"a wrong form": HTTPStatus.OK, "a template": HTTPStatus.INTERNAL_SERVER_ERROR}
    for what, answer in answers.items():
        assert answer.status_code == expected.get(what, answer.status_code) < 501
        assert answer.status_code >= 400 or what in {"a wrong form", "a letter", "a token"}, what
    assert MARK not in written.getvalue()
    lines = of_machines(written)
    of_template = next(line for line in lines if line.get("error") == "NoReverseMatch")
    assert of_template["user"] == person.pk
    assert of_template["route"] == "/mentions-legales/"
    assert {line.get("route") for line in lines} >= {"/<slug:city_slug>/reponse/<str:token>/", "-"}
    assert {line["town"] for line in lines if "town" in line} == {"strasbourg"}, (
        "never a word that is no town's"
    )


def test_a_request_has_a_name_that_its_lines_and_its_answer_carry(client, db, written):
    given = "5f0c1d7e9a3b4c2d8e6f0a1b2c3d4e5f"
    assert client.get("/nulle-part/", headers={"x-request-id": given}).headers["X-Request-ID"] == given
    lines = of_machines(written)
    assert lines
    assert {line["request"] for line in lines} == {given}
    answered = next(line for line in lines if line["message"] == "answered")
    assert (answered["method"], answered["status"]) == ("GET", 404)
    assert answered["ms"] >= 0


@pytest.mark.parametrize("given", ["", "short", f"{MARK}-is-somebody-s-own-word", "a" * 65, "a" * 20 + "\n"])
def test_a_name_that_no_machine_gave_is_not_taken(client, db, given):
    told = client.get("/healthz", headers={"x-request-id": given}).headers["X-Request-ID"]
    assert told != given
    assert len(told) == 32


def test_nobody_is_looked_up_for_a_line_of_log(client, django_assert_num_queries, db, written):
    client.force_login(UserFactory())
    with django_assert_num_queries(1):  # whose session it is, and not who that is
        client.get("/healthz")


def test_a_report_of_an_error_holds_nothing_that_was_sent():
    request = RequestFactory().post(f"/?{MARK}", {"name": MARK}, headers={"cookie": MARK})
    told = get_exception_reporter_filter(request)
    secret = MARK
    frame = sys._getframe()
    shown = [
        told.get_post_parameters(request), told.get_safe_request_meta(request), told.get_safe_cookies(request),
        told.get_traceback_frame_variables(request, frame),
    ]  # fmt: skip
    assert secret not in str(shown)
    assert "name" in str(shown)


# --- Tasks, threads, processes -------------------------------------------------------------------------


def test_a_task_that_raises_tells_its_name_and_its_id(worker, written, eventually):
    """The database refuses whatever the task writes, and says what stands in the row."""
    from accounts.tasks import forget_past_sessions

    Session.objects.create(
        session_key="k" * 32, session_data=MARK, expire_date="2020-01-01T00:00Z", device=MARK
    )
    with refusing("accounts_session", "DELETE"):
        identifier = forget_past_sessions.delay().id
        line = eventually(
            lambda: next((line for line in of_machines(written) if line["level"] == "ERROR"), None)
        )
    assert (line["task"], line["task_name"]) == (identifier, "accounts.tasks.forget_past_sessions")
    assert line["error"] == "ProgrammingError P0001"
    assert MARK not in written.getvalue()


class refusing:  # noqa: N801
    """For the length of the block, the table refuses, with the whole row in its words."""

    def __init__(self, table, act):
        self.table, self.act = table, act

    def __enter__(self):
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION refuse_it() RETURNS trigger LANGUAGE plpgsql AS"
                f" $$ BEGIN RAISE EXCEPTION '{MARK} %', OLD; END $$;"
                f"CREATE TRIGGER refuse_it BEFORE {self.act} ON {self.table} FOR EACH ROW EXECUTE FUNCTION refuse_it()"
            )

    def __exit__(self, *_):
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TRIGGER refuse_it ON {self.table}; DROP FUNCTION refuse_it()")


def test_what_nobody_catches_is_told_as_everything_else(written, monkeypatch):
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    logs.take_the_last_word()
    try:
        raise ValueError(MARK)
    except ValueError:
        sys.excepthook(*sys.exc_info())
    thread = threading.Thread(target=lambda: int(MARK))
    thread.start()
    thread.join()
    assert [line["error"] for line in of_machines(written)] == ["ValueError", "ValueError"]
    assert MARK not in written.getvalue()


def test_a_link_that_was_altered_is_told_without_the_link(caplog):
    with caplog.at_level(logging.INFO), pytest.raises(LinkBroken):
        links.read("12.34:1abc:altered", salt="tests", valid_for=links.STOPPED_FOR)
    assert [record.getMessage() for record in caplog.records] == ["a link was cut or altered"]


def test_a_link_that_is_too_old_is_not_called_altered(caplog, monkeypatch):
    token = links.stop_token(PersonEdit(pk=7))
    assert links.change_to_stop(token) == 7
    monkeypatch.setattr(links, "STOPPED_FOR", timedelta(seconds=-1))
    with caplog.at_level(logging.INFO), pytest.raises(LinkBroken):
        links.change_to_stop(token)
    assert caplog.records == []


# --- The servers, and the proxy in front ---------------------------------------------------------------


def test_postgresql_is_as_silent_in_containers_as_here(db):
    with connection.cursor() as cursor:
        for name, value in embedded.POSTGRES_LOGS.items():
            cursor.execute(f"SHOW {name}")
            assert cursor.fetchone() == (value,)
    command = COMPOSE["services"]["postgres"]["command"]
    assert {f"--{name}={value}" for name, value in embedded.POSTGRES_LOGS.items()} <= set(command)


def test_valkey_tells_no_data_when_it_falls():
    from django.core.cache import cache

    client = cache._cache.get_client()
    assert client.config_get("hide-user-data-from-log") == {"hide-user-data-from-log": "yes"}
    assert "hide-user-data-from-log yes" in COMPOSE["services"]["valkey"]["command"][-1]


def test_the_proxy_of_the_example_logs_no_address():
    example = (conftest.ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    said = example.partition("log_format")[2].partition(";")[0]
    for variable in (
        "$request ",
        "$request_uri",
        "$uri",
        "$args",
        "$http_referer",
        "$remote_addr",
        "$remote_user",
    ):
        assert variable not in said.replace("'", " ")
    assert "$request_id" in said
    assert "proxy_set_header X-Request-ID $request_id" in example
    assert "error_log /dev/stderr crit" in example, "its errors quote the whole request line"
