"""Every text is readable on its ground: 4.5:1 in both modes, and with a town's own colours (WCAG 1.4.3)."""

import re
from pathlib import Path

import pytest

CONFIG = Path(__file__).resolve().parents[2] / "config"
TOKENS = (CONFIG / "static" / "css" / "tokens.css").read_text(encoding="utf-8")
TOWN = (CONFIG / "templates" / "city.css").read_text(encoding="utf-8")

TEXT_ON_GROUND = [
    *[(text, ground) for text in ("ink", "ink-2", "brand-ink", "brand-strong", "ok", "warn", "stop")
      for ground in ("paper", "card")],
    *[(text, "sunk") for text in ("ink", "ink-2")],
    *[("ink", f"{state}-soft") for state in ("brand", "accent", "ok", "warn", "stop")],
    *[("ink-2", f"{state}-soft") for state in ("brand", "warn", "stop")],
    ("brand-ink", "brand-soft"),
    ("brand-ink", "warn-soft"),
    ("brand-strong", "brand-soft"),
    ("accent-strong", "accent-soft"),
    ("accent-strong", "paper"),
    ("ok", "ok-soft"),
    ("warn", "warn-soft"),
    ("stop", "stop-soft"),
    ("on-brand", "brand"),
    ("on-brand", "brand-strong"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
]  # fmt: skip
# What is no text but must be seen: borders of controls, the ring and bar (1.4.11, 3:1).
SHAPE_ON_GROUND = [
    ("field-line", "card"),
    ("field-line", "paper"),
    ("brand", "card"),
    ("brand", "line"),
    ("accent", "card"),
]


def channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def luminance(colour: str) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in channels(colour))
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def colours(css: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6})\b", css))


LIGHT_CSS, DARK_CSS = TOKENS.split("@media (prefers-color-scheme: dark)")
LIGHT = colours(LIGHT_CSS)
DARK = LIGHT | colours(DARK_CSS)


def mix(colour: str, percent: int, other: str) -> str:
    """CSS `color-mix(in srgb, colour percent%, other)`."""
    pairs = zip(channels(colour), channels(other), strict=True)
    return "#" + "".join(f"{round(a * percent / 100 + b * (100 - percent) / 100):02x}" for a, b in pairs)


def town(brand: str, accent: str) -> dict[str, str]:
    """The light tokens as city.css changes them: its own percentages are read, not repeated."""
    named = {"black": "#000000", "white": "#ffffff"}
    chosen = {"brand": brand, "accent": accent}
    mixes = re.findall(
        r"--([a-z-]+): color-mix\(in srgb, \{\{ (brand|accent)_colour \}\} (\d+)%, (black|white)\)",
        TOWN,
    )
    assert {token for token, *_ in mixes} == {
        "brand-ink", "brand-strong", "brand-soft", "accent-strong", "accent-soft",
    }  # fmt: skip
    return (
        LIGHT
        | chosen
        | {token: mix(chosen[base], int(percent), named[other]) for token, base, percent, other in mixes}
    )


@pytest.mark.parametrize("mode", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_is_readable(mode: dict[str, str], text: str, ground: str) -> None:
    assert contrast(mode[text], mode[ground]) >= 4.5


@pytest.mark.parametrize("mode", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPE_ON_GROUND)
def test_shape_is_seen(mode: dict[str, str], shape: str, ground: str) -> None:
    assert contrast(mode[shape], mode[ground]) >= 3


@pytest.mark.parametrize(
    ("brand", "accent"),
    [("#767676", "#767676"), ("#007a3d", "#d4211c"), ("#0066cc", "#a15c00"), ("#8a2be2", "#b03060")],
    ids=["lightest grey allowed", "green and red", "blue and ochre", "violet and rose"],
)
def test_a_town_s_colours_that_pass_on_white_pass_everywhere(brand: str, accent: str) -> None:
    mode = town(brand, accent)
    assert min(contrast(brand, "#ffffff"), contrast(accent, "#ffffff")) >= 4.5
    unreadable = {
        (text, ground): round(contrast(mode[text], mode[ground]), 2)
        for text, ground in TEXT_ON_GROUND
        if contrast(mode[text], mode[ground]) < 4.5
    }
    assert unreadable == {}


def test_every_colour_that_dark_mode_needs_is_given() -> None:
    assert colours(DARK_CSS).keys() >= colours(LIGHT_CSS).keys()
