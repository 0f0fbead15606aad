"""Homes in turn: held to every way in which homes could follow each other, in small cases."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations, product
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import Vocabulary, Weights, feasible_pairs, need_columns, offer_columns, relay

from . import reference
from .builders import STRASBOURG, TODAY, day, days, need, offer


def chains(asked, offers, **circumstances):
    """Of each chain the parts (id, first, last), and its value."""
    vocabulary = Vocabulary()
    needs, offered = need_columns([asked], vocabulary), offer_columns(offers, vocabulary)
    pairs = feasible_pairs(needs, offered, today=TODAY, **circumstances)
    return [
        (
            tuple((offers[pairs.offer[part.row]].id, part.first_day, part.last_day) for part in chain.parts),
            chain.value,
        )
        for chain in relay.chains(pairs)
    ]


def who(found):
    return [[id_ for id_, _first, _last in parts] for parts, _value in found]


def home(id_, first, last=None, **fields):
    return offer(id_, available=(days(first, last),), capacity=2, **fields)


MONTH = {"first_day": day(20), "last_day": day(60), "min_days": 7}


# --- By hand -------------------------------------------------------------------------------------------


def test_two_homes_cover_what_none_does():
    """41 nights, 10 in the first at 64.88 points and 31 in the second at 75.12, one move.

    2 people × (10/41 × 1.648780 + 31/41 × 1.751220 - 1/4) = 2.952469
    """
    found = chains(need(**MONTH), [home("a", 20, 29), home("b", 30, 90)])
    assert found == [((("a", day(20), day(29)), ("b", day(30), day(60))), 2.952469)]


def test_each_need_has_the_chains_of_its_own_homes():
    """The homes of the one stand too far from the other's."""
    far = {"lat": STRASBOURG[0] + 2, "lon": STRASBOURG[1]}
    vocabulary = Vocabulary()
    asked = need_columns([need(1, **MONTH), need(2, **MONTH, **far)], vocabulary)
    homes = [
        home("a", 20, 29), home("b", 30, 90), home("c", 20, 34, **far), home("d", 35, 90, **far)
    ]  # fmt: skip
    pairs = feasible_pairs(asked, offer_columns(homes, vocabulary), today=TODAY)
    found = [
        (chain.need, [homes[pairs.offer[part.row]].id for part in chain.parts])
        for chain in relay.chains(pairs)
    ]
    assert found == [(0, ["a", "b"]), (1, ["c", "d"])]


def test_where_one_home_covers_all_there_is_no_chain():
    assert chains(need(**MONTH), [home("a", 20, 29), home("b", 30, 90), home("all", 0, reach_km=5)]) == []


def test_a_move_must_be_worth_it():
    """Ten of forty-one nights more are worth 10/41 × 1.65 = 0.40 of each person, five 0.2; a move costs 0.25."""
    short = {"min_days": 5}
    assert who(chains(need(**MONTH | short), [home("a", 20, 50), home("b", 51, 60)])) == [["a", "b"]]
    assert chains(need(**MONTH | short), [home("a", 20, 55), home("b", 56, 60)]) == []


def test_a_part_is_never_shorter_than_what_helps():
    assert chains(need(**MONTH | {"min_days": 11}), [home("a", 20, 50), home("b", 51, 60)]) == []


def test_a_host_has_nobody_longer_than_they_said_and_may_come_in_at_any_time():
    stays = home("a", 20, 60, longest_stay_days=14)
    (found,) = chains(need(**MONTH), [stays, home("b", 0, 45)])
    assert found[0] == (("b", day(20), day(45)), ("a", day(46), day(59)))


def test_days_may_be_left_between_homes():
    found = chains(need(**MONTH), [home("a", 20, 35), home("b", 40, 60)])
    assert found[0][0] == (("a", day(20), day(35)), ("b", day(40), day(60)))


def test_where_two_could_have_a_day_the_better_has_it_and_of_equals_the_earlier():
    asked = need(**MONTH, languages=frozenset({"fr"}))
    equal = chains(asked, [home("a", 20, 50), home("b", 30, 60)])
    assert equal[0][0] == (("a", day(20), day(50)), ("b", day(51), day(60)))
    better = chains(asked, [home("a", 20, 50), home("b", 30, 60, languages=frozenset({"fr"}))])
    assert better[0][0] == (("a", day(20), day(29)), ("b", day(30), day(60)))


