"""The harness itself: what it must catch, and what it must make real."""

import smtplib
import socket
import subprocess
import sys
import time
from email.message import EmailMessage

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.mail import send_mail
from django.db import connection, transaction
from django.template import engines
from django.template.base import Origin, Template
from django.test import TransactionTestCase
from django.utils import timezone

from accounts.models import PersonEdit, User
from cities.models import Commune
from config.celery import app
from config.queues import DEFAULT
from config.tasks import heartbeat, last
from tests.conftest import ROOT, database_url
from tests.factories.accounts import UserFactory


def template(text, name):
    return Template(text, origin=Origin(str(name)), engine=engines["django"].engine)


def render(text, context, name=ROOT / "offers" / "templates" / "offers" / "invented.html"):
    from django.template import Context

    return template(text, name).render(Context(context))


def test_an_undefined_variable_fails_in_our_templates():
    with pytest.raises(pytest.fail.Exception, match=r"offer\.titel"):
        render("{{ offer.titel }}", {"offer": {"title": "Lit"}})


def test_an_undefined_variable_inside_a_block_fails():
    with pytest.raises(pytest.fail.Exception, match="nobody"):
        render("{% for n in numbers %}{{ nobody }}{% endfor %}", {"numbers": [1]})


def test_a_question_about_an_undefined_variable_is_allowed():
    assert render("{% if nobody %}x{% endif %}{{ known }}", {"known": "y"}) == "y"


def test_third_parties_may_leave_variables_undefined():
    assert render("a{{ nobody }}b", {}, name="/usr/lib/django/templates/admin/x.html") == "ab"


def test_other_hosts_are_out_of_reach():
    from tests import conftest

    with pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(RuntimeError, match=r"example\.org"):
        socket.getaddrinfo("example.org", 443)
    assert len(conftest._escapes) == 2, "and the test fails even if somebody swallows the error"
    conftest._escapes.clear()


def test_an_edit_without_its_row_is_noted(db):
    from tests import conftest
    from tests.factories.cities import CityFactory

    city = CityFactory()
    forgetful = "def forget(city):\n    city.phone = '1'\n    city.save(update_fields=['phone'])"
    code = compile(forgetful, str(conftest.ROOT / "accounts" / "forgetful.py"), "exec")
    exec(code, names := {})
    names["forget"](city)
    assert conftest._unrecorded == {("cities.City", city.pk): {"phone"}}
    conftest._unrecorded.clear()
    city.save(update_fields=["phone"])
    assert not conftest._unrecorded, "a test saves what it likes"


def test_the_database_is_a_test_database(db):
    assert connection.settings_dict["NAME"].startswith("test_")
    assert database_url().endswith(connection.settings_dict["NAME"])


def test_what_a_test_committed_is_gone_after_it_and_what_migrations_wrote_is_not(
    transactional_db, monkeypatch
):
    from tests import conftest

    monkeypatch.setattr(conftest, "_ROOMY_PAGES", 0)
    person = UserFactory()
    PersonEdit.objects.create(person=person, by=person, at=timezone.now(), what={"name": ["A", "B"]})
    kinds = set(ContentType.objects.values_list("pk", flat=True))
    assert kinds
    TransactionTestCase()._fixture_teardown()
    assert not PersonEdit.objects.exists(), "nobody else may delete one"
    assert not User.objects.exists()
    assert set(ContentType.objects.values_list("pk", flat=True)) == kinds
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size('accounts_user')")
        assert cursor.fetchone() == (0,), "its room is given back"


def test_a_wake_up_is_published_and_read(wake_ups):
    heartbeat.delay(0)
    assert wake_ups() == [("config.tasks.heartbeat", [0])]


def test_no_wake_up_survives_its_test(wake_ups):
    assert wake_ups() == []


def test_a_wake_up_is_sent_on_commit_alone(transactional_db, wake_ups):
    with transaction.atomic():
        heartbeat.delay_on_commit(0)
        assert wake_ups() == []
    assert wake_ups() == [("config.tasks.heartbeat", [0])]


def test_the_worker_answers_wake_ups(worker, eventually):
    heartbeat.delay(0)
    assert eventually(lambda: last([DEFAULT]))


def test_a_worker_process_answers_wake_ups(worker_process, eventually):
    process = worker_process()
    heartbeat.delay(0)
    assert eventually(lambda: last([DEFAULT]), seconds=30)
    assert process.poll() is None


def test_the_schedule_names_tasks_that_exist():
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in app.conf.beat_schedule.values()}
    assert scheduled <= set(app.tasks)


def test_all_that_runs_agrees_on_the_time(db):
    """Under `make test CLOCK=…` too: the tests, PostgreSQL, Valkey and a process of its own."""
    with connection.cursor() as cursor:
        cursor.execute("select extract(epoch from clock_timestamp())")
        (database,) = cursor.fetchone()
    with app.connection_for_read() as link:
        broker, _ = link.channel().client.time()
    child = subprocess.run(
        [sys.executable, "-c", "import time; print(time.time())"], stdout=subprocess.PIPE, check=True
    )
    assert [float(each) for each in (database, broker, child.stdout)] == pytest.approx(
        [time.time()] * 3, abs=10
    )


def test_mail_goes_through_a_real_server(smtp_server):
    send_mail("Bonjour", "À ce soir.", "accorde@ville.example", ["lina@example.org"])
    (message,) = smtp_server.to("lina@example.org")
    assert isinstance(message, EmailMessage)
    assert message.get_content().strip() == "À ce soir."


def test_the_mail_server_can_refuse_and_be_down(smtp_server):
    smtp_server.answer = "550 no such mailbox"
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send_mail("Bonjour", "À ce soir.", "accorde@ville.example", ["lina@example.org"])
    smtp_server.stop()
    with pytest.raises(ConnectionRefusedError):
        send_mail("Bonjour", "À ce soir.", "accorde@ville.example", ["lina@example.org"])
    smtp_server.answer = ""
    smtp_server.start()
    send_mail("Bonjour", "À ce soir.", "accorde@ville.example", ["lina@example.org"])
    assert len(smtp_server.messages) == 1


def test_the_small_gazetteer_is_real(gazetteer):
    assert Commune.objects.get(insee="67482").name == "Strasbourg"
    assert Commune.objects.filter(epci_code="200040715").count() == 49
    assert Commune.objects.filter(name="Saint-Denis").count() > 1


def test_a_page_opens_in_a_real_browser(page):
    page.goto("/healthz")
    assert page.evaluate("navigator.language") == "fr-FR"


def test_many_connections_at_once(at_once):
    def backend():
        with connection.cursor() as cursor:
            cursor.execute("select pg_backend_pid()")
            return cursor.fetchone()[0]

    assert len(set(at_once(*[backend] * 20))) == 20
