"""A picture as somebody sends it, written anew: upright, shrunk, and nothing in it but what one sees.

Where and with what it was taken stays with whoever took it.
"""

import hashlib
import math
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import IO

from django.http import HttpRequest
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

MOST_BYTES = 8 * 1024**2
# A form is a little longer than its file.
LONGEST_FORM = MOST_BYTES + 64 * 1024
MOST_PIXELS = 40_000_000
# Of whoever is not signed in, and as they are decoded: a PNG of a few kB may unfold into all of them.
MOST_UNFOLDED = 16_000_000
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
    """As it stands on a page, of what `upright` has read; that is made as small."""
    whole.thumbnail((WIDEST, HIGHEST), Image.Resampling.LANCZOS)
    return Shrunk(written(whole, "WEBP", most=LIGHT), whole.width, whole.height)


def upright(
    file: IO[bytes], *, at_least: tuple[int, int] = (WIDEST, HIGHEST), most_unfolded: int = MOST_PIXELS
) -> Image.Image:
    """The picture in a file, whatever its name says, in red, green and blue. Raises NotAPicture.

    `at_least`: what it is to cover, where it is made smaller on the way. `most_unfolded`: pixels that are decoded, of
    a JPEG after it is read smaller.
    """
    try:
        # Reads its head alone, so that a file of few bytes and a billion pixels is not unfolded.
        picture: Image.Image = Image.open(file, formats=FORMATS)
        width, height = picture.size
        # A JPEG can be read at a half, a quarter, an eighth, whichever way up: twice what is shown looks the same.
        picture.draft(None, (2 * max(at_least), 2 * max(at_least)))
        is_too_large = width * height > MOST_PIXELS or picture.width * picture.height > most_unfolded
        if not is_too_large:
            ImageOps.exif_transpose(picture, in_place=True)
    except Image.DecompressionBombError as error:
        raise NotAPicture(_too_many()) from error
    except Exception as error:  # what somebody has made up may break a decoder anywhere
        raise NotAPicture(
            _("Ce fichier n’est pas une image que nous savons lire. Envoyez une photo en JPEG, PNG ou WebP.")
        ) from error
    if is_too_large:
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
    seen = picture if picture.mode == "RGB" else picture.convert("RGB")
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


def is_too_heavy(request: HttpRequest) -> bool:
    """Whether its form is so long that the file in it was not read (`config.uploads`)."""
    return int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST_FORM


def too_heavy() -> str:
    """What is said then, beside the box."""
    return _("Cette photo est trop lourde\u202f: 8\u00a0Mo au plus. Envoyez-la en plus petit.")


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
