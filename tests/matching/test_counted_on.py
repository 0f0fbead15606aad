"""Whoever changes or takes back what people count on reads who they are first, by every door."""

from datetime import timedelta
from functools import partial
from html.parser import HTMLParser

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Organisation
from accounts.problems import PROBLEM
from catalogue.vocabulary import Kind
from config.api import document
from matching import counted_on, services
from matching.lifecycle import NotPossible
from matching.models import Match
from needs.models import Need, NeedEdit
from offers.models import Offer, OfferEdit
from tests.factories.matching import NOW, story
from tests.matching.test_promises import lead


class Browser(HTMLParser):
    """What a browser would send back from the main form of a page, untouched."""

    def __init__(self, response):
        super().__init__()
        self.data, self._open, self._select, self._text = {}, False, "", ""
        self.feed(response.content.decode().split("<main")[1])

    def handle_starttag(self, tag, attrs):
        it = dict(attrs)
        if tag == "form":
            self._open = "form" in (it.get("class") or "").split()
        elif not self._open:
            return
        elif tag == "input" and it.get("name") and it.get("type") not in ("submit", "button"):
            if it.get("type") not in ("checkbox", "radio") or "checked" in it:
                self.data.setdefault(it["name"], []).append(it.get("value") or "")
        elif tag == "select":
            self._select = it["name"]
        elif tag == "option" and self._select and "selected" in it:
            self.data.setdefault(self._select, []).append(it.get("value") or "")
        elif tag == "textarea":
            self._text = it["name"]
            self.data[self._text] = [""]

    def handle_endtag(self, tag):
        if tag == "form":
            self._open = False
        elif tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._text = ""

    def handle_data(self, data):
        if self._text:
            self.data[self._text][0] += data.removeprefix("\n")


def typed_in(response, **changes):
    return Browser(response).data | changes


IN_HAND = ("accepted", "confirmed", "under_way")


@pytest.fixture
def it(city):
    """A stay for half of what is asked, so that its need stays open whatever is confirmed."""
    now = timezone.now()
    days = [(now.date(), now.date() + timedelta(days=20))]
    return story(city=city, now=now, offer={"windows": days}, need={"min_days": 5})


def begun(it):
    """A first day that is today: it can be under way."""
    now = timezone.now()
    return story(
        city=it.city,
        now=now,
        offer={"windows": [(now.date(), now.date() + timedelta(days=20))]},
        need={"min_days": 5, "first_day": now.date(), "last_day": now.date() + timedelta(days=29)},
    )


def in_state(it, state):
    it = begun(it) if state == "under_way" else it
    lead(it, state, timezone.now())
    return it


def change_offer(it, *, read=(), now=NOW, windows=None, by=None, **fields):
    return counted_on.change_offer(
        offer_id=it.match.offer_id, fields=fields, windows=windows, read=read, by=by or it.citizen, now=now
    )


def change_need(it, *, read=(), now=NOW, by=None, **fields):
    return counted_on.change_need(
        need_id=it.match.need_id, fields=fields, read=read, by=by or it.member, now=now
    )


# --- The service -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", IN_HAND)
def test_a_change_that_matters_is_written_once_it_was_read(it, state):
    it, now = in_state(it, state), timezone.now()
    for change in (partial(change_offer, languages=["ar"]), partial(change_need, pets=True)):
        with pytest.raises(counted_on.NotRead) as refused:
            change(it, now=now)
        assert [stake.match for stake in refused.value.stakes] == [it.match]
    assert not OfferEdit.objects.exists()
    assert not NeedEdit.objects.exists()
    assert Offer.objects.get(pk=it.match.offer_id).languages != ["ar"]
    change_offer(it, languages=["ar"], read=[it.match.pk], now=now)
    change_need(it, pets=True, read=[it.match.pk], now=now)
    assert (OfferEdit.objects.count(), NeedEdit.objects.count()) == (1, 1)


def test_nobody_is_warned_of_what_changes_nothing_for_them(it):
    lead(it, "proposed", timezone.now())
    assert change_offer(it, languages=["ar"], now=timezone.now())
    services.accept(match_id=it.match.pk, by=it.citizen, now=timezone.now())
    assert change_offer(it, title="Une jolie chambre", now=timezone.now()), "words alone"
    assert change_offer(it, languages=["ar"], now=timezone.now()), "nothing new"
    services.cancel(match_id=it.match.pk, by=it.citizen, now=timezone.now(), reason="changed_mind")
    assert change_offer(it, languages=["fr"], now=timezone.now()), "nobody counts on it any more"


