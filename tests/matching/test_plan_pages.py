"""The plan's pages: who opens them, what they say, what they cost."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from accounts.models import Role
from catalogue.vocabulary import Kind, Urgency
from matching import plans, services
from matching.lifecycle import Reason
from matching.models import Match, Plan
from matching.plans import plan_views
from offers import services as offers
from tests.factories.accounts import CityRoleFactory, MembershipFactory, UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import drain, due_need, due_offer

INDEX = "/strasbourg/bureau/plan/"
ALL = {"kind": "", "urgency": "", "budget_seconds": 10}


def now():
    return timezone.now()


def text(response):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", response.content.decode())))


@pytest.fixture
def desk(coordinator, as_user):
    return as_user(coordinator)


@pytest.fixture
def make(city, coordinator):
    """A plan asked for and made."""

    def make(at=None, **chosen):
        at = at or now() - timedelta(minutes=10)
        question = {**ALL, "need_ids": [], **chosen}
        plan = plans.ask(city_id=city.pk, by=coordinator, now=at, **question)
        while plans.work_on_one(now=at):
            pass
        plan.refresh_from_db()
        return plan

    return make


@pytest.fixture
def scene(city):
    """A home and a family, duvets and who needs them."""
    due_offer(city=city, now=now(), title="Chambre sur cour", confirmed_at=now())
    due_offer(city=city, now=now(), kind=Kind.GOODS, title="Couettes d’hiver", confirmed_at=now())
    family = due_need(city=city, now=now(), urgency=Urgency.TONIGHT, title="Une famille")
    things = due_need(city=city, now=now(), kind=Kind.GOODS, title="Dix couettes")
    drain(now())
    return family, things


@pytest.fixture
def _one_by_one(settings):
    """Each line is decided in a transaction of its own, under its own locks: that is no query to batch."""
    settings.ZEAL_ALLOWLIST = [
        *settings.ZEAL_ALLOWLIST,
        *(
            {"model": f"{app}.*"}
            for app in ("matching", "offers", "needs", "accounts", "cities", "notifications")
        ),
    ]


def path(plan):
    return reverse("matching:plan", args=["strasbourg", plan.pk])


# --- Who -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMINISTRATOR, None])
def test_only_coordinators_of_the_town_open_the_plan(city, scene, make, as_user, role):
    plan = make()
    user = CityRoleFactory(city=city, role=role).user if role else UserFactory()
    desk = as_user(user)
    for address in (INDEX, path(plan)):
        assert desk.get(address).status_code == 404
        assert desk.post(address, ALL).status_code == 404
    assert Plan.objects.count() == 1


def test_another_town_s_plan_is_not_there(scene, make, as_user):
    plan = make()
    CityFactory(slug="grenoble")
    elsewhere = CityRoleFactory(city=CityFactory(slug="lyon")).user
    desk = as_user(elsewhere)
    assert desk.get(path(plan)).status_code == 404
    assert desk.get(path(plan).replace("strasbourg", "lyon")).status_code == 404
    assert desk.post(path(plan).replace("strasbourg", "lyon"), {"line": 1}).status_code == 404
    assert desk.post("/lyon/bureau/plan/", {"again": plan.pk}).status_code == 404
    assert str(plan.by) not in text(desk.get("/lyon/bureau/plan/"))


def test_a_member_of_an_association_does_not_see_it(scene, make, as_user):
    member = MembershipFactory(organisation=scene[0].organisation).user
    assert as_user(member).get(path(make())).status_code == 404


# --- Asking --------------------------------------------------------------------------------------------


def test_the_queue_leads_to_the_plan(scene, desk):
    assert f'href="{INDEX}"' in desk.get("/strasbourg/bureau/").content.decode()


def test_asking_and_waiting(scene, desk):
    page = text(desk.get(INDEX))
    assert "2 besoins sont ouverts." in page
    assert "Personne n’a encore demandé de plan." in page
    response = desk.post(INDEX, ALL, follow=True)
    plan = Plan.objects.get()
    assert response.redirect_chain[-1][0] == path(plan)
    assert "Le plan va se calculer" in text(response)
    assert "Voir où cela en est" in text(response)
    assert 'hx-trigger="every 2s"' in response.content.decode()
    # Pressed twice: the same plan.
    desk.post(INDEX, ALL)
    assert Plan.objects.count() == 1
    assert plans.work_on_one(now=now())
    ready = desk.get(path(plan))
    assert "Ce plan aide 8 personnes sur 8." in text(ready)
    assert 'hx-trigger="every 2s"' not in ready.content.decode()


def test_needs_ticked_elsewhere_are_ticked_here(scene, desk):
    _family, things = scene
    page = desk.get(INDEX, {"besoin": [things.reference]}).content.decode()
    (ticked,) = re.findall(r'<input[^>]*name="besoin"[^>]*checked[^>]*>', page)
    assert things.reference in ticked
    assert 'plan__ticks" open' in page
    desk.post(INDEX, {**ALL, "kind": "housing", "besoin": [things.reference]})
    plan = Plan.objects.get()
    assert (plan.need_ids, plan.kind) == ([things.pk], "")
    assert "1 besoin choisi" in text(desk.get(path(plan)))


def test_needs_of_another_town_cannot_be_ticked(scene, desk):
    other = due_need(city=CityFactory(), now=now())
    response = desk.post(INDEX, {**ALL, "besoin": [other.reference]})
    assert response.status_code == 200
    assert not Plan.objects.exists()


def test_a_reference_that_no_text_can_be_is_not_found(scene, desk):
    assert desk.get(INDEX, {"besoin": "\x00"}).status_code == 404
    assert desk.post(INDEX, {**ALL, "besoin": ["\x00"]}).status_code == 400
    assert not Plan.objects.exists()


def test_a_kind_without_a_need_is_said_kindly(scene, desk):
    response = desk.post(INDEX, {**ALL, "kind": Kind.SKILL}, follow=True)
    assert "Aucun besoin ouvert ne correspond à ce choix." in text(response)


@pytest.mark.parametrize("wrong", [{"kind": "castle"}, {"budget_seconds": "9999"}, {"budget_seconds": ""}])
def test_what_the_form_does_not_offer_is_refused(scene, desk, wrong):
    assert desk.post(INDEX, {**ALL, **wrong}).status_code == 200
    assert not Plan.objects.exists()


def test_no_open_need(city, desk):
    page = desk.get(INDEX)
    assert "Aucun besoin ouvert" in text(page)
    assert "Calculer le plan" not in text(page)


def test_the_history(city, coordinator, scene, desk, make):
    plan = make()
    plans.accept(plan_id=plan.pk, line_ids=[plan.lines.first().pk], by=coordinator, now=now())
    page = text(desk.get(INDEX))
    assert f"par {coordinator}" in page
    assert "8 personnes aidées sur 8 · 1 ligne demandée sur 2" in page


# --- Reading -------------------------------------------------------------------------------------------


def test_what_a_plan_says(scene, desk, make):
    page = text(desk.get(path(make())))
    assert "Ce plan aide 8 personnes sur 8." in page
    assert "Premier arrivé, premier servi ferait aussi bien, cette fois." in page
    assert "On ne peut pas faire mieux : c’est démontré." in page
    # Tonight's need first, with its line, its reasons, its points.
    assert page.index("Une famille") < page.index("Dix couettes")
    assert "Chambre sur cour" in page
    assert "couvre les 30 jours" in page
    assert "Proximité" in page
    assert "Aucun plan ne peut faire plus" in page


def test_how_much_better_than_first_come_first_served(city, desk, make):
    due_offer(city=city, now=now(), capacity=3)
    due_offer(city=city, now=now(), capacity=2, confirmed_at=now() - timedelta(days=80))
    due_need(city=city, now=now(), adult_women=1, children_3_to_11=1, created_at=now() - timedelta(days=2))
    due_need(city=city, now=now(), created_at=now() - timedelta(days=1))
    page = text(desk.get(path(make())))
    assert "Ce plan aide 5 personnes sur 5." in page
    assert "Premier arrivé, premier servi en aiderait 2 : 3 de moins." in page


def test_who_is_helped_in_part_is_said_to_be(city, desk, make):
    """Four duvets of the ten that one person needs: nobody is not, nor is one."""
    home(city, kind=Kind.GOODS, capacity=4)
    due_need(city=city, now=now(), kind=Kind.GOODS, people=1)
    plan = make()
    page = desk.get(path(plan))
    assert "Ce plan aide en partie : moins d’une personne sur 1." in text(page)
    assert "0 personne" not in text(page)
    assert re.search(r"Ce plan\s+1?\d?\d?,?\d\s+0,4", text(page)), "the table has the figure"
    assert "moins d’une personne aidée sur 1" in text(desk.get(INDEX))


def test_people_helped_are_not_rounded_up(city, desk, make):
    """Nineteen duvets of twenty for two people each: 3.8 of 4."""
    home(city, kind=Kind.GOODS, capacity=19)
    for _ in range(2):
        due_need(city=city, now=now(), kind=Kind.GOODS, people=2)
    page = text(desk.get(path(make())))
    assert "Ce plan aide 3 personnes sur 4." in page
    assert "Premier arrivé, premier servi ferait aussi bien" in page


def test_a_plan_that_helps_nobody_says_so_in_french(city, desk, make):
    due_need(city=city, now=now())
    make()
    assert "0 personne aidée sur 3" in text(desk.get(INDEX))


def test_a_plan_that_is_not_proven_says_how_far_it_may_be(scene, desk, make):
    plan = make()
    Plan.objects.filter(pk=plan.pk).update(bound=plan.objective / 0.98801)
    assert "à 1,2 % au plus du meilleur plan possible" in text(desk.get(path(plan)))
    assert "s’est arrêté" not in text(desk.get(path(plan)))


def test_only_what_reaches_the_bound_is_100_percent(scene, desk, make):
    plan = make()

    def shown():
        return {way["code"]: way["percent"] for way in desk.get(path(plan)).context["ways"]}

    assert shown()["plan"] == shown()["bound"] == 100
    Plan.objects.filter(pk=plan.pk).update(
        bound=plan.objective * (1 + 1e-12), first_come=plan.objective * 0.9
    )
    assert (shown()["plan"], shown()["first_come"]) == (100, 90)
    Plan.objects.filter(pk=plan.pk).update(bound=plan.objective * 1.0001)
    assert (shown()["plan"], shown()["bound"]) == (99.9, 100)


def test_a_plan_that_was_cut_short_says_so(city, desk, make):
    """Given no time it takes the better of the baselines, which leaves out a whole household here."""
    due_offer(city=city, now=now(), capacity=3, confirmed_at=now())
    due_offer(city=city, now=now(), capacity=2, confirmed_at=now() - timedelta(days=80))
    due_need(city=city, now=now(), adult_women=1, children_3_to_11=1, urgency=Urgency.TONIGHT)
    due_need(city=city, now=now())
    plan = make()
    assert "s’est arrêté" not in text(desk.get(path(plan)))
    again = plans.renew(plan_id=plan.pk, by=plan.by, now=now())
    Plan.objects.filter(pk=again.pk).update(budget_seconds=0)
    assert plans.work_on_one(now=now())
    # What people choose from is no less than ten seconds.
    Plan.objects.filter(pk=again.pk).update(budget_seconds=10)
    page = text(desk.get(path(again)))
    assert "au plus du meilleur plan possible. Le calcul s’est arrêté au bout de 10 secondes" in page
    assert "plus de temps peut trouver mieux." in page


def test_the_ring_is_the_sum_of_its_parts_whatever_the_points_of_today(city, coordinator, desk, make, scene):
    """The town weighs the parts anew after the plan: the ring, the six parts and what is then asked say the same."""
    plan = make()
    line = plan.lines.get(offer__kind=Kind.HOUSING)

    def shown():
        groups = desk.get(path(plan)).context["groups"]
        asks = [ask for group in groups for ask in group.asks]
        (card,) = (card for ask in asks for card in ask.cards if card.line == line)
        assert card.score == pytest.approx(sum(part["points"] for part in card.parts), abs=1e-6)
        return card.score

    assert shown() == pytest.approx(line.score, abs=1e-6)
    points = {"proximity": 5, "dates": 5, "fit": 5, "language": 5, "freshness": 5, "courtesy": 75}
    city.weights = {**city.weights, **points}
    city.save(update_fields=["weights"])
    today = shown()
    assert today != pytest.approx(line.score, abs=0.1)
    # What an engine of another day has worked out stays that engine's.
    Plan.objects.filter(pk=plan.pk).update(algorithm="0.9")
    desk.post(path(plan), {"line": [line.pk]})
    match = Match.objects.get(state="proposed")
    assert (match.score, match.algorithm) == (pytest.approx(today, abs=1e-6), "0.9")
    city.weights = {**city.weights, "dates": 75, "courtesy": 5}
    city.save(update_fields=["weights"])
    assert shown() == match.score


def test_a_home_not_visited_cannot_be_ticked(city, desk, make):
    offer = due_offer(city=city, now=now(), vetted=False)
    due_need(city=city, now=now())
    page = desk.get(path(make()))
    assert "À visiter d’abord" in text(page)
    assert 'name="line"' not in page.content.decode()
    assert reverse("offers:detail", args=["strasbourg", offer.reference]) in page.content.decode()


def test_who_is_left_out_why_and_what_would_help(city, desk, make):
    due_offer(city=city, now=now(), pets_accepted=False)
    need = due_need(city=city, now=now(), pets=True, title="Avec un chien", urgency=Urgency.TONIGHT)
    page = desk.get(path(make()))
    said = text(page)
    assert "Aucune paire n’est possible" in said
    assert "1 besoin reste, en tout ou en partie" in said
    assert "1 logement conviendrait, sauf pour les animaux." in said
    assert reverse("desk:case", args=["strasbourg", need.reference]) in page.content.decode()
    assert "Si les animaux étaient acceptés : au moins 3 personnes de plus." in said
    assert "1 logement, 3 places, animal accepté, enfants bienvenus" in said
    assert "cherche de l’aide. Ce qui manque le plus en ce moment" in said
    assert "http://testserver/strasbourg/" in said


# Homes and duvets around Strasbourg: what is said is what was counted, whatever else there is.
def north(city, km):
    return {"latitude": city.seat.latitude + km / 111.195}


def home(city, **fields):
    return due_offer(city=city, now=now(), confirmed_at=now(), **fields)


def days_of(need, first, last):
    return [(need.first_day + timedelta(days=first), need.first_day + timedelta(days=last))]


REASONS = {
    "pets, though one next door accepts them": (
        {"pets": True},
        lambda city, need: (
            home(city),
            home(city),
            home(city, pets_accepted=True, capacity=1),
        ),
        "2 logements conviendraient, sauf pour les animaux.",
    ),
    "distance, though one is next door": (
        {"reach_km": 0},
        lambda city, need: (
            home(city, **north(city, 22.24), reach_km=20),
            home(city, **north(city, 31), reach_km=5),
            home(city, capacity=1),
        ),
        "2 logements conviendraient, mais ils sont trop loin : le mieux placé à 22,3 km, pour 0 km au plus.",
    ),
    "a single home that is too far": (
        {},
        lambda city, need: (
            home(city, **north(city, 12)),
            home(city, capacity=1, pets_accepted=True, windows=[]),
        ),
        "1 logement conviendrait, mais il est trop loin : à 12 km, pour 10 km au plus.",
    ),
    "dates, though others are free": (
        {},
        lambda city, need: (
            home(city, windows=days_of(need, 0, 6)),
            home(city, windows=days_of(need, 9, 11)),
            home(city, capacity=1),
        ),
        "2 logements conviendraient, mais pas assez longtemps : au mieux 7 jours d’affilée, il en faut 14.",
    ),
    "many days are days, not months": (
        {"last_day": 120},
        lambda city, need: home(city, windows=days_of(need, 0, 89)),
        "1 logement conviendrait, mais pas assez longtemps : 90 jours d’affilée, il en faut 120.",
    ),
    "not one day": (
        {},
        lambda city, need: (
            home(city, windows=days_of(need, -9, -1)),
            home(city, windows=days_of(need, 40, 50)),
            home(city, capacity=1),
        ),
        "2 logements conviendraient, mais pas à ces dates.",
    ),
    "size, though a large one is far": (
        {},
        lambda city, need: (
            home(city, capacity=1),
            home(city, capacity=2),
            home(city, capacity=9, **north(city, 30)),
        ),
        "2 logements conviendraient, mais ils sont trop petits : au mieux 2 places, il en faut 3.",
    ),
    "a single home": (
        {"shared_home_ok": False},
        lambda city, need: home(city, shared_home=True),
        "1 logement conviendrait, sauf pour le partage du logement.",
    ),
    "goods in one piece": (
        {"kind": Kind.GOODS, "part_useful": False},
        lambda city, need: (
            home(city, kind=Kind.GOODS, capacity=4),
            home(city, kind=Kind.GOODS, capacity=6),
        ),
        "2 propositions conviendraient, mais aucune ne suffit : au mieux 6 objets, il en faut 10 d’un seul tenant.",
    ),
    "one heap of goods, far": (
        {"kind": Kind.GOODS},
        lambda city, need: home(city, kind=Kind.GOODS, reach_km=25, **north(city, 26)),
        "1 proposition conviendrait, mais elle est trop loin : à 26 km, pour 25 km au plus.",
    ),
    "languages": (
        {"kind": Kind.SKILL, "languages_from": ["ps"]},
        lambda city, need: home(city, kind=Kind.SKILL),
        "1 proposition conviendrait, sauf pour les langues.",
    ),
    "two conditions each": (
        {"pets": True},
        lambda city, need: (home(city, capacity=1), home(city, capacity=2), home(city, **north(city, 166))),
        "À moins de 100 km, il manque au moins deux conditions à chaque proposition, surtout : la place ou la "
        "quantité, les animaux.",
    ),
    "none but far away": (
        {},
        lambda city, need: home(city, **north(city, 166)),
        "La ville n’a aucun logement de ce type à moins de 100 km.",
    ),
    "no goods but far away": (
        {"kind": Kind.GOODS},
        lambda city, need: home(city, kind=Kind.GOODS, **north(city, 166)),
        "La ville n’a aucune proposition « couette » à moins de 100 km.",
    ),
}


@pytest.mark.parametrize(("asked", "around", "said"), REASONS.values(), ids=REASONS)
def test_why_a_need_is_left_out_is_what_was_counted(city, desk, make, asked, around, said):
    need = due_need(city=city, now=now(), **{k: v for k, v in asked.items() if k != "last_day"})
    if "last_day" in asked:
        need.last_day = need.first_day + timedelta(days=asked["last_day"] - 1)
        need.min_days = asked["last_day"]
        need.save(update_fields=["last_day", "min_days"])
    around(city, need)
    assert said in text(desk.get(path(make())))


def test_a_pair_that_was_set_aside_is_not_said_to_have_refused(city, coordinator, desk, make):
    home(city)
    due_need(city=city, now=now())
    drain(now())
    match = Match.objects.get()
    services.dismiss(match_id=match.pk, by=coordinator, now=now(), reason=Reason.NOT_SUITABLE)
    said = text(desk.get(path(make())))
    assert "La seule proposition possible a déjà été demandée ou écartée pour ce besoin." in said


def test_everything_is_promised_already(city, coordinator, desk, make):
    due_offer(city=city, now=now())
    due_need(city=city, now=now())
    drain(now())
    services.propose(match_id=Match.objects.get().pk, by=coordinator, now=now())
    assert "Tout est déjà promis" in text(desk.get(path(make())))


def test_a_plan_that_failed_can_be_asked_again(scene, desk, make):
    plan = make()
    Plan.objects.filter(pk=plan.pk).update(state=Plan.State.FAILED)
    assert "Le calcul s’est interrompu" in text(desk.get(path(plan)))
    response = desk.post(INDEX, {"again": plan.pk})
    assert response.url == path(Plan.objects.exclude(pk=plan.pk).get())


def test_the_page_costs_the_same_for_two_lines_and_for_twenty(city, desk, make):
    def cost(lines):
        for number in range(lines):
            due_offer(city=city, now=now(), capacity=3)
            due_need(city=city, now=now(), pets=number % 2 == 1)
            due_offer(city=city, now=now(), pets_accepted=True)
        plan = make()
        assert plan.lines.count() >= lines
        desk.get(path(plan))
        with CaptureQueriesContext(
            connection,
        ) as queries:
            desk.get(path(plan))
        with CaptureQueriesContext(connection) as of_index:
            desk.get(INDEX)
        return len(queries), len(of_index)

    assert cost(2) == cost(18)


@pytest.mark.parametrize("language", dict(settings.LANGUAGES).keys() - settings.LANGUAGES_FOR_THE_PUBLIC)
def test_the_page_in_other_languages(scene, desk, make, language):
    with translation.override(language):
        response = desk.get(path(make()), headers={"Accept-Language": language})
    assert response.status_code == 200
    direction = "rtl" if translation.get_language_info(language)["bidi"] else "ltr"
    assert f'<html lang="{language}" dir="{direction}">' in response.content.decode()


# --- Accepting -----------------------------------------------------------------------------------------


def test_what_is_ticked_is_asked_and_the_rest_is_not(scene, desk, make):
    # One of ten minutes ago is yesterday's just after midnight: the town has outgrown it.
    plan = make(at=now())
    family, things = plan.lines.order_by("need__urgency_rank")
    page = desk.post(path(plan), {"line": [family.pk], "page": 1}, follow=True)
    assert "C’est demandé : 1 personne reçoit la question." in text(page)
    assert "Demandée au citoyen" in text(page) or "demandée au citoyen" in text(page)
    assert [match.need for match in Match.objects.filter(state="proposed")] == [family.need]
    boxes = re.findall(r'name="line"\s+value="(\d+)"', page.content.decode())
    assert boxes == [str(things.pk)]
    assert "Des choses ont changé" not in text(page)
    again = desk.post(path(plan), {"line": [family.pk]}, follow=True)
    assert "1 ligne était déjà demandée." in text(again)


def test_the_explanation_says_that_a_plan_chose_the_pair_even_when_it_is_forgotten(scene, desk, make):
    plan = make()
    desk.post(path(plan), {"line": [plan.lines.get(need=scene[0]).pk]})
    plans.forget_old(by=None, now=now() + timedelta(days=31))
    assert not Plan.objects.exists()
    match = Match.objects.get(state="proposed")
    page = text(desk.get(reverse("matching:explanation", args=["strasbourg", match.pk])))
    assert f"C’était une ligne du plan n° {plan.pk}." in page
    assert "Pour ce besoin, cette proposition était la n° 1." in page
    other = Match.objects.get(need=scene[1])
    assert "du plan n°" not in text(desk.get(reverse("matching:explanation", args=["strasbourg", other.pk])))


def test_nothing_ticked_asks_nothing(scene, desk, make):
    plan = make()
    assert "Cochez au moins une ligne." in text(desk.post(path(plan), {}, follow=True))
    for wrong in ("x", "²", "9" * 30, "-1"):
        desk.post(path(plan), {"line": [wrong], "page": wrong})
    assert not Match.objects.filter(state="proposed").exists()


@pytest.mark.usefixtures("_one_by_one")
def test_a_whole_plan_is_asked_in_one_go(city, scene, desk, make, monkeypatch):
    """Whatever page it is asked from; what must be visited first is not asked."""
    due_offer(city=city, now=now(), vetted=False)
    due_need(city=city, now=now())
    plan = make()
    assert plan.lines.count() == 3
    assert 'name="everything"' not in desk.get(path(plan)).content.decode(), "one page shows it all"
    monkeypatch.setattr(plan_views, "NEEDS_PER_PAGE", 1)
    assert 'name="everything"' in desk.get(path(plan)).content.decode()
    read = desk.post(path(plan), {"everything": "1", "page": 2})
    assert "Demander à 2 personnes" in text(read)
    assert not Match.objects.filter(state="proposed").exists()
    page = desk.post(path(plan), {"everything": "1", "page": 2, "told": 2}, follow=True)
    assert "C’est demandé : 2 questions sont parties." in text(page)
    assert page.context["page_obj"].number == 2
    assert Match.objects.filter(state="proposed").count() == 2
    assert 'name="everything"' not in page.content.decode()


@pytest.mark.usefixtures("_one_by_one")
def test_a_large_plan_is_asked_in_several_goes(scene, desk, make, monkeypatch):
    plan = make()
    monkeypatch.setattr(plan_views, "ACCEPT_SECONDS", 0)
    page = desk.post(path(plan), {"everything": "1", "told": 2}, follow=True)
    assert "Il reste 2 lignes à demander : recommencez pour la suite." in text(page)


@pytest.mark.usefixtures("_one_by_one")
def test_lines_that_no_longer_hold_are_told_one_by_one(coordinator, scene, desk, make):
    plan = make()
    home = plan.lines.get(offer__kind=Kind.HOUSING)
    offers.change(offer_id=home.offer_id, fields={"capacity": 4}, windows=None, by=coordinator, now=now())
    ids = [line.pk for line in plan.lines.all()]
    page = text(desk.post(path(plan), {"line": ids}, follow=True))
    assert "Des choses ont changé depuis" in page
    assert "1 ligne ne tient plus et n’est pas demandée." in page
    assert "« Chambre sur cour » pour « Une famille » : La proposition ou le besoin vient de changer." in page
    assert "C’est demandé : 1 personne reçoit la question." in page
    assert "A changé depuis" in page


def test_a_pair_set_aside_since_is_not_ticked(coordinator, scene, desk, make):
    plan = make()
    match = Match.objects.get(need=scene[0])
    services.dismiss(match_id=match.pk, by=coordinator, now=now(), reason=Reason.NOT_SUITABLE)
    page = desk.get(path(plan)).content.decode()
    assert "écartée" in page
    assert page.count('name="line"') == 1


# --- Stale ---------------------------------------------------------------------------------------------


def test_to_read_a_stale_plan_changes_nothing_and_its_page_has_it_made_again(city, scene, desk, make):
    plan = make()
    due_offer(city=city, now=now())
    for method in (desk.get, desk.head, desk.get):
        page = method(path(plan))
    assert Plan.objects.count() == 1
    assert "Des choses ont changé depuis" in text(page)
    assert "plan__body--stale" in page.content.decode()
    assert "Vérifier et demander les lignes cochées" in text(page)
    # Without a script, one presses the button; with one, the page does.
    (form,) = re.findall(r'<form[^>]*hx-trigger="load, submit"[^>]*>.*?</form>', page.content.decode(), re.S)
    assert f'action="{path(plan)}"' in form
    assert f'hx-post="{path(plan)}"' in form
    assert "Recalculer" in form
    assert "csrfmiddlewaretoken" in form
    page = desk.post(path(plan), {"refresh": "1", "page": "1"}, follow=True)
    assert page.redirect_chain[-1][0] == path(plan) + "?page=1"
    assert "Nous le recalculons." in text(page)
    assert 'hx-trigger="load, submit"' not in page.content.decode()
    newer = Plan.objects.exclude(pk=plan.pk).get()
    desk.post(path(plan), {"refresh": "1"})
    assert plans.work_on_one(now=now())
    ready = desk.get(path(plan))
    assert "Le nouveau plan est prêt." in text(ready)
    assert path(newer) in ready.content.decode()
    assert Plan.objects.count() == 2
    assert "Des choses ont changé" not in text(desk.get(path(newer)))


def test_a_stale_plan_made_a_moment_ago_offers_to_be_made_again(city, scene, desk, make):
    plan = make(at=now())
    due_offer(city=city, now=now())
    page = text(desk.get(path(plan)))
    assert "Des choses ont changé depuis" in page
    assert "Recalculer" in page
    assert Plan.objects.count() == 1
    desk.post(INDEX, {"again": plan.pk})
    assert Plan.objects.count() == 2
