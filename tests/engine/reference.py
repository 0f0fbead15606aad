"""The engine once more, slow and obvious: one pair, one day, one rule at a time, from the written rules.

It shares nothing with the engine but the records, so that an error would have to be made twice to go unseen.
"""

from datetime import UTC, datetime, timedelta
from math import asin, ceil, cos, inf, radians, sin, sqrt

from engine import EARTH_RADIUS_KM, Weights


def six(number):
    """Rounded to 6 decimals."""
    return round(number * 1e6) / 1e6


# --- Places --------------------------------------------------------------------------------------------


def haversine(one, other):
    lat1, lon1, lat2, lon2 = map(radians, (one.lat, one.lon, other.lat, other.lon))
    a = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1, sqrt(a)))


def reach(need, offer):
    return need.reach_km if need.kind == "housing" else max(need.reach_km, offer.reach_km)


def exempt(need, offer):
    return need.kind == offer.kind == "skill" and need.remote_ok and offer.remote


# --- Quantities ----------------------------------------------------------------------------------------


def lasts(need):
    """Housing and weekly skills are wanted on every day, goods and appointments on one."""
    return need.kind == "housing" or (need.kind == "skill" and need.rhythm == "weekly")


def halves(minutes):
    """Hours, rounded down to half an hour."""
    return minutes // 30 / 2


def asked_quantity(need):
    if need.kind == "skill" and need.rhythm == "once" and need.slots:
        longest = max(slot.end_minute - slot.start_minute for slot in need.slots)
        return min(need.quantity, halves(longest))
    return need.quantity


def missing(need, day):
    """What the need still misses on a day: of what is used up, the same on all."""
    given = [
        hold.quantity for hold in need.given if not lasts(need) or hold.first_day <= day <= hold.last_day
    ]
    return max(0, asked_quantity(need) - sum(given))


def part_helps(need):
    return need.part_useful and need.kind != "housing"


def least_quantity(need):
    quantity = asked_quantity(need)
    if not lasts(need) and missing(need, need.first_day) > 0:
        quantity = missing(need, need.first_day)
    return min(1, quantity) if part_helps(need) else quantity


def is_uncovered(need, day):
    if not lasts(need):
        return missing(need, day) > 0
    if part_helps(need):
        return missing(need, day) >= least_quantity(need)
    return missing(need, day) == asked_quantity(need)


def capacity_is_enough(need, offer):
    return offer.capacity >= least_quantity(need)


def held(offer, day):
    if offer.kind == "goods":
        return sum(hold.quantity for hold in offer.holds)
    return sum(hold.quantity for hold in offer.holds if hold.first_day <= day <= hold.last_day)


def has_window(offer, day):
    return any(
        window.first_day <= day and (window.last_day is None or day <= window.last_day)
        for window in offer.available
    )


def remaining(need, offer, day):
    """Of a capacity that is renewed, what is left on the day; of an appointment, in its week from Monday to Sunday."""
    if need.kind == "skill" and not lasts(need):
        monday = day - timedelta(days=day.weekday())
        week = [monday + timedelta(days=number) for number in range(7)]
        return min(offer.capacity - held(offer, one) for one in week if has_window(offer, one))
    return offer.capacity - held(offer, day)


# --- Days ----------------------------------------------------------------------------------------------


def each_day(need):
    day = need.first_day
    while day <= need.last_day:
        yield day
        day += timedelta(days=1)


def days_asked(need):
    return len(list(each_day(need)))


def uncovered(need, today):
    return [day for day in each_day(need) if day >= today and is_uncovered(need, day)]


def least_days(need, today):
    """As said, or as usual; never more than the days still uncovered, and at least 1."""
    if not lasts(need):
        return 1
    days = len(uncovered(need, today))
    usual = min(14, ceil(days * 9 / 10)) if need.kind == "housing" else 1
    return max(1, min(need.min_days or usual, days))


