"""What people write back: one word answers the question that was put last, once; everything else finds a person."""

from datetime import timedelta

import pytest

from accounts.models import User
from matching import services as matching
from matching import sweeps
from matching.models import Decision, Match, MatchState
from needs.models import Need
from notifications import channel_registry
from notifications.channels.call.selectors import calls_to_make
from notifications.channels.sms import services
from notifications.channels.sms.models import Became, Reply, Stop
from notifications.events import Priority
from notifications.inbox.selectors import waiting
from notifications.models import Message, MessageState
from notifications.understanding import Said
from tests.factories.accounts import UserFactory
from tests.factories.matching import NOW
from tests.factories.notifications import MessageFactory
from tests.notifications.channels.sms.conftest import MOBILE, deliver

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def write(text, *, number=MOBILE, ref="", now=NOW + MINUTE):
    return services.receive_reply(number=number, text=text, provider_ref=ref, by=None, now=now)


def acknowledged():
    """The titles of what was written back, in order."""
    found = Message.objects.filter(event="sms_acknowledged").order_by("pk")
    return [message.title for message in found]


@pytest.fixture
def asked(ask):
    """A question that has left as an SMS."""
    question = ask()
    deliver(NOW)
    return question


# --- Yes and no ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "state", "said"),
    [
        ("OUI", MatchState.ACCEPTED, "Merci, votre oui est enregistré."),
        ("1", MatchState.ACCEPTED, "Merci, votre oui est enregistré."),
        ("Non merci", MatchState.DECLINED, "Merci, votre non est enregistré."),
    ],
)
def test_one_word_answers(asked, text, state, said):
    reply = write(text)

    assert asked.state == state
    assert (reply.person, reply.message, reply.text, reply.became) == (
        asked.story.citizen, asked.message, text, Became.APPLIED,
    )  # fmt: skip
    decision = Decision.objects.get(match=asked.story.match, to_state=state)
    assert (decision.by, decision.role) == (asked.story.citizen, "citizen")
    assert acknowledged() == [said]
    assert asked.message.title in Message.objects.get(event="sms_acknowledged").body
    asked.message.refresh_from_db()
    assert (asked.message.state, asked.message.answered_at) == (MessageState.ANSWERED, NOW + MINUTE)


def test_a_citizen_answers_in_arabic(ask):
    question = ask(language="ar")
    deliver(NOW)

    write("نَعَـــم!")

    assert question.state == MatchState.ACCEPTED
    assert acknowledged() == ["شكرا، سجلنا جوابكم: نعم."]


def test_what_is_said_back_is_an_sms_also_to_somebody_with_an_address(asked):
    User.objects.filter(pk=asked.story.citizen.pk).update(email="marie@exemple.fr")

    write("oui")

    message = Message.objects.get(event="sms_acknowledged")
    assert (message.channel, message.city) == ("sms", asked.message.city)


@pytest.mark.parametrize("text", ["Rappelez-moi", "rappelez moi svp après 18h, merci", "اتصلوا بي"])
def test_who_wants_a_call_is_on_the_list_with_their_words(asked, text):
    reply = write(text)

    assert (reply.said, reply.became) == (Said.CALL_ME, Became.READ_BY_DESK)
    assert asked.state == MatchState.PROPOSED
    [call] = calls_to_make(asked.message.city)
    assert call.title == "Demande par SMS à être appelée"
    assert text in call.body
    assert acknowledged() == ["C’est noté, la ville vous appelle."]


def test_an_answer_counts_once(asked):
    write("oui")
    again = write("OUI", now=NOW + 2 * MINUTE)

    assert again.became == Became.CLOSED
    assert Decision.objects.filter(match=asked.story.match, act="accept").count() == 1
    assert acknowledged()[1].startswith("Cette question a déjà sa réponse")


def test_the_same_reply_brought_twice_is_one(asked):
    first, second = write("non", ref="mo-1"), write("non", ref="mo-1")

    assert first == second
    assert Reply.objects.count() == 1
    assert len(acknowledged()) == 1


