"""Columns and plans for tests of the plan."""

from engine import Need, NeedColumns, Offer, OfferColumns, Vocabulary, need_columns, offer_columns
from engine.planning import Plan, plan

from ..builders import TODAY


def columns(needs: list[Need], offers: list[Offer]) -> tuple[NeedColumns, OfferColumns]:
    words = Vocabulary()
    offer_side = offer_columns(offers, words)
    return need_columns(needs, words), offer_side


def planned(needs: list[Need], offers: list[Offer], **circumstances) -> Plan:
    return plan(*columns(needs, offers), today=TODAY, **circumstances)


def lines(made: Plan) -> list[tuple]:
    """(need, offer, units) by need, best first."""
    pairs = made.pairs
    return [
        (pairs.needs.id_of(need), pairs.offers.id_of(offer), units)
        for need, offer, units in zip(
            pairs.need.tolist(), pairs.offer.tolist(), made.units.tolist(), strict=True
        )
    ]
