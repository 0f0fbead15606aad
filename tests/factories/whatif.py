"""What a question keeps of a town: a tiny one, that is replayed in a second."""

from typing import Any


def counted_figures(**changes: Any) -> dict[str, Any]:
    return {
        "seen_days": 200, "there": 10, "offers": 20, "needs": 15, "offer_kinds": {}, "need_kinds": {"housing": 15},
        "urgencies": {}, "stays": [], "households": [], "communes": [], "answer_hours": [2, 24, 72],
        "delay_hours": None, "vetting_days": None,
    } | changes  # fmt: skip
