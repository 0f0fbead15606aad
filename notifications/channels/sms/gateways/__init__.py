"""The services that carry an SMS, a module each: `connect()` opens it and gives back a Gateway."""

from typing import Protocol


class Gateway(Protocol):
    """One line to the service, for a batch."""

    def send(self, *, number: str, text: str, reference: str) -> str:
        """Hand one text over; the service's own reference, by which its receipts will speak of it.

        `number`: "+33612345678". `reference`: ours. Raises NotSent or Unknown.
        """
        ...

    def close(self) -> None: ...
