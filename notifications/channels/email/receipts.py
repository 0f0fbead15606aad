"""What a provider may say of a mail that it took."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Said(Enum):
    """What became of a mail."""

    DELIVERED = "it is in the box"
    OPENED = "a person has opened it"
    REFUSED = "it is not delivered, and will not be"
    NO_SUCH_ADDRESS = "nor will any other be"
    UNWANTED = "the reader wants no such mail"


@dataclass(frozen=True, slots=True)
class News:
    """One thing that a provider says of one mail; `at` where it says when."""

    reference: str
    said: Said
    address: str
    at: datetime | None