def still_good(need, offer, day):
    if offer.kind != "goods" or offer.best_before is None:
        return True
    return offer.best_before >= min(day + timedelta(days=3), need.last_day)


def is_possible(need, offer, day):
    """On this day, whatever the hours."""
    enough = not capacity_is_enough(need, offer) or (
        has_window(offer, day) and remaining(need, offer, day) >= least_quantity(need)
    )
    return has_window(offer, day) and enough and still_good(need, offer, day)


def run_from(need, offer, soonest, *, by_hours=False):
    """The days of the stretch if none may be before this day, in order; none is an empty list."""
    best, current = [], []
    for day in each_day(need):
        possible = day >= soonest and is_uncovered(need, day) and is_possible(need, offer, day)
        if by_hours and both_give_slots(need, offer):
            possible = possible and hours_on(need, offer, day.weekday()) >= least_quantity(need)
        if possible and not lasts(need):
            return [day]
        current = [*current, day] if possible else []
        if len(current) > len(best):
            best = current
    return best


def told_in_time(offer, today):
    """The first day for which the host can be told as early as they ask."""
    return today + timedelta(days=offer.notice_days)


def longest_stay(offer):
    if offer.kind != "housing" or offer.longest_stay_days is None:
        return 10**9
    return offer.longest_stay_days


def run(need, offer, today):
    """The stretch that is shown: after notice, cut to the longest stay from its first day; an appointment's at its
    hours.
    """
    days = run_from(need, offer, max(today, told_in_time(offer, today)), by_hours=not lasts(need))
    return days[: longest_stay(offer)]


def breaks_of_days(need, offer, today):
    """Which of the rules about days the pair breaks, each with its gap."""
    least = least_days(need, today)
    at_once = run_from(need, offer, today)
    if len(at_once) < least:
        return {"dates": least - len(at_once)}
    gaps = {}
    days = run_from(need, offer, told_in_time(offer, today))
    if len(days) < least:
        possible = [
            notice
            for notice in range(offer.notice_days)
            if len(run_from(need, offer, today + timedelta(days=notice))) >= least
        ]
        gaps["notice"] = offer.notice_days - max(possible)
        days = at_once
    if len(days[: longest_stay(offer)]) < least:
        gaps["stay"] = least - len(days[: longest_stay(offer)])
    return gaps


def tightest(need, offer, days):
    return min(remaining(need, offer, day) for day in days)


def given_quantity(need, offer, days):
    """What the offer could give on all of these days."""
    most = min(min(missing(need, day) for day in days), tightest(need, offer, days))
    return min(most, hours(need, offer, days)) if both_give_slots(need, offer) else most


# --- Hours ---------------------------------------------------------------------------------------------


def both_give_slots(need, offer):
    return need.kind == offer.kind == "skill" and bool(need.slots) and bool(offer.slots)


def hours_on(need, offer, weekday):
    """What a need can take on a weekday: of each slot of the offer what it has in common with all of the need's."""
    total = 0
    for offered in offer.slots:
        if offered.weekday == weekday:
            common = [
                minute
                for minute in range(offered.start_minute, offered.end_minute)
                for asked in need.slots
                if asked.weekday == weekday and asked.start_minute <= minute < asked.end_minute
            ]
            total += halves(len(common))
    return total


def hours(need, offer, days):
    if lasts(need):
        return sum(hours_on(need, offer, weekday) for weekday in range(7))
    return hours_on(need, offer, days[0].weekday())


def breaks_slots(need, offer, today):
    if not both_give_slots(need, offer):
        return False
    if lasts(need):
        return hours(need, offer, None) < least_quantity(need)
    breaks = breaks_of_days(need, offer, today)
    if "dates" in breaks:
        return max(hours_on(need, offer, weekday) for weekday in range(7)) < least_quantity(need)
    soonest = today if "notice" in breaks else told_in_time(offer, today)
    return not run_from(need, offer, soonest, by_hours=True)


