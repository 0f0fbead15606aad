"""Codes that a telephone scans."""

import segno


def qr_code(url: str, *, border: int = 4) -> str:
    """A QR code as a drawing (SVG) as large as its place, dark on white, that reads with a seventh of it torn or wet.

    `border`: its quiet zone in modules; whoever leaves it out puts white around it themselves.
    """
    made = segno.make_qr(url, error="m")
    return str(made.svg_inline(border=border, dark="#1d2b36", light="#fff", omitsize=True))
