"""What a file is, by its first bytes, whatever it is called."""

import re
from pathlib import Path

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from catalogue.spreadsheets.lines import Unreadable

_START = 4096
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

_PICTURE = gettext_lazy(
    "Ce fichier est une image. Recopiez le tableau dans un classeur xlsx ou demandez le fichier d’origine."
)
_ARCHIVE = gettext_lazy(
    "Ce fichier est une archive. Sortez-en le tableau et donnez-le seul, en xlsx ou en csv."
)
_VERY_OLD = gettext_lazy("Ce fichier vient d’un Excel d’avant 1997. Enregistrez-le au format xlsx.")
_OTHERS = (
    (b"%PDF", gettext_lazy("Ce fichier est un PDF. Enregistrez le tableau en xlsx ou en csv.")),
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE),
    (b"BM", _PICTURE),
    (b"II*\0", _PICTURE),
    (b"MM\0*", _PICTURE),
    (b"RIFF", _PICTURE),
    (
        b"{\\rtf",
        gettext_lazy("Ce fichier est un document de texte. Mettez le tableau dans un classeur xlsx."),
    ),
    (b"\x1f\x8b", _ARCHIVE),
    (b"7z\xbc\xaf", _ARCHIVE),
    (b"Rar!", _ARCHIVE),
    (b"PK\x05\x06", gettext_lazy("Ce fichier est une archive vide.")),
    (b"SQLite format 3", gettext_lazy("Ce fichier est une base de données. Exportez-en le tableau en csv.")),
    (b"\x09\x00\x04\x00", _VERY_OLD),
    (b"\x09\x02\x06\x00", _VERY_OLD),
    (b"\x09\x04\x06\x00", _VERY_OLD),
    (b"ID;PWXL", gettext_lazy("Ce fichier est au format SYLK. Enregistrez-le au format xlsx.")),
    (b"TABLE\r\n0,1", gettext_lazy("Ce fichier est au format DIF. Enregistrez-le au format xlsx.")),
    (
        b"BEGIN:VCARD",
        gettext_lazy("Ce fichier contient des fiches de contact (vCard). Exportez vos contacts en csv."),
    ),
    (
        b"MIME-Version:",
        gettext_lazy("Ce fichier est une page web enregistrée par Excel. Enregistrez-la au format xlsx."),
    ),
)
_SHORT = {b"BM"}  # marks that a text may begin with too: only before bytes that are none
_HTML = re.compile(
    rb"\s*(<!--.*?-->\s*)*<(!doctype html|html|head|body|table|meta|style|div|center)\b", re.I | re.S
)
_XML = re.compile(rb"\s*<\?xml\b|\s*<[\w:.-]+[\s/>]")


def kind_of(path: Path) -> str:
    """ "zip", "ole", "html", "xml2003" or "text". Raises Unreadable for what is known to be no table."""
    try:
        if path.is_dir():
            raise Unreadable(_("%(path)s est un dossier, pas un fichier.") % {"path": path})
        if not path.exists():
            raise Unreadable(_("Le fichier %(path)s n’existe pas.") % {"path": path})
        if not path.is_file():
            raise Unreadable(_("%(path)s n’est pas un fichier ordinaire.") % {"path": path})
        with path.open("rb") as file:
            start = file.read(_START)
    except OSError as error:
        raise Unreadable(
            _("Le fichier %(path)s ne peut pas être lu\u202f: %(reason)s.")
            % {"path": path, "reason": error.strerror}
        ) from error
    if not start:
        raise Unreadable(_("Ce fichier est vide."))
    if start.startswith(ZIP):
        return "zip"
    if start.startswith(OLE[:4]):
        return "ole"
    for mark, sentence in _OTHERS:
        if start.startswith(mark) and (mark not in _SHORT or b"\0" in start[:64]):
            raise Unreadable(str(sentence))
    if start[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"):
        raise Unreadable(str(_PICTURE))
    return _kind_of_text(_plain(start))


def _plain(start: bytes) -> bytes:
    """Without the mark of an encoding, and one byte a letter."""
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return start[2:].replace(b"\0", b"")
    return start.removeprefix(b"\xef\xbb\xbf")


def _kind_of_text(start: bytes) -> str:
    if _HTML.match(start):
        return "html"
    if not _XML.match(start):
        if start.lstrip()[:2] in (b'{"', b"[{") or start.lstrip().startswith((b"{\n", b"{\r\n")):
            raise Unreadable(_("Ce fichier est au format JSON. Exportez le tableau en xlsx ou en csv."))
        return "text"
    if b"urn:schemas-microsoft-com:office:spreadsheet" in start or b"Excel.Sheet" in start:
        return "xml2003"
    if b"<html" in start.lower():
        return "html"
    if b"opendocument" in start:
        raise Unreadable(
            _("Ce fichier est un classeur OpenDocument à plat. Enregistrez-le au format ods ou xlsx.")
        )
    raise Unreadable(
        _("Ce fichier est un document XML, pas un tableau. Enregistrez le tableau en xlsx ou en csv.")
    )
