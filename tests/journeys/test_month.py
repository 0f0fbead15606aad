"""A month's figures: read on the page, taken away as files without a name, and kept who took them."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import Organisation, User
from cities.days import local_day
from matching import services
from matching.models import Match
from needs.models import Need
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory
from tests.factories.matching import drain, due_need, due_offer, story
from tests.journeys.counting import held
from tests.journeys.test_story import DESK
from tests.journeys.town import strasbourg


def test_from_the_page_to_the_files_and_the_record(
    live_server: Any,
    gazetteer: None,
    new_page: Callable[..., Any],
    sign_in: Callable[[Any, User], None],
) -> None:
    now = timezone.now()
    city = strasbourg()
    today = local_day(now, city)
    days = {"first_day": today, "last_day": today + timedelta(days=9)}
    told = story(city=city, now=now, need=days, offer={"text": "TEXTE-SECRET", "created_at": now})
    services.propose(match_id=told.match.pk, by=told.coordinator, now=now)
    services.accept(match_id=told.match.pk, by=told.citizen, now=now)
    services.confirm(match_id=told.match.pk, by=told.member, now=now)
    due_offer(city=city, kind="goods", now=now, created_at=now)
    due_need(city=city, kind="skill", now=now, created_at=now - timedelta(days=today.day + 1))
    drain(now)

    # This month, by kind: what came, and what came of it.
    page = new_page(**DESK)
    sign_in(page, told.coordinator)
    page.goto("/strasbourg/chiffres/equipe/")
    page.get_by_label("Période").select_option("1")
    page.get_by_label("Détail par").select_option("kind")
    page.get_by_role("button", name="Afficher").click()

    def figure(label: str) -> Any:
        return page.locator(".chart").filter(has=page.get_by_role("heading", name=label, exact=True))

    for label, total in (
        ("Propositions enregistrées", 2), ("Besoins postés", 1), ("Questions posées", 1), ("Personnes aidées", 3),
    ):  # fmt: skip
        expect(figure(label).locator(".chart__total")).to_have_text(str(total))
    # A need of another month is of that month.
    page.get_by_label("Période").select_option("3")
    page.get_by_role("button", name="Afficher").click()
    expect(figure("Besoins postés").locator(".chart__total")).to_have_text("2")

    # The files have the rows of the database, and nobody's name, number, address or words.
    rows = {"Propositions": Offer, "Besoins": Need, "Mises en relation": Match}
    for label, model in rows.items():
        with page.expect_download() as saved:
            page.get_by_role("button", name=f"{label}, csv").click()
        text = Path(saved.value.path()).read_text(encoding="utf-8-sig")
        lines = list(csv.DictReader(io.StringIO(text), delimiter=";"))
        assert len(lines) == model.objects.count(), text
        for person in User.objects.all():
            for word in (person.name, person.email, person.phone and person.phone.as_national):
                assert not word or word not in text
        assert "SECRET" not in text
        if model is Match:
            (kept,) = [line for line in lines if line["État"] == "confirmée"]
            assert [(int(kept["Quantité"]), kept["Premier jour"])] == [
                (row[2], str(row[3])) for row in held()
            ]
        if model is Need:
            assert Organisation.objects.get(pk=told.match.need.organisation_id).name in text

    # An administrator reads who took what, and how much.
    record = new_page(**DESK)
    sign_in(record, CityRoleFactory(city=city, role="administrator").user)
    record.goto("/strasbourg/ma-ville/registre/")
    for taken in ("offers.csv 2", "needs.csv 2", "matches.csv 1"):
        line = record.get_by_role("row").filter(has_text=f"strasbourg {taken}")
        expect(line).to_contain_text(told.coordinator.name)
