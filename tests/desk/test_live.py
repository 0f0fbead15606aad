"""A page that stays open: who else is on a case, what they have done, how little is asked while nothing changes."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organisation
from desk import presence, services
from matching import services as matching
from matching import tonight
from matching.lifecycle import Reason
from matching.models import Match
from notifications.models import Preference
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory, UserFactory
from tests.factories.matching import drain, due_need, due_offer, story


@pytest.fixture
def it(city):
    return story(city=city, now=timezone.now())


@pytest.fixture
def nadia(city):
    return CityRoleFactory(city=city, user__name="Nadia Ferrand").user


def signed_in(person):
    client = Client()
    client.force_login(person)
    return client


def live(it, **asked):
    return f"/{it.city.slug}/bureau/{it.match.need.reference}/direct/?{urlencode(asked)}"


def test_two_on_a_case_read_of_one_another_by_name(it, nadia):
    assert "sur ce dossier" not in signed_in(nadia).get(live(it)).content.decode()
    assert (
        "Nadia Ferrand est aussi sur ce dossier" in signed_in(it.coordinator).get(live(it)).content.decode()
    )


def test_for_strangers_the_database_counts_nothing(it, db):
    stranger, elsewhere = Client(), signed_in(UserFactory())
    for client in (stranger, elsewhere):
        for address in (live(it), f"/{it.city.slug}/bureau/direct/"):
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code in (302, 404)
            assert not [query for query in queries if "matching_match" in query["sql"]], address
    with CaptureQueriesContext(connection) as queries:
        assert signed_in(it.coordinator).get(live(it)).status_code == 200
    assert [query for query in queries if "case_state" in query["sql"]]


def test_who_has_closed_the_page_is_not_there_any_more(it, nadia):
    now, need = timezone.now(), it.match.need_id
    presence.others_on(need, person=nadia, now=now)
    assert presence.others_on(
        need, person=it.coordinator, now=now + presence.LIFE - timedelta(seconds=1)
    ) == ["Nadia Ferrand"]
    assert presence.others_on(need, person=it.coordinator, now=now + presence.LIFE) == []


def test_what_nothing_has_changed_is_sent_nothing_in_three_queries(it, coordinator):
    client = signed_in(it.coordinator)
    for url in (live(it), f"/{it.city.slug}/bureau/direct/"):
        mark = client.get(url)["ETag"]
        with CaptureQueriesContext(connection) as sent:
            answer = client.get(url, headers={"if-none-match": mark})
        assert answer.status_code == 304
        assert answer.content == b""
        assert len(sent) <= 3, [query["sql"] for query in sent]


@pytest.mark.parametrize("what", ["propose", "take", "note", "flag", "lift", "edit"])
def test_what_a_colleague_does_is_seen(it, nadia, what):
    client, need, now = signed_in(it.coordinator), it.match.need, timezone.now()
    flag = services.set_flag(
        need=need, day=now.date() + timedelta(days=2), words="Appeler", by=nadia, now=now
    )
    mark = client.get(live(it))["ETag"]
    later = now + timedelta(seconds=5)
    acts = {
        "propose": lambda: matching.propose(match_id=it.match.pk, by=nadia, now=later),
        "take": lambda: tonight.take(need=need, by=nadia, now=later),
        "note": lambda: services.write_note(need=need, text="Vu", by=nadia, now=later),
        "flag": lambda: services.set_flag(
            need=need, day=now.date() + timedelta(days=2), words="Venir", by=nadia, now=later
        ),
        "lift": lambda: services.lift_flag(flag_id=flag.pk, by=nadia, now=later),
        "edit": lambda: type(need).objects.filter(pk=need.pk).update(revision=need.revision + 1),
    }
    acts[what]()
    assert client.get(live(it), headers={"if-none-match": mark}).status_code == 200


def test_what_began_first_and_ended_last_is_seen(it, nadia):
    """Whoever decides writes the moment in which they began: another may have begun later, and be done already."""
    client, began = signed_in(it.coordinator), timezone.now()
    need = it.match.need
    pages = (live(it), f"/{it.city.slug}/bureau/direct/")
    services.set_flag(
        need=need,
        day=began.date() + timedelta(days=2),
        words="Plus tard",
        by=nadia,
        now=began + timedelta(minutes=1),
    )
    marks = [client.get(url)["ETag"] for url in pages]
    services.set_flag(need=need, day=began.date() + timedelta(days=2), words="Avant", by=nadia, now=began)
    for url, mark in zip(pages, marks, strict=True):
        assert client.get(url, headers={"if-none-match": mark}).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda it: Offer.objects.filter(pk=it.match.offer_id).update(vetted_at=None, vetted_by=None),
        lambda it: Preference.objects.create(person=it.citizen, paused_until=timezone.localdate()),
        lambda it: Match.objects.filter(pk=it.match.pk).delete(),
        lambda it: Organisation.objects.filter(pk=it.match.need.organisation_id).update(name="Autre"),
        lambda it: due_offer(city=it.city, now=timezone.now(), answers_need=it.match.need.reference),
    ],
    ids=["vetted", "paused", "suggestion gone", "renamed", "answered"],
)
def test_what_a_case_shows_of_others_is_seen(it, change):
    client = signed_in(it.coordinator)
    mark = client.get(live(it))["ETag"]
    assert client.get(live(it), headers={"if-none-match": mark}).status_code == 304
    with transaction.atomic():
        change(it)
        assert client.get(live(it), headers={"if-none-match": mark}).status_code == 200
        transaction.set_rollback(True)


def test_what_happens_in_another_case_changes_the_list_and_not_the_case(it, nadia):
    client, other = signed_in(it.coordinator), due_need(city=it.city, now=timezone.now())
    case, queue = live(it), f"/{it.city.slug}/bureau/direct/"
    marks = {url: client.get(url)["ETag"] for url in (case, queue)}
    tonight.take(need=other, by=nadia, now=timezone.now())
    assert client.get(case, headers={"if-none-match": marks[case]}).status_code == 304
    assert client.get(queue, headers={"if-none-match": marks[queue]}).status_code == 200


def test_what_is_done_between_the_page_and_its_first_question_is_seen(it, nadia):
    client = signed_in(it.coordinator)
    page = client.get(f"/{it.city.slug}/bureau/{it.match.need.reference}/")
    assert client.get(page.context["live_url"]).context["changed"] == ""
    matching.propose(match_id=it.match.pk, by=nadia, now=timezone.now())
    assert "Nadia Ferrand\u202f: Demande envoyée" in client.get(page.context["live_url"]).content.decode()


def test_a_note_that_was_refused_comes_back_on_a_page_that_asks(it, nadia):
    client = signed_in(it.coordinator)
    page = client.post(f"/{it.city.slug}/bureau/{it.match.need.reference}/notes/", {"text": ""})
    matching.propose(match_id=it.match.pk, by=nadia, now=timezone.now())
    assert "Nadia Ferrand\u202f: Demande envoyée" in client.get(page.context["live_url"]).content.decode()


def test_it_says_who_did_what(it, nadia):
    client = signed_in(it.coordinator)
    first = client.get(live(it))
    url = first.context["live_url"]
    assert first.context["changed"] == ""
    matching.propose(match_id=it.match.pk, by=nadia, now=timezone.now())
    assert "Nadia Ferrand\u202f: Demande envoyée, à l’instant." in client.get(url).content.decode()


def test_the_list_changes_with_what_lies_in_it(it, nadia):
    client = signed_in(it.coordinator)
    url = f"/{it.city.slug}/bureau/direct/"
    due_need(city=it.city, now=timezone.now())
    due_offer(city=it.city, now=timezone.now())
    drain(timezone.now())
    other = Match.objects.suggested().exclude(need=it.match.need_id).first()
    assert other is not None
    for change in (
        lambda: due_need(city=it.city, now=timezone.now()),
        lambda: tonight.take(need=it.match.need, by=nadia, now=timezone.now()),
        lambda: matching.dismiss(
            match_id=other.pk, by=nadia, now=timezone.now(), reason=Reason.NOT_SUITABLE, note=""
        ),
        lambda: (due_offer(city=it.city, now=timezone.now()), drain(timezone.now())),
        lambda: matching.propose(match_id=it.match.pk, by=nadia, now=timezone.now()),
    ):
        mark = client.get(url)["ETag"]
        change()
        assert client.get(url, headers={"if-none-match": mark}).status_code == 200


def test_it_is_the_coordination_s_alone(it):
    for person in (
        it.member,
        it.citizen,
        CityRoleFactory().user,
        CityRoleFactory(city=it.city, role="operator").user,
    ):
        for url in (live(it), f"/{it.city.slug}/bureau/direct/"):
            assert signed_in(person).get(url).status_code == 404, (person, url)


def test_without_a_cache_nobody_is_shown_and_all_else_goes_on(it, nadia, settings):
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"},
    }
    cache.close()
    for person in (nadia, it.coordinator):
        assert presence.others_on(it.match.need_id, person=person, now=timezone.now()) == []
    assert signed_in(it.coordinator).get(live(it)).status_code == 200


def test_a_stale_act_says_who_was_first_and_keeps_what_was_typed(it, nadia):
    pk = it.match.pk
    matching.propose(match_id=pk, by=nadia, now=timezone.now())
    said = (
        signed_in(it.coordinator)
        .post(
            f"/{it.city.slug}/bureau/pistes/{pk}/dismiss/",
            {f"d{pk}-reason": "not_suitable", f"d{pk}-note": "Trop loin de l’école"},
            follow=True,
        )
        .content.decode()
    )
    assert "Nadia Ferrand\u202f: Demande envoyée, à l’instant." in said
    assert "Vous aviez écrit\u202f: «\u00a0Trop loin de l’école\u00a0»" in said