def test_each_is_told_whether_it_is_still_possible(it):
    lead(it, "confirmed", timezone.now())
    with pytest.raises(counted_on.NotRead) as refused:
        change_offer(it, languages=["ar"], now=timezone.now())
    assert [stake.still_fits for stake in refused.value.stakes] == [True]
    with pytest.raises(counted_on.NotRead) as refused:
        change_offer(it, longest_stay_days=3, now=timezone.now())
    assert [stake.still_fits for stake in refused.value.stakes] == [False]


def test_what_came_since_the_page_was_read_is_read_too(it):
    lead(it, "accepted", timezone.now())
    with pytest.raises(counted_on.NotRead):
        change_offer(it, languages=["ar"], read=[it.match.pk + 1], now=timezone.now())


def test_a_stay_that_is_over_is_not_named(it):
    it = in_state(it, "under_way")
    over = timezone.now() + timedelta(days=25)
    assert change_offer(it, languages=["ar"], now=over)


def test_taking_back_twice_changes_nothing(it):
    lead(it, "accepted", timezone.now())
    take = partial(counted_on.withdraw_offer, offer_id=it.match.offer_id, by=it.citizen, now=timezone.now())
    with pytest.raises(counted_on.NotRead):
        take(read=())
    assert Offer.objects.get(pk=it.match.offer_id).state == "active"
    assert take(read=counted_on.ALL).state == take(read=()).state == "withdrawn"


def test_a_yes_said_while_somebody_changes_is_one_that_they_read_or_one_that_fails(transactional_db, at_once):
    """On two connections: no yes slips in between the look and the writing."""
    for _ in range(4):
        it = story()
        lead(it, "proposed")
        saying, changing = at_once(
            partial(services.accept, match_id=it.match.pk, by=it.citizen, now=NOW),
            partial(change_offer, it, longest_stay_days=7),
        )
        if isinstance(changing, counted_on.NotRead):
            assert isinstance(saying, Match)
            assert Offer.objects.get(pk=it.match.offer_id).longest_stay_days is None
        else:
            assert isinstance(saying, NotPossible), saying
            assert Offer.objects.get(pk=it.match.offer_id).longest_stay_days == 7


def test_for_a_suspended_association_the_desk_alone_changes_the_need(it):
    lead(it, "accepted", timezone.now())
    organisation = Organisation.objects.get(pk=it.match.need.organisation_id)
    accounts.suspend_organisation(organisation=organisation, reason="Fermée", by=it.coordinator, now=NOW)
    for write in (
        partial(change_need, it, pets=True, read=counted_on.ALL),
        partial(
            counted_on.withdraw_need, need_id=it.match.need_id, read=counted_on.ALL, by=it.member, now=NOW
        ),
    ):
        with pytest.raises(PermissionDenied):
            write()
    assert change_need(it, pets=True, read=counted_on.ALL, by=it.coordinator)


# --- Its pages -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", IN_HAND)
def test_the_owner_reads_whose_stay_depends_on_it_and_loses_nothing(it, client, state):
    it = in_state(it, state)
    client.force_login(it.citizen)
    path = reverse("matching:edit_offer", args=[it.city.slug, it.match.offer.reference])
    data = typed_in(client.get(path), longest_stay_days="3", text="Ce que je venais d’écrire")
    response = client.post(path, data)
    page = response.content.decode()
    assert response.status_code == 409
    assert "Un toit pour 3 personnes" in page
    assert "Ce que je venais d’écrire" in page
    becomes = "la ville est prévenue" if state == "under_way" else "ce qui est prévu est annulé"
    assert becomes in page
    assert "Enregistrer quand même" in page
    assert Offer.objects.get(pk=it.match.offer_id).longest_stay_days is None
    again = typed_in(response)
    assert again["read"] == [str(it.match.pk)]
    assert client.post(path, again).status_code == 302
    offer = Offer.objects.get(pk=it.match.offer_id)
    assert (offer.longest_stay_days, offer.text) == (3, "Ce que je venais d’écrire")


def test_the_association_reads_which_host_said_yes(it, client):
    lead(it, "accepted", timezone.now())
    client.force_login(it.member)
    path = reverse("matching:edit_need", args=[it.city.slug, it.match.need.reference])
    data = typed_in(client.get(path), adult_women="2")
    response = client.post(path, data)
    page = response.content.decode()
    assert response.status_code == 409
    assert "Chambre chez l’habitant" in page
    assert it.citizen.name not in page, "no contact before it is confirmed"
    assert client.post(path, typed_in(response)).status_code == 302
    assert Need.objects.get(pk=it.match.need_id).adult_women == 2


@pytest.mark.parametrize("read", ["²", "-1", "9" * 5000, "x", ""], ids=["²", "-1", "long", "x", "none"])
def test_numbers_that_are_none_were_not_read(it, client, read):
    lead(it, "accepted", timezone.now())
    client.force_login(it.citizen)
    path = reverse("matching:edit_offer", args=[it.city.slug, it.match.offer.reference])
    data = typed_in(client.get(path), longest_stay_days="3", read=read)
    assert client.post(path, data).status_code == 409