# --- Households, homes ---------------------------------------------------------------------------------


def adults_words(women, men):
    return ({"women"} if women > 0 else set()) | ({"men"} if men > 0 else set())


def household_is_accepted(need, offer):
    women, men = need.adult_women, need.adult_men
    if need.lone_minor or (need.children > 0 and women + men == 0):
        return "lone_minors" in offer.accepts
    if not offer.accepts:
        return True
    everyone = beside = adults_words(women, men)
    if need.couple:
        if women > 0 and men > 0:
            beside = adults_words(women - 1, men - 1)
        elif women > 0:
            beside = adults_words(women - 2, 0)
        else:
            beside = adults_words(0, men - 2)
    if need.children > 0:
        needed = {"families"}
        if offer.accepts & {"women", "men"}:
            needed |= beside if need.couple and "couples" in offer.accepts else everyone
    elif need.couple:
        needed = {"couples"} | beside
    else:
        needed = everyone
    return needed <= offer.accepts


def is_smoke_free(offer):
    if offer.smoke_free is None:
        return offer.category in ("whole_dwelling", "empty_dwelling")
    return offer.smoke_free


# --- Languages -----------------------------------------------------------------------------------------

WHOLES = {"fa": {"prs", "pes"}, "ku": {"kmr", "ckb", "sdh"}, "ar": {"arb", "apc", "ary"},
          "zh": {"cmn", "yue"}, "sh": {"bs", "hr", "sr"}, "pt": {"pt-BR", "pt-PT"}}  # fmt: skip


def named(languages):
    return {{"fa-AF": "prs", "fa-IR": "pes"}.get(language, language) for language in languages}


def is_spoken(language, asked, offered):
    """Of languages as `named`: the same, or one contains the other, where its side names none of its parts."""
    if language in offered:
        return True
    for whole, its_parts in WHOLES.items():
        if language == whole and not asked & its_parts and offered & its_parts:
            return True
        if language in its_parts and whole in offered and not offered & its_parts:
            return True
    return False


def languages_of_pair(side):
    if side.kind == "skill" and side.category in ("interpreting", "translation"):
        return named(side.languages_from | side.languages_to)
    return set()


# --- Goods ---------------------------------------------------------------------------------------------


def is_any(items):
    return not items or "any" in items or "" in items


def item_factor(need, offer):
    """None: another item."""
    if offer.item == "other" or set(need.items) == {"other"}:
        return None
    items = [item for item in need.items if item != "other"]
    if offer.item in items and not is_any([offer.item]):
        return 1 if items[0] == offer.item else 0.75
    return 0.5 if is_any(items) or is_any([offer.item]) else None


def factor_of_size(series, need, offer):
    if offer.size == "mixed":
        return 0.5
    asked = {*series.codes, *(wanted for wanted, _offered in series.instead)}
    sizes = [size for size in need.sizes if size in asked]
    if offer.size in sizes:
        return 1 if sizes[0] == offer.size else 0.75
    if any((size, offer.size) in series.instead for size in sizes):
        return 0.75
    if any((size, offer.size) in series.unsure for size in sizes):
        return 0.5
    if offer.size not in series.codes:
        return None
    steps = [
        series.codes.index(offer.size) - series.codes.index(size) for size in sizes if size in series.codes
    ]
    if series.larger.value == "any" and any(step > 0 for step in steps):
        return 0.75
    if series.larger.value == "next" and 1 in steps:
        return 0.75
    return None


def size_factor(need, offer):
    """None: another size."""
    if not need.sizes:
        return 1
    if not is_any([offer.item]):
        return 1 if offer.series is None else factor_of_size(offer.series, need, offer)
    asked = [series for series in need.series if series is not None]
    if not asked:
        if offer.size == "mixed":
            return 0.5
        if offer.size in need.sizes:
            return 1 if need.sizes[0] == offer.size else 0.75
        return None
    factors = [factor_of_size(series, need, offer) for series in asked]
    return max((factor for factor in factors if factor is not None), default=None)