def test_the_same_reply_brought_twice_at_once_is_one(transactional_db, asked, at_once):
    found = at_once(*[lambda: write("oui", ref="mo-1")] * 2)

    assert len({reply.pk for reply in found}) == 1
    assert Decision.objects.filter(match=asked.story.match, act="accept").count() == 1
    assert len(acknowledged()) == 1


def test_two_replies_without_a_name_are_two(asked):
    assert write("qui êtes-vous ?") != write("qui êtes-vous ?")


@pytest.mark.parametrize(
    ("first", "second", "stands"),
    [
        (matching.accept, "non", MatchState.ACCEPTED),
        (matching.decline, "oui", MatchState.DECLINED),
    ],
)
def test_of_two_answers_that_disagree_the_first_stands_and_the_desk_reads_the_second(
    asked, first, second, stands
):
    first(match_id=asked.story.match.pk, by=asked.story.citizen, now=NOW)

    reply = write(second)

    assert (asked.state, reply.became) == (stands, Became.DISAGREES)
    assert acknowledged() == [
        "Votre première réponse reste enregistrée. Une personne de la ville lit celle-ci et vous rappelle."
    ]
    [call] = calls_to_make(asked.message.city)
    assert call.title == "Dit maintenant autre chose par SMS\u202f: à rappeler"
    assert waiting(asked.message.city, None).to_read == 1


def test_a_no_by_sms_after_a_yes_by_sms_too(asked):
    write("oui")

    assert write("non", now=NOW + 2 * MINUTE).became == Became.DISAGREES
    assert asked.state == MatchState.ACCEPTED


def test_a_condition_on_a_yes_is_no_yes_and_the_words_are_kept(asked):
    reply = write("oui mais pas avant 20h")

    assert (asked.state, reply.said) == (MatchState.PROPOSED, Said.UNCLEAR)
    assert "oui mais pas avant 20h" in calls_to_make(asked.message.city).get().body
    assert waiting(asked.message.city, None).to_read == 1


def test_after_the_deadline_it_changes_nothing_and_says_so(asked):
    late = Match.objects.get(pk=asked.story.match.pk).answer_by + MINUTE
    sweeps.lapse_unanswered(by=None, now=late)
    assert asked.state == MatchState.LAPSED

    reply = write("oui", now=late + MINUTE)

    assert (asked.state, reply.became) == (MatchState.LAPSED, Became.LATE)
    assert acknowledged() == [
        "Merci. Le délai est passé, rien n’est promis. La ville regarde si vous pouvez encore aider, et vous rappelle."
    ]
    assert calls_to_make(asked.message.city).get().title.startswith("Dit oui par SMS après le délai")


@pytest.mark.parametrize(("text", "need_is_open"), [("non", True), ("oui", False)])
def test_after_the_deadline_nobody_reads_what_is_of_no_use_any_more(asked, text, need_is_open):
    late = Match.objects.get(pk=asked.story.match.pk).answer_by + MINUTE
    sweeps.lapse_unanswered(by=None, now=late)
    if not need_is_open:
        Need.objects.update(state="withdrawn")

    assert write(text, now=late + MINUTE).became == Became.CLOSED
    assert not calls_to_make(asked.message.city).exists()


def test_the_desk_comes_back_to_a_late_yes_from_its_page(asked, client):
    late = Match.objects.get(pk=asked.story.match.pk).answer_by + MINUTE
    sweeps.lapse_unanswered(by=None, now=late)
    write("oui", now=late + MINUTE)
    client.force_login(asked.story.coordinator)

    page = client.get(f"/{asked.message.city.slug}/ecrits/").text

    assert "Revenir sur la question" in page
    assert f"/bureau/{asked.story.match.need.reference}/" in page


def test_an_answer_is_to_the_question_that_was_put_last(ask):
    owner = UserFactory(email=None, phone=MOBILE)
    earlier = ask(owner=owner)
    deliver(NOW)
    # For tonight, so that it does not wait for the other's answer.
    later = ask(owner=owner, now=NOW + MINUTE, tonight=True)
    deliver(NOW + MINUTE)

    write("oui", now=NOW + 2 * MINUTE)
    assert (earlier.state, later.state) == (MatchState.PROPOSED, MatchState.ACCEPTED)

    # Closed is the last one, and an answer to it is none to another.
    assert write("non", now=NOW + 3 * MINUTE).became == Became.DISAGREES
    assert earlier.state == MatchState.PROPOSED