# --- The API -------------------------------------------------------------------------------------------------


def send(client, user, method, path, body):
    client.force_login(user)
    return getattr(client, method)(f"/api/v1/{path}", body, content_type="application/json")


DOORS = {
    "an offer changed": ("citizen", "patch", "offers/{offer}/", {"longest_stay_days": 3}),
    "an offer taken back": ("citizen", "post", "offers/{offer}/withdraw/", {"reason": "Déménagement"}),
    "a need changed": ("member", "patch", "needs/{need}/", {"pets": True}),
    "a need taken back": ("member", "post", "needs/{need}/withdraw/", {}),
}


@pytest.mark.parametrize(("who", "method", "path", "body"), DOORS.values(), ids=DOORS)
def test_a_program_is_asked_again_too(it, client, who, method, path, body):
    lead(it, "confirmed", timezone.now())
    offer, need = it.match.offer, it.match.need
    path = path.format(offer=offer.reference, need=need.reference)
    for asked in (body, body | {"confirmed": False}):
        answer = send(client, getattr(it, who), method, path, asked)
        problem = answer.json()
        assert (answer.status_code, problem["type"], problem["status"]) == (409, "counted_on", 409)
        (stake,) = problem["matches"]
        assert (stake["match"], stake["state"]) == (it.match.pk, "confirmed")
        assert (stake["first_day"], stake["quantity"]) == (it.match.first_day.isoformat(), 3)
        assert "annulé" in stake["becomes"]
        for secret in (it.citizen.name, str(it.citizen.phone), it.citizen.email, offer.address):
            assert not secret or secret not in answer.content.decode()
    before = (Offer.objects.get(pk=offer.pk).revision, Need.objects.get(pk=need.pk).revision)
    assert before == (offer.revision, need.revision)
    assert send(client, getattr(it, who), method, path, body | {"confirmed": True}).status_code == 200
    after = (Offer.objects.get(pk=offer.pk).revision, Need.objects.get(pk=need.pk).revision)
    assert after != before


def test_a_program_takes_back_a_met_need_once_it_was_read(client, city):
    it = story(city=city, now=timezone.now())
    lead(it, "confirmed", timezone.now())
    assert Need.objects.get(pk=it.match.need_id).state == "met"
    path = f"needs/{it.match.need.reference}/withdraw/"
    answers = [send(client, it.member, "post", path, {"confirmed": read}) for read in (False, True)]
    assert [answer.status_code for answer in answers] == [409, 200]
    assert answers[0].json()["type"] == "counted_on"
    assert answers[1].json()["state"] == "withdrawn"


@pytest.mark.parametrize(("who", "method", "path", "body"), DOORS.values(), ids=DOORS)
def test_a_program_is_not_asked_where_nobody_counts_on_it(it, client, who, method, path, body):
    path = path.format(offer=it.match.offer.reference, need=it.match.need.reference)
    assert send(client, getattr(it, who), method, path, body).status_code == 200


@pytest.mark.parametrize(("side", "who"), [("offer", "citizen"), ("need", "member")])
def test_of_goods_the_item_and_its_size_are_named(client, city, side, who):
    """On the page and to a program; nothing that the other side has typed."""
    goods = {"item": "duvet", "size": "140", "item_words": "celle de ma grand-mère"}
    wanted = {"items": ["duvet"], "sizes": ["140"], "item_words": "pour le petit"}
    it = story(city=city, now=timezone.now(), kind=Kind.GOODS, offer=goods, need=wanted)
    lead(it, "confirmed", timezone.now())
    row = getattr(it.match, side)
    answer = send(client, getattr(it, who), "post", f"{side}s/{row.reference}/withdraw/", {})
    page = client.get(reverse(f"matching:withdraw_{side}", args=[city.slug, row.reference]))
    assert answer.json()["matches"][0]["title"].startswith("Couette, 140\u00a0cm")
    assert "Couette, 140\u00a0cm" in page.content.decode()
    for told in (answer, page):
        assert ("grand-mère" if side == "need" else "le petit") not in told.content.decode()


def test_the_schema_says_so():
    paths = document()["paths"]
    for path, method in (
        ("/api/v1/offers/{reference}/", "patch"),
        ("/api/v1/needs/{reference}/", "patch"),
        ("/api/v1/offers/{reference}/withdraw/", "post"),
        ("/api/v1/needs/{reference}/withdraw/", "post"),
    ):
        operation = paths[path][method]
        assert "confirmed" in operation["description"]
        assert operation["responses"]["409"]["content"][PROBLEM]["schema"]["$ref"].endswith("/CountedOn")
