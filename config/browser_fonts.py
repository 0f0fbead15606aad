"""A browser that draws with the fonts that the product ships, whatever the machine has: for tests and for pictures."""

from pathlib import Path
from xml.sax.saxutils import escape

# Those of the PDFs; by their place, so that no application has to be loaded.
FONTS = Path(__file__).resolve().parent.parent / "matching" / "explanations" / "typesetting" / "fonts"

CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
  {others}
  <match target="pattern">
    <edit name="family" mode="{mode}" binding="strong"><string>Noto Sans</string></edit>
    <edit name="hinting" mode="assign"><bool>false</bool></edit>
  </match>
</fontconfig>
"""


# The machine's, for signs that ours lack: tests do without, pictures want them.
OTHERS = '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>'


def configuration(folder: Path, *, alone: bool = True) -> Path:
    """A file for FONTCONFIG_FILE that knows no other fonts, or, unless `alone`, prefers ours."""
    file = folder / "fonts.conf"
    words = {"fonts": FONTS, "cache": folder / "cache"}
    others, mode = ("", "append_last") if alone else (OTHERS, "prepend_first")
    escaped = {name: escape(str(path)) for name, path in words.items()}
    file.write_text(CONFIGURATION.format(**escaped, others=others, mode=mode), encoding="utf-8")
    return file
