"""The best parts of homes and hours: proven where they can all be looked at, else searched for below a bound."""

import numpy as np

from engine.planning import home_search, part_chains, part_prices, part_program, part_search
from engine.planning.home_chains import Households, households
from engine.planning.home_prices import home_prices
from engine.planning.lasting import Calendar, Lasting, Parts, parts_in_turn
from engine.planning.part_choices import enough_choices
from engine.planning.time_budget import TimeBudget

# Of no more parts than this the best is proven rather than searched for.
MOST_CHOICES = 12_000
EXACT_NODES = 1_000_000
# By when, in shares of the time, a proof is given up; prices and search are done after that, or where none is tried.
# The sharper bound has the rest.
PROOF_SHARE, AFTER_PROOF, ALONE = 0.5, (0.6, 0.8), (0.2, 0.7)
# Where each takes one home at a time, prices have so much of the time that is left, the second share when all pairs are
# looked at; the search has the rest.
PRICES_SHARES = 0.42, 0.65


def best_parts(problem: Lasting, start: Parts, budget: TimeBudget) -> tuple[Parts, float]:
    """The best parts found from `start` on, and what none exceed."""
    choices = enough_choices(problem, most=MOST_CHOICES)
    most = np.inf
    if choices is not None and not budget.is_over():
        answer = part_program.solve(
            problem,
            Calendar(problem),
            choices,
            start,
            budget=budget.until(PROOF_SHARE),
            nodes=EXACT_NODES,
            gap=0.0,
        )
        if answer.optimal:
            return answer.parts, problem.worth(answer.parts)
        start, most = answer.parts, answer.bound
    needs = households(problem)
    if needs is not None:
        parts, bound = _best_homes(problem, needs, start, budget)
        return parts, min(most, bound)
    prices_by, search_by = ALONE if choices is None else AFTER_PROOF
    priced = part_prices.priced(problem, stop=budget.until(prices_by).is_over)
    promising = np.argsort(priced.loss, kind="stable")
    parts = max(start, parts_in_turn(problem, promising), key=problem.worth)
    parts = part_search.improved(problem, parts, priced.loss, budget=budget.until(search_by))
    # What few pairs were promising for may still be room for others.
    parts = parts_in_turn(problem, promising, parts)
    bound = part_chains.sharper(
        problem, priced.prices, priced.moves, found=problem.worth(parts), stop=budget.is_over
    )
    return parts, min(most, priced.bound, bound)


def _best_homes(problem: Lasting, needs: Households, start: Parts, budget: TimeBudget) -> tuple[Parts, float]:
    """The same where each takes one home at a time."""
    rest = budget.share(1)
    prices_by, looked_by = (rest.until(share) for share in PRICES_SHARES)
    found = home_prices(problem, needs, budget=prices_by, look=looked_by)
    return home_search.improved(problem, needs, start, found, budget=rest), found.bound
