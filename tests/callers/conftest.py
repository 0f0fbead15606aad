"""A town and its operator."""

from tests.offers.conftest import city, operator, today

__all__ = ["city", "operator", "today"]
