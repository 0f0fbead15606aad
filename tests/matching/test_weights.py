"""What a town's score counts: the form, the preview, the change, its history, and who may touch any of it."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import Role
from cities.models import DEFAULT_WEIGHTS, City
from engine import PARTS
from matching import weighting
from matching.models import Match, WeightsChange
from matching.weighting import effects
from matching.weighting.weight_forms import WeightsForm, as_text, first_values, from_text
from needs.models import Need
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.matching import NOW, drain, due_need, due_offer

FRESH = {"proximity": 10, "dates": 10, "fit": 10, "language": 0, "freshness": 60, "courtesy": 10}
NEARER = {"proximity": 40, "dates": 15, "fit": 15, "language": 10, "freshness": 10, "courtesy": 10}


@pytest.fixture
def administrator(city):
    return CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user


@pytest.fixture
def url(city):
    return reverse("matching:weights", args=[city.slug])


def typed(weights, *, seen=DEFAULT_WEIGHTS, step="preview", **instead):
    return {part: str(weights[part]) for part in PARTS} | {"seen": as_text(seen), "step": step} | instead


def text(response):
    return re.sub(r"\s+", " ", unescape(response.content.decode()))


def change(city, by, weights=FRESH, *, seen=DEFAULT_WEIGHTS, now=NOW):
    return weighting.change(city_id=city.pk, weights=weights, seen=seen, by=by, now=now)


def near_and_fresh(city, *, now=NOW, **need):
    """A need with two suggestions: next door and long not confirmed, or farther away and confirmed today."""
    the_need = due_need(city=city, kind="goods", now=now, **need)
    north = {"latitude": the_need.latitude + 0.07}
    old = now - timedelta(days=80)
    return the_need, (
        due_offer(city=city, kind="goods", now=now, title="Couettes à côté", confirmed_at=old),
        due_offer(city=city, kind="goods", now=now, title="Couettes du jour", **north),
    )


# --- The form ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("comma", ["12,5", "12.5", "12٫5", " 12,50 "])
def test_a_comma_or_a_point(comma):
    form = WeightsForm(typed(DEFAULT_WEIGHTS, fit="17.5", dates=comma, proximity="40"))
    assert form.is_valid(), form.errors
    assert form.weights == {**DEFAULT_WEIGHTS, "proximity": 40, "dates": 12.5, "fit": 17.5}
    # Whole points stay whole, as the town's row and its page keep them.
    assert type(form.weights["proximity"]) is int


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("", "0 pour ne pas compter"),
        ("beaucoup", "Écrivez un nombre"),
        ("NaN", "Écrivez un nombre"),
        ("inf", "Écrivez un nombre"),
        ("-1", "va de 0 à 100"),
        ("101", "va de 0 à 100"),
        ("1e9", "va de 0 à 100"),
        ("9,999", "Deux chiffres"),
    ],
)
def test_what_is_wrong_is_said_beside_its_box(wrong, said):
    form = WeightsForm(typed(DEFAULT_WEIGHTS, fit=wrong))
    assert not form.is_valid()
    assert list(form.errors) == ["fit"]
    assert said in form.errors["fit"][0]


@pytest.mark.parametrize(
    ("fit", "said"),
    [("20", "font 95 points\u202f: il en manque 5"), ("25,5", "font 100,5 points\u202f: c’est 0,5 de trop")],
)
def test_together_they_make_a_hundred(fit, said):
    form = WeightsForm(typed(DEFAULT_WEIGHTS, fit=fit))
    assert not form.is_valid()
    assert said in form.non_field_errors()[0]


def test_a_third_each_is_counted_exactly():
    """Cents of a point are decimals, not binary fractions: 33,33 + 33,33 + 33,34 make a hundred."""
    form = WeightsForm(typed(dict.fromkeys(PARTS, 0), proximity="33,33", dates="33,33", fit="33,34"))
    assert form.is_valid()
    City(weights=form.weights).clean_fields(exclude={f.name for f in City._meta.fields} - {"weights"})


def test_what_was_read_travels_in_the_page():
    assert from_text(as_text(NEARER)) == weighting.points_of(NEARER)
    assert from_text("30 25") is None
    assert from_text("30 25 15 10 10 dix") is None
    assert first_values({**DEFAULT_WEIGHTS, "fit": 12.5}, seen=DEFAULT_WEIGHTS)["fit"] == pytest.approx(12.5)


# --- The change ----------------------------------------------------------------------------------------


def test_a_change_is_kept_with_who_and_when_and_every_open_need_is_looked_at_again(city, coordinator):
    need, (near, fresh) = near_and_fresh(city)
    elsewhere = due_need(city=CityRoleFactory().city)
    drain()
    assert [match.offer for match in Match.objects.suggested().filter(need=need)] == [near, fresh]
    row = change(city, coordinator)
    assert (row.before, row.after, row.by, row.at) == (DEFAULT_WEIGHTS, FRESH, coordinator, NOW)
    city.refresh_from_db()
    assert city.weights == FRESH
    due = Need.objects.filter(scan_due_at__isnull=False)
    assert set(due) == {need} != {need, elsewhere}
    drain()
    suggested = list(Match.objects.suggested().filter(need=need))
    assert [match.offer for match in suggested] == [fresh, near]
    assert all(match.weights == FRESH for match in suggested)


def test_the_same_points_are_no_change(city, coordinator):
    with pytest.raises(weighting.SameWeights):
        change(city, coordinator, {part: float(points) for part, points in DEFAULT_WEIGHTS.items()})
    assert not WeightsChange.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{**FRESH, "fit": 11}, {**FRESH, "fit": -1}, {"proximity": 100}, {**FRESH, "luck": 0}]
)
def test_wrong_points_change_nothing(city, coordinator, wrong):
    with pytest.raises(ValidationError):
        change(city, coordinator, wrong)
    city.refresh_from_db()
    assert city.weights == DEFAULT_WEIGHTS
    assert not WeightsChange.objects.exists()


def test_a_change_decided_on_other_points_is_refused(city, coordinator, administrator):
    change(city, administrator, NEARER)
    with pytest.raises(weighting.ChangedMeanwhile) as found:
        change(city, coordinator, FRESH)
    assert found.value.weights == NEARER
    assert WeightsChange.objects.get().by == administrator


def test_of_two_at_once_one_wins_and_the_other_is_told(at_once, transactional_db):
    role = CityRoleFactory()
    need = due_need(city=role.city)
    other = CityRoleFactory(city=role.city).user
    answers = at_once(lambda: change(role.city, role.user, FRESH), lambda: change(role.city, other, NEARER))
    won = [answer for answer in answers if isinstance(answer, WeightsChange)]
    lost = [answer for answer in answers if isinstance(answer, weighting.ChangedMeanwhile)]
    assert (len(won), len(lost)) == (1, 1), answers
    role.city.refresh_from_db()
    assert role.city.weights == WeightsChange.objects.get().after == won[0].after
    assert Need.objects.get(pk=need.pk).scan_due_at is not None


def test_a_scan_that_read_the_old_points_is_made_up_for(transactional_db, city, coordinator, meanwhile):
    """The scan holds its need while the points change: the marking waits for it, and marks the need again."""
    need, _offers = near_and_fresh(city)
    with transaction.atomic():
        drain()
        answer = meanwhile(lambda: change(city, coordinator))
    assert isinstance(answer(), WeightsChange)
    assert Need.objects.get(pk=need.pk).scan_due_at is not None


@pytest.mark.parametrize(
    "rewrite", [lambda row: row.update(after=NEARER), lambda row: row.delete()], ids=["changed", "deleted"]
)
def test_the_history_is_never_rewritten(city, coordinator, rewrite):
    change(city, coordinator)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        rewrite(WeightsChange.objects.all())
    assert WeightsChange.objects.get().after == FRESH


# --- The preview ---------------------------------------------------------------------------------------


def test_a_preview_compares_today_s_queue_and_writes_nothing(city):
    need, (near, fresh) = near_and_fresh(city)
    due_need(city=city, kind="skill")  # nobody offers an hour
    due_need(city=CityRoleFactory().city, kind="goods")  # another town's
    drain()
    before = list(Match.objects.order_by("pk").values())
    with CaptureQueriesContext(connection) as queries:
        found = weighting.preview(city, FRESH, now=NOW)
    assert all(
        query["sql"].lstrip().startswith(("SELECT", "COPY", "SAVEPOINT", "RELEASE")) for query in queries
    )
    assert (found.open_needs, found.looked_at, found.with_suggestions) == (2, 2, 1)
    assert (found.other_first, found.other_order) == (1, 1)
    (case,) = found.cases
    assert (case.need, case.before, case.after, case.was_rank) == (need, near, fresh, 2)
    # What it says would come is what comes.
    stands = Match.objects.get(need=need, offer=near)
    assert case.before_score == stands.score
    assert list(Match.objects.order_by("pk").values()) == before
    change(city, CityRoleFactory(city=city).user)
    drain()
    assert Match.objects.get(need=need, rank=1, state="suggested").score == case.after_score


def test_another_order_below_the_first_is_counted_apart(city):
    near_and_fresh(city)
    due_offer(city=city, kind="goods", title="Couettes du jour et à côté")
    found = weighting.preview(city, FRESH, now=NOW)
    assert (found.other_first, found.other_order, found.cases) == (0, 1, ())


def test_the_same_points_would_change_nothing(city):
    near_and_fresh(city)
    found = weighting.preview(city, DEFAULT_WEIGHTS, now=NOW)
    assert (found.other_first, found.other_order, found.cases) == (0, 0, ())


def test_a_preview_looks_at_the_most_urgent_and_shows_a_few(city, monkeypatch):
    monkeypatch.setattr(effects, "PREVIEWED_NEEDS", 3)
    monkeypatch.setattr(effects, "SHOWN_CASES", 2)
    near_and_fresh(city)
    for urgency in ("planned", "planned", "this_week", "tonight"):
        due_need(city=city, kind="goods", urgency=urgency)
    found = weighting.preview(city, FRESH, now=NOW)
    assert (found.open_needs, found.looked_at, found.other_first, len(found.cases)) == (5, 3, 3, 2)
    assert [case.need.urgency for case in found.cases] == ["tonight", "this_week"]


# --- The page ------------------------------------------------------------------------------------------


def test_the_page_is_for_the_town_s_coordinators_and_administrators(
    city, coordinator, administrator, url, as_user
):
    for user in (coordinator, administrator):
        assert as_user(user).get(url).status_code == 200
    others = [
        UserFactory(),
        CityRoleFactory(city=city, role=Role.OPERATOR).user,
        CityRoleFactory().user,
        CityRoleFactory(role=Role.ADMINISTRATOR).user,
    ]
    for user in others:
        assert as_user(user).get(url).status_code == 404
        assert as_user(user).post(url, typed(FRESH, step="save")).status_code == 404
    assert Client().get(url).status_code == 302
    city.refresh_from_db()
    assert city.weights == DEFAULT_WEIGHTS


def test_look_first_then_save(city, coordinator, url, as_user):
    need, (near, fresh) = near_and_fresh(city, now=timezone.now())
    client = as_user(coordinator)
    page = client.post(url, typed(FRESH))
    words = text(page)
    assert "Ce qui changerait" in words
    assert "Calculé sur le seul besoin ouvert." in words
    for shown in (
        reverse("desk:case", args=[city.slug, need.reference]),
        reverse("offers:detail", args=[city.slug, near.reference]),
        reverse("offers:detail", args=[city.slug, fresh.reference]),
        "aujourd’hui n° 2",
    ):
        assert shown in words
    assert not WeightsChange.objects.exists()
    # The second button sends what the page carries.
    carried = dict(
        re.findall(r'<input\s+type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', page.content.decode())
    )
    assert set(carried) >= {*PARTS, "seen"}
    saved = client.post(url, {**carried, "step": "save"}, follow=True)
    assert "C’est enregistré" in text(saved)
    assert "Proximité : de 25 à 10" in text(saved)
    assert str(coordinator) in text(saved)
    city.refresh_from_db()
    assert city.weights == FRESH


def test_a_post_without_the_second_button_saves_nothing(city, coordinator, url, as_user):
    for step in ("", "preview", "SAVE"):
        as_user(coordinator).post(url, typed(FRESH, step=step))
    city.refresh_from_db()
    assert city.weights == DEFAULT_WEIGHTS


def test_an_administrator_reads_figures_and_no_case(city, administrator, url, as_user):
    need, (near, fresh) = near_and_fresh(city, now=timezone.now())
    words = text(as_user(administrator).post(url, typed(FRESH)))
    assert "La coordination de la ville voit le détail" in words
    for secret in (need.title, need.reference, near.title, fresh.title):
        assert secret not in words


def test_nothing_typed_is_lost(coordinator, url, as_user):
    page = as_user(coordinator).post(url, typed(DEFAULT_WEIGHTS, fit="quinze", dates="12,5"))
    body = page.content.decode()
    assert 'value="quinze"' in body
    assert 'value="12,5"' in body
    assert "Écrivez un nombre" in body
    assert "Enregistrer" not in body


@pytest.mark.parametrize(
    "odd",
    [
        "1e9999999",
        "-1e9999999",
        "1e999999",
        "1e-999999",
        "1e-9999999",
        "-1e-999999",
        "NaN",
        "sNaN",
        "Infinity",
        "9" * 400,
    ],
)
@pytest.mark.parametrize("step", ["preview", "save"])
def test_an_absurd_number_of_points_is_refused_in_few_words(city, coordinator, url, as_user, odd, step):
    answer = as_user(coordinator).post(url, typed(DEFAULT_WEIGHTS, step=step, proximity=odd))
    assert answer.status_code == 200
    assert len(answer.content) < 50_000
    assert answer.context["total"] == "75"
    assert "proximity" in answer.context["form"].errors
    city.refresh_from_db()
    assert city.weights == DEFAULT_WEIGHTS


def test_saving_wrong_points_shows_them_again(city, coordinator, url, as_user):
    page = as_user(coordinator).post(url, typed(FRESH, fit="11", step="save"))
    assert "c’est 1 de trop" in text(page)
    city.refresh_from_db()
    assert city.weights == DEFAULT_WEIGHTS


@pytest.mark.parametrize("step", ["preview", "save"])
def test_somebody_else_s_change_is_shown_and_mine_kept(city, coordinator, administrator, url, as_user, step):
    change(city, administrator, NEARER)
    client = as_user(coordinator)
    page = client.post(url, typed(FRESH, step=step))
    words = text(page)
    assert "ont changé entre-temps" in words
    assert f"{administrator} a enregistré" in words
    assert "Proximité 40, Dates 15" in words
    assert 'value="60"' in page.content.decode()
    city.refresh_from_db()
    assert city.weights == NEARER
    # The page now compares with theirs: the next step goes through.
    (seen,) = set(re.findall(r'name="seen" value="([^"]*)"', page.content.decode()))
    assert from_text(seen) == weighting.points_of(NEARER)
    client.post(url, {**typed(FRESH, step="save"), "seen": seen})
    city.refresh_from_db()
    assert city.weights == FRESH


def test_an_altered_page_saves_nothing(city, coordinator, url, as_user):
    as_user(coordinator).post(url, {**typed(FRESH, step="save"), "seen": "n’importe quoi"})
    city.refresh_from_db()
    assert city.weights == DEFAULT_WEIGHTS


def test_the_original_points_are_filled_in_and_not_saved(city, coordinator, url, as_user):
    change(city, coordinator)
    client = as_user(coordinator)
    assert 'value="60"' in client.get(url).content.decode()
    page = client.get(url + "?origine").content.decode()
    assert 'value="60"' not in page
    assert 'name="proximity" value="25"' in page
    city.refresh_from_db()
    assert city.weights == FRESH


def test_decimals_are_shown_as_the_language_writes_them(city, coordinator, url, as_user):
    change(city, coordinator, {**FRESH, "fit": 9.5, "dates": 10.5})
    client = as_user(coordinator)
    assert 'value="9,5"' in client.get(url).content.decode()
    with translation.override("en"):
        assert 'value="9.5"' in client.get(url, headers={"accept-language": "en"}).content.decode()


def test_the_page_costs_the_same_however_much_it_shows(city, coordinator, url, as_user):
    client = as_user(coordinator)

    def cost(method, *data):
        with CaptureQueriesContext(connection) as queries:
            assert getattr(client, method)(url, *data).status_code == 200
        return len(queries)

    near_and_fresh(city, now=timezone.now())
    weights = [FRESH, NEARER]
    for number in range(2):
        change(city, coordinator, weights[number % 2], seen=City.objects.get(pk=city.pk).weights)
    few = cost("get"), cost("post", typed(FRESH, seen=NEARER))
    for number in range(18):
        due_need(city=city, kind="goods", now=timezone.now())
        change(city, coordinator, weights[number % 2], seen=City.objects.get(pk=city.pk).weights)
    assert (cost("get"), cost("post", typed(FRESH, seen=NEARER))) == few


def test_the_administration_shows_the_points_and_takes_none(city, client):
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    page = client.get(reverse("admin:cities_city_change", args=[city.pk])).content.decode()
    assert "points de la note" in page.lower()
    assert 'name="weights"' not in page
