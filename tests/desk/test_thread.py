"""The thread of a case: what was decided, and what changed of the need and of the offers it was matched with."""

from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from matching import services
from needs import services as needs
from offers import services as offers
from tests.factories.accounts import UserFactory
from tests.factories.matching import story


def thread_of(client, it):
    client.force_login(it.coordinator)
    page = client.get(reverse("desk:thread", args=[it.city.slug, it.match.need.reference]))
    return [(event["text"], event["note"], *event["lines"]) for event in page.context["thread"]]


def test_edits_stand_in_the_case_with_their_authors(db, client):
    now = timezone.now()
    it = story(now=now)
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    need, offer = it.match.need, it.match.offer
    needs.change(
        need_id=need.pk, fields={"case_reference": "D-12"}, by=it.member,
        now=now + timedelta(seconds=1), today=now.date(),
    )  # fmt: skip
    offers.change(
        offer_id=offer.pk, fields={"address": "3 rue du Lac", "smoking": True}, windows=None, by=it.citizen,
        now=now + timedelta(seconds=2),
    )  # fmt: skip
    assert thread_of(client, it)[:3] == [
        (
            f"Modification · {offer.title}",
            it.citizen.name,
            "Changement\u202f: Adresse (cachée)",
            "On peut fumer\u202f: non → oui",
            "La visite est à refaire",
        ),
        (f"Modification · {need.title}", it.member.name, "Votre référence de dossier\u202f: – → D-12"),
        (f"Demande envoyée · {offer.title}", it.coordinator.name),
    ]


def test_what_an_offer_was_before_it_met_the_need_is_not_the_case_s(db, client):
    now = timezone.now()
    it = story(now=now)
    offers.change(
        offer_id=it.match.offer_id,
        fields={"nearest_stop": "Gare"},
        windows=None,
        by=it.citizen,
        now=now - timedelta(days=1),
    )
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    assert not [text for text, *_rest in thread_of(client, it) if text.startswith("Modification")]


def test_a_case_asks_the_same_however_many_edits(db, client, django_assert_num_queries):
    now = timezone.now()
    it = story(now=now)
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)

    def edit(times):
        for number in range(times):
            fields = {"text": f"Mot {number} {times}"}
            needs.change(need_id=it.match.need_id, fields=fields, by=UserFactory(), now=now, today=now.date())
            offers.change(offer_id=it.match.offer_id, fields=fields, windows=None, by=UserFactory(), now=now)

    edit(2)
    thread_of(client, it)
    with CaptureQueriesContext(connection) as few:
        before = len(thread_of(client, it))
    edit(8)
    with django_assert_num_queries(len(few)):
        assert len(thread_of(client, it)) == before + 16
