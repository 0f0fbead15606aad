"""The engine runs where nothing but Python, NumPy and the plan's solver is installed."""

import subprocess
import sys
from pathlib import Path

SCRIPT = """
import sys
for name in ("django", "celery", "psycopg", "rest_framework"):
    sys.modules[name] = None
from datetime import date
from engine import Need, Offer, Window, need_columns, offer_columns, rank
from engine.planning import plan
today = date(2026, 3, 1)
place = {"city": 1, "lat": 48.57, "lon": 7.75}
offer = Offer(id=1, kind="housing", category="separate_room", available=(Window(today),), capacity=2, **place)
need = Need(id=1, kind="housing", first_day=today, last_day=today, quantity=2, **place)
assert rank([need], [offer], today=today)[0].feasible_count == 1
offers = offer_columns([offer])
assert plan(need_columns([need], offers.vocabulary), offers, today=today).people == 2
loaded = {name.split(".")[0] for name in sys.modules}
ours = loaded & {"config", "offers", "needs", "accounts", "catalogue", "cities"}
assert not ours, ours
"""


def test_it_needs_no_django():
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