# --- All rules -----------------------------------------------------------------------------------------


def broken(need, offer, links, excluded, today):
    """The codes of all rules that the pair breaks; a pair of different categories is judged no further."""
    housing, goods = need.kind == "housing", need.kind == "goods"

    if need.kind != offer.kind:
        return {"category"}
    if housing and need.forms and offer.category not in need.forms:
        return {"category"}
    if not housing and need.category != offer.category:
        return {"category"}

    codes = set()
    if goods and item_factor(need, offer) is None:
        codes.add("item")
    if goods and size_factor(need, offer) is None:
        codes.add("size")
    linked = frozenset({need.city, offer.city}) in links and offer.shared_with_linked
    if need.city != offer.city and not linked:
        codes.add("city")
    if not exempt(need, offer) and six(haversine(need, offer)) > six(reach(need, offer)):
        codes.add("distance")
    codes |= set(breaks_of_days(need, offer, today))
    if not capacity_is_enough(need, offer):
        codes.add("capacity")

    if housing and need.step_free_needed and not offer.step_free:
        codes.add("step_free")
    if housing and need.pets and not offer.pets_accepted:
        codes.add("pets")
    if housing and need.smoke_free_needed and not is_smoke_free(offer):
        codes.add("smoke_free")
    if housing and offer.rent > need.rent_up_to:
        codes.add("rent")
    if housing and not need.shared_home_ok and (offer.shared_home or offer.category == "shared_room"):
        codes.add("shared_home")
    if housing and not household_is_accepted(need, offer):
        codes.add("household")

    asked = languages_of_pair(need)
    if any(not is_spoken(language, asked, languages_of_pair(offer)) for language in asked):
        codes.add("languages")
    if breaks_slots(need, offer, today):
        codes.add("slots")

    if not need.is_open or not offer.is_open or (need.id, offer.id) in excluded:
        codes.add("open")
    if housing and offer.dwelling_state not in ("", "ready"):
        codes.add("open")
    return codes


URGENT_WITHIN = {"tonight": 1, "this_week": 7}
PRIORITY = {"planned": 1, "this_week": 2, "tonight": 4}


def first_uncovered_day(need, today):
    return next(iter(uncovered(need, today)), need.last_day + timedelta(days=1))


def urgency(need, today):
    """The higher of what was posted and what the calendar says."""
    counts = first_uncovered_day(need, today) if lasts(need) else need.last_day
    found = need.urgency
    for word, days in URGENT_WITHIN.items():
        if (counts - today).days <= days and PRIORITY[word] > PRIORITY[found]:
            found = word
    return found


def proximity(need, offer):
    near = 10 / (10 + haversine(need, offer))
    return max(near, 0.5) if exempt(need, offer) else near


def coverage(need, days, today):
    """The part of the score that is called dates."""
    if not lasts(need):
        return ((need.last_day - days[0]).days + 1) / days_asked(need)
    value = len(days) / days_asked(need)
    presses = urgency(need, today) in ("tonight", "this_week")
    return value / 2 if presses and days[0] != first_uncovered_day(need, today) else value


def fit(need, offer, days):
    left = tightest(need, offer, days)
    if need.kind == "goods":
        return min(1, left / missing(need, days[0])) * min(item_factor(need, offer), size_factor(need, offer))
    asked = asked_quantity(need)
    if need.kind == "skill":
        if both_give_slots(need, offer):
            left = min(left, hours(need, offer, days))
        return min(1, left / (asked if lasts(need) else missing(need, days[0])))
    value = sqrt(asked / left)
    alone = need.lone_minor or (need.children > 0 and need.adult_women + need.adult_men == 0)
    rare = (
        (offer.step_free, need.step_free_needed),
        (offer.pets_accepted, need.pets),
        ("lone_minors" in offer.accepts, alone),
    )
    for offered, wanted in rare:
        if offered and not wanted:
            value *= 0.9
    return value * (1 - offer.rent / (2 * need.rent_up_to)) if offer.rent else value


