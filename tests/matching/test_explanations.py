"""The individual explanation: that it says all, says it right, and tells nobody more than they may know."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

import engine
from accounts.models import Role
from catalogue.vocabulary import Kind
from matching import links, services
from matching.algorithm import notice
from matching.explanations.comparing import Reader
from matching.explanations.document import as_pdf
from matching.explanations.explaining import RULE_REASONS, explain
from matching.lifecycle import Reason
from matching.models import Match, Scan
from matching.reasons.sentences import _SENTENCES, PART_LABELS, PART_REASONS
from needs.models import Need
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.matching import story

# What nobody but its own side and the desk may read.
OF_THE_CITIZEN = ("Camille Martin", "citoyenne@exemple.fr", "06 12 34 56 78", "612345678", "12 rue des Invités",
                  "Chambre sur cour", "sollicité", "confirmée")  # fmt: skip
OF_THE_NEED = ("Famille Dossier-Secret", "Texte de l’association", "REF-INTERNE", "Les Passerelles",
               "passerelles@exemple.fr", "plain-pied nécessaire", "avec un animal", "farsi", "persan")  # fmt: skip


@pytest.fixture
def it(city):
    """A family with a dog and a wheelchair, and a home that takes them."""
    citizen = UserFactory(name="Camille Martin", email="citoyenne@exemple.fr", phone="+33612345678")
    organisation = OrganisationFactory(
        city=city, name="Les Passerelles", verified=True, email="passerelles@exemple.fr"
    )
    return story(
        city=city,
        now=timezone.now(),
        offer={
            "owner": citizen,
            "title": "Chambre sur cour",
            "step_free": True,
            "pets_accepted": True,
            "languages": ["fa", "fr"],
            "latitude": city.seat.latitude + 0.03,
        },
        need={
            "organisation": organisation,
            "title": "Famille Dossier-Secret",
            "text": "Texte de l’association",
            "case_reference": "REF-INTERNE",
            "step_free_needed": True,
            "pets": True,
            "languages": ["fa"],
        },
    )


def propose(it):
    return services.propose(match_id=it.match.pk, by=it.coordinator, now=timezone.now())


def page_of(it):
    return reverse("matching:explanation", args=[it.city.slug, it.match.pk])


def pdf_of(it):
    return reverse("matching:explanation_pdf", args=[it.city.slug, it.match.pk])


def linked(it, person, name="linked_explanation"):
    token = links.answer_path(it.match, person).rstrip("/").rpartition("/")[2]
    return reverse(f"matching:{name}", args=[it.city.slug, token])


def flat(words):
    """Every space the same, and no invisible sign."""
    return re.sub(r"[\s\u2068\u2069]+", " ", words)


def text(response):
    return flat(unescape(response.content.decode()))


def main(response):
    """What is on the page itself, without the town's links around it."""
    return text(response).partition("<main")[2].partition("</main>")[0]


# --- It says all -----------------------------------------------------------------------------------------


def test_every_rule_part_and_reason_has_its_place():
    assert list(RULE_REASONS) == list(engine.RULES)
    assert list(PART_REASONS) == list(engine.PARTS)
    told = {code for codes in (*RULE_REASONS.values(), *PART_REASONS.values()) for code in codes}
    assert told == set(_SENTENCES) - {"kept_for_others"}  # which tells of the fit too, beside the places


def test_the_coordinator_reads_everything(it, as_user):
    words = main(as_user(it.coordinator).get(page_of(it)))
    for rule in notice.rules():
        assert flat(rule["words"]) in words
    for part in notice.parts(it.match.weights):
        assert part["label"] in words
        assert flat(part["formula"]) in words
    for said in (
        "Famille Dossier-Secret", "Chambre sur cour", "plain-pied nécessaire", "avec un animal", "n° 1",
        "1 proposition était possible", f"Version du calcul : {engine.VERSION}",
        "Une personne de la coordination de Strasbourg choisit toujours",
        "L. 311-3-1", "L. 342-1", "CADA", "ici@exemple.fr", "03 88 00 00 00", f"{it.match.pk}",
    ):  # fmt: skip
        assert said in words, said


