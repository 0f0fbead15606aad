"""Short files of sound: what is taken, told by their first bytes and never by their name."""

import base64

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# A minute of speech in the quality of a telephone.
MOST_BYTES = 600 * 1024


def media_type(content: bytes) -> str:
    """What a browser is told that it is. ValidationError of what is too long, or no sound that browsers play."""
    if len(content) > MOST_BYTES:
        raise too_long()
    if content[:3] == b"ID3" or (content[:1] == b"\xff" and content[1:2] in (b"\xfb", b"\xf3", b"\xf2")):
        return "audio/mpeg"
    if content[4:8] == b"ftyp" and content[8:12] in (b"M4A ", b"mp42", b"isom", b"M4B "):
        return "audio/mp4"
    if content[:4] == b"OggS":
        return "audio/ogg"
    if content[:4] == b"RIFF" and content[8:12] == b"WAVE":
        return "audio/wav"
    raise ValidationError(_("Ce n’est pas un fichier de son que les navigateurs savent lire."))


def too_long() -> ValidationError:
    return ValidationError(
        _("Ce fichier est trop gros (%(most)s ko au plus). Une minute de voix suffit.")
        % {"most": MOST_BYTES // 1024}
    )


def as_text(content: bytes) -> str:
    """As a sealed column holds it."""
    return base64.b64encode(content).decode("ascii")


def from_text(text: str) -> bytes:
    return base64.b64decode(text)
