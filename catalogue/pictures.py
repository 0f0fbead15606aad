"""A picture as somebody sends it, written anew: upright, shrunk, and nothing in it but what one sees.

Where and with what it was taken stays with whoever took it.
"""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from django.utils.translation import gettext as _
from PIL import Image, ImageOps

MOST_BYTES = 8 * 1024**2
MOST_PIXELS = 40_000_000
LEAST_WIDTH = 400
FORMATS = ("JPEG", "PNG", "WEBP")
# As it stands on a page: twice the width of a phone, and light enough for a poor network.
WIDEST, HIGHEST, LIGHT = 960, 720, 45 * 1024
_WHITE = (255, 255, 255)


class NotAPicture(ValueError):
    """What was sent cannot be shown; says why, to whoever sent it."""


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A picture for a page: WebP of so many pixels."""

    data: bytes
    width: int
    height: int

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()[:32]


def shrunk(whole: Image.Image) -> Shrunk:
    """As it stands on a page, of what `upright` has read."""
    small = whole.copy()
    small.thumbnail((WIDEST, HIGHEST), Image.Resampling.LANCZOS)
    return Shrunk(written(small, "WEBP", most=LIGHT), small.width, small.height)


def upright(file: IO[bytes], *, at_least: tuple[int, int] = (WIDEST, HIGHEST)) -> Image.Image:
    """The picture in a file, whatever its name says: all of its pixels, in red, green and blue. Raises NotAPicture.

    `at_least`: what it is to cover, where it is made smaller on the way.
    """
    try:
        # Reads its head alone, so that a file of few bytes and a billion pixels is not unfolded.
        picture: Image.Image = Image.open(file, formats=FORMATS)
        width, height = picture.size
        if width * height <= MOST_PIXELS:
            picture = ImageOps.exif_transpose(picture)
            picture.load()
    except Image.DecompressionBombError as error:
        raise NotAPicture(_too_many()) from error
    except Exception as error:  # what somebody has made up may break a decoder anywhere
        raise NotAPicture(
            _("Ce fichier n’est pas une image que nous savons lire. Envoyez une photo en JPEG, PNG ou WebP.")
        ) from error
    if width * height > MOST_PIXELS:
        raise NotAPicture(_too_many())
    if min(width, height) < LEAST_WIDTH:
        raise NotAPicture(
            _("Cette image est trop petite\u202f: il lui faut au moins %(n)s pixels de chaque côté.")
            % {"n": LEAST_WIDTH}
        )
    if picture.has_transparency_data:
        picture = _no_larger_than(at_least, picture.convert("RGBA"))
        ground = Image.new("RGBA", picture.size, (*_WHITE, 255))
        picture = Image.alpha_composite(ground, picture)
    seen = picture.convert("RGB")
    # A comment, or a text, of the file would be written into the new ones.
    seen.info = {}
    return seen


def _no_larger_than(shown: tuple[int, int], picture: Image.Image) -> Image.Image:
    """Shrunk until it just covers what is shown: what one sees through takes four times its memory."""
    scale = max(shown[0] / picture.width, shown[1] / picture.height)
    if scale >= 1:
        return picture
    size = (math.ceil(picture.width * scale), math.ceil(picture.height * scale))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _too_many() -> str:
    return _("Cette image a trop de pixels. Envoyez-la en plus petit.")


def written(picture: Image.Image, form: str, *, most: int) -> bytes:
    """As fine as so many bytes allow; of the coarsest, what it takes."""
    data = b""
    for quality in _qualities():
        file = BytesIO()
        picture.save(file, form, quality=quality, exif=b"", icc_profile=None, method=6, optimize=True)
        data = file.getvalue()
        if len(data) <= most:
            break
    return data


def _qualities() -> Iterable[int]:
    return (82, 70, 58, 46, 34, 22, 10)