def test_the_sum_is_the_score(it):
    """What is read adds up: value × points = points, and their sum is the score, to the last figure shown."""
    it.match.facts = None
    found = explain(it.match, Reader(True, True, True), scan=None)
    figures = [float(part.points.replace(",", ".")) for part in found.parts]
    for part in found.parts:
        value, weight, points = (
            float(one.replace(",", ".")) for one in (part.value, part.weight, part.points)
        )
        assert value * weight == pytest.approx(points, abs=0.0005 * weight + 0.006)
    assert sum(figures) == pytest.approx(it.match.score, abs=0.03)
    assert found.score == f"{it.match.score:.2f}".replace(".", ",")
    assert found.sum_in_words.startswith(found.parts[0].points + " + ")
    assert found.sum_in_words.endswith(f"= {found.score} points sur 100")


def test_outside_the_desk_figures_are_too_coarse_to_find_a_door(it):
    found = explain(it.match, Reader(False, True, False), scan=None)
    assert all(re.fullmatch(r"\d+,\d", part.points) for part in found.parts)
    assert all(re.fullmatch(r"[01],\d\d", part.value) for part in found.parts)


@pytest.mark.parametrize(("is_desk", "shown"), [(True, "16,67"), (False, "16,7")])
def test_figures_are_rounded_and_not_cut(it, is_desk, shown):
    it.match.part_values[0] = 0.66662
    found = explain(it.match, Reader(True, True, is_desk), scan=None)
    assert found.parts[0].points == shown
    assert found.parts[0].value == ("0,667" if is_desk else "0,67")


def test_the_weights_are_those_of_the_day(it):
    """A town that counts otherwise today changes nothing of what was worked out yesterday."""
    propose(it)
    type(it.city).objects.filter(pk=it.city.pk).update(
        weights={"proximity": 100, "dates": 0, "fit": 0, "language": 0, "freshness": 0, "courtesy": 0}
    )
    match = Match.objects.get(pk=it.match.pk)
    found = explain(match, Reader(True, True, True), scan=None)
    assert [part.weight for part in found.parts] == ["25", "20", "25", "10", "10", "10"]


@pytest.mark.parametrize("kind", list(Kind))
def test_rules_of_other_kinds_are_set_apart(city, kind):
    match = story(city=city, kind=kind).match
    found = explain(match, Reader(True, True, True), scan=None)
    apart = {rule.words for rule in found.rules if not rule.concerned}
    expected = {rule["words"] for rule in notice.rules() if kind not in rule["kinds"]}
    assert apart == expected
    assert found.has_rules_apart is bool(expected)


def test_who_decided_is_told_and_named_to_the_desk_alone(it, as_user):
    propose(it)
    desk = main(as_user(it.coordinator).get(page_of(it)))
    assert re.search(rf"Demande envoyée le [^<]*, par {it.coordinator}\.", desk)
    for user in (it.citizen, it.member):
        words = main(as_user(user).get(page_of(it)))
        assert "Demande envoyée le " in words
        assert str(it.coordinator) not in words


def test_what_changed_since_is_said(it, as_user):
    client = as_user(it.coordinator)
    assert "a changé depuis ce calcul" not in main(client.get(page_of(it)))
    Need.objects.filter(pk=it.match.need_id).update(revision=9)
    assert "a changé depuis ce calcul" in main(client.get(page_of(it)))


def test_without_reasons_the_figures_are_still_explained(it):
    it.match.facts = None
    found = explain(it.match, Reader(False, True, False), scan=Scan.objects.get(need=it.match.need))
    assert [part.label for part in found.parts] == [str(label) for label in PART_LABELS.values()]
    assert all(part.reason for part in found.parts)


# --- Who reads what --------------------------------------------------------------------------------------


