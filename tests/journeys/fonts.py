"""The journeys' fonts: those that the product itself ships, whatever the machine has."""

import sys
from pathlib import Path
from xml.sax.saxutils import escape

from matching.explanations.document import FOLDER

CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
  <match target="pattern">
    <edit name="family" mode="append_last" binding="strong"><string>Noto Sans</string></edit>
    <edit name="hinting" mode="assign"><bool>false</bool></edit>
  </match>
</fontconfig>
"""


def configuration(folder: Path) -> Path:
    """A file for FONTCONFIG_FILE that knows no other fonts."""
    file = folder / "fonts.conf"
    words = {"fonts": FOLDER / "fonts", "cache": folder / "cache"}
    file.write_text(
        CONFIGURATION.format(**{name: escape(str(path)) for name, path in words.items()}), encoding="utf-8"
    )
    return file


OURS = {"Noto Sans", "Noto Sans Arabic", "Noto Sans Ethiopic"}


def kept_to(families: set[str], platform: str = sys.platform) -> bool:
    """Whether a page drawn with these families has the fonts that the harness promises.

    Ours alone where the browser asks fontconfig, which is on Linux; elsewhere it keeps the system's.
    """
    return {"Noto Sans"} <= families <= OURS if platform == "linux" else bool(families)
