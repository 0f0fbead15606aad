"""A question by the page: asked, worked out, read, stopped; who may; what is refused."""

import time
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Role
from needs.models import Need
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.needs import NeedFactory
from tests.factories.offers import OfferFactory
from tests.factories.whatif import counted_figures
from tests.matching.test_explanations import text
from whatif import own, presentation, results, services, working
from whatif.foreseen import foreseen
from whatif.models import Question

pytestmark = pytest.mark.django_db


@pytest.fixture
def city():
    return CityFactory(slug="strasbourg", name="Strasbourg")


@pytest.fixture
def administrator(city):
    return CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user


@pytest.fixture
def desk(client, administrator):
    client.force_login(administrator, backend="accounts.backends.Backend")
    return client


@pytest.fixture
def history(city):
    """Twenty households, one every other day, and two rooms."""
    now = timezone.now()
    first = NeedFactory(city=city)
    for _ in range(own.LEAST_NEEDS - 1):
        NeedFactory(city=city, organisation=first.organisation)
    for ago, pk in enumerate(Need.objects.values_list("pk", flat=True), start=1):
        Need.objects.filter(pk=pk).update(created_at=now - timedelta(days=2 * ago))
    OfferFactory.create_batch(2, city=city)
    Offer.objects.update(created_at=now - timedelta(days=50))


@pytest.fixture
def question(city, administrator):
    now = timezone.now()
    return Question.objects.create(
        city=city, by=administrator, at=now, moved_at=now, coordinators=1, hours=1, figures=counted_figures()
    )


def work():
    while working.work_on_one(now=timezone.now(), until=time.monotonic() + 60):
        pass


def ask(desk, **said):
    return desk.post(reverse("whatif:index", args=["strasbourg"]), {"hours": 4, **said})


def test_it_is_asked_and_says_by_which_figures(desk, city, history):
    answer = ask(desk, rooms=3, commune=city.seat_id, answer_hours=12)
    asked = Question.objects.get()
    assert answer.url == reverse("whatif:one", args=["strasbourg", asked.pk])
    counted = asked.figures
    assert counted["need_kinds"] == {"housing": 20}
    assert counted["households"] == [[1, 0, 2, False, 20]]
    assert counted["there"] == 2
    # 20 in 50 days, of 182; the offers of today and as many more as came.
    assert (counted["needs"], counted["offers"]) == (73, 2 + 7)
    assert (counted["offer_kinds"], counted["vetting_days"], counted["delay_hours"]) == ({}, None, None)
    page = text(desk.get(answer.url))
    assert "Calcul en cours" in page
    assert "3 chambres de plus à" in page
    assert "des réponses sous 12 h au lieu de 24 h" in page
    assert "table publiée" in page


def test_one_at_a_time_a_town(desk, city, history, question):
    assert ask(desk, coordinators=2).status_code == 422
    with pytest.raises(IntegrityError), transaction.atomic():
        Question.objects.create(
            city=city, by=question.by, at=question.at, moved_at=question.at, coordinators=2
        )
    services.stop(question_id=question.pk, by=question.by, now=timezone.now())
    assert ask(desk, coordinators=2).status_code == 302


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "Changez au moins une chose."),
        ({"rooms": 0}, "Changez au moins une chose."),
        ({"rooms": 4}, "Dites où sont ces chambres."),
        ({"answer_hours": 24}, "C’est déjà le délai de la ville."),
        ({"vetting_days": 3}, "Trop peu de visites sont notées"),
        ({"rooms": -1, "coordinators": 1}, "0"),
        ({"coordinators": 11}, "10"),
        ({"coordinators": 1, "hours": 0}, "1"),
    ],
)
def test_what_contradicts_is_refused(desk, history, said, words):
    answer = ask(desk, **said)
    assert answer.status_code == 422
    assert words in text(answer)
    assert not Question.objects.exists()


def test_rooms_nowhere_and_a_place_without_rooms(desk, city, history):
    assert "Combien de chambres" in text(ask(desk, commune=city.seat_id, coordinators=1))


def test_without_history_nothing_is_established(desk, city):
    assert foreseen(city, today=timezone.localdate()) == []
    assert "rien n’était prévu" in text(desk.get(reverse("whatif:foreseen", args=["strasbourg"])))
    NeedFactory(city=city)
    assert "pas encore assez d’histoire" in text(ask(desk, coordinators=1))


