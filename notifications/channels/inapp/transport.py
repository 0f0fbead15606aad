"""Needs no network: what is taken has arrived."""

from types import TracebackType
from typing import Self

from notifications.models import Message


class Transport:
    """The page reads the row itself."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def send(self, message: Message) -> str:
        return ""
