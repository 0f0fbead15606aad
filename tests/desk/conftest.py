"""The town of the tests of matches, and the people around them."""

from tests.matching.conftest import city, coordinator, invariants_hold

__all__ = ["city", "coordinator", "invariants_hold"]
