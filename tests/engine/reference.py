"""The engine once more, slow and obvious: one pair, one day, one rule at a time, from the written rules.

It shares nothing with the engine but the records, so that an error would have to be made twice to go unseen.
"""

from datetime import UTC, datetime, timedelta
from math import asin, cos, inf, radians, sin, sqrt

from engine import EARTH_RADIUS_KM, Weights


def six(number):
    """Rounded to 6 decimals."""
    return round(number * 1e6) / 1e6


def haversine(one, other):
    lat1, lon1, lat2, lon2 = map(radians, (one.lat, one.lon, other.lat, other.lon))
    a = sin((lat2 - lat1) / 2) ** 2 + cos(lat1) * cos(lat2) * sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(min(1, sqrt(a)))


def reach(need, offer):
    return max(need.reach_km, offer.reach_km)


def exempt(need, offer):
    return need.kind == offer.kind == "skill" and need.remote_ok and offer.remote


def least_days(need, today):
    """What the need says, or all of it for housing; never more than the days that are left."""
    assumed = days_asked(need) if need.kind == "housing" else 1
    left = [day for day in each_day(need) if day >= today]
    return max(1, min(need.min_days or assumed, len(left)))


def days_asked(need):
    return len(list(each_day(need)))


def each_day(need):
    day = need.first_day
    while day <= need.last_day:
        yield day
        day += timedelta(days=1)


def least_quantity(need):
    return 1 if need.kind != "housing" and need.part_useful else need.quantity


def capacity_is_enough(need, offer):
    return offer.capacity >= least_quantity(need)


def remaining(offer, day):
    if offer.kind == "goods":
        return offer.capacity - sum(hold.quantity for hold in offer.holds)
    return offer.capacity - sum(
        hold.quantity for hold in offer.holds if hold.first_day <= day <= hold.last_day
    )


def run_from(need, offer, soonest):
    """The days of the longest run of which none is before this day, in order; none is an empty list."""
    best = []
    for window in sorted(offer.available, key=lambda window: window.first_day):
        current = []
        for day in each_day(need):
            if day < soonest:
                continue
            inside = window.first_day <= day and (window.last_day is None or day <= window.last_day)
            enough = remaining(offer, day) >= least_quantity(need) or not capacity_is_enough(need, offer)
            current = [*current, day] if inside and enough else []
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
    """The run after notice, cut to the longest stay from its first day."""
    return run_from(need, offer, told_in_time(offer, today))[: longest_stay(offer)]


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


def tightest(offer, days):
    return min(remaining(offer, day) for day in days)


def best_overlap(need, offer):
    """Minutes of the longest time that a slot of one side shares with a slot of the other."""
    return max(
        (
            min(one.end_minute, other.end_minute) - max(one.start_minute, other.start_minute)
            for one in need.slots
            for other in offer.slots
            if one.weekday == other.weekday
        ),
        default=0,
    )


def household_is_accepted(need, offer):
    if need.lone_minor:
        return "lone_minors" in offer.accepts
    if not offer.accepts:
        return True
    if need.children > 0:
        return "families" in offer.accepts
    if need.couple:
        return "couples" in offer.accepts
    women = need.adult_women == 0 or "women" in offer.accepts
    men = need.adult_men == 0 or "men" in offer.accepts
    return women and men


def is_smoke_free(offer):
    if offer.smoke_free is None:
        return offer.category in ("whole_dwelling", "empty_dwelling")
    return offer.smoke_free


def broken(need, offer, links, excluded, today):
    """The codes of all rules that the pair breaks; a pair of different categories is judged no further."""
    housing, skill = need.kind == "housing", need.kind == "skill"

    if need.kind != offer.kind:
        return {"category"}
    if housing and need.forms and offer.category not in need.forms:
        return {"category"}
    if not housing and need.category != offer.category:
        return {"category"}

    codes = set()
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
    if housing and not need.shared_home_ok and offer.shared_home:
        codes.add("shared_home")
    if housing and not household_is_accepted(need, offer):
        codes.add("household")

    if skill and need.category in ("interpreting", "translation"):
        offered = set(offer.languages_from) | set(offer.languages_to)
        if any(language not in offered for language in set(need.languages_from) | set(need.languages_to)):
            codes.add("languages")
    if skill and need.slots and offer.slots and best_overlap(need, offer) < 60:
        codes.add("slots")

    if not need.is_open or not offer.is_open or (need.id, offer.id) in excluded:
        codes.add("open")
    if housing and offer.dwelling_state not in ("", "ready"):
        codes.add("open")
    return codes


URGENT_WITHIN = {"tonight": 1, "this_week": 7}
PRIORITY = {"planned": 1, "this_week": 2, "tonight": 4}


def lasts(need):
    return need.kind != "goods"


def first_uncovered_day(need, today):
    return max(need.first_day, today)


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


def fit(need, offer, left):
    if need.kind != "housing":
        return min(1, left / need.quantity)
    value = sqrt(need.quantity / left)
    rare = (
        (offer.step_free, need.step_free_needed),
        (offer.pets_accepted, need.pets),
        ("lone_minors" in offer.accepts, need.lone_minor),
    )
    for offered, asked in rare:
        if offered and not asked:
            value *= 0.9
    return value * (1 - offer.rent / (2 * need.rent_up_to)) if offer.rent else value


def language(need, offer):
    spoken = set(offer.languages)
    if offer.category in ("interpreting", "translation"):
        spoken |= set(offer.languages_from) | set(offer.languages_to)
    return 1.0 if need.kind == "goods" or spoken & need.languages else 0.0


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
        fit(need, offer, tightest(offer, days)),
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
    asked = need.quantity if need.asked is None else need.asked
    if lasts(need):
        return quantity * len(days) / (asked * days_asked(need))
    return quantity / asked


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
                quantity = min(need.quantity, tightest(offer, days))
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
