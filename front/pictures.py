"""A town's picture, as its home shows it and as others show a link to it."""

from dataclasses import dataclass
from typing import IO

from PIL import Image, ImageOps

from catalogue.pictures import shrunk, upright, written

# As others show a link to the page; what they take at most.
PREVIEW, PREVIEW_LIGHT = (1200, 630), 290 * 1024


@dataclass(frozen=True, slots=True)
class Picture:
    """`small` is WebP of so many pixels, `preview` JPEG of 1200 × 630."""

    small: bytes
    preview: bytes
    width: int
    height: int
    digest: str


def read(file: IO[bytes]) -> Picture:
    """The picture in a file, whatever its name says it is. Raises catalogue.pictures.NotAPicture."""
    whole = upright(file, at_least=PREVIEW)
    fitted = ImageOps.fit(whole, PREVIEW, Image.Resampling.LANCZOS)
    preview = written(fitted, "JPEG", most=PREVIEW_LIGHT)
    small = shrunk(whole)
    return Picture(small.data, preview, small.width, small.height, small.digest)
