"""The matching engine: pure, exact, explained. What it means is told in docs/algorithm.md.

rankings = rank(needs, offers, today=today)
ranked = rank_columns(need_columns, offer_columns, today=today)  # the same for a whole country
reasons = explain(rankings[0].pairings[0], need, offer, today)
"""

from engine.columns import NeedColumns, OfferColumns, Vocabulary
from engine.explain import Points, Reason, arithmetic, explain, explain_near_miss
from engine.filling import need_columns, offer_columns
from engine.ranking import KEEP, NEAR, NEAR_KM, broken_rules, feasible_pairs, rank, rank_columns
from engine.records import Hold, NearMiss, Need, Offer, Pairing, Parts, Ranking, Slot, Weights, Window
from engine.results import RULE_CODES, Feasible, Missed, Ranked
from engine.rules import RULES
from engine.uncovered import is_provided_for, least_days
from engine.vocabulary import EARTH_RADIUS_KM, PARTS, PRIORITIES

# Of the algorithm, kept with every match. It grows whenever the same input may give another output.
VERSION = "2.0"

__all__ = [
    "EARTH_RADIUS_KM",
    "KEEP",
    "NEAR",
    "NEAR_KM",
    "PARTS",
    "PRIORITIES",
    "RULES",
    "RULE_CODES",
    "VERSION",
    "Feasible",
    "Hold",
    "Missed",
    "NearMiss",
    "Need",
    "NeedColumns",
    "Offer",
    "OfferColumns",
    "Pairing",
    "Parts",
    "Points",
    "Ranked",
    "Ranking",
    "Reason",
    "Slot",
    "Vocabulary",
    "Weights",
    "Window",
    "arithmetic",
    "broken_rules",
    "explain",
    "explain_near_miss",
    "feasible_pairs",
    "is_provided_for",
    "least_days",
    "need_columns",
    "offer_columns",
    "rank",
    "rank_columns",
]
