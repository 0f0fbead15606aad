"""Charts as SVG, drawn by hand: bars with their intervals, and a tornado. They read in black and white too."""

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH, LABEL, ROW, TOP, VALUE = 760, 250, 30, 46, 110
_STYLE = (
    "text{font:14px system-ui,sans-serif;fill:#1b1b1b}.t{font-weight:600;font-size:16px}"
    ".b{fill:#3a6ea5}.l{fill:#c8892f}.i,.z{stroke:#1b1b1b;stroke-width:1.5}"
)


@dataclass(frozen=True, slots=True)
class Bar:
    """`half`: of the interval; NaN where there is none. `shown`: the value in words."""

    label: str
    value: float
    half: float
    shown: str


@dataclass(frozen=True, slots=True)
class Swing:
    """What a value half as large, and one half as large again, make of a figure."""

    label: str
    low: float
    high: float


def bars(title: str, rows: Sequence[Bar]) -> str:
    """One bar a row from 0, and a line for its interval."""
    most = max((row.value + (0 if row.half != row.half else row.half) for row in rows), default=0.0) or 1.0
    scale = (WIDTH - LABEL - VALUE) / most
    parts = []
    for place, row in enumerate(rows):
        y = TOP + place * ROW
        parts.append(_text(LABEL - 10, y + 18, row.label, anchor="end"))
        parts.append(
            f'<rect class="b" x="{LABEL}" y="{y + 4}" width="{row.value * scale:.1f}" height="{ROW - 10}"/>'
        )
        end = row.value
        if row.half == row.half:
            low, end = max(row.value - row.half, 0), row.value + row.half
            parts.append(_line("i", LABEL + low * scale, y + 14, LABEL + end * scale, y + 14))
        parts.append(_text(LABEL + end * scale + 8, y + 18, row.shown))
    return _drawing(title, parts, len(rows))


def tornado(title: str, base: float, rows: Sequence[Swing]) -> str:
    """A bar from what the low value makes of it to what the high one does, round the line of the base."""
    ends = [base, *(end for row in rows for end in (row.low, row.high))]
    least, most = min(ends), max(ends)
    scale = (WIDTH - LABEL - VALUE) / ((most - least) or 1.0)

    def x(value: float) -> float:
        return LABEL + 30 + (value - least) * scale

    parts = []
    for place, row in enumerate(rows):
        y = TOP + place * ROW
        parts.append(_text(LABEL - 10, y + 18, row.label, anchor="end"))
        for name, end in (("l", row.low), ("b", row.high)):
            left, right = sorted((x(base), x(end)))
            parts.append(
                f'<rect class="{name}" x="{left:.1f}" y="{y + (4 if name == "l" else 14)}"'
                f' width="{right - left:.1f}" height="10"/>'
            )
    parts.append(_line("z", x(base), TOP, x(base), TOP + len(rows) * ROW))
    return _drawing(title, parts, len(rows))


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'


def _line(name: str, x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line class="{name}" x1="{x1:.1f}" y1="{y1}" x2="{x2:.1f}" y2="{y2}"/>'


def _drawing(title: str, parts: Sequence[str], rows: int) -> str:
    height = TOP + rows * ROW + 12
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
            f' aria-label="{escape(title)}">',
            f"<style>{_STYLE}</style>",
            f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
            f'<text class="t" x="10" y="26">{escape(title)}</text>',
            *parts,
            "</svg>\n",
        )
    )