def test_three_homes_at_most_and_three_chains():
    parts = [home(f"{number}", 20 + 8 * number, 27 + 8 * number) for number in range(5)]
    found = chains(need(**MONTH), parts)
    assert [len(parts) for parts, _value in found] == [3, 3, 3]
    assert who(found)[0] == ["0", "1", "2"]
    assert [value for _parts, value in found] == sorted((value for _parts, value in found), reverse=True)
    assert len({frozenset(homes) for homes in who(found)}) == 3


def test_of_the_same_homes_the_best_order_alone_is_given():
    found = chains(
        need(**MONTH), [home("a", 20, 60, longest_stay_days=20), home("b", 20, 60, longest_stay_days=20)]
    )
    assert who(found) == [["a", "b"]]


def test_only_homes_are_lived_in_by_turns():
    things = [offer("a", "goods", capacity=1), offer("b", "goods", capacity=1)]
    assert chains(need(kind="goods", quantity=2, part_useful=True), things) == []


@pytest.mark.parametrize(
    ("first", "last", "may"),
    [
        (20, 26, True), (20, 29, True), (36, 45, True),
        (20, 25, False), (20, 30, False), (37, 46, False), (19, 26, False),
    ],
    ids=["shortest", "longest", "at the end", "too short", "too long", "after the run", "before the need"],
)  # fmt: skip
def test_a_pair_may_have_days_of_its_run_that_help_and_that_the_host_allows(first, last, may):
    vocabulary = Vocabulary()
    needs = need_columns([need(**MONTH)], vocabulary)
    offered = offer_columns([home("a", 15, 45, longest_stay_days=10)], vocabulary)
    limits = relay.Limits.of(feasible_pairs(needs, offered, today=TODAY))
    assert limits.allow(relay.Part(0, day(first), day(last))) is may


def test_more_homes_than_a_list_keeps_may_be_in_a_chain():
    """Thirty homes for three weeks hide, in a list, the one that has the other three."""
    near = [home(f"a{number}", 20, 44) for number in range(30)]
    late = home("z", 45, 90, lat=STRASBOURG[0] + 0.2)
    assert [homes[-1] for homes in who(chains(need(**MONTH, reach_km=50), [*near, late]))] == ["z"] * 3


# --- All ways ------------------------------------------------------------------------------------------


def every_chain(asked, offers, weights):
    """Every way to put two or three homes one after the other, best first, once for each set of homes."""
    feasible = {
        one.id: one for one in offers if not reference.broken(asked, one, frozenset(), frozenset(), TODAY)
    }
    urgent = reference.PRIORITY[reference.urgency(asked, TODAY)]
    least, people = reference.least_days(asked, TODAY), asked.people or asked.quantity
    wanted = [one for one in reference.each_day(asked) if one >= TODAY]

    points = {
        id_: reference.score(reference.parts(asked, one, TODAY), weights) for id_, one in feasible.items()
    }

    def worth(id_, length):
        share = asked.quantity * length / (asked.quantity * reference.days_asked(asked))
        return people * share * (urgent + points[id_] / 100)

    alone = [len(reference.run(asked, one, TODAY)) for one in feasible.values()]
    if not feasible or max(alone) == len(wanted):
        return []
    bar = max(reference.six(worth(id_, length)) for id_, length in zip(feasible, alone, strict=True))
    stays = {}
    for id_, one in feasible.items():
        run = reference.run_from(asked, one, reference.told_in_time(one, TODAY))
        most = reference.longest_stay(one)
        stays[id_] = [
            (run[begin], run[end])
            for begin in range(len(run))
            for end in range(begin + least - 1, min(begin + most, len(run)))
        ]
    best = {}
    for count in (2, 3):
        for ids in permutations(feasible, count):
            for parts in ways([stays[id_] for id_ in ids], None):
                lengths = [(last - first).days + 1 for first, last in parts]
                value = sum(worth(id_, length) for id_, length in zip(ids, lengths, strict=True))
                value = reference.six(value - people * (count - 1) / 4)
                key = (
                    -value, count, parts[0][0], ids, [-length for length in lengths], [first for first, _ in parts],
                )  # fmt: skip
                if value > bar and (frozenset(ids) not in best or key < best[frozenset(ids)][0]):
                    best[frozenset(ids)] = (key, parts)
    return [
        (tuple((id_, *part) for id_, part in zip(key[3], parts, strict=True)), -key[0])
        for key, parts in sorted(best.values())[:3]
    ]


def ways(stays, after):
    if not stays:
        yield ()
        return
    for first, last in stays[0]:
        if after is None or first > after:
            for rest in ways(stays[1:], last):
                yield ((first, last), *rest)


