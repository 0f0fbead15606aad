"""Contrast of a town's colours, after WCAG 2.2."""

import re

HEX_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
LEAST_CONTRAST = 4.5


def luminance(colour: str) -> float:
    """Relative luminance in [0, 1] of "#rrggbb" (WCAG 2.2, "relative luminance")."""
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str = "#ffffff") -> float:
    """Contrast ratio of two colours, from 1 to 21."""
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def is_readable_on_white(colour: str) -> bool:
    """Whether small text of this colour on white, or white text on it, can be read."""
    return bool(HEX_COLOUR.fullmatch(colour)) and contrast(colour) >= LEAST_CONTRAST


def nearest_readable(colour: str) -> str:
    """The lightest colour of the same hue, no lighter than this one, that can be read on white.

    What is no colour at all is left as it is.
    """
    if not HEX_COLOUR.fullmatch(colour):
        return colour
    channels = [int(colour[start : start + 2], 16) for start in (1, 3, 5)]
    # The step of one in 255 is finer than what a channel can hold.
    darkened = (f"#{''.join(f'{c * share // 255:02x}' for c in channels)}" for share in range(255, -1, -1))
    return next(filter(is_readable_on_white, darkened))
