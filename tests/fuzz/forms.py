"""The forms of a page, as a browser would send them, and what may go wrong with what is typed."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from random import Random
from urllib.parse import urljoin, urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile

Sent = dict[str, list[str | SimpleUploadedFile]]


@dataclass
class Field:
    """A field: what a browser would send of it now, and all that it lets one choose."""

    name: str
    type: str
    sent: list[str] = field(default_factory=list)
    choices: list[str] = field(default_factory=list)


@dataclass
class Button:
    """`address`: where it sends the form, "" where the form says it itself."""

    name: str
    value: str
    address: str = ""


@dataclass
class Form:
    """`address` is a path with its query; `method` "get" or "post"."""

    address: str
    method: str
    fields: dict[str, Field] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.page = page
        self.forms: list[Form] = []
        self.named: dict[str, Form] = {}
        self.links: list[str] = []
        self.inside: Form | None = None
        self.select: Field | None = None
        self.area: Field | None = None
        # What an option without a value says, until it ends; whether it is chosen.
        self.option: tuple[list[str], bool] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "a" and (path := _here(self.page, has.get("href", ""))):
            self.links.append(path)
        elif tag == "form":
            address = _here(self.page, has.get("action", "")) or ""
            self.inside = Form(address, has.get("method", "get").lower())
            if address:
                self.forms.append(self.inside)
            self.named[has.get("id", "")] = self.inside
        elif tag == "option" and self.select is not None:
            if "value" in has:
                self._choose(has["value"], is_chosen="selected" in has)
            else:
                self.option = ([], "selected" in has)
        elif tag in ("input", "select", "textarea", "button"):
            self._control(tag, has)

    def _choose(self, value: str, *, is_chosen: bool) -> None:
        assert self.select is not None
        self.select.choices.append(value)
        if is_chosen or not self.select.sent:
            self.select.sent = [value]

    def _control(self, tag: str, has: dict[str, str]) -> None:
        form = self.named.get(has["form"]) if "form" in has else self.inside
        name = has.get("name", "")
        if form is None or "disabled" in has:
            return
        kind = (
            has.get("type", "text")
            if tag == "input"
            else has.get("type", "submit")
            if tag == "button"
            else tag
        )
        if kind in ("submit", "image"):
            elsewhere = _here(self.page, has["formaction"]) if "formaction" in has else ""
            if name or elsewhere:
                form.buttons.append(Button(name, has.get("value", ""), elsewhere))
            return
        if not name or kind in ("button", "reset"):
            return
        here = form.fields.setdefault(name, Field(name, kind))
        if kind in ("checkbox", "radio"):
            here.choices.append(has.get("value", "on"))
            if "checked" in has:
                here.sent.append(here.choices[-1])
        elif tag == "select":
            self.select = here
        elif tag == "textarea":
            self.area = here
        elif kind != "file":
            here.sent.append(has.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.area.sent = [*self.area.sent, data]
        elif self.option is not None:
            self.option[0].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = None
        elif tag == "option" and self.option is not None:
            said, is_chosen = self.option
            self._choose(" ".join("".join(said).split()), is_chosen=is_chosen)
            self.option = None
        elif tag == "select":
            self.select = None
        elif tag == "textarea" and self.area is not None:
            self.area.sent, self.area = ["".join(self.area.sent).removeprefix("\n")], None


def _here(page: str, address: str) -> str:
    """The path with its query, of this site alone; "" for whatever leads elsewhere."""
    whole = urlsplit(urljoin(f"http://testserver{page}", address))
    if whole.scheme not in ("http", "https") or whole.netloc != "testserver":
        return ""
    return whole.path + (f"?{whole.query}" if whole.query else "")


def read(page: str, html: str) -> tuple[list[Form], list[str]]:
    """The forms of the page at this path, and the paths that it links to."""
    reader = _Reader(page)
    reader.feed(html)
    reader.close()
    return reader.forms, reader.links


# --- What is sent --------------------------------------------------------------------------------------

_LONG = "É" * 70_000
TYPED = (
    "", " ", "\u00a0\u200b", "0", "-1", "00", "1.5", "1,5", "1e9", "NaN", "Infinity", "9" * 20, "1" * 5_000,
    "2026-12-01", "2026-02-30", "0000-00-00", "9999-12-31", "10000-01-01", "01/12/26", "demain", "18:00", "25:61",
    "a@b.fr", "a@b", "é@é.fr", "a@" + "b" * 300 + ".fr", "06 12 34 56 78", "+33", "٠٦١٢٣٤٥٦٧٨", "112", "+" + "9" * 15,
    "oui", "x", "None", "null", "true", "[]", "{}", "<script>alert(1)</script>", "'; DROP TABLE offers; --",
    "%s%n{}{{ x }}", "../../etc/passwd", "https://127.0.0.1/", "javascript:alert(1)", "//[::1", "http://[",
    "B-2345-6789", "P-XXXX-XXXX", "\x00", "a\x00b", "\ud7ff\ufffd\uffff", "\u202eabc\u2066", "\r\n\t", "ﷺ" * 40,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467", "Donaudampfschifffahrtsgesellschaftskapitän", "İ", "ß", "Ⅻ", "²",
    "௧", "①", "-0", "+1", "0x10", "1_000", _LONG,
)  # fmt: skip
FILES = (
    ("vide.csv", b"", "text/csv"), ("a.csv", b"a;b\n1;2\n", "text/csv"), ("a.xlsx", b"PK\x03\x04", "application/zip"),
    ("image.jpg", b"\xff\xd8\xff\xe0", "image/jpeg"), ("../../a\x00.png", b"\x89PNG\r\n\x1a\n", "image/png"),
    ("a", b"\x00" * 3_000, ""), ("é.mp3", b"ID3", "audio/mpeg"), ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "x/y"),
    ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
)  # fmt: skip


def send(form: Form, chance: Random) -> tuple[str, Sent]:
    """Where to, and what somebody might send of this form: mostly what its fields allow, with some that are wrong,
    missing, doubled or foreign to it.
    """
    wrong = chance.choice((0, 1, 1, 2, 3, len(form.fields)))
    mistaken = set(chance.sample(sorted(form.fields), min(wrong, len(form.fields))))
    sent: Sent = {}
    for name, one in form.fields.items():
        if name in mistaken:
            values = _mistaken(one, chance)
        elif one.type == "file":
            values = [_file(chance)] if chance.random() < 0.5 else []
        elif one.type in ("checkbox", "radio", "select") and one.choices and chance.random() < 0.6:
            values = [chance.choice(one.choices)]
        elif (
            one.type in ("text", "search", "textarea", "number")
            and not "".join(one.sent)
            and chance.random() < 0.6
        ):
            values = [chance.choice(("Anne", "2", "un lit", "Strasbourg", "12"))]
        else:
            values = list(one.sent)
        if values:
            sent[name] = values
    if form.buttons and chance.random() < 0.9:
        button = chance.choice(form.buttons)
        if button.name:
            sent.setdefault(button.name, []).append(button.value)
        return button.address or form.address, sent
    return form.address, sent


def _mistaken(one: Field, chance: Random) -> list[str | SimpleUploadedFile]:
    way = chance.random()
    if way < 0.15:
        return []
    if one.type == "file":
        return [_file(chance)] if way < 0.9 else [chance.choice(TYPED)]
    if way < 0.25:
        return [*one.choices, *one.sent][:400] * 2
    if way < 0.35:
        return [chance.choice(TYPED) for _ in range(chance.choice((2, 5, 200)))]
    if way < 0.4:
        return [_file(chance)]
    return [chance.choice(TYPED)]


def _file(chance: Random) -> SimpleUploadedFile:
    name, content, kind = chance.choice(FILES)
    file = SimpleUploadedFile("a", content, kind)
    file._name = name  # as a program sends it, not as Django would write it
    return file
