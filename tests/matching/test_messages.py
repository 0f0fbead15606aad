"""Words: each of the engine's reasons has its sentence, each mail is complete, and says no more than it may."""

import random
import re
from datetime import date, timedelta

import pytest
from django.conf import settings
from django.utils import translation

import engine
from catalogue.vocabulary import Category, Kind
from desk import presentation as desk_presentation
from engine.rules import ESSENTIAL
from matching import links, presentation, services
from matching.forms import REASONS
from matching.lifecycle import ARROWS, Act, NotPossible, Reason
from matching.messages import going_on, households, phrases, to_desk, to_linked_town, to_people
from matching.models import Match, MatchState, TownAgreement
from matching.plans import plan_words
from matching.reasons import sentences
from matching.reasons.facts import plain
from matching.reasons.sentences import reason_sentence, unmet_sentence
from matching.telling import REMINDED, TOLD
from needs.models import Need
from notifications.models import Message
from tests.conftest import ROOT
from tests.engine import builders
from tests.factories.matching import NOW, story

EXPLAIN = ROOT / "engine" / "explain.py"
TODAY = builders.TODAY
LEFT_OVER = re.compile(r"%\(|%s|\{|\}|None|\bFalse\b|\bTrue\b")


def complete(words):
    """French, with nothing left open."""
    words = str(words)
    return words and not LEFT_OVER.search(words) and words == words.strip()


# --- Sentences -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def said():
    """Every reason and near miss of many random pairs, with the forms and categories of the real vocabulary."""
    source = random.Random(20)
    reasons, misses = {}, {}
    for kind in Kind.values:
        needs = [builders.random_need(source, number, kind) for number in range(200)]
        offers = [builders.random_offer(source, number, kind) for number in range(200)]
        by_need, by_offer = {need.id: need for need in needs}, {offer.id: offer for offer in offers}
        for ranking in engine.rank(needs, offers, today=TODAY, links=[frozenset("ab")]):
            need = by_need[ranking.need_id]
            for pairing in ranking.pairings:
                for reason in engine.explain(pairing, need, by_offer[pairing.offer_id], TODAY):
                    reasons.setdefault(reason.code, []).append(reason)
            for miss in ranking.near_misses:
                reason = engine.explain_near_miss(miss, need, by_offer[miss.offer_id], TODAY)
                misses.setdefault(reason.code, []).append(reason)
    return reasons, misses


def test_every_reason_of_the_engine_has_a_sentence(said):
    codes = set(re.findall(r'Reason\(\s*"(\w+)"', EXPLAIN.read_text(encoding="utf-8")))
    codes |= {"all_days", "some_days", "places_exact", "places_to_spare", "whole_quantity", "part_quantity"}
    codes |= {"asked", "not_asked"}
    reasons, _misses = said
    assert set(reasons) <= codes
    assert codes - set(reasons) == set(), "this test no longer meets every reason"
    assert set(sentences._SENTENCES) == codes
    for code, found in reasons.items():
        for reason in found:
            assert complete(reason_sentence(code, reason.params)), reason
            # As read back from the database.
            assert reason_sentence(code, plain(reason.params)) == reason_sentence(code, reason.params)


def test_every_near_miss_of_the_engine_has_a_sentence(said):
    _reasons, misses = said
    missable = set(engine.RULES) - set(ESSENTIAL)
    assert set(misses) == missable
    for rule, found in misses.items():
        for reason in found:
            assert complete(unmet_sentence(rule, reason.params)), reason
            assert unmet_sentence(rule, plain(reason.params)) == unmet_sentence(rule, reason.params)


def test_every_reason_is_shown_once_on_the_card():
    shown = [code for matter in presentation._MATTERS for code in matter]
    assert sorted(shown) == sorted(sentences._SENTENCES)


@pytest.mark.parametrize(
    ("share", "said"),
    [(1, "couvre tout"), (0.9999, "couvre 99 %"), (10 / 41, "couvre 24 %"), (0.001, "couvre 1 %")],
)
def test_the_part_that_is_covered_is_never_rounded_up_to_all_of_it(share, said):
    assert normal(desk_presentation.covers(share)) == said


def test_every_rule_and_part_is_explained():
    assert set(sentences.RULE_WORDS) == set(engine.RULES)
    # A plan never speaks of another category or town.
    assert set(plan_words.RULE_NAMES) == set(engine.RULES) - {"category", "city"}
    assert list(sentences.PART_LABELS) == list(sentences.PART_MEANINGS) == list(engine.PARTS)


