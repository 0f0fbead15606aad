"""A town and its operator."""

from tests.offers.conftest import as_user, city, operator, today

__all__ = ["as_user", "city", "operator", "today"]