def test_a_lost_worker_is_gone_on_behind_and_not_forever(question):
    now = timezone.now()
    for _ in range(services.TRIES):
        assert services.begin(question_id=question.pk, by=None, now=now) is not None
    assert services.begin(question_id=question.pk, by=None, now=now) is None
    question.refresh_from_db()
    assert question.state == Question.State.FAILED


def test_a_year_that_is_done_stays_and_begins_the_count_anew(question):
    now = timezone.now()
    services.begin(question_id=question.pk, by=None, now=now)
    year = [{"people": 1.0}, {"people": 2.0}]
    services.note_year(question_id=question.pk, year=year, cpu_seconds=2, by=None, now=now)
    question.refresh_from_db()
    assert (question.years, question.tries, question.cpu_seconds) == ([year], 0, 2)
    services.stop(question_id=question.pk, by=question.by, now=now)
    assert services.note_year(question_id=question.pk, year=year, cpu_seconds=2, by=None, now=now) is None
    services.end(question_id=question.pk, by=None, now=now)
    question.refresh_from_db()
    assert (len(question.years), question.state) == (1, Question.State.STOPPED)


def test_it_is_worked_out_and_read(desk, question, monkeypatch):
    monkeypatch.setattr(results, "MOST_YEARS", 3)
    work()
    question.refresh_from_db()
    assert question.state == Question.State.DONE
    assert len(question.years) == 3
    assert question.cpu_seconds > 0
    page = text(desk.get(reverse("whatif:one", args=["strasbourg", question.pk])))
    assert "Avec 1 coordinateur de plus" in page
    assert "personnes logées" in page
    drawing = desk.get(reverse("whatif:drawing", args=["strasbourg", question.pk]))
    assert drawing["Content-Type"] == "image/svg+xml"
    assert "Comme aujourd’hui" in drawing.content.decode()


def test_in_plain_words_and_only_what_is_established(question):
    def said(*pairs):
        question.years = [[{"people": a}, {"people": b}] for a, b in pairs]
        return presentation.sentence(question).replace("\u202f", " ")

    assert said((1, 9)) == ""
    assert said((10, 18), (20, 30), (30, 39)) == (
        "Avec 1 coordinateur de plus : entre 7 et 11 personnes de plus logées en six mois."
    )
    assert "entre 7 et 11 personnes de moins" in said((18, 10), (30, 20), (39, 30))
    assert "rien n’est établi, de \u2066\u22121\u2069 à \u2066+2\u2069 quant aux personnes" in said(
        (10, 10), (20, 21), (30, 30)
    )
    # Three years that say the same by chance do not make it sure; nor is it surely nobody.
    assert "rien n’est établi, de \u20660\u2069 à \u2066+2\u2069 quant" in said((10, 11), (20, 21), (30, 31))
    assert "entre 1 et 3 personnes de plus" in said((10, 12), (20, 22), (30, 32))


def test_a_result_leads_to_an_appeal_for_as_many(desk, city, question):
    question.coordinators, question.rooms, question.commune = 0, 4, city.seat
    assert presentation.call_address(question) == ""  # nothing is missing
    need = NeedFactory(city=city)
    address = presentation.call_address(question)
    page = desk.get(address)
    assert page.status_code == 200
    assert page.context["form"].initial["wanted"] == 4
    assert [shown.reference for shown in page.context["needs"]] == [need.reference]


def test_another_towns_question_is_not_there(client, question):
    other = CityFactory(slug="ailleurs")
    client.force_login(
        CityRoleFactory(city=other, role=Role.ADMINISTRATOR).user, backend="accounts.backends.Backend"
    )
    assert client.get(reverse("whatif:one", args=["ailleurs", question.pk])).status_code == 404
    with pytest.raises(PermissionDenied):
        services.stop(question_id=question.pk, by=UserFactory(), now=timezone.now())
    question.refresh_from_db()
    assert question.is_under_way


def test_what_is_kept_names_nobody(desk, city, history):
    ask(desk, coordinators=1)
    kept = str(Question.objects.values_list("figures", "years").get())
    for need in Need.objects.all():
        assert need.reference not in kept
        assert need.title not in kept


def test_old_questions_go(question):
    now = timezone.now()
    Question.objects.update(at=now - services.KEPT - timedelta(days=1))
    assert services.forget_old(by=None, now=now) == 0  # under way
    services.stop(question_id=question.pk, by=question.by, now=now)
    assert services.forget_old(by=None, now=now) == 1