@pytest.mark.parametrize(
    ("code", "params", "sentence"),
    [
        ("distance", {"distance_km": 3.24}, "à 3,2 km"),
        ("distance", {"distance_km": 12.3}, "à 12 km"),
        ("distance", {"distance_km": 0.05}, "à moins de 100 m"),
        ("confirmed", {"days": 0}, "confirmée aujourd’hui"),
        ("confirmed", {"days": 1}, "confirmée il y a 1 jour"),
        ("asked", {"times": 2}, "déjà sollicité 2 fois ce mois-ci"),
        ("shared_languages", {"languages": ["fr", "ti"]}, "parle français, tigrigna"),
        (
            "part_quantity",
            {"kind": "skill", "rhythm": "once", "quantity": 1, "asked": 1.5},
            "une partie : 1 h sur 1 h 30",
        ),
        (
            "part_quantity",
            {"kind": "skill", "quantity": 1, "asked": 2},
            "une partie : 1 sur 2 h par semaine",
        ),
    ],
)
def test_sentences_read_as_people_speak(code, params, sentence):
    assert normal(reason_sentence(code, params)) == sentence


@pytest.mark.parametrize(
    ("rule", "params", "sentence"),
    [
        ("distance", {"gap_km": 4.2}, "4,2 km trop loin"),
        ("dates", {"gap_days": 2}, "2 jours de moins qu’il ne faut"),
        ("dates", {"gap_days": 1}, "1 jour de moins qu’il ne faut"),
        ("capacity", {"gap": 1, "kind": "housing"}, "il manque 1 place"),
    ],
)
def test_a_gap_is_said_in_numbers(rule, params, sentence):
    assert normal(unmet_sentence(rule, params)) == sentence


def normal(words):
    return re.sub(r"\s", " ", words)


# --- Acts ----------------------------------------------------------------------------------------------


def test_every_decision_has_its_words_in_the_thread():
    assert set(presentation.ACT_WORDS) == {str(act) for act in Act} - {"supersede"}
    assert set(REASONS) == {act for (_state, act), found in ARROWS.items() if found.needs_reason}
    assert {reason for offered in REASONS.values() for reason in offered} <= set(Reason)


@pytest.mark.parametrize(
    "why", ["state", "role", "reason", "vetting", "paused", "taken", "closed", "changed"]
)
@pytest.mark.parametrize("act", [Act.PROPOSE, Act.ACCEPT, Act.CONFIRM])
def test_every_refusal_is_a_sentence(why, act):
    words = presentation.refusal_words(NotPossible(act, MatchState.PROPOSED, why))
    assert complete(words)
    assert words.endswith(".")


# --- Mails ---------------------------------------------------------------------------------------------

MAILS = [
    to_people.does_it_still_hold,
    to_people.question,
    to_people.please_confirm,
    to_people.citizens_contact,
    to_people.associations_contact,
    to_people.question_again,
    to_people.please_confirm_again,
    to_people.no_longer_asked,
    to_people.not_confirmed,
    to_people.confirmation_over,
    to_desk.declined,
    to_desk.lapsed,
    to_desk.broken_off,
    to_people.broken_off_for_owner,
    to_people.broken_off_for_poster,
    to_desk.refused,
    to_people.not_taken_up,
    to_desk.cancelled,
    to_people.cancelled_for_owner,
    to_people.cancelled_for_poster,
    going_on.can_it_go_on,
    going_on.goes_on,
    going_on.does_not_go_on,
    to_desk.does_not_go_on,
    going_on.ends_sooner_for_owner,
    going_on.ends_sooner_for_poster,
    to_desk.ends_sooner,
    going_on.in_part_for_owner,
    going_on.in_part_for_poster,
    to_desk.in_part,
]


def waits_for_all(match):
    """Whatever may be waited for has its time."""
    match.answer_by = match.confirm_by = match.longer_by = NOW + timedelta(hours=2)
    match.longer_until = match.last_day + timedelta(days=3)


@pytest.mark.parametrize("language", dict(settings.LANGUAGES))
@pytest.mark.parametrize("kind", list(Kind))
def test_every_mail_is_complete(db, kind, language):
    it = story(kind=kind)
    waits_for_all(it.match)
    agreement = TownAgreement(city=it.city, match=it.match, answer_by=NOW)
    with translation.override(language):
        for compose in MAILS:
            for person in (it.citizen, it.member, it.coordinator):
                mail = compose(it.match, person)
                assert not LEFT_OVER.search(mail.title + mail.body), (compose, mail)
                assert mail.title
                assert mail.body
                assert bool(mail.action_label) == bool(mail.action_url)
                assert not mail.action_url or mail.action_url.startswith("/")
        for mail in (
            to_desk.for_tonight(it.match.need, 0),
            to_desk.for_tonight(it.match.need, 1),
            to_desk.for_tonight(it.match.need, 3),
            to_linked_town.across(it.match),
            to_linked_town.town_asked(it.match, agreement),
            to_desk.town_declined(it.match, agreement),
            to_desk.town_silent(it.match, agreement),
            to_desk.agreement_moot(it.match, agreement),
            to_desk.nobody_says(it.match),
            to_desk.to_rehouse(it.match),
            to_desk.two_homes(it.match),
            to_linked_town.agreement_not_needed(it.match, agreement),
            households.joined(it.match.need),
            households.open_again(it.match.need),
            to_desk.tonight_waits(it.match.city, [it.match.need]),
            to_desk.tonight_waits(it.match.city, [it.match.need] * 7),
            to_desk.suggestions_of_the_day(it.city),
        ):
            assert not LEFT_OVER.search(mail.title + mail.body), mail


