"""Which mutants are tried, which are known to be no change at all, and what is said of the outcome."""

import tomllib
from collections import Counter
from collections.abc import Sequence, Set
from pathlib import Path

from tests.mutants.mutations import Mutant
from tests.mutants.trials import Outcome

ACCEPTED = Path(__file__).with_name("accepted.toml")
SCORE = 90.0
Key = tuple[str, str, str, str]


def drawn(mutants: Sequence[Mutant], size: int, seed: int) -> list[Mutant]:
    """A sample with each file's share, by largest remainder, one mutant of each file at least."""
    of_file: dict[str, list[Mutant]] = {}
    for mutant in mutants:
        of_file.setdefault(mutant.path, []).append(mutant)
    shares = {path: size * len(found) / len(mutants) for path, found in of_file.items()}
    counts = {path: max(1, int(share)) for path, share in shares.items()}
    for path in sorted(shares, key=lambda path: counts[path] - shares[path])[
        : max(0, size - sum(counts.values()))
    ]:
        counts[path] += 1
    return [
        mutant
        for path, found in of_file.items()
        for mutant in sorted(found, key=lambda mutant: mutant.rank(seed))[: counts[path]]
    ]


def read_accepted() -> dict[Key, str]:
    """The mutants that no test could tell from the code, each with the reason."""
    entries = tomllib.loads(ACCEPTED.read_text(encoding="utf-8")).get("mutant", [])
    return {(one["file"], one["in"], one["before"], one["after"]): one["reason"] for one in entries}


def described(outcome: Outcome) -> str:
    """A survivor: where it is, and its lines."""
    mutant = outcome.mutant
    minus, plus = (
        "\n".join(f"    {sign} {line}" for line in text.splitlines())
        for sign, text in (("-", mutant.before), ("+", mutant.after))
    )
    why = " — aucun test ne passe ici" if outcome.how == "untested" else ""
    return f"{mutant.path}:{mutant.line} {mutant.scope}{why}\n{minus}\n{plus}"


def report(done: Sequence[Outcome], *, stale: Set[Key]) -> int:
    """Print the score of each file and of all; 1 when it is too low."""
    tried, killed = Counter[str](), Counter[str]()
    for outcome in done:
        tried[outcome.mutant.path] += 1
        killed[outcome.mutant.path] += not outcome.survived
    print()
    for path in tried:
        print(f"{path:34} {killed[path]:5} / {tried[path]:<5} {100 * killed[path] / tried[path]:5.1f} %")
    for path, scope, before, after in sorted(stale):
        print(f"accepted.toml : n'existe plus : {path} {scope} « {before} » → « {after} »")
    score = 100 * killed.total() / tried.total() if done else 100.0
    late = sum(outcome.how == "timeout" for outcome in done)
    print(
        f"{killed.total()} mutants tués sur {tried.total()} : {score:.1f} % (dont {late} arrêtés : délai ou plantage)"
    )
    return int(score < SCORE)
