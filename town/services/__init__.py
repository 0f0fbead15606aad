"""Writing what a town decides about itself: atomic, keywords only, ending in actor and moment."""

from town.services.associations import tell_of_decisions, tell_of_waiting
from town.services.doubles import merge, tell_apart, undo
from town.services.linking import answer_link, ask_link, end_link, take_back_link
from town.services.offer_doubles import merge_offers, tell_offers_apart, undo_offers
from town.services.official import note_official_request
from town.services.opening import open_first_town, remove_town
from town.services.settings import change_settings
from town.services.team import (
    CLOSED,
    accept,
    change_colleague,
    change_part,
    invite,
    invite_colleague,
    may_invite,
    take_back,
)
from town.services.traces import forget_old

__all__ = [
    "CLOSED",
    "accept",
    "answer_link",
    "ask_link",
    "change_colleague",
    "change_part",
    "change_settings",
    "end_link",
    "forget_old",
    "invite",
    "invite_colleague",
    "may_invite",
    "merge",
    "merge_offers",
    "note_official_request",
    "open_first_town",
    "remove_town",
    "take_back",
    "take_back_link",
    "tell_apart",
    "tell_of_decisions",
    "tell_of_waiting",
    "tell_offers_apart",
    "undo",
    "undo_offers",
]