def test_a_question_that_has_not_left_is_not_answered(ask):
    question = ask()

    assert write("oui").became == Became.READ_BY_DESK
    assert question.state == MatchState.PROPOSED


def test_a_question_of_which_nobody_knows_whether_it_arrived_is_answered(asked):
    Message.objects.filter(pk=asked.message.pk).update(
        state=MessageState.UNCERTAIN, sent_at=None, provider_ref=""
    )

    write("oui")

    assert asked.state == MatchState.ACCEPTED


def test_a_question_that_came_by_mail_is_not_answered_by_sms(ask):
    question = ask(email="marie@exemple.fr")
    Message.objects.filter(pk=question.message.pk).update(
        state=MessageState.SENT, sent_at=NOW, claimed_at=NOW
    )

    write("oui")

    assert question.state == MatchState.PROPOSED


def test_a_reminder_is_the_same_question(asked):
    MessageFactory(
        recipient=asked.story.citizen, channel="sms", event="match_question_again", city=asked.message.city,
        subject_key=f"match:{asked.story.match.pk}", state=MessageState.SENT, sent_at=NOW, claimed_at=NOW + MINUTE,
    )  # fmt: skip

    write("oui", now=NOW + 2 * MINUTE)

    assert asked.state == MatchState.ACCEPTED


def test_later_leaves_the_question_open(asked):
    reply = write("Plus tard")

    assert (asked.state, reply.became) == (MatchState.PROPOSED, Became.WAITS)
    asked.message.refresh_from_db()
    assert asked.message.state == MessageState.OPENED
    assert acknowledged() == [
        "D’accord. La question reste ouverte\u202f: répondez OUI ou NON dès que possible."
    ]
    assert write("oui", now=NOW + 2 * MINUTE).became == Became.APPLIED
    assert write("plus tard", now=NOW + 3 * MINUTE).became == Became.CLOSED


# --- For a person to read ------------------------------------------------------------------------------


def test_a_yes_with_a_condition_goes_to_a_person(asked):
    reply = write("oui mais pas avant 20h")

    assert (asked.state, reply.said, reply.became) == (
        MatchState.PROPOSED, Said.UNCLEAR, Became.READ_BY_DESK,
    )  # fmt: skip
    (call,) = calls_to_make(asked.message.city)
    assert (call.recipient, call.title) == (asked.story.citizen, "A répondu par SMS\u202f: à rappeler")
    assert "oui mais pas avant 20h" in call.body
    assert asked.message.title in call.body
    assert call.action_url == asked.message.action_url
    assert acknowledged() == ["Bien reçu, merci."]


def test_the_desk_reads_of_it_in_its_own_language(ask):
    ask(language="ar")
    deliver(NOW)

    write("نعم لكن بعد الثامنة")

    call = Message.objects.get(event="sms_to_read")
    assert (call.language, call.title) == ("fr", "A répondu par SMS\u202f: à rappeler")
    assert Message.objects.get(event="sms_acknowledged").language == "ar"


@pytest.mark.parametrize(("priority", "told"), [(Priority.NIGHT, 1), (Priority.ASK, 0)])
def test_of_a_question_for_tonight_the_coordinators_are_told_at_once(asked, priority, told):
    Message.objects.filter(pk=asked.message.pk).update(priority=priority)

    write("oui mais ma fille Camille dort ici")

    mails = Message.objects.filter(event="sms_to_read", recipient=asked.story.coordinator)
    assert [(mail.channel, mail.priority) for mail in mails] == [("email", Priority.NIGHT)] * told
    assert not any("Camille" in mail.body for mail in mails)
    assert calls_to_make(asked.message.city).count() == 1