def test_each_reads_their_own_and_nobody_else_anything(it, as_user):
    others = [
        UserFactory(),
        CityRoleFactory().user,
        CityRoleFactory(city=it.city, role=Role.OPERATOR).user,
        CityRoleFactory(city=it.city, role=Role.ADMINISTRATOR).user,
        MembershipFactory(organisation__city=it.city).user,
    ]
    for path in (page_of(it), pdf_of(it)):
        for user in (*others, it.citizen, it.member):  # a suggestion is the desk's alone
            assert as_user(user).get(path).status_code == 404, user
        assert Client().get(path).status_code == 302
    propose(it)
    for path in (page_of(it), pdf_of(it)):
        for user in others:
            assert as_user(user).get(path).status_code == 404, user
        for user in (it.citizen, it.member, it.coordinator):
            assert as_user(user).get(path).status_code == 200, user
    elsewhere = CityRoleFactory(user=it.coordinator).city
    wrong = reverse("matching:explanation", args=[elsewhere.slug, it.match.pk])
    assert as_user(it.coordinator).get(wrong).status_code == 404


def test_a_dismissed_pair_is_explained_to_the_desk_alone(it, as_user):
    services.dismiss(match_id=it.match.pk, by=it.coordinator, now=timezone.now(), reason=Reason.OTHER)
    assert as_user(it.coordinator).get(page_of(it)).status_code == 200
    assert as_user(it.citizen).get(page_of(it)).status_code == 404
    assert Client().get(linked(it, it.citizen)).status_code == 404


@pytest.mark.parametrize("confirmed", [False, True])
def test_a_citizen_reads_category_days_size_and_commune_of_the_need(it, as_user, confirmed):
    propose(it)
    if confirmed:
        services.accept(match_id=it.match.pk, by=it.citizen, now=timezone.now())
        services.confirm(match_id=it.match.pk, by=it.member, now=timezone.now())
    for response in (as_user(it.citizen).get(page_of(it)), Client().get(linked(it, it.citizen))):
        words = main(response)
        for secret in OF_THE_NEED:
            assert secret.lower() not in words.lower(), secret
        for said in (
            "Un logement pour 3 personnes",
            "Chambre sur cour",
            "Confirmée aujourd’hui",
            "Strasbourg",
        ):
            assert said in words, said
        # Which conditions were asked is the household's own affair: each rule is told as it stands for everybody.
        assert "De plain-pied ou avec ascenseur" not in words
        assert "Accueille" not in words.replace("L’hôte accueille ce type", "")


@pytest.mark.parametrize("confirmed", [False, True])
def test_an_association_reads_category_distance_days_and_conditions_of_the_offer(it, as_user, confirmed):
    propose(it)
    if confirmed:
        services.accept(match_id=it.match.pk, by=it.citizen, now=timezone.now())
        services.confirm(match_id=it.match.pk, by=it.member, now=timezone.now())
    for response in (as_user(it.member).get(page_of(it)), Client().get(linked(it, it.member))):
        words = main(response)
        meanings = (
            "une proposition confirmée récemment",
            "une personne que l’on n’a pas déjà beaucoup sollicitée",
        )
        left = words.lower().replace("peu sollicité", "")
        for meaning in meanings:
            left = left.replace(meaning.lower(), "")
        for secret in OF_THE_CITIZEN:
            if secret == "confirmée" and confirmed:
                continue  # "Confirmée", the state
            assert secret.lower() not in left, secret
        for said in ("Famille Dossier-Secret", "Chambre chez l’habitant", "à 3,3 km", "accepte les animaux"):
            assert said in words, said


def test_the_rank_is_the_desk_s(it, as_user):
    """As in the API: whether another proposition came before is between the town and its engine."""
    propose(it)
    ranked = ("n° 1", "proposition était possible")
    words = main(as_user(it.coordinator).get(page_of(it)))
    assert all(said in words for said in ranked)
    scan = Scan.objects.get(need=it.match.need)
    for person in (it.citizen, it.member):
        for response in (as_user(person).get(page_of(it)), Client().get(linked(it, person))):
            words = main(response)
            assert not any(said in words for said in ranked)
    explained = explain(Match.objects.get(pk=it.match.pk), Reader(False, True, False), scan=scan)
    assert explained.rank == ""
    assert as_pdf(explained, public_url="https://accorde.test", now=timezone.now()).startswith(b"%PDF")


