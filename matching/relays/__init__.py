"""Relays: two or three homes in turn for one need, where no single home covers the days that it still lacks.

They are worked out for whoever opens the case, from the rows of that moment, and kept nowhere (`finding`): what a scan
would keep is another as soon as one of the homes is asked for. A whole relay is proposed in one act (`proposing`).
"""

from matching.relays.finding import NONE, Found, are_worth_a_look, find
from matching.relays.proposing import NotWhole, Wanted, propose

__all__ = ["NONE", "Found", "NotWhole", "Wanted", "are_worth_a_look", "find", "propose"]