def test_the_no_of_an_association_needs_its_reason(asked, db):
    member = asked.story.member
    member.phone, member.phone_proof, member.phone_proven_at = "+33687654321", "sms", NOW
    member.save(update_fields=["phone", "phone_proof", "phone_proven_at"])
    matching.accept(match_id=asked.story.match.pk, by=asked.story.citizen, now=NOW)
    Message.objects.filter(event="match_accepted").update(
        channel="sms", state=MessageState.SENT, sent_at=NOW, claimed_at=NOW
    )

    refused = write("non", number="+33687654321")
    assert (asked.state, refused.became) == (MatchState.ACCEPTED, Became.READ_BY_DESK)

    confirmed = write("oui", number="+33687654321", now=NOW + 2 * MINUTE)
    assert (asked.state, confirmed.became) == (MatchState.CONFIRMED, Became.APPLIED)


def test_somebody_who_was_asked_nothing_is_called(gateway, host, town):
    MessageFactory(recipient=host, city=town, channel="call")

    reply = write("oui")

    assert (reply.message, reply.became) == (None, Became.READ_BY_DESK)
    call = Message.objects.get(event="sms_to_read")
    assert (call.city, call.title) == (town, "A écrit par SMS\u202f: à rappeler")


def test_nobody_is_promised_a_call_by_a_town_that_does_not_know_them(gateway, host):
    assert write("bonjour").became == Became.NOTED
    assert Message.objects.count() == 0


def test_a_machine_that_answers_ours_is_answered_a_few_times_a_day(asked):
    for minute in range(1, 21):
        write("Je conduis, je vous rappelle", now=NOW + minute * MINUTE)

    assert len(acknowledged()) == services.ACKNOWLEDGED_A_DAY
    write("oui", now=NOW + 2 * DAY)
    assert len(acknowledged()) == services.ACKNOWLEDGED_A_DAY + 1


def test_a_number_that_nobody_has_is_not_kept(gateway, db, caplog):
    assert write("oui", number="+33687654321") is None
    assert Reply.objects.count() == Message.objects.count() == 0
    assert "+336" not in caplog.text


def test_somebody_who_may_not_act_any_more_is_not_heard(asked):
    User.objects.filter(pk=asked.story.citizen.pk).update(is_active=False)

    assert write("oui") is None
    assert asked.state == MatchState.PROPOSED


def test_a_novel_is_kept_to_a_bound(asked):
    assert len(write("je " * 5000).text) == services.LONGEST_TEXT


def test_no_text_of_anybody_stands_in_the_log(asked, caplog):
    write("oui mais ma fille Camille dort ici")

    assert "Camille" not in caplog.text


# --- STOP ----------------------------------------------------------------------------------------------


def test_stop_ends_it_at_once_and_is_not_even_acknowledged(asked, ask):
    reply = write("Stop !")

    assert reply.became == Became.NOTED
    assert Stop.objects.in_force(MOBILE).count() == 1
    assert acknowledged() == []
    write("stop", now=NOW + 2 * MINUTE)
    assert Stop.objects.count() == 1
    assert ask(owner=asked.story.citizen, now=NOW + 3 * MINUTE).message.channel == "call"


def test_what_was_under_way_to_somebody_who_said_stop_does_not_leave(asked, gateway):
    message = MessageFactory(channel="sms", recipient=asked.story.citizen, city=asked.message.city)
    write("STOP")

    deliver(NOW + 2 * MINUTE)

    message.refresh_from_db()
    assert (message.state, message.last_error) == (MessageState.FAILED, "stopped")
    assert len(gateway.requests) == 1


def test_stop_counts_for_a_number_that_nobody_has_yet(gateway, db):
    write("STOP", number="+33687654321")

    assert channel_registry.preferred(UserFactory(email=None, phone="+33687654321")) == "call"


def test_start_takes_a_stop_back(asked):
    write("STOP")

    write("Start", now=NOW + DAY)

    assert not Stop.objects.in_force(MOBILE).exists()
    assert acknowledged() == ["C’est noté."]


def test_a_stop_that_is_brought_again_after_a_start_counts_no_more(asked):
    write("STOP", ref="mo-1")
    write("Start", ref="mo-2", now=NOW + DAY)
    write("STOP", ref="mo-1", now=NOW + DAY)

    assert not Stop.objects.in_force(MOBILE).exists()