def test_a_link_never_opens_the_desk_s_view(it):
    """A coordinator who also is the citizen reads through the link of the mail what a citizen reads."""
    CityRoleFactory(user=it.citizen, city=it.city)
    propose(it)
    words = main(Client().get(linked(it, it.citizen)))
    assert "Famille Dossier-Secret" not in words


@pytest.mark.parametrize("name", ["linked_explanation", "linked_explanation_pdf"])
def test_an_altered_or_old_link_says_so_and_opens_nothing(it, name):
    propose(it)
    path = linked(it, it.citizen, name)
    assert Client().get(path).status_code == 200
    cut = Client().get(path.replace("/explication", "x/explication"))
    assert cut.status_code == 404
    assert "Ce lien est incomplet" in main(cut)
    signed_long_ago = timezone.now() - links.VALID_FOR - timedelta(days=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.core.signing.time.time", lambda: signed_long_ago.timestamp())
        path = linked(it, it.citizen, name)
    old = Client().get(path)
    assert old.status_code == 410
    assert "Ce lien a expiré" in main(old)
    for words in (main(cut), main(old)):
        assert "Se connecter" in words
        assert "03 88 00 00 00" in words


def test_the_page_is_found_from_where_the_match_is_seen(it, as_user):
    case = reverse("desk:case", args=[it.city.slug, it.match.need.reference])
    assert page_of(it) in as_user(it.coordinator).get(case).content.decode()
    propose(it)
    assert page_of(it) in as_user(it.coordinator).get(case).content.decode()
    assert (
        page_of(it) in as_user(it.citizen).get(reverse("matching:mine", args=[it.city.slug])).content.decode()
    )
    own = reverse("matching:mine_one", args=[it.city.slug, it.match.pk])
    assert page_of(it) in as_user(it.citizen).get(own).content.decode()
    assert linked(it, it.citizen) in Client().get(links.answer_path(it.match, it.citizen)).content.decode()


def test_its_cost(it, as_user):
    propose(it)
    client = as_user(it.citizen)
    with CaptureQueriesContext(connection) as queries:
        client.get(page_of(it))
    assert len(queries) <= 14, [query["sql"][:90] for query in queries]


# --- The document ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", dict(settings.LANGUAGES))
def test_the_document_is_tagged_and_in_its_reader_s_language(it, language):
    with translation.override(language):
        found = explain(it.match, Reader(True, True, True), scan=None)
        document = as_pdf(found, public_url="https://ville.exemple/algorithme/", now=timezone.now())
    assert document.startswith(b"%PDF-")
    assert b"/MarkInfo" in document
    assert b"pdfuaid" in document
    assert b"/Lang(%s" % language.split("-")[0].encode() in document
    assert (b"NotoSansArabic" in document) is translation.get_language_info(language)["bidi"]


@pytest.mark.parametrize(
    "hostile",
    [
        '#panic("lu comme du code")',
        '#read("/etc/passwd")',
        "$ x $ *gras* _penché_ `code` <ref> @renvoi [ ] { } \\ \\u{41} // rien /* rien",
        '"; #let data = none',
        '#import "@preview/cetz:0.3.0"',
        "دار صغيرة للعائلة 12 ☕ ቤት 🏠",
        "x" * 300,
        "\u202e\u2066 renversé",
    ],
)
def test_what_people_write_stays_text(it, hostile):
    it.match.need.title = it.match.offer.title = it.match.need.commune.name = hostile
    found = explain(it.match, Reader(True, True, True), scan=None)
    assert as_pdf(found, public_url="https://ville.exemple/", now=timezone.now()).startswith(b"%PDF-")


def test_the_document_is_handed_over_as_a_file_and_kept_nowhere(it):
    propose(it)
    response = Client().get(linked(it, it.citizen, "linked_explanation_pdf"))
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"] == f'attachment; filename="explication-{it.match.pk}.pdf"'
    assert "no-store" in response["Cache-Control"]
    assert response.content.startswith(b"%PDF-")
