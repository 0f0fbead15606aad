"""Reporting from the page of a match, and the pages of those who read it."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from followups import links as followup_links
from followups import services
from followups.models import CheckIn, FollowUp, Incident, IncidentChange
from matching import links
from matching import services as matching
from offers.models import Offer
from tests.factories.accounts import CityRoleFactory, MembershipFactory
from tests.followups.test_incidents import Town, town_of
from town.models import AuditRow

SCRIPT = "<script>alert('x')</script> Porte & clé"
SAID = {"what": "violence", "text": SCRIPT}


@pytest.fixture
def town(db, tell) -> Town:
    first_day = timezone.localdate() - timedelta(days=2)
    town = town_of(tell(first_day=first_day, last_day=first_day + timedelta(days=29)))
    matching.start(match_id=town.match.pk, by=None, now=timezone.now())
    return town


def url(town, name, *args):
    return reverse(f"followups:{name}", args=[town.story.city.slug, *args])


def open_as(client, person, address):
    client.force_login(person)
    return client.get(address)


# --- From every page of a match ------------------------------------------------------------------------


def pages_of_a_match(town):
    """Each page on which somebody sees the match, and who: by a signed link nobody."""
    story, match = town.story, town.match
    slug, need, offer = story.city.slug, match.need.reference, match.offer.reference
    now = timezone.now()
    followup = FollowUp.objects.create(match=match, due_on=now.date(), asked_at=now, created_at=now)
    check_in = CheckIn.objects.create(match=match, side="host", due_on=now.date(), asked_at=now)
    return {
        "the host's answer": (None, links.answer_path(match, story.citizen)),
        "the association's answer": (None, links.answer_path(match, story.member)),
        "did it take place": (None, followup_links.answer_path(followup, story.member)),
        "how is it going": (None, followup_links.check_in_path(check_in, story.citizen)),
        "the host's requests": (story.citizen, reverse("matching:mine", args=[slug])),
        "the host's offers": (story.citizen, reverse("offers:mine", args=[slug])),
        "the host's offer": (story.citizen, reverse("offers:detail", args=[slug, offer])),
        "the host's page of the stay": (story.citizen, reverse("stays:one", args=[slug, match.pk])),
        "the association's board": (story.member, reverse("needs:mine", args=[slug]) + "?etat=termines"),
        "the association's need": (story.member, reverse("needs:detail", args=[slug, need])),
        "what was found for it": (story.member, reverse("stays:of_need", args=[slug, need])),
        "the association's page of the stay": (story.member, reverse("stays:one", args=[slug, match.pk])),
        "the case": (story.coordinator, reverse("desk:case", args=[slug, need])),
        "the offer at the desk": (story.coordinator, reverse("offers:detail", args=[slug, offer])),
        "the list of calls": (town.second, reverse("notifications:call:list", args=[slug])),
        "an operator's page of the offer": (town.second, reverse("offers:detail", args=[slug, offer])),
    }


def test_every_page_of_a_match_leads_there(client, town, settings):
    for name, (person, address) in pages_of_a_match(town).items():
        client.logout()
        page = open_as(client, person, address) if person else client.get(address)
        assert page.status_code == 200, name
        assert "Signaler un problème" in page.text, name
        hrefs = [part.split('"')[0] for part in page.text.split('href="')[1:]]
        onward = next(href for href in reversed(hrefs) if "/signaler/" in href or href == url(town, "report"))
        form = client.get(onward, follow=True)
        assert form.status_code == 200, (name, onward)
        assert 'name="text"' in form.text, (name, onward)


def test_the_callers_page_leads_there(client, town):
    client.force_login(town.second)
    page = client.post(
        reverse("callers:known", args=[town.story.city.slug]), {"email": town.story.citizen.email}
    )
    assert url(town, "about", town.match.offer.reference) in page.text


# --- The form ------------------------------------------------------------------------------------------


def test_the_page_promises_who_reads_it_and_shows_whom_to_call_first(client, town):
    page = open_as(client, town.story.citizen, url(town, "signal", town.match.pk))
    assert "Seules les personnes que la ville a nommées pour lire les signalements" in page.text
    assert "Ni la personne qui accueille, ni l’association, ni le reste de l’équipe" in page.text
    first_field = page.text.index('name="what"')
    for number in ("17", "112", "115", "119"):
        assert page.text.index(f'href="tel:{number}"') < first_field
    assert "personne n’est mis dehors" in page.text


def test_the_promise_is_kept(client, town):
    """What the page says of who reads it: each of the others, on each of their pages."""
    story = town.story
    witness = MembershipFactory(organisation=town.match.need.organisation, user__name="Zoé Témoin").user
    client.force_login(witness)
    sent = client.post(url(town, "signal", town.match.pk), {**SAID, "text": "Il garde les clés"}, follow=True)
    assert "Merci de l’avoir dit" in sent.text
    incident = Incident.objects.get()
    others = (story.citizen, story.member, story.coordinator, town.administrator)
    for person in others:
        client.force_login(person)
        assert client.get(url(town, "incident", incident.pk)).status_code == 404
        assert client.get(url(town, "incidents")).status_code == 404
    for name, (person, address) in pages_of_a_match(town).items():
        client.logout()
        page = open_as(client, person, address) if person else client.get(address)
        assert "Il garde les clés" not in page.text, name
        assert "Zoé Témoin" not in page.text, name
    record = open_as(client, town.administrator, reverse("town:record", args=[story.city.slug]))
    assert "Zoé Témoin" not in record.text
    noted = AuditRow.objects.filter(table="followups_incident")
    assert [(row.actor, "reported_by_id" in row.what) for row in noted] == [(None, False)]
    assert not AuditRow.objects.filter(actor=witness.pk).exists()
    page = open_as(client, town.first, url(town, "incident", incident.pk))
    assert "Il garde les clés" in page.text
    assert "Zoé Témoin" in page.text


def test_where_nobody_is_named_the_page_says_that_the_administration_reads(client, town):
    for one in (town.first, town.second):
        services.no_longer_reads(city=town.story.city, person=one, by=town.administrator, now=timezone.now())
    page = open_as(client, town.story.citizen, url(town, "signal", town.match.pk))
    assert "qui administrent le service" in page.text


def test_by_a_signed_link_nobody_signs_in(client, town):
    address = links.report_path(town.match, town.story.citizen)
    assert client.get(address).status_code == 200
    sent = client.post(
        address, {**SAID, "may_call": "on", "phone": "06 12 34 56 78", "call_when": "le matin"}, follow=True
    )
    assert "Merci de l’avoir dit" in sent.text
    incident = Incident.objects.get()
    assert (incident.reported_by, incident.reported_as) == (town.story.citizen, "host")
    assert (str(incident.phone.as_e164), incident.call_when) == ("+33612345678", "le matin")
    assert client.get(f"{address[:-4]}/").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [{"text": ""}, {"what": ""}, {"may_call": "on"}, {"may_call": "on", "phone": "12"}, {"text": "x" * 2001}],
)
def test_what_is_missing_is_said_and_suspends_nothing(client, town, wrong):
    client.force_login(town.story.member)
    assert client.post(url(town, "signal", town.match.pk), {**SAID, **wrong}).status_code == 422
    assert not Incident.objects.exists()
    assert Offer.objects.get().state == "active"


def test_a_number_is_kept_only_of_who_wants_to_be_called(client, town):
    client.force_login(town.story.member)
    client.post(url(town, "signal", town.match.pk), {**SAID, "phone": "06 12 34 56 78", "call_when": "midi"})
    incident = Incident.objects.get()
    assert (incident.phone, incident.call_when) == ("", "")


def test_a_script_in_the_words_is_words(client, town):
    client.force_login(town.story.member)
    client.post(url(town, "signal", town.match.pk), SAID)
    assert Incident.objects.get().text == SCRIPT
    page = open_as(client, town.first, url(town, "incident", Incident.objects.get().pk))
    assert "<script>alert" not in page.text
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; Porte &amp; clé" in page.text


def test_whoever_of_the_team_it_is_about_is_named_and_does_not_read_it(client, town):
    client.force_login(town.story.member)
    client.post(url(town, "signal", town.match.pk), {**SAID, "not_read_by": [town.first.pk]})
    incident = Incident.objects.get()
    assert open_as(client, town.first, url(town, "incident", incident.pk)).status_code == 404
    assert open_as(client, town.second, url(town, "incident", incident.pk)).status_code == 200


def test_a_stranger_finds_no_page_for_it(client, town):
    for stranger in (CityRoleFactory().user, town.administrator):
        assert open_as(client, stranger, url(town, "signal", town.match.pk)).status_code == 404


@pytest.mark.parametrize("typed", [lambda one: one.replace("-", " "), lambda one: one.lower()])
@pytest.mark.parametrize("side", ["offer", "need"])
def test_the_desk_reports_by_a_reference_as_it_is_told_on_the_phone(client, town, typed, side):
    client.force_login(town.second)
    reference = typed(getattr(town.match, side).reference)
    assert client.post(url(town, "report"), {**SAID, "reference": reference}).status_code == 302
    incident = Incident.objects.get()
    assert (incident.offer, incident.match, incident.reported_as) == (town.match.offer, town.match, "desk")


def test_a_reference_that_nobody_knows_is_refused(client, town, tell):
    client.force_login(town.second)
    for reference in ("P-0000-0000", tell().match.offer.reference):
        page = client.post(url(town, "report"), {**SAID, "reference": reference})
        assert page.status_code == 422
        assert "Nous ne trouvons pas cette référence" in page.text
    assert not Incident.objects.exists()


# --- What the desk sees --------------------------------------------------------------------------------


def test_the_case_says_that_it_is_suspended_and_by_whom_it_was_seen(client, town):
    case = reverse("desk:case", args=[town.story.city.slug, town.match.need.reference])
    assert "Suspendu" not in open_as(client, town.story.coordinator, case).text
    incident = town.report("Il garde les clés", now=timezone.now())
    page = open_as(client, town.story.coordinator, case)
    assert "Personne ne l’a encore lu" in page.text
    assert "À reloger ce soir" in page.text
    services.read(incident_id=incident.pk, by=town.first, now=timezone.now())
    page = open_as(client, town.story.coordinator, case)
    assert f"Vu par <bdi>{town.first}</bdi>." in page.text
    assert "relais" not in page.text.split("Suspendu")[1].split("Mettre fin")[0]


def test_in_a_relay_the_case_says_where_it_is_broken(client, town):
    proposal = town.match.decisions.get(act="propose")
    relay = [
        [town.match.offer.reference, "2026-01-01", "2026-01-30"],
        ["P-2222-2222", "2026-01-31", "2026-02-20"],
    ]
    town.match.decisions.model.objects.create(
        match=town.match, act="rehouse", from_state="under_way", to_state="under_way", role="clock",
        relay=relay, at=proposal.at,
    )  # fmt: skip
    town.report(now=timezone.now())
    case = reverse("desk:case", args=[town.story.city.slug, town.match.need.reference])
    assert "Le relais est rompu à ce logement" in open_as(client, town.story.coordinator, case).text


# --- Those who read ------------------------------------------------------------------------------------


def test_two_readers_close_it_on_its_page(client, town):
    incident = town.report(now=timezone.now())
    matching.break_off(match_id=town.match.pk, by=town.story.coordinator, now=timezone.now(), reason="safety")
    page = url(town, "incident", incident.pk)
    listed = open_as(client, town.first, url(town, "incidents"))
    assert "Personne ne l’a encore lu" in listed.text
    assert "Porte fermée" not in listed.text, "its words stand on its page, where each reading is noted"
    assert "Porte fermée" in client.get(page).text
    assert IncidentChange.objects.get().by == town.first
    refused = client.post(page, {"act": "propose_end", "end": "settled", "conclusion": ""})
    assert refused.status_code == 422
    assert "Porte fermée" in refused.text
    assert IncidentChange.objects.filter(act="read", by=town.first).count() == 2, "it was shown again"
    client.post(page, {"act": "propose_end", "end": "settled", "conclusion": "Vu sur place"})
    mine = client.get(page)
    assert "Une autre personne la confirme" in mine.text
    assert "confirm_end" not in mine.text
    theirs = open_as(client, town.second, page)
    read_at = theirs.text.split('name="proposed_at" value="')[1].split('"')[0]
    closed = client.post(page, {"act": "confirm_end", "proposed_at": read_at}, follow=True)
    assert "C’est noté" in closed.text
    incident.refresh_from_db()
    assert (incident.state, Offer.objects.get().state) == ("closed", "paused")


@pytest.mark.parametrize("act", ["confirm_end", "take_back_end"])
def test_what_a_colleague_did_meanwhile_is_said(client, town, act):
    incident = town.report(now=timezone.now())
    client.force_login(town.first)
    page = client.post(url(town, "incident", incident.pk), {"act": act}, follow=True)
    assert "quelqu’un d’autre a décidé" in page.text


def test_whoever_keeps_themselves_from_it_is_led_to_the_list(client, town):
    incident = town.report(now=timezone.now())
    client.force_login(town.first)
    page = client.post(url(town, "incident", incident.pk), {"act": "keep_from", "person": town.first.pk})
    assert page.url == url(town, "incidents")
    assert client.get(url(town, "incident", incident.pk)).status_code == 404


def test_a_lone_reader_reads_whom_to_ask_for(client, town):
    services.no_longer_reads(
        city=town.story.city, person=town.second, by=town.administrator, now=timezone.now()
    )
    incident = town.report(now=timezone.now())
    page = open_as(client, town.first, url(town, "incident", incident.pk))
    assert "Une seconde personne manque" in page.text


def test_the_navigation_counts_for_those_who_read_alone(client, town):
    town.report(now=timezone.now())
    queue = reverse("desk:queue", args=[town.story.city.slug])
    assert f'href="{url(town, "incidents")}"' in open_as(client, town.first, queue).text
    assert f'href="{url(town, "incidents")}"' not in open_as(client, town.story.coordinator, queue).text


def test_the_list_of_reports_asks_the_same_whatever_its_length(
    client, town, django_assert_num_queries, django_assert_max_num_queries
):
    client.force_login(town.first)

    def report(count):
        for _ in range(count):
            incident = town.report("Un fait", now=timezone.now())
            services.read(incident_id=incident.pk, by=town.second, now=timezone.now())

    report(2)
    client.get(url(town, "incidents"))
    with django_assert_max_num_queries(16) as few:
        client.get(url(town, "incidents"))
    report(8)
    with django_assert_num_queries(len(few)):
        assert client.get(url(town, "incidents")).text.count("<article") == 10