def language(need, offer):
    if need.kind == "goods":
        return 1.0
    asked, offered = named(need.languages), named(offer.languages) | languages_of_pair(offer)
    if asked & offered:
        return 1.0
    return 0.5 if any(is_spoken(one, asked, offered) for one in asked) else 0.0


def freshness(offer, today):
    since = 45 if offer.confirmed_on is None else max(0, (today - offer.confirmed_on).days)
    return 1 - min(since, 45) / 45


def courtesy(offer):
    times = offer.asked_last_30_days or 0
    return 1 / (1 + (times / offer.capacity if offer.kind == "goods" else times))


def parts(need, offer, today):
    """The six values of a feasible pair."""
    days = run(need, offer, today)
    return (
        proximity(need, offer),
        coverage(need, days, today),
        fit(need, offer, days),
        language(need, offer),
        freshness(offer, today),
        courtesy(offer),
    )


def score(values, weights):
    total = 0.0
    for value, points in zip(values, weights.points, strict=True):
        total += points * value
    return six(total)


def share(need, days, quantity):
    """What part of what was asked this much, on these days, is."""
    if lasts(need):
        return quantity * len(days) / (asked_quantity(need) * days_asked(need))
    return quantity / asked_quantity(need)


def place(need, days, quantity, points, today):
    """What a need's list goes by before distance, smallest first: tonight the offers that begin tonight, then value."""
    urgent = urgency(need, today)
    begins_late = lasts(need) and urgent == "tonight" and days[0] != first_uncovered_day(need, today)
    return begins_late, -six(share(need, days, quantity) * (PRIORITY[urgent] + points / 100))


def registered(offer):
    return offer.registered_at or datetime.max.replace(tzinfo=UTC)


def rank(
    needs, offers, *, today, weights=None, links=frozenset(), excluded=frozenset(), keep=20, near=10,
    near_when_full=True, near_km=inf,
):  # fmt: skip
    """For each need: [(offer id, score, parts, distance, run, quantity)], [(offer id, rule, gap)], count."""
    answer = []
    for need in needs:
        town = (weights or {}).get(need.city, Weights())
        feasible, missed = [], []
        for offer in offers:
            codes = broken(need, offer, links, excluded, today)
            distance = haversine(need, offer)
            last = (six(distance), registered(offer), offer.id)
            if not codes:
                values = parts(need, offer, today)
                points = score(values, town)
                days = run(need, offer, today)
                quantity = given_quantity(need, offer, days)
                first = place(need, days, quantity, points, today)
                feasible.append(((*first, *last), (offer.id, points, values, distance, days, quantity)))
            elif len(codes) == 1 and not codes & {"category", "city", "open"}:
                (rule,) = codes
                gap, full = None, 1
                if rule == "distance":
                    gap, full = distance - reach(need, offer), max(reach(need, offer), 1)
                    if near_km < inf and six(gap) > six(near_km):
                        continue
                elif rule in ("dates", "notice", "stay"):
                    gap = breaks_of_days(need, offer, today)[rule]
                    full = offer.notice_days if rule == "notice" else least_days(need, today)
                elif rule == "rent":
                    gap, full = offer.rent - need.rent_up_to, offer.rent
                elif rule == "capacity":
                    gap, full = least_quantity(need) - offer.capacity, least_quantity(need)
                relative = 1 if gap is None else gap / full
                missed.append(((six(relative), *last), (offer.id, rule, gap)))
        feasible.sort(key=lambda one: one[0])
        missed.sort(key=lambda one: one[0])
        if not near_when_full and len(feasible) >= keep:
            missed = []
        answer.append(([one for _, one in feasible][:keep], [one for _, one in missed][:near], len(feasible)))
    return answer
