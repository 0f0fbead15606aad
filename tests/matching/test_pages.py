"""Who sees what, on the pages themselves: the desk, the answer links, one's own list; and what they cost."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import partial
from html import unescape

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format

from accounts import services as accounts
from accounts.models import ContactReading, Membership, Role, User
from catalogue.times import day_words
from catalogue.vocabulary import Kind
from matching import links, selectors, services
from matching.lifecycle import Reason
from matching.messages import to_people
from matching.models import Decision, Match, MatchState
from notifications.models import Message
from offers import services as offers
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory, MembershipFactory, OrganisationFactory, UserFactory
from tests.factories.cities import CityFactory, CommuneFactory
from tests.factories.matching import NOW, drain, due_need, due_offer, story

SECRETS = ("12 rue des Invités", "citoyenne@exemple.fr", "+33612345678", "06 12 34 56 78", "Camille Martin")


@pytest.fixture
def it(city):
    """A story of today, with words that only some may read."""
    citizen = UserFactory(name="Camille Martin", email="citoyenne@exemple.fr", phone="+33612345678")
    organisation = OrganisationFactory(
        city=city, name="Les Passerelles", verified=True, email="passerelles@exemple.fr"
    )
    return story(
        city=city,
        now=timezone.now(),
        offer={"owner": citizen, "title": "Chambre sur cour"},
        need={
            "organisation": organisation,
            "title": "Famille Dossier-Secret",
            "text": "Texte de l’association",
            "case_reference": "REF-INTERNE",
        },
    )


def now():
    return timezone.now()


def propose(it):
    return services.propose(match_id=it.match.pk, by=it.coordinator, now=now())


def accept(it):
    return services.accept(match_id=it.match.pk, by=it.citizen, now=now())


def confirm(it):
    return services.confirm(match_id=it.match.pk, by=it.member, now=now())


def text(response):
    return re.sub(r"\s+", " ", unescape(response.content.decode()))


def link(it, person):
    return links.answer_path(it.match, person)


# --- Rows ----------------------------------------------------------------------------------------------


def test_each_sees_their_own_matches(it, city):
    other = story(now=now())
    operator = CityRoleFactory(city=city, role=Role.OPERATOR).user
    administrator = CityRoleFactory(city=city, role=Role.ADMINISTRATOR).user

    def seen(user):
        return set(Match.objects.visible_to(user).values_list("pk", flat=True))

    mine, theirs = it.match.pk, other.match.pk
    # A suggestion is the desk's alone.
    assert (seen(it.coordinator), seen(other.coordinator)) == ({mine}, {theirs})
    assert seen(it.citizen) == seen(it.member) == set()
    propose(it)
    assert seen(it.citizen) == seen(it.member) == {mine}
    assert seen(operator) == seen(administrator) == seen(UserFactory()) == set()
    assert seen(MembershipFactory(organisation__city=city).user) == set()
    assert seen(AnonymousUser()) == set()


def test_a_dismissed_or_superseded_pair_stays_the_desk_s(it):
    services.dismiss(match_id=it.match.pk, by=it.coordinator, now=now(), reason=Reason.OTHER)
    assert not Match.objects.visible_to(it.citizen).exists()
    assert not Match.objects.visible_to(it.member).exists()


@pytest.mark.parametrize(
    ("state", "days", "is_open"),
    [
        *[
            (state, 0, state in ("confirmed", "under_way", "completed", "broken_off"))
            for state in MatchState.values
        ],
        ("completed", 30, True),
        ("completed", 31, False),
        ("confirmed", 31, False),
    ],
)
def test_contacts_are_open_from_the_confirmation_until_thirty_days_after_the_end(state, days, is_open):
    end = date(2026, 4, 30)
    match = Match(state=state, first_day=date(2026, 4, 1), last_day=end)
    assert selectors.contacts_are_open(match, today=end + timedelta(days=days)) is is_open


def test_a_stay_that_was_broken_off_ends_on_that_day():
    match = Match(state="broken_off", last_day=date(2026, 4, 30), ended_on=date(2026, 4, 5))
    assert selectors.contacts_are_open(match, today=date(2026, 5, 5))
    assert not selectors.contacts_are_open(match, today=date(2026, 5, 6))


# --- The desk ------------------------------------------------------------------------------------------


def desk_pages(it):
    slug, reference, pk = it.city.slug, it.match.need.reference, it.match.pk
    return [
        ("get", reverse("desk:queue", args=[slug])),
        ("get", reverse("desk:case", args=[slug, reference])),
        ("post", reverse("desk:act", args=[slug, pk, "propose"])),
        ("post", reverse("desk:contact", args=[slug, pk])),
    ]


def test_the_desk_is_the_coordinators_alone(it, as_user):
    others = [
        it.citizen,
        it.member,
        CityRoleFactory().user,
        CityRoleFactory(city=it.city, role=Role.OPERATOR).user,
        CityRoleFactory(city=it.city, role=Role.ADMINISTRATOR).user,
    ]
    for method, path in desk_pages(it):
        for user in others:
            assert getattr(as_user(user), method)(path).status_code == 404, (path, user)
        assert getattr(Client(), method)(path).status_code == 302
    assert it.state == "suggested"


def test_another_town_s_record_is_not_found(it, as_user):
    """A coordinator of two towns asks for one's record in the other's pages."""
    other = CityRoleFactory(user=it.coordinator).city
    client = as_user(it.coordinator)
    for method, path in desk_pages(it)[1:]:
        elsewhere = path.replace(f"/{it.city.slug}/", f"/{other.slug}/")
        assert getattr(client, method)(elsewhere).status_code == 404, elsewhere


def test_a_case_shows_reasons_and_hides_contacts(it, as_user):
    page = text(as_user(it.coordinator).get(desk_pages(it)[1][1]))
    assert "Famille Dossier-Secret" in page
    assert "Chambre sur cour" in page
    assert "couvre les 30 jours" in page
    for secret in SECRETS:
        assert secret not in page


def test_a_contact_is_read_by_name_and_the_reading_is_kept(it, as_user):
    response = as_user(it.coordinator).post(desk_pages(it)[3][1])
    assert "citoyenne@exemple.fr" in text(response)
    reading = ContactReading.objects.get()
    assert (reading.reader, reading.subject, reading.reference) == (
        it.coordinator, it.citizen, it.match.offer.reference,
    )  # fmt: skip


def test_a_stale_page_approved_twice_gets_a_kind_word(it, as_user):
    client = as_user(it.coordinator)
    path = desk_pages(it)[2][1]
    assert "C’est demandé" in text(client.post(path, follow=True))
    again = text(client.post(path, follow=True))
    assert "C’est déjà fait : cette piste est « demandée au citoyen »." in again
    assert Decision.objects.count() == 1


def test_a_suggestion_just_taken_says_so(it, as_user):
    other = due_need(city=it.city, now=now())
    drain(now())
    second = Match.objects.get(need=other)
    propose(it)
    client = as_user(it.coordinator)
    said = text(client.post(reverse("desk:act", args=[it.city.slug, second.pk, "propose"]), follow=True))
    assert "Cette place vient d’être prise" in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda it: offers.pause(offer_id=it.match.offer_id, by=it.citizen, now=now()), "n’est plus ouvert"),
        (
            lambda it: offers.change(
                offer_id=it.match.offer_id, fields={"capacity": 9}, windows=None, by=it.citizen, now=now()
            ),
            "vient de changer",
        ),
        (
            lambda it: Offer.objects.filter(pk=it.match.offer_id).update(vetted_at=None, vetted_by=None),
            "pas encore été visité",
        ),
    ],
)
def test_what_came_in_between_is_said(it, as_user, change, words):
    change(it)
    assert words in text(as_user(it.coordinator).post(desk_pages(it)[2][1], follow=True))
    assert it.state == "suggested"


def test_a_dismissal_asks_for_its_reason(it, as_user):
    client = as_user(it.coordinator)
    path = reverse("desk:act", args=[it.city.slug, it.match.pk, "dismiss"])
    assert "Choisissez une raison" in text(client.post(path, follow=True))
    assert it.state == "suggested"
    client.post(
        path, {f"d{it.match.pk}-reason": "not_suitable", f"d{it.match.pk}-note": "trop loin de l’école"}
    )
    decision = Decision.objects.get()
    assert (decision.reason, decision.note) == ("not_suitable", "trop loin de l’école")


def test_an_act_that_does_not_exist_is_not_found(it, as_user):
    for act in ("supersede", "lapse", "complete", "autre"):
        path = reverse("desk:act", args=[it.city.slug, it.match.pk, act])
        assert as_user(it.coordinator).post(path).status_code == 404
    assert as_user(it.coordinator).get(desk_pages(it)[2][1]).status_code == 405


def test_queue_and_case_take_as_many_queries_for_twenty_rows_as_for_two(city, coordinator, as_user):
    client = as_user(coordinator)
    needs = [due_need(city=city, now=now(), urgency="tonight") for _ in range(2)]
    for _ in range(2):
        due_offer(city=city, now=now())
        due_offer(city=city, capacity=2, now=now())
    drain(now())
    act_on(needs[0], coordinator, 1)
    drain(now())
    parts = ("thread", "said", "in_turn", "colleagues", "live")
    paths = [
        *(reverse(f"desk:{part}", args=[city.slug, needs[0].reference]) for part in parts),
        reverse("desk:queue_live", args=[city.slug]),
        reverse("desk:queue", args=[city.slug]),
        reverse("desk:case", args=[city.slug, needs[1].reference]),
        reverse("desk:case", args=[city.slug, needs[0].reference]),
    ]
    for path in paths:
        client.get(path)
    few = [queries(client, path) for path in paths]

    more = [due_need(city=city, now=now()) for _ in range(18)]
    # Not quite twenty that suit: there still are near misses.
    for _ in range(17):
        due_offer(city=city, now=now())
        due_offer(city=city, capacity=2, now=now())
    drain(now())
    act_on(needs[0], coordinator, 8)
    act_on(more[0], coordinator, 1)
    drain(now())
    many = [queries(client, path) for path in paths]
    assert many == few
    assert max(many) <= 15


def act_on(need, by, times):
    """Propose, and have the citizen decline: rows with decisions."""
    for match in list(Match.objects.filter(need=need).suggested()[:times]):
        services.propose(match_id=match.pk, by=by, now=now())
        services.decline(match_id=match.pk, by=match.offer.owner, now=now())


def queries(client, path):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize("who", ["citizen", "member"])
def test_one_s_own_list_takes_as_many_queries_for_twenty_rows_as_for_two(city, coordinator, as_user, who):
    owner, organisation = UserFactory(), OrganisationFactory(city=city, verified=True)
    member = MembershipFactory(organisation=organisation).user

    def come(count):
        for number in range(count):
            due_offer(city=city, kind=Kind.GOODS, owner=owner, now=now())
            need = due_need(city=city, kind=Kind.GOODS, organisation=organisation, now=now())
            drain(now())
            match = Match.objects.filter(need=need).suggested()[0]
            services.propose(match_id=match.pk, by=coordinator, now=now())
            if number % 2:
                services.accept(match_id=match.pk, by=owner, now=now())

    client = as_user(owner if who == "citizen" else member)
    path = reverse("matching:mine", args=[city.slug])
    client.get(path)
    come(2)
    few = queries(client, path)
    come(18)
    assert queries(client, path) == few <= 15


# --- Answer links --------------------------------------------------------------------------------------


def test_the_citizen_answers_in_two_taps(it, client):
    propose(it)
    path = link(it, it.citizen)
    assert "Oui, je peux" in text(client.get(path))
    assert it.state == "proposed", "opening a link answers nothing"
    said = text(client.post(path, {"answer": "accept"}, follow=True))
    assert "Merci, c’est noté" in said
    assert it.state == "accepted"
    assert Decision.objects.get(match=it.match, act="accept").by == it.citizen


def test_an_appointment_is_told_with_its_day_and_hour_wherever_it_is_read(city, as_user, client):
    first_day = timezone.localdate() + timedelta(days=8 - timezone.localdate().weekday())
    it = story(
        city=city,
        now=now(),
        kind=Kind.SKILL,
        need={
            "rhythm": "once",
            "first_day": first_day,
            "last_day": first_day,
            "slots": ["tue 14:00-15:30"],
            "quantity": 1,
        },
    )
    propose(it)
    said = f"mardi {day_words(first_day, today=timezone.localdate())}, 14 h à 15 h 30"
    assert said.replace(f" {first_day.year}", "") in text_of_mail(it)
    assert said in text(client.get(link(it, it.citizen)))
    assert "par semaine" not in text(client.get(link(it, it.citizen))).split("<main")[1].split("<details")[0]
    for person, path in (
        (it.coordinator, reverse("desk:case", args=[city.slug, it.match.need.reference])),
        (it.citizen, reverse("matching:mine", args=[city.slug])),
        (it.member, reverse("needs:detail", args=[city.slug, it.match.need.reference])),
    ):
        assert said.casefold() in text(as_user(person).get(path)).casefold(), path


def text_of_mail(it):
    (mail,) = Message.objects.filter(recipient=it.citizen, event="match_question")
    assert "par semaine" not in mail.body
    return re.sub(r"\s+", " ", mail.body)


def test_the_citizen_says_no_with_a_reason(it, client):
    propose(it)
    path = link(it, it.citizen)
    assert "Dire non" in text(client.get(path + "?non"))
    assert "Dire non" in text(client.post(path, {"answer": "decline"})), "a reason is asked"
    assert it.state == "proposed"
    said = text(client.post(path, {"answer": "decline", "reason": "not_for_me"}, follow=True))
    assert "merci d’avoir répondu" in said
    assert it.state == "declined"


def test_before_the_confirmation_the_citizen_reads_nothing_of_the_association(it, client):
    propose(it)
    path = link(it, it.citizen)
    accept_page = client.post(path, {"answer": "accept"}, follow=True)
    for page in (text(client.get(path)), text(accept_page)):
        for hidden in (
            "Dossier-Secret", "Texte de l’association", "REF-INTERNE", "Les Passerelles", "passerelles@",
        ):  # fmt: skip
            assert hidden not in page
        assert "3 personnes" in page
        assert "Strasbourg" in page


def test_before_the_confirmation_the_association_reads_no_contact(it, client):
    propose(it)
    accept(it)
    page = text(client.get(link(it, it.member)))
    assert "Confirmer" in page
    assert "Famille Dossier-Secret" in page
    for secret in SECRETS:
        assert secret not in page
    assert not ContactReading.objects.exists()


def test_before_the_confirmation_the_association_reads_how_far_it_is_and_not_where(it, client):
    Offer.objects.update(commune=CommuneFactory(insee="67999", name="Village-Secret"))
    propose(it)
    accept(it)
    page = text(client.get(link(it, it.member)))
    assert f"à {number_format(it.match.distance_km, 1)} km" in page
    assert "Village-Secret" not in page
    confirmed = text(client.post(link(it, it.member), {"answer": "confirm"}, follow=True))
    assert "Village-Secret" in confirmed


def test_contacts_are_exchanged_with_the_confirmation_and_logged(it, client):
    propose(it)
    accept(it)
    page = text(client.post(link(it, it.member), {"answer": "confirm"}, follow=True))
    assert "Camille Martin" in page
    assert "12 rue des Invités" in page
    assert "citoyenne@exemple.fr" in page
    assert ContactReading.objects.get().reader == it.member
    citizens = text(client.get(link(it, it.citizen)))
    assert "Les Passerelles" in citizens
    assert "passerelles@exemple.fr" in citizens
    assert "Dossier-Secret" not in citizens
    assert "Texte de l’association" not in citizens


def test_of_a_number_that_nobody_has_proven_the_other_side_is_told(it, client):
    User.objects.filter(pk=it.citizen.pk).update(phone_proof="", phone_proven_at=None)
    for step in (propose, accept, confirm):
        step(it)
    page = text(client.get(link(it, it.member)))
    assert "citoyenne@exemple.fr" in page
    mail = to_people.citizens_contact(Match.objects.get(pk=it.match.pk), it.member)
    assert "06 12 34 56 78" in page
    assert "numéro pas encore vérifié" in page
    assert "06 12 34 56 78 (numéro pas encore vérifié)" in mail.body
    User.objects.filter(pk=it.citizen.pk).update(phone_proof="sms", phone_proven_at=now())
    page = text(client.get(link(it, it.member)))
    assert "06 12 34 56 78" in page
    assert "pas encore vérifié" not in page


def test_contacts_close_thirty_days_after_the_end(it, client):
    for step in (propose, accept, confirm):
        step(it)
    ended = timezone.localdate() - timedelta(days=31)
    Match.objects.filter(pk=it.match.pk).update(ended_on=ended)
    page = text(client.get(link(it, it.member)))
    for secret in SECRETS:
        assert secret not in page
    assert not ContactReading.objects.exists()


def test_a_link_used_twice_says_where_things_stand(it, client):
    propose(it)
    path = link(it, it.citizen)
    client.post(path, {"answer": "accept"})
    said = text(client.post(path, {"answer": "accept"}, follow=True))
    assert "C’est déjà fait" in said
    assert "Merci, c’est noté" in said
    assert Decision.objects.filter(act="accept").count() == 1
    assert client.post(path, {"answer": "decline", "reason": "other"}).status_code == 302
    assert it.state == "accepted"


def test_a_link_of_one_is_no_answer_for_the_other(it, client):
    propose(it)
    member, citizen = link(it, it.member), link(it, it.citizen)
    assert "Oui, je peux" not in text(client.get(member))
    for answer in ("accept", "confirm", "decline"):
        client.post(member, {"answer": answer, "reason": "other"})
    assert it.state == "proposed"
    accept(it)
    client.post(citizen, {"answer": "confirm"})
    assert it.state == "accepted"


def test_a_link_is_for_its_person_and_its_town(it, client):
    for step in (propose, accept, confirm):
        step(it)
    stranger = UserFactory()
    assert client.get(link(it, stranger)).status_code == 404
    other = CityFactory()
    path = link(it, it.member).replace(f"/{it.city.slug}/", f"/{other.slug}/")
    assert client.get(path).status_code == 404


def test_a_link_of_somebody_who_left_the_association_opens_nothing(it, client):
    for step in (propose, accept, confirm):
        step(it)
    Membership.objects.filter(user=it.member).delete()
    answer = client.get(link(it, it.member))
    assert answer.status_code == 404
    assert not ContactReading.objects.exists()


def test_a_link_of_somebody_who_is_gone_opens_nothing(it, client):
    propose(it)
    it.citizen.is_active = False
    it.citizen.save(update_fields=["is_active"])
    assert client.get(link(it, it.citizen)).status_code == 404


def test_an_altered_link_is_said_to_be_incomplete(it, client):
    propose(it)
    path = link(it, it.citizen)
    for altered in (path[:-5] + "/", path.replace(f"{it.match.pk}.", f"{it.match.pk + 1}.", 1)):
        answer = client.get(altered)
        assert answer.status_code == 404
        assert "Ce lien est incomplet" in text(answer)


def test_a_link_signed_for_another_purpose_is_none(it, client):
    token = signing.TimestampSigner(salt="followups.answer").sign(f"{it.match.pk}.{it.citizen.pk}")
    assert client.get(reverse("matching:answer", args=[it.city.slug, token])).status_code == 404


def test_an_expired_link_says_so_and_answers_nothing(it, client, monkeypatch):
    propose(it)
    with monkeypatch.context() as clock:
        clock.setattr("time.time", partial(float, NOW.timestamp()))
        path = link(it, it.citizen)
    for answer in (client.get(path), client.post(path, {"answer": "accept"})):
        assert answer.status_code == 410
        assert "Ce lien a expiré" in text(answer)
    assert it.state == "proposed"


def test_an_expired_link_leads_to_the_same_page_behind_signing_in(it, client, monkeypatch):
    """Whoever comes back to an old mail, to take back a yes, say, still finds their question."""
    propose(it)
    with monkeypatch.context() as clock:
        clock.setattr("time.time", partial(float, NOW.timestamp()))
        path = link(it, it.citizen)
    own = reverse("matching:mine_one", args=[it.city.slug, it.match.pk])
    assert f'href="{own}"' in client.get(path).content.decode()
    sign_in = client.get(own)
    assert sign_in.status_code == 302
    assert sign_in.url.endswith(f"?next={own}")
    client.force_login(it.citizen)
    page = client.get(path)
    assert page.status_code == 410
    assert "Ouvrir la page" in text(page)
    assert "Pouvez-vous aider" in text(client.get(own))


def test_a_link_lives_for_thirty_days(it, monkeypatch):
    issued = datetime(2026, 3, 9, 11, tzinfo=UTC)
    with monkeypatch.context() as clock:
        clock.setattr("time.time", issued.timestamp)
        token = link(it, it.citizen).rstrip("/").rpartition("/")[2]
        clock.setattr("time.time", (issued + timedelta(days=30)).timestamp)
        assert links.read(token) == links.Grant(it.match.pk, it.citizen.pk)
        clock.setattr("time.time", (issued + timedelta(days=30, seconds=1)).timestamp)
        with pytest.raises(links.LinkExpired):
            links.read(token)


def test_an_answer_to_what_was_withdrawn_is_told_kindly(it, client):
    propose(it)
    path = link(it, it.citizen)
    offers.freeze(offer_id=it.match.offer_id, by=it.coordinator, now=now(), reason="signalement")
    said = text(client.post(path, {"answer": "accept"}, follow=True))
    assert "Il n’y a plus rien à faire" in said
    assert it.state == "proposed"


def test_a_suspended_association_confirms_nothing(it, client):
    propose(it)
    accept(it)
    accounts.suspend_organisation(
        organisation=it.match.need.organisation, reason="Fermée", by=it.coordinator, now=now()
    )
    page = text(client.post(link(it, it.member), {"answer": "confirm"}, follow=True))
    assert it.state == "accepted"
    for secret in SECRETS:
        assert secret not in page


# --- One's own list ------------------------------------------------------------------------------------


def test_what_waits_for_an_answer_is_in_one_s_list(it, as_user):
    propose(it)
    path = reverse("matching:mine", args=[it.city.slug])
    mine = text(as_user(it.citizen).get(path))
    assert "Répondre" in mine
    assert "Dossier-Secret" not in mine
    assert "Répondre" not in text(as_user(it.member).get(path))
    accept(it)
    assert "Répondre" in text(as_user(it.member).get(path))
    own = reverse("matching:mine_one", args=[it.city.slug, it.match.pk])
    assert as_user(UserFactory()).get(own).status_code == 404
    assert Client().get(own).status_code == 302
    as_user(it.member).post(own, {"answer": "confirm"})
    assert it.state == "confirmed"