@pytest.mark.parametrize("kind", list(Kind))
def test_what_others_may_read_along_holds_nothing_that_anybody_typed(db, kind):
    typed = {"title": "Famille Secret", "text": "Secret", "case_reference": "SECRET"}
    match = story(kind=kind, need=typed).match
    need = match.need
    for mail in (
        to_desk.for_tonight(need, 0),
        to_desk.tonight_waits(need.city, [need]),
    ):
        assert mail.impersonal.startswith("Ce soir\u202f: ")
        assert mail.impersonal.endswith("depuis 12\u00a0h"), "since when it waits, by the town's clock"
        assert "secret" not in mail.impersonal.lower()
    assert "2 besoins" in to_desk.tonight_waits(need.city, [need, need]).impersonal
    said = to_desk.to_rehouse(match).impersonal
    assert said.startswith("À reloger ce soir\u202f: ")
    assert "depuis" not in said, "the need may be weeks old"
    assert "secret" not in said.lower()


@pytest.mark.parametrize(
    "compose",
    sorted({told.owner for told in TOLD.values() if told.owner} - {to_people.associations_contact}, key=repr),
    ids=lambda compose: compose.__name__,
)
def test_what_the_citizen_reads_names_neither_need_nor_association(db, compose):
    it = story(need={"title": "Famille Dossier-Secret", "text": "Secret", "case_reference": "SECRET"})
    waits_for_all(it.match)
    mail = compose(it.match, it.citizen)
    read = (mail.title + mail.body).lower()
    assert "secret" not in read
    assert it.match.need.organisation.name.lower() not in read


def test_contacts_stand_in_the_two_mails_of_a_confirmation_alone(db):
    it = story(offer={"address": "12 rue des Invités"})
    waits_for_all(it.match)
    citizens = (it.citizen.name, it.citizen.email, "12 rue des Invités")
    for compose in MAILS:
        for person in (it.citizen, it.member, it.coordinator):
            mail = compose(it.match, person)
            assert not any(contact in mail.title for contact in citizens), "the list of calls shows it to all"
            shown = [contact for contact in citizens if contact in mail.title + mail.body]
            assert shown == (list(citizens) if compose is to_people.citizens_contact else []), compose
            association = it.match.need.organisation.email in mail.body
            assert association == (compose is to_people.associations_contact)


def test_every_message_of_the_table_is_tried_here():
    table = [*TOLD.values(), *(told for _asked, told in REMINDED.values())]
    told_of = {compose for told in table for compose in (told.owner, told.poster, told.desk) if compose}
    assert told_of == {*MAILS}


def test_what_is_asked_is_the_size_alone():
    need = Need(kind=Kind.HOUSING, people=1)
    match = Match(need=need, quantity=1)
    assert normal(phrases.asked(match)) == "Un toit pour 1 personne"
    need.people = 4
    assert normal(phrases.asked(match)) == "Un toit pour 4 personnes"
    need.kind, need.category, match.quantity = Kind.GOODS, Category.BEDDING, 3
    assert normal(phrases.asked(match)) == "Literie · 3 objets"


def test_whoever_is_to_interpret_reads_between_which_languages(db, client):
    it = story(kind=Kind.SKILL, need={"languages": ["am"]})
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    asked = Message.objects.get(event="match_question")
    page = client.get(links.answer_path(it.match, it.citizen)).content.decode()
    for words in (asked.title, asked.body, page):
        assert "Interprétariat (tigrigna, français)" in words
        assert "amharique" not in words, "what the household speaks is not told"
    assert "(tigrigna, français)" not in phrases.offered(it.match)


def test_a_mail_is_written_in_its_reader_s_language(db):
    it = story()
    it.citizen.language = "en"
    it.citizen.save(update_fields=["language"])
    services.propose(match_id=it.match.pk, by=it.coordinator, now=NOW)
    assert Message.objects.get(recipient=it.citizen).language == "en"


def test_days_are_read_back_from_the_database():
    kept = plain({"day": date(2026, 4, 1), "slots": (engine.Slot(0, 60, 120),), "words": ("a",)})
    assert kept == {"day": "2026-04-01", "slots": [[0, 60, 120]], "words": ["a"]}
