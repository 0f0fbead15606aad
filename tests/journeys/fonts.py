"""The journeys' fonts are those of `config.browser_fonts`: which a page then has."""

import sys

OURS = {"Noto Sans", "Noto Sans Arabic", "Noto Sans Ethiopic"}


def kept_to(families: set[str], platform: str = sys.platform) -> bool:
    """Whether a page drawn with these families has the fonts that the harness promises.

    Ours alone where the browser asks fontconfig, which is on Linux; elsewhere it keeps the system's.
    """
    return {"Noto Sans"} <= families <= OURS if platform == "linux" else bool(families)
