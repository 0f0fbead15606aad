"""The town of the tests of matches, and the people around them."""

from tests.matching.conftest import as_user, city, coordinator, invariants_hold

__all__ = ["as_user", "city", "coordinator", "invariants_hold"]