def random_case(random):
    first = random.choice((-2, 0, 3, 20))
    length = random.choice((4, 6, 8, 10))
    asked = need(
        quantity=2,
        people=random.choice((None, 1)),
        first_day=day(first),
        last_day=day(first + length - 1),
        min_days=random.choice((1, 2, 3)),
        urgency=random.choice(("planned", "this_week", "tonight")),
        languages=frozenset({"fr"}),
        reach_km=50,
    )
    offers = []
    for id_ in range(random.choice((2, 3, 4, 6))):
        begin = first + random.randint(-1, length - 1)
        offers.append(
            offer(
                id_,
                available=(days(begin, begin + random.choice((0, 1, 2, 3, 5, 9))),),
                capacity=random.choice((2, 2, 2, 3)),
                longest_stay_days=random.choice((None, None, 2, 3, 4)),
                notice_days=random.choice((0, 0, 0, 2)),
                lat=STRASBOURG[0] + random.choice((0, 0, 0.05, 0.3)),
                languages=random.choice((frozenset(), frozenset({"fr"}))),
                confirmed_on=random.choice((None, None, TODAY - timedelta(days=9))),
            )
        )
    return asked, offers


CHEAP = Weights(0, 0, 40, 40, 10, 10)


@settings(max_examples=250, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from((Weights(), CHEAP)))
def test_they_are_the_best_of_every_way(random, weights):
    asked, offers = random_case(random)
    random.shuffle(offers)
    assert chains(asked, offers, weights=weights) == every_chain(asked, offers, weights)


def test_the_random_cases_have_chains_of_two_and_of_three():
    """Otherwise the test above would prove little."""
    seen = [len(parts) for seed in range(150) for parts, _value in chains(*random_case(Random(seed)))]
    assert min(seen.count(2), seen.count(3)) > 10


@pytest.mark.parametrize("seed", range(6))
def test_what_is_left_out_for_speed_is_in_no_best_chain(seed):
    """Some dozens of homes, of which many are like others: the same as one by one, with all of them tried."""
    random = Random(seed)
    asked = need(first_day=day(20), last_day=day(60), min_days=5, reach_km=50, languages=frozenset({"fr"}))
    offers = []
    for id_ in range(24):
        begin = 20 + random.choice((-5, 0, 0, 8, 15, 22, 30))
        offers.append(
            offer(
                id_,
                available=(days(begin, begin + random.choice((6, 10, 14, 20))),),
                capacity=random.choice((2, 2, 3)),
                longest_stay_days=random.choice((None, 7, 14)),
                lat=STRASBOURG[0] + random.choice((0, 0, 0.02, 0.3)),
                languages=random.choice((frozenset(), frozenset({"fr"}))),
            )
        )
    found = chains(asked, offers)
    assert found
    # The best of all sets are the best of the few sets that have the best homes, and of any others drawn at random.
    ids = {id_ for homes in who(found) for id_ in homes}
    for _ in range(25):
        some = [one for one in offers if one.id in ids or random.random() < 0.15]
        assert chains(asked, some) == found


def test_ids_decide_among_equals_alone():
    asked = need(**MONTH)
    twins = [home(number, 20, 60, longest_stay_days=15) for number in (7, 3, 9, 1, 8)]
    assert who(chains(asked, twins)) == [[1, 3, 7], [1, 3, 8], [1, 3, 9]]
    renamed = [replace(one, id=10 - one.id) for one in twins]
    assert [value for _parts, value in chains(asked, renamed)] == [
        value for _parts, value in chains(asked, twins)
    ]


# Those with a number of their own need one of the places by itself.
@pytest.mark.parametrize("seed", [*range(20), 116, 754, 1346])
def test_three_share_their_days_as_well_as_can_be(seed):
    """Held to every number of days of the middle one and of the first."""
    random = Random(seed)
    least = random.randint(1, 3)
    extra = [random.randint(0, 6) for _ in range(3)]
    first = sorted(random.randint(0, 8) for _ in range(3))
    last = [day_ + random.randint(least, 12) for day_ in first]
    worth = [random.choice((0.3, 0.5, 1.0, 1.7)) for _ in range(3)]
    room = np.array([[last[other] - first[one] + 1 for other in range(3)] for one in range(3)])
    best = -np.inf
    for lengths in product(*(range(least, least + more + 1) for more in extra)):
        fit = lengths[0] + lengths[1] <= room[0, 1] and lengths[1] + lengths[2] <= room[1, 2]
        if fit and sum(lengths) <= room[0, 2]:
            best = max(best, sum(each * value for each, value in zip(lengths, worth, strict=True)))
    found = relay._three(np.array(worth), np.array(extra), room, least, np.array([[0, 1, 2]]))
    assert found[0] == pytest.approx(best)
