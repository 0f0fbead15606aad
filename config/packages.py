"""What a town's server installs: its bill of materials (CycloneDX), and the flaws that are known of it (OSV).

    python -m config.packages bill|audit

Whoever is offline is told that nobody was asked, and goes on.
"""

import subprocess
import sys
from collections.abc import Sequence

# Neither the tools nor the servers for a first evening.
IN_PRODUCTION = ("--frozen", "--no-group", "demo", "--no-group", "dev")
AUDIT = (sys.executable, "-m", "uv", "audit", "--preview-features", "audit-command", *IN_PRODUCTION)
BILL = (
    sys.executable, "-m", "uv", "export", "--quiet", "--preview-features", "sbom-export", "--format", "cyclonedx1.5",
    *IN_PRODUCTION,
)  # fmt: skip
# How uv says that it reached nobody; its status is the same for every failure of its own.
OUT_OF_REACH = ("error sending request", "Request failed after")


def bill() -> str:
    """The bill of materials, in JSON."""
    return subprocess.run(BILL, capture_output=True, text=True, check=True).stdout  # noqa: S603


def audit(command: Sequence[str] = AUDIT) -> int:
    """0 when nothing is known, or nobody can be asked; else what uv answers."""
    asked = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if asked.returncode and any(sign in asked.stderr for sign in OUT_OF_REACH):
        sys.stdout.write("audit\u202f: hors ligne, les failles connues n'ont pas été cherchées\n")
        return 0
    sys.stdout.write(asked.stdout)
    sys.stderr.write(asked.stderr)
    return asked.returncode


def main(arguments: list[str]) -> int:
    if arguments == ["bill"]:
        sys.stdout.write(bill())
        return 0
    return audit()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
