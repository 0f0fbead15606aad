"""The pages of stays: what each offers to whom, what is done from them, and what they never show."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from catalogue.vocabulary import Kind
from cities.days import local_day
from matching import capacity, going_on, services
from matching.models import Match, MatchState
from needs.models import Need
from notifications.models import Preference
from offers.models import Offer
from tests.factories.accounts import UserFactory
from tests.factories.cities import CityFactory
from tests.factories.matching import drain, due_need, due_offer
from tests.stays.conftest import fresh

DAY = timedelta(days=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def it(db, begin, now):
    return begin(under_way=True, now=now, city=CityFactory(awake=True))


def page_of(it):
    return reverse("stays:one", args=[it.city.slug, it.match.pk])


def do(client, it, act, by, **said):
    client.force_login(by)
    url = reverse("stays:act", args=[it.city.slug, it.match.pk, act])
    return client.post(url, {f"{act}-{name}": value for name, value in said.items()}, follow=True)


def offered(client, it, who):
    client.force_login(who)
    return set(client.get(page_of(it)).context["can"])


def _move_to(city, need):
    """As a need of a linked town that holds a home here."""
    Need.objects.filter(pk=need.pk).update(city=city)


class TestLastNight:
    @pytest.mark.parametrize("email", ["", "hote@exemple.fr"])
    def test_who_is_reached_by_a_call_alone_is_to_be_called_and_the_page_says_so_before(
        self, client, db, begin, now, email
    ):
        host = UserFactory(email=email, phone="+33388609090")
        it = begin(under_way=True, now=now, city=CityFactory(awake=True), offer={"owner": host})
        today = local_day(now, it.city)

        def shown():
            client.force_login(it.coordinator)
            return "aucun message n’arrive à temps" in client.get(page_of(it)).text

        assert not shown(), "it goes on for days"
        capacity.keep_held(fresh(it), last_day=today)
        Match.objects.filter(pk=it.match.pk).update(last_day=today)
        assert shown() == (not email)
        done = do(client, it, "longer", it.coordinator, until=today + DAY)
        assert fresh(it).longer_until == today + DAY
        assert ("appelez la personne qui accueille" in done.text) == (not email)


class TestOne:
    def test_each_side_is_offered_what_it_can_do(self, client, it):
        assert offered(client, it, it.member) == {"longer", "end", "no_show", "next_home"}
        assert offered(client, it, it.citizen) == {"end", "no_show"}
        assert offered(client, it, it.coordinator) == {"longer", "end", "no_show", "next_home"}

    def test_it_is_linked_from_the_page_of_the_match(self, client, it):
        for who in (it.member, it.citizen):
            client.force_login(who)
            match_page = client.get(reverse("matching:mine_one", args=[it.city.slug, it.match.pk]))
            assert page_of(it) in match_page.content.decode()

    def test_it_shows_no_contact(self, client, it):
        for who in (it.member, it.citizen, it.coordinator):
            client.force_login(who)
            text = client.get(page_of(it)).content.decode()
            for person in (it.citizen, it.member):
                assert person.email not in text
                assert str(person.phone or "+33") not in text

    def test_a_suspended_association_and_strangers_find_nothing(self, client, it):
        organisation = it.match.need.organisation
        type(organisation).objects.filter(pk=organisation.pk).update(state="suspended")
        for who in (it.member, UserFactory()):
            client.force_login(who)
            assert client.get(page_of(it)).status_code == 404


class TestActs:
    def test_longer_is_asked_and_answered_on_the_pages(self, client, it):
        until = it.match.last_day + 3 * DAY
        do(client, it, "longer", it.member, until=until.isoformat())
        assert fresh(it).longer_until == until
        client.force_login(it.citizen)
        mine = reverse("matching:mine_one", args=[it.city.slug, it.match.pk])
        page = client.get(mine)
        assert page.context["asks_longer"]
        client.post(mine, {"answer": page.context["yes"]})
        assert fresh(it).last_day == until

    def test_a_no_takes_one_tap(self, client, it):
        do(client, it, "longer", it.member, until=(it.match.last_day + DAY).isoformat())
        client.force_login(it.citizen)
        client.post(reverse("matching:mine_one", args=[it.city.slug, it.match.pk]), {"answer": "not_longer"})
        assert (fresh(it).longer_until, fresh(it).state) == (None, MatchState.UNDER_WAY)

    def test_whose_days_they_are_the_desk_reads_and_the_association_does_not(self, client, it, now):
        until = it.match.last_day + 2 * DAY
        other = due_need(city=it.city, now=now, first_day=it.match.last_day + DAY, last_day=until)
        drain(now)
        theirs = Match.objects.get(need=other, offer=it.match.offer)
        services.propose(match_id=theirs.pk, by=it.coordinator, now=now)
        told = do(client, it, "longer", it.coordinator, until=until.isoformat()).content.decode()
        assert f"Ces jours sont déjà pris\u202f: {other.reference}" in told
        told = do(client, it, "longer", it.member, until=until.isoformat()).content.decode()
        assert "Ces jours sont déjà pris" in told
        assert other.reference not in told
        _move_to(CityFactory(), other)
        told = do(client, it, "longer", it.coordinator, until=until.isoformat()).content.decode()
        assert "Ces jours sont déjà pris" in told
        assert other.reference not in told, "another town's need"

    @pytest.mark.parametrize(
        ("why", "to_desk"),
        [
            ("vetting", "Ce logement n’a pas encore été visité. Notez d’abord la visite."),
            ("paused", "Cette personne a demandé une pause dans ses messages. Appelez-la."),
        ],
    )
    def test_what_is_the_desk_s_the_association_does_not_read(self, client, it, now, why, to_desk):
        if why == "vetting":
            Offer.objects.filter(pk=it.match.offer_id).update(vetted_at=None, vetted_by=None)
        else:
            until = local_day(now, it.city) + 3 * DAY
            Preference.objects.create(person=it.citizen, paused_until=until)
        said = {"until": (it.match.last_day + DAY).isoformat()}
        told = do(client, it, "longer", it.coordinator, **said).content.decode()
        assert to_desk in told
        told = do(client, it, "longer", it.member, **said).content.decode()
        assert "Ce n’est pas possible pour le moment. Appelez la ville." in told
        assert "visit" not in told
        assert "pause" not in told
        assert fresh(it).longer_until is None

    def test_it_ends_from_a_day_with_a_reason(self, client, it):
        last = it.match.first_day + 3 * DAY
        bad = do(client, it, "end", it.citizen, last_day=last.isoformat(), reason="nonsense")
        assert bad.status_code == 422
        do(client, it, "end", it.citizen, last_day=last.isoformat(), reason="not_available")
        assert fresh(it).last_day == last

    def test_nobody_came(self, client, it):
        do(client, it, "no_show", it.member)
        assert (fresh(it).state, fresh(it).need.state) == (MatchState.BROKEN_OFF, "open")

    def test_six_of_ten_are_handed_over(self, client, begin, now, db):
        it = begin(kind=Kind.GOODS, now=now, city=CityFactory(awake=True))
        do(client, it, "hand_over", it.member, quantity="6")
        assert (fresh(it).state, fresh(it).quantity) == (MatchState.COMPLETED, 6)

    def test_the_next_home_is_looked_for_and_this_host_is_not_asked(self, client, it, now):
        last = it.match.last_day
        do(client, it, "next_home", it.member, until=(last + 9 * DAY).isoformat())
        match = fresh(it)
        assert (match.last_day, match.longer_until) == (last, None)
        assert (match.need.state, match.need.uncovered_from) == ("partly_met", last + DAY)
        after = due_offer(city=it.city, now=now, capacity=3)
        drain(now)
        found = Match.objects.get(need=match.need, offer=after)
        assert (found.first_day, found.last_day) == (last + DAY, last + 9 * DAY)

    def test_a_host_does_not_make_a_need_go_on(self, client, it):
        client.force_login(it.citizen)
        url = reverse("stays:act", args=[it.city.slug, it.match.pk, "next_home"])
        until = (it.match.last_day + DAY).isoformat()
        assert client.post(url, {"next_home-until": until}).status_code == 403

    def test_an_unknown_act_is_nowhere(self, client, it):
        assert do(client, it, "burn", it.member).status_code == 404


class TestCalendars:
    def test_a_home_day_by_day(self, client, it):
        last = it.match.last_day
        going_on.ask_longer(match_id=it.match.pk, until=last + 2 * DAY, by=it.member, now=timezone.now())
        client.force_login(it.coordinator)
        url = reverse("stays:calendar", args=[it.city.slug, it.match.offer.reference])
        lines = client.get(url).context["lines"]
        assert [
            (line.last, line.places.stays, line.places.asked, line.places.free) for line in lines[:2]
        ] == [
            (last, 3, 0, 0),
            (last + 2 * DAY, 0, 3, 0),
        ]
        assert lines[2].places.words == "3 libres"
        assert lines[0].places.who == (it.match.need.reference,)
        client.force_login(it.citizen)
        assert it.match.need.reference not in client.get(url).content.decode()
        client.force_login(it.coordinator)
        _move_to(CityFactory(), it.match.need)
        (first, *_) = client.get(url).context["lines"]
        assert (first.places.stays, first.places.who) == (3, ()), "another town's need"

    def test_who_sleeps_where_and_when_it_is_the_last_night(self, client, it):
        client.force_login(it.coordinator)
        url = reverse("stays:tonight", args=[it.city.slug])
        (row,) = client.get(url).context["rows"]
        assert (row["match"].pk, row["is_there"], row["is_last"]) == (it.match.pk, True, False)
        (row,) = client.get(url, {"nuit": it.match.last_day.isoformat()}).context["rows"]
        assert row["is_last"]
        after = client.get(url, {"nuit": (it.match.last_day + DAY).isoformat()})
        assert (after.context["rows"], after.context["people"]) == ([], 0)

    def test_beds_free_by_day_and_commune(self, client, it, now):
        due_offer(city=it.city, now=now, capacity=2)
        due_offer(city=it.city, now=now, capacity=5, vetted=False)
        due_offer(city=it.city, now=now, capacity=5, state="paused")
        client.force_login(it.coordinator)
        url = reverse("stays:free_beds", args=[it.city.slug])
        page = client.get(url, {"du": it.match.last_day.isoformat()})
        assert page.context["totals"][:2] == [2, 5]
        assert sum(row.beds[1] for row in page.context["rows"]) == 5

    @pytest.mark.parametrize("asked", ["0001-01-01", "9999-12-31"])
    def test_a_day_at_the_end_of_time_is_one_of_a_few_years(self, client, it, now, asked):
        client.force_login(it.coordinator)
        today = local_day(now, it.city)
        for name, args, key in (
            ("tonight", [], "nuit"),
            ("free_beds", [], "du"),
            ("calendar", [it.match.offer.reference], "du"),
        ):
            page = client.get(reverse(f"stays:{name}", args=[it.city.slug, *args]), {key: asked})
            assert page.status_code == 200
            assert abs(page.context["later"] - today) < 6 * 366 * DAY

    def test_the_number_of_queries_does_not_grow(self, client, it, now, django_assert_max_num_queries):
        client.force_login(it.coordinator)
        for name in ("tonight", "free_beds"):
            with django_assert_max_num_queries(15):
                client.get(reverse(f"stays:{name}", args=[it.city.slug]))
        today = local_day(now, it.city)
        assert (
            client.get(reverse("stays:tonight", args=[it.city.slug]), {"nuit": "demain"}).context["night"]
            == today
        )
