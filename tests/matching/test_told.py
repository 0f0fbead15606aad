"""What the desk reads on a case of its messages: what was said, whether it was answered, and what would be said."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from matching import services, telling
from matching.lifecycle import Reason
from matching.models import Match
from notifications.models import Message, MessageState
from tests.factories.accounts import MembershipFactory, UserFactory
from tests.factories.matching import drain, due_offer, story
from tests.factories.notifications import MessageFactory

CONTACT = ("citoyenne@exemple.fr", "06 12 34 56 78", "12 rue des Invités")


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def it(city, now):
    citizen = UserFactory(name="Camille", email="citoyenne@exemple.fr", phone="+33612345678")
    return story(city=city, now=now, offer={"owner": citizen, "address": "12 rue des Invités"})


def case(client, it):
    client.force_login(it.coordinator)
    return client.get(reverse("desk:case", args=[it.city.slug, it.match.need.reference]))


def said(client, it):
    client.force_login(it.coordinator)
    return client.get(reverse("desk:said", args=[it.city.slug, it.match.need.reference]))


def plain(page):
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page.text)))


def left(now):
    """As the worker leaves them."""
    Message.objects.filter(state="queued").update(state="sent", sent_at=now, claimed_at=now)


def answered(event):
    return set(
        Message.objects.filter(event=event, state=MessageState.ANSWERED).values_list("recipient", flat=True)
    )


def test_a_case_tells_what_was_said_of_its_matches_and_no_contact(client, it, now):
    assert "Aucun message" in plain(said(client, it))
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    left(now)
    services.accept(match_id=it.match.pk, by=it.citizen, now=now)
    left(now)
    services.confirm(match_id=it.match.pk, by=it.member, now=now)
    page = said(client, it)
    told = {(line.message.event, line.message.recipient.name) for line in page.context["told"]["lines"]}
    assert told >= {
        ("match_question", "Camille"),
        ("match_accepted", it.member.name),
        ("match_confirmed", "Camille"),
    }
    assert "répondu à" in plain(page)
    assert not [one for one in CONTACT if one in unescape(page.text)]


def test_what_was_refused_is_sent_again_from_the_case(client, it, now):
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    message = Message.objects.get(event="match_question")
    Message.objects.filter(pk=message.pk).update(state="failed")
    page = said(client, it)
    assert "1 non remis" in plain(page)
    address = reverse("notifications:call:send_again", args=[it.city.slug, message.pk])
    assert f'action="{address}"' in page.text
    here = reverse("desk:case", args=[it.city.slug, it.match.need.reference])
    answer = client.post(address, {"back": here})
    assert answer.url == here
    message.refresh_from_db()
    assert message.state == MessageState.QUEUED


def test_nobody_is_led_away_by_sending_again(client, it):
    message = MessageFactory(city=it.city, state="failed")
    client.force_login(it.coordinator)
    address = reverse("notifications:call:send_again", args=[it.city.slug, message.pk])
    answer = client.post(address, {"back": "//ailleurs.example/"})
    assert answer.url == reverse("notifications:call:undelivered", args=[it.city.slug])


def test_a_question_that_was_closed_meanwhile_is_shown_as_pointless(client, it, now):
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    services.cancel(match_id=it.match.pk, by=it.coordinator, now=now, reason=Reason.OTHER_SOLUTION)
    words = plain(said(client, it))
    assert "sans objet · par e-mail" in words
    assert "La question a déjà sa réponse, ou n’est plus posée" in words


def test_a_case_asks_the_same_however_many_messages(client, it, now, django_assert_num_queries):
    def say(times):
        for number in range(times):
            key = f"match:{it.match.pk}:{times}x{number}"
            MessageFactory(city=it.city, subject_key=key, state="failed")

    say(2)
    said(client, it)
    with CaptureQueriesContext(connection) as few:
        said(client, it)
    say(9)
    with django_assert_num_queries(len(few)):
        assert len(said(client, it).context["told"]["lines"]) == 11


# --- Answered ------------------------------------------------------------------------------------------


def test_a_citizens_answer_is_noted_on_the_question_whoever_heard_it(it, now):
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    left(now)
    services.decline(match_id=it.match.pk, by=it.coordinator, now=now + timedelta(minutes=5))
    question = Message.objects.get(event="match_question")
    assert (question.state, question.answered_at) == (MessageState.ANSWERED, now + timedelta(minutes=5))


def test_who_could_not_be_reached_has_not_answered(it, now):
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    left(now)
    services.decline(match_id=it.match.pk, by=it.coordinator, now=now, reason=Reason.UNREACHABLE)
    assert answered("match_question") == set()


def test_a_question_that_never_left_is_not_answered(it, now):
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    services.accept(match_id=it.match.pk, by=it.citizen, now=now)
    assert Message.objects.get(event="match_question").state == MessageState.QUEUED


def test_of_an_association_the_member_who_confirmed_has_answered(it, now):
    MembershipFactory(organisation=it.match.need.organisation)
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    services.accept(match_id=it.match.pk, by=it.citizen, now=now)
    left(now)
    services.confirm(match_id=it.match.pk, by=it.member, now=now)
    assert answered("match_accepted") == {it.member.pk}
    assert answered("match_confirmed") == set()


# --- What would be said --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_the_preview_is_the_message_to_the_letter_and_queues_nothing(it, now, language):
    it.citizen.language = language
    it.citizen.save(update_fields=["language"])
    match = Match.objects.get(pk=it.match.pk)
    shown_in, text = telling.preview(match, own=[], now=now)
    assert (text.action_url, match.answer_by) == ("", None)
    assert not Message.objects.filter(event="match_question").exists()
    services.propose(match_id=it.match.pk, by=it.coordinator, now=now)
    sent = Message.objects.get(event="match_question")
    assert (shown_in, text.title, text.body, text.action_label) == (
        language, sent.title, sent.body, sent.action_label,
    )  # fmt: skip


def test_a_suggestion_shows_what_the_citizen_will_read(client, it):
    page = case(client, it)
    assert "Ce que la personne lira" in plain(page)
    assert "Votre adresse et votre téléphone restent cachés" in plain(page)
    assert "/reponse/" not in page.text


def test_where_nobody_can_be_asked_yet_nothing_is_shown(client, it):
    it.match.offer.vetted_at = it.match.offer.vetted_by = None
    it.match.offer.save(update_fields=["vetted_at", "vetted_by"])
    assert "Ce que la personne lira" not in plain(case(client, it))


def test_where_the_town_presumes_the_yes_no_question_is_shown(client, it):
    it.city.asks_citizen_for = []
    it.city.save(update_fields=["asks_citizen_for"])
    assert "Ce que la personne lira" not in plain(case(client, it))


def test_a_case_asks_the_same_however_many_previews(client, it, now, django_assert_num_queries):
    case(client, it)
    due_offer(city=it.city, now=now)
    drain(now)
    case(client, it)
    with CaptureQueriesContext(connection) as few:
        case(client, it)
    for _number in range(4):
        due_offer(city=it.city, now=now)
    drain(now)
    with django_assert_num_queries(len(few)):
        assert case(client, it).text.count("Ce que la personne lira") == 6
